"""The rules for single pods in a cluster: each answers what is wrong, one line per fault."""

import json
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from contracts.topics import PARTITIONS
from fortaler import services
from services.metrics.redirect.spool import SPOOL_BYTES_MAX
from tests.deploy.cluster import Cluster, Json, Pod, secrets
from tests.deploy.dockerfile import environment
from tests.deploy.processes import (
    END_S,
    PROCESSES,
    STAND_INS,
    missing_settings,
    unknown_settings,
)

_BYTES = {"Mi": 1024**2, "Gi": 1024**3}


def every_process_is_there(cluster: Cluster) -> Iterator[str]:
    """Every service is there as web and as worker, and so is what they need."""
    found = {process.role for process in cluster.processes()}
    for role in sorted(PROCESSES - found):
        yield f"{' '.join(role).strip()} is not there."
    for role in sorted(found - PROCESSES - STAND_INS):
        yield f"{' '.join(role).strip()} is nothing of ours."


def images_are_one(cluster: Cluster) -> Iterator[str]:
    """One image plays all roles, and it is not whatever was built last."""
    found = {pod.container["image"] for pod in cluster.pods()}
    if len(found) != 1:
        yield f"There are several images: {', '.join(sorted(found))}."
    for image in sorted(found):
        version = image.rpartition("/")[2].partition(":")[2]
        if "@sha256:" not in image and version in {"", "latest"}:
            yield f"{image} is whatever was built last."


def pods_have_no_rights(cluster: Cluster) -> Iterator[str]:
    """Not root, nothing to write to, no capabilities, no access to the cluster."""
    for pod in cluster.pods():
        yield from (f"{pod.name} {fault}" for fault in _rights(cluster, pod))


def _rights(cluster: Cluster, pod: Pod) -> Iterator[str]:
    spec, own = pod.spec, pod.container.get("securityContext", {})
    whole = spec.get("securityContext", {})
    in_its_host = [spec.get(name) for name in ("hostNetwork", "hostPID", "hostIPC")]
    faults = {
        "may be root.": not (whole.get("runAsNonRoot") and whole.get("runAsUser", 0) > 0),
        "may call the kernel as it likes.": whole.get("seccompProfile")
        != {"type": "RuntimeDefault"},
        "can write to its own root.": own.get("readOnlyRootFilesystem") is not True,
        "may gain privileges.": own.get("allowPrivilegeEscalation") is not False,
        "has capabilities.": own.get("capabilities") != {"drop": ["ALL"]},
        "lives in its host.": any(in_its_host) or "hostPath" in str(spec.get("volumes")),
        "can talk to the cluster.": spec.get("automountServiceAccountToken") is not False,
        "has no identity of its own.": not cluster.has(
            "ServiceAccount", spec.get("serviceAccountName", "default")
        ),
        "takes addresses for settings.": spec.get("enableServiceLinks") is not False,
    }
    return (fault for fault, found in faults.items() if found)


def containers_are_bounded(cluster: Cluster) -> Iterator[str]:
    """A container says what it needs, and gets no more than it may have."""
    for pod in cluster.pods():
        resources = pod.container.get("resources", {})
        for what in ("requests", "limits"):
            for of in sorted({"cpu", "memory"} - set(resources.get(what, ()))):
                yield f"{pod.name} has no {what} of {of}."


def what_runs_on_is_probed(cluster: Cluster) -> Iterator[str]:
    """Started, alive, ready: asked at ports that exist, and never killed for its neighbours."""
    for pod in (one for one in cluster.pods() if one.runs_on):
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            asked = pod.container.get(probe)
            if asked is None:
                yield f"{pod.name} has no {probe}."
                continue
            (door,) = (asked[kind] for kind in ("httpGet", "tcpSocket") if kind in asked)
            if door["port"] not in pod.ports:
                yield f"{pod.name} is asked at {door['port']}, where it is not."
            if (probe == "readinessProbe") != (door.get("path") == "/ready"):
                yield from _wrong_door(pod, probe, door)


def _wrong_door(pod: Pod, probe: str, door: Json) -> Iterator[str]:
    # The stand-ins have no such doors.
    if pod.labels["app.kubernetes.io/component"] != "outside":
        yield f"{pod.name} is asked {door.get('path')} by its {probe}."


def ends_are_given_time(cluster: Cluster) -> Iterator[str]:
    """Whoever is told to end is not killed while it is ending."""
    for pod in (one for one in cluster.pods() if one.runs_on):
        before = pod.container.get("lifecycle", {}).get("preStop", {}).get("sleep", {})
        needed_s = before.get("seconds", 0) + END_S
        if pod.spec.get("terminationGracePeriodSeconds", 30) <= needed_s:
            yield f"{pod.name} is killed before {needed_s} s are over."


def doors_stay_open_until_nobody_comes(cluster: Cluster) -> Iterator[str]:
    """Who answers requests goes on for a moment, while the cluster still sends some."""
    for service in cluster.all("Service"):
        for pod in cluster.selected(service["spec"]["selector"]):
            is_ours = pod.labels["app.kubernetes.io/component"] in {"web", "gateway"}
            if is_ours and "preStop" not in pod.container.get("lifecycle", {}):
                yield f"{pod.name} closes its door while requests are on their way."


def settings_are_real_and_complete(cluster: Cluster) -> Iterator[str]:
    """What a process is told is read by somebody, and what it needs it is told."""
    started = cluster.processes()
    yield from unknown_settings(started)
    yield from missing_settings(started)


def sources_of_settings_are_there(cluster: Cluster) -> Iterator[str]:
    """Settings come from what is here, secrets from what is named; none is written down."""
    for pod in cluster.pods():
        for source in pod.container.get("envFrom", ()):
            ((kind, of),) = source.items()
            if kind == "configMapRef" and not cluster.has("ConfigMap", of["name"]):
                yield f"{pod.name} reads {of['name']}, which is not there."
            if kind == "secretRef" and of["name"] not in secrets():
                yield f"{pod.name} reads the secret {of['name']}, which nobody named."
    for one in cluster.all("Secret"):
        yield f"The secret {one['metadata']['name']} is written down."
    told = {name for one in cluster.all("ConfigMap") for name in one["data"]}
    for name in sorted(told & {name for held in secrets().values() for name in held}):
        yield f"{name} is a secret, and is written down."


def services_lead_somewhere(cluster: Cluster) -> Iterator[str]:
    """A Service means pods that listen there, and the gateway knows one for every service."""
    for service in cluster.all("Service"):
        name, spec = service["metadata"]["name"], service["spec"]
        meant = cluster.selected(spec["selector"])
        if not meant:
            yield f"The Service {name} leads to nobody."
        for port in spec["ports"]:
            if not all(port["targetPort"] in pod.ports for pod in meant):
                yield f"The Service {name} leads to a port that nobody listens on."
    urls = _service_urls(cluster)
    for name in services.NAMES:
        found = re.fullmatch(r"http://([\w-]+):(\d+)", urls.get(name, ""))
        if found is None or not cluster.has("Service", found[1]):
            yield f"The gateway does not find {name}."
        elif not _serves(cluster, found[1], int(found[2]), name):
            yield f"The gateway finds somebody else in the place of {name}."


def _service_urls(cluster: Cluster) -> dict[str, str]:
    gateway = next(pod for pod in cluster.pods() if pod.name == "gateway")
    for one in gateway.container["env"]:
        if one["name"] == "FORTALER_SERVICE_URLS":
            return dict(json.loads(one["value"]))
    return {}


def _serves(cluster: Cluster, service: str, port: int, name: str) -> bool:
    spec = cluster.find("Service", service)["spec"]
    pods = cluster.selected(spec["selector"])
    is_it = {pod.labels["app.kubernetes.io/name"] for pod in pods} == {name}
    return is_it and port in {one["port"] for one in spec["ports"]}


def workers_fit_the_partitions(cluster: Cluster) -> Iterator[str]:
    """More workers than partitions would wait for one, and never be ready."""
    for pod in cluster.pods():
        if pod.labels["app.kubernetes.io/component"] == "worker":
            rolling = pod.workload["spec"]["strategy"]["rollingUpdate"]
            count = pod.workload["spec"]["replicas"] + int(rolling["maxSurge"])
            if count > PARTITIONS:
                yield f"{pod.name} are {count}, and there are {PARTITIONS} partitions."


def clicks_outlive_a_pod(cluster: Cluster) -> Iterator[str]:
    """What the redirect keeps while Kafka is away lies on a claim that stays with its pod."""
    (pod,) = [one for one in cluster.pods() if one.name == "metrics-web"]
    if pod.kind != "StatefulSet":
        yield "A new pod of metrics-web does not get the claim of the old one."
        return
    spec = pod.workload["spec"]
    kept = spec.get("persistentVolumeClaimRetentionPolicy", {})
    if kept != {"whenDeleted": "Retain", "whenScaled": "Retain"}:
        yield "The claims of metrics-web go with their pods."
    spool = PurePosixPath(environment()["FORTALER_SPOOL_DIR"])
    mounts = {one["name"]: one["mountPath"] for one in pod.container["volumeMounts"]}
    for claim in spec["volumeClaimTemplates"]:
        # The folder itself has to be made by the process, or it would belong to somebody else.
        if PurePosixPath(mounts.get(claim["metadata"]["name"], "/")) != spool.parent:
            yield "The spool of metrics-web is not on its claim."
        asked = claim["spec"]["resources"]["requests"]["storage"]
        if int(asked[:-2]) * _BYTES[asked[-2:]] < SPOOL_BYTES_MAX:
            yield "The spool of metrics-web is larger than its claim."


RULES = (
    every_process_is_there,
    images_are_one,
    pods_have_no_rights,
    containers_are_bounded,
    what_runs_on_is_probed,
    ends_are_given_time,
    doors_stay_open_until_nobody_comes,
    settings_are_real_and_complete,
    sources_of_settings_are_there,
    services_lead_somewhere,
    workers_fit_the_partitions,
    clicks_outlive_a_pod,
)
