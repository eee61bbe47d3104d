"""What the API documents promise, and that a change of theirs is meant."""
