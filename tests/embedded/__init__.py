"""Tests of the embedded PostgreSQL and Apache Kafka."""
