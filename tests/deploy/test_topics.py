"""The topics on Kubernetes are those of contracts."""

import yaml

from contracts import topics
from fortaler.strimzi import manifest
from tests.tidy.source import ROOT

FILE = ROOT / "deploy" / "kafka" / "topics.yaml"


def test_the_file_is_what_the_command_prints() -> None:
    assert FILE.read_text() == manifest(cluster="fortaler", replication=3)


def test_every_topic_is_there_as_it_is_declared() -> None:
    resources = list(yaml.safe_load_all(manifest(cluster="ours", replication=2)))

    assert [one["metadata"]["name"] for one in resources] == [one.name for one in topics.ALL]
    for topic, resource in zip(topics.ALL, resources, strict=True):
        assert resource["kind"] == "KafkaTopic"
        assert resource["metadata"]["labels"] == {"strimzi.io/cluster": "ours"}
        assert resource["spec"] == {
            "partitions": topic.partitions,
            "replicas": 2,
            "config": topic.config(),
        }
