"""The rules of sharing: pure functions of frozen values."""
