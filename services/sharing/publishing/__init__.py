"""Publishing: what the worker does by itself, with the network called between transactions."""
