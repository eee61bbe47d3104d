"""How recognition's database came to be, step by step."""
