"""How content's database came to be, step by step."""
