"""The operator's command and what it starts on a laptop."""
