"""The tracked link: a room of its own, because it is hot and must not wait for Kafka."""
