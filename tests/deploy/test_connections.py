"""PostgreSQL takes as many connections as our processes may ever open."""

import re

from chassis.settings import ServiceSettings
from fortaler.local import new_secrets
from tests.deploy import composed
from tests.deploy.cluster import Cluster, Json
from tests.tidy.source import ROOT

POOL: int = ServiceSettings.model_fields["database_connections_max"].default
WEB = POOL + 1
"""One of its own wakes the relay."""
WORKER = POOL + 4
"""Its waker, its relay, its housekeeper, and in sharing who looks for what is due."""
OPERATORS = 15
"""What PostgreSQL keeps for its admin, its operator's probes, and a person with psql."""


def test_a_cluster_that_has_grown_as_far_as_it_may_gets_its_connections() -> None:
    told = (ROOT / "deploy" / "README.md").read_text()
    allowed = re.search(r'max_connections: "(\d+)"', told)
    opened = opened_in(Cluster.of("prod"))

    assert allowed is not None
    assert opened + OPERATORS <= int(allowed[1])
    assert f"= {opened - WEB * 4}, and 4 × {WEB} more" in told


def opened_in(cluster: Cluster) -> int:
    """Add up the largest number of every process, and one more where a roll-out starts one."""
    largest = {
        one["spec"]["scaleTargetRef"]["name"]: one["spec"]["maxReplicas"]
        for one in cluster.all("HorizontalPodAutoscaler")
    }
    opened = 0
    for pod in cluster.pods():
        spec = pod.workload["spec"]
        each = {"web": WEB, "worker": WORKER}.get(pod.labels["app.kubernetes.io/component"], 0)
        count = largest.get(pod.name, spec.get("replicas", 0))
        opened += each * (count + _more(spec))
    return opened


def _more(spec: Json) -> int:
    return int(spec.get("strategy", {}).get("rollingUpdate", {}).get("maxSurge", 0))


def test_compose_gets_its_connections() -> None:
    compose = composed.read(new_secrets())
    roles = [process.role[1] for process in composed.processes(compose)]
    allowed = int(compose["services"]["postgres"]["command"][-1].partition("=")[2])

    opened = WEB * roles.count("web") + WORKER * roles.count("worker")

    assert opened > 0
    assert opened + OPERATORS <= allowed
