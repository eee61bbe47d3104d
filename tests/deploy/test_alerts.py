"""Alerts ask for what is counted, by the labels that it has."""

import re
from collections.abc import Iterator

import pytest
import yaml
from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase

from fortaler import services
from tests.deploy.programs import run
from tests.tidy.source import ROOT

FILE = ROOT / "deploy" / "observability" / "alerts.yaml"
FOREIGN = {
    "kube_pod_status_ready": {"namespace", "pod", "condition"},
    "kube_pod_container_status_restarts_total": {"namespace", "pod", "container"},
}
"""Of kube-state-metrics."""

_METRIC = re.compile(r"\b((?:fortaler|kube)_\w+)(?:\{([^}]*)\})?")
_GROUPED = re.compile(r"\bby \(([^)]*)\)")


def counted() -> dict[str, set[str]]:
    """Answer every series that our processes tell of, with its labels."""
    for name in services.NAMES:
        services.load(name)
    found: dict[str, set[str]] = {}
    for metric in set(REGISTRY._collector_to_names):
        if isinstance(metric, MetricWrapperBase):
            for name in REGISTRY._collector_to_names[metric]:
                found[name] = {*metric._labelnames, "le"}
    return found


def rules() -> list[dict[str, str]]:
    groups = yaml.safe_load(FILE.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def strangers(expression: str, known: dict[str, set[str]]) -> Iterator[str]:
    """Answer the series and labels of an expression that nobody tells of."""
    named = [(name, matched) for name, matched in _METRIC.findall(expression)]
    labels = {label.strip() for group in _GROUPED.findall(expression) for label in group.split(",")}
    for name, matched in named:
        if name not in known:
            yield name
            continue
        asked = labels | set(re.findall(r"(\w+)\s*=", matched))
        yield from sorted(f"{name}{{{label}}}" for label in asked - known[name])


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_an_alert_asks_for_what_is_counted(rule: dict[str, str]) -> None:
    known = counted() | FOREIGN

    assert _METRIC.search(rule["expr"])
    assert list(strangers(rule["expr"], known)) == []


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_an_alert_says_how_urgent_it_is_and_what_to_do(rule: dict[str, dict[str, str]]) -> None:
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"]["summary"]
    assert rule["annotations"]["description"]


def test_what_nobody_counts_is_found() -> None:
    asked = (
        'sum by (service, tenant) (rate(fortaler_events_handled_total{end="x"}[5m])) / fortaler_x'
    )

    assert list(strangers(asked, counted())) == [
        "fortaler_events_handled_total{end}",
        "fortaler_events_handled_total{service}",
        "fortaler_events_handled_total{tenant}",
        "fortaler_x",
    ]


def test_our_yaml_is_written_as_agreed_and_a_slip_is_found() -> None:
    ours = ["docker-compose.yml", "deploy", ".yamllint.yaml"]

    assert run("yamllint", "--strict", *ours)[:2] == (0, "")
    assert run("yamllint", "--strict", "-", stdin="a: yes\na: no\n")[0] == 1
