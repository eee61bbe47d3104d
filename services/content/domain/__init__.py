"""The rules of content: what a story says, the life it has, and the campaigns it belongs to."""
