"""What must hold when processes and servers are killed."""
