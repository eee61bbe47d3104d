"""What the services tell each other keeps its shape, and strangers can read it."""
