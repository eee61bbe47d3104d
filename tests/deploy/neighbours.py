"""The rules for pods among each other: who may talk to whom, who may go when, who grows."""

from collections.abc import Iterator

from gateway.routing import OWNERS, is_own
from tests.deploy.cluster import Cluster, Json, Pod

OPERATORS_DOORS = frozenset({"/live", "/ready", "/metrics"})
PEOPLES_DOORS = ("/", "/docs", "/docs/static/swagger-ui.css", "/openapi.json", "/problems",
                 "/problems/own-story")  # fmt: skip
PRIVATE = {
    "0.0.0.0/0": frozenset({"10.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"}),
    "::/0": frozenset({"fc00::/7", "fe80::/10"}),
}
MONITORING = "monitoring"
ENTRANCE = "ingress"


def nobody_talks_to_anybody_at_first(cluster: Cluster) -> Iterator[str]:
    """One policy means all pods and allows nothing, so that a forgotten pod is a closed one."""
    for policy in cluster.all("NetworkPolicy"):
        spec = policy["spec"]
        closed = not spec.get("ingress") and not spec.get("egress")
        if spec["podSelector"] == {} and closed and len(spec["policyTypes"]) == 2:
            return
    yield "Nothing closes what nobody thought of."


def policies_mean_somebody(cluster: Cluster) -> Iterator[str]:
    """A policy selects pods, and names ports at which those it lets in, or out to, listen."""
    for policy in cluster.all("NetworkPolicy"):
        name, spec = policy["metadata"]["name"], policy["spec"]
        meant = cluster.selected(spec["podSelector"])
        if not meant:
            yield f"The policy {name} is for nobody."
        for rule in spec.get("ingress", ()):
            yield from _deaf(name, rule["ports"], meant)
        for rule in spec.get("egress", ()):
            for peer in _own_peers(rule.get("to", ())):
                yield from _deaf(name, rule["ports"], cluster.selected(peer))


def _deaf(policy: str, ports: Json, pods: list[Pod]) -> Iterator[str]:
    for port in (one["port"] for one in ports):
        listens = [port in pod.ports or port in pod.ports.values() for pod in pods]
        if not pods or not all(listens):
            yield f"The policy {policy} names the port {port}, where nobody listens."


def _own_peers(peers: Json) -> Iterator[Json]:
    return (
        one["podSelector"]
        for one in peers
        if "podSelector" in one and "namespaceSelector" not in one
    )


def services_are_asked_by_the_gateway_alone(cluster: Cluster) -> Iterator[str]:
    """From outside the namespace people reach the gateway, and monitoring reaches all."""
    for pod in cluster.pods():
        for peer in _who_may_ask(cluster, pod):
            if stranger := _stranger(cluster, pod, peer):
                yield f"{pod.name} can be asked by {stranger}."


def _stranger(cluster: Cluster, pod: Pod, peer: Json) -> str | None:
    """Answer who should not be let in to a pod, of those that a policy lets in."""
    component = pod.labels["app.kubernetes.io/component"]
    if "ipBlock" in peer or peer.get("namespaceSelector") == {}:
        return "anybody"
    if "namespaceSelector" in peer:
        where = peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
        may_come = where == MONITORING or (where, component) == (ENTRANCE, "gateway")
        return None if may_come else f"those of {where}"
    askers = {one.name for one in cluster.selected(peer["podSelector"])}
    return ", ".join(sorted(askers - {"gateway"})) if component == "web" else None


def _who_may_ask(cluster: Cluster, pod: Pod) -> Iterator[Json]:
    for policy in cluster.all("NetworkPolicy"):
        if pod in cluster.selected(policy["spec"]["podSelector"]):
            for rule in policy["spec"].get("ingress", ()):
                yield from rule.get("from", [{"namespaceSelector": {}}])


def everybody_reaches_what_they_need(cluster: Cluster) -> Iterator[str]:
    """Names for all; databases, Kafka and the outside for those that work with them."""
    needs: dict[str, set[int | str]] = {
        "web": {53, 5432, 9092, 443},
        "worker": {53, 5432, 9092},
        "gateway": {53, 9092, 443, "http"},
        "migrate": {53, 5432},
        "topics": {53, 9092},
    }
    for pod in cluster.pods():
        component = pod.labels["app.kubernetes.io/component"]
        needed = set(needs.get(component, set()))
        if pod.labels["app.kubernetes.io/name"] == "sharing":
            needed.add(443)
        if (pod.labels["app.kubernetes.io/name"], component) == ("content", "worker"):
            needed |= {80, 443}
        for port in sorted(needed - set(_ports_out(cluster, pod)), key=str):
            yield f"{pod.name} does not reach {port}."


def _ports_out(cluster: Cluster, pod: Pod) -> Iterator[int | str]:
    for policy in cluster.all("NetworkPolicy"):
        if pod in cluster.selected(policy["spec"]["podSelector"]):
            for rule in policy["spec"].get("egress", ()):
                yield from (one["port"] for one in rule["ports"])


def the_outside_is_not_the_inside(cluster: Cluster) -> Iterator[str]:
    """Whoever may call the internet may call no address within, nor a machine's own metadata."""
    for policy in cluster.all("NetworkPolicy"):
        name = policy["metadata"]["name"]
        for rule in policy["spec"].get("egress", ()):
            if not rule.get("to"):
                yield f"The policy {name} lets out to everywhere."
            elif any(not _spares_the_inside(peer) for peer in rule["to"]):
                yield f"The policy {name} lets out to the inside."


def _spares_the_inside(peer: Json) -> bool:
    block = peer.get("ipBlock", {})
    private = PRIVATE.get(block.get("cidr"), frozenset())
    return private <= set(block.get("except", ()))


def pods_go_one_by_one(cluster: Cluster) -> Iterator[str]:
    """A drained node takes one pod of a kind at a time, of all that run on."""
    budgets = [one["spec"] for one in cluster.all("PodDisruptionBudget")]
    for pod in (one for one in cluster.pods() if one.runs_on):
        if pod.labels["app.kubernetes.io/component"] == "outside":
            continue
        own = [one for one in budgets if pod in cluster.selected(one.get("selector", {}))]
        if [one.get("maxUnavailable") for one in own] != [1]:
            yield f"{pod.name} has no disruption budget of its own."


def growth_is_decided_once(cluster: Cluster) -> Iterator[str]:
    """A scaler has something to scale, that says no number of its own; clicks are not shrunk."""
    for scaler in cluster.all("HorizontalPodAutoscaler"):
        name, target = scaler["metadata"]["name"], scaler["spec"]["scaleTargetRef"]
        if not cluster.has(target["kind"], target["name"]):
            yield f"The scaler {name} has nothing to scale."
            continue
        workload = cluster.find(target["kind"], target["name"])["spec"]
        if "replicas" in workload:
            yield f"{target['name']} says how many it is, and so does its scaler."
        down = scaler["spec"].get("behavior", {}).get("scaleDown", {})
        if "volumeClaimTemplates" in workload and down.get("selectPolicy") != "Disabled":
            yield f"{target['name']} leaves its claims behind when it shrinks."
    scaled = {
        one["spec"]["scaleTargetRef"]["name"] for one in cluster.all("HorizontalPodAutoscaler")
    }
    for pod in (one for one in cluster.pods() if one.runs_on):
        if pod.name not in scaled and "replicas" not in pod.workload["spec"]:
            yield f"Nobody says how many {pod.name} are."


def the_entrance_leads_to_peoples_doors(cluster: Cluster) -> Iterator[str]:
    """Every public path is led to the gateway, and those for operators are not."""
    for ingress in cluster.all("Ingress"):
        paths = [path for rule in ingress["spec"]["rules"] for path in rule["http"]["paths"]]
        for path in paths:
            backend = path["backend"]["service"]
            if backend != {"name": "gateway", "port": {"name": "http"}}:
                yield f"{path['path']} leads past the gateway."
        for door in (*OWNERS, *PEOPLES_DOORS):
            assert door in OWNERS or is_own(door)
            if not any(_leads(path, door) for path in paths):
                yield f"Nobody comes to {door}."
        for door in sorted(OPERATORS_DOORS):
            if any(_leads(path, door) for path in paths):
                yield f"Everybody comes to {door}."


def _leads(path: Json, door: str) -> bool:
    if path["pathType"] == "Exact":
        return bool(door == path["path"])
    whole = path["path"].rstrip("/")
    return door == whole or door.startswith(f"{whole}/")


RULES = (
    nobody_talks_to_anybody_at_first,
    policies_mean_somebody,
    services_are_asked_by_the_gateway_alone,
    everybody_reaches_what_they_need,
    the_outside_is_not_the_inside,
    pods_go_one_by_one,
    growth_is_decided_once,
    the_entrance_leads_to_peoples_doors,
)
