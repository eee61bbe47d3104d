"""The steps of the made-up service's database."""
