"""PostgreSQL and Apache Kafka for a machine that has only Python."""

from fortaler.embedded.children import EmbeddedFailed
from fortaler.embedded.kafka import EmbeddedKafka
from fortaler.embedded.kafka_cluster import EmbeddedCluster
from fortaler.embedded.postgres import EmbeddedPostgres

__all__ = ["EmbeddedCluster", "EmbeddedFailed", "EmbeddedKafka", "EmbeddedPostgres"]
