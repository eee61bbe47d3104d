"""Content's doors, by what they are about."""
