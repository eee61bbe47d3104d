"""The sandbox network as its clients, strangers and operator meet it."""
