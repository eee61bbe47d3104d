"""The questions that metrics asks its database."""
