"""What can be done in content, by what it is done to."""
