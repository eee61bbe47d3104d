"""The topics as resources of Strimzi, which runs Kafka on Kubernetes: said once, in contracts."""

import json

from contracts import topics
from contracts.topics import Topic

_HEAD = (
    "# Written by `fortaler topics manifest` from contracts/topics.py; a test compares the two.\n"
)


def manifest(*, cluster: str, replication: int) -> str:
    """Answer a KafkaTopic for every topic, as YAML, for the Kafka that is called `cluster`."""
    return _HEAD + "".join(_resource(topic, cluster, replication) for topic in topics.ALL)


def _resource(topic: Topic, cluster: str, replication: int) -> str:
    # A text in JSON is one in YAML too, so that nothing needs a library for so little.
    config = "".join(
        f"    {name}: {json.dumps(value)}\n" for name, value in sorted(topic.config().items())
    )
    return f"""\
---
apiVersion: kafka.strimzi.io/v1
kind: KafkaTopic
metadata:
  name: {json.dumps(topic.name)}
  labels:
    strimzi.io/cluster: {json.dumps(cluster)}
spec:
  partitions: {topic.partitions}
  replicas: {replication}
  config:
{config}"""
