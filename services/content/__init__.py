"""Content: stories and campaigns, and the way from a draft to what may be shared."""
