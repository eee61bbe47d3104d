"""How the directory's database came to be, step by step."""
