"""Recognition: points for effect and effort, each with its cause, and boards for who wants them."""
