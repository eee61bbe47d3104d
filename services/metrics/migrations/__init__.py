"""How the metrics database came to be, step by step."""
