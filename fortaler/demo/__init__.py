"""The demo story: a company's people tell a story, through the public API alone."""
