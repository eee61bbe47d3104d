"""What an overlay becomes for a cluster: rendered by kustomize, and read as pods."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from tests.deploy.processes import Process
from tests.deploy.programs import run
from tests.tidy.source import ROOT

KUBERNETES = ROOT / "deploy" / "k8s"
OVERLAYS = tuple(sorted(path.name for path in (KUBERNETES / "overlays").iterdir()))
LONG_RUNNING = ("Deployment", "StatefulSet")

Json = Any


@cache
def rendered(overlay: str) -> str:
    """Answer an overlay's manifests as kustomize makes them."""
    code, manifests, complaints = run("kubectl", "kustomize", KUBERNETES / "overlays" / overlay)
    assert (code, complaints) == (0, ""), complaints
    return manifests


@cache
def secrets() -> Mapping[str, frozenset[str]]:
    """Answer which settings each secret holds, by the example that names them all."""
    documents = yaml.safe_load_all((KUBERNETES / "secrets.example.yaml").read_text())
    return {one["metadata"]["name"]: frozenset(one["stringData"]) for one in documents}


@dataclass(frozen=True)
class Pod:
    """The pods of one workload."""

    kind: str
    name: str
    workload: Json
    template: Json

    @property
    def labels(self) -> Mapping[str, str]:
        """Answer what selectors see."""
        labels: Mapping[str, str] = self.template["metadata"]["labels"]
        return labels

    @property
    def spec(self) -> Json:
        """Answer the pod itself."""
        return self.template["spec"]

    @property
    def container(self) -> Json:
        """Answer its only container."""
        (only,) = self.spec["containers"]
        return only

    @property
    def ports(self) -> Mapping[str, int]:
        """Answer its ports by their names."""
        return {one["name"]: one["containerPort"] for one in self.container.get("ports", ())}

    @property
    def runs_on(self) -> bool:
        """Answer whether it is to run for good, unlike a job."""
        return self.kind in LONG_RUNNING


@dataclass(frozen=True)
class Cluster:
    """All manifests of one overlay."""

    documents: Sequence[Json]

    @classmethod
    def of(cls, overlay: str) -> "Cluster":
        """Render an overlay; every caller gets documents of their own."""
        return cls(list(yaml.safe_load_all(rendered(overlay))))

    def all(self, *kinds: str) -> Iterator[Json]:
        """Answer the documents of some kinds."""
        return (one for one in self.documents if one["kind"] in kinds)

    def find(self, kind: str, name: str) -> Json:
        """Answer one document; raises LookupError when there is none."""
        for one in self.all(kind):
            if one["metadata"]["name"] == name:
                return one
        raise LookupError(f"{kind} {name}")

    def has(self, kind: str, name: str) -> bool:
        """Answer whether a document is there."""
        return any(one["metadata"]["name"] == name for one in self.all(kind))

    def pods(self) -> list[Pod]:
        """Answer the pods of every workload."""
        return [
            Pod(one["kind"], one["metadata"]["name"], one, one["spec"]["template"])
            for one in self.all(*LONG_RUNNING, "Job")
        ]

    def selected(self, selector: Json) -> list[Pod]:
        """Answer the pods that a selector means; an empty one means all."""
        return [pod for pod in self.pods() if _fits(selector, pod.labels)]

    def processes(self) -> list[Process]:
        """Answer what runs, with the settings that it is given from everywhere."""
        return [
            Process(pod.name, _arguments(pod), frozenset(self._settings(pod)))
            for pod in self.pods()
        ]

    def _settings(self, pod: Pod) -> Iterator[str]:
        yield from (one["name"] for one in pod.container.get("env", ()))
        for source in pod.container.get("envFrom", ()):
            if "configMapRef" in source:
                name = source["configMapRef"]["name"]
                if self.has("ConfigMap", name):
                    yield from self.find("ConfigMap", name)["data"]
            else:
                yield from secrets().get(source["secretRef"]["name"], ())


def _arguments(pod: Pod) -> tuple[str, ...]:
    """Answer its arguments with `$(SERVICE)` filled in, as the kubelet does from a label."""
    values = {
        one["name"]: pod.labels.get(one["valueFrom"]["fieldRef"]["fieldPath"].split("'")[1], "")
        for one in pod.container.get("env", ())
        if "fieldRef" in one.get("valueFrom", {})
    }
    filled = []
    for argument in pod.container["args"]:
        for name, value in values.items():
            argument = argument.replace(f"$({name})", value)
        filled.append(argument)
    return tuple(filled)


def _fits(selector: Json, labels: Mapping[str, str]) -> bool:
    wanted = selector.get("matchLabels", {}) if _is_structured(selector) else selector
    if any(labels.get(name) != value for name, value in wanted.items()):
        return False
    expressions = selector.get("matchExpressions", ()) if _is_structured(selector) else ()
    return all(_holds(one, labels) for one in expressions)


def _is_structured(selector: Json) -> bool:
    return bool({"matchLabels", "matchExpressions"} & set(selector))


def _holds(expression: Json, labels: Mapping[str, str]) -> bool:
    assert expression["operator"] == "In", "Only `In` is used, and read, here."
    return labels.get(expression["key"]) in expression["values"]
