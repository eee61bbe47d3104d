"""What the services tell each other: events, envelope and topics; it imports nothing of ours."""
