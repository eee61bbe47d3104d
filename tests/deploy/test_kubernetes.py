"""What a cluster is given is valid, closed and whole; each rule finds a fault planted for it."""

import copy
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

from tests.deploy import neighbours, policy
from tests.deploy.cluster import OVERLAYS, Cluster, Json, rendered
from tests.deploy.programs import run

Rule = Callable[[Cluster], Iterator[str]]
KUBERNETES = ("1.33", "1.37")
"""The oldest that has all that is used (`sleep` is the youngest of it), and the newest known."""

RULES: tuple[Rule, ...] = (*policy.RULES, *neighbours.RULES)


@cache
def cluster(overlay: str) -> Cluster:
    return Cluster.of(overlay)


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_an_overlay_keeps_the_rule(overlay: str, rule: Rule) -> None:
    assert list(rule(cluster(overlay))) == [], rule.__doc__


@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_kubernetes_takes_every_manifest(overlay: str, version: str, tmp_path: Path) -> None:
    manifests = tmp_path / "manifests.yaml"
    manifests.write_text(rendered(overlay))

    code, said, _ = run("kubernetes-validate", "-k", version, "--strict", manifests)

    assert code == 0, said


def test_a_slip_in_a_manifest_is_found(tmp_path: Path) -> None:
    manifests = tmp_path / "manifests.yaml"
    manifests.write_text(rendered("prod").replace("periodSeconds: 10", "periodSeconds: soon", 1))

    code, _, _ = run("kubernetes-validate", "-k", KUBERNETES[0], "--strict", manifests)

    assert code != 0


def test_stand_ins_are_for_developers_alone() -> None:
    prod = rendered("prod")

    assert "outside" in rendered("dev")
    assert "http://outside" not in prod
    assert "FORTALER_SANDBOX" not in prod
    assert not cluster("prod").has("Deployment", "outside")


def broken(fault: Callable[[Cluster], object], overlay: str = "prod") -> Cluster:
    """Answer the cluster of an overlay with something wrong in it."""
    one = Cluster(copy.deepcopy(list(cluster(overlay).documents)))
    fault(one)
    return one


def container(one: Cluster, name: str = "content-web", kind: str = "Deployment") -> Json:
    return one.find(kind, name)["spec"]["template"]["spec"]["containers"][0]


def pod(one: Cluster, name: str = "content-web") -> Json:
    return one.find("Deployment", name)["spec"]["template"]["spec"]


def gone(kind: str, name: str) -> Callable[[Cluster], None]:
    def remove(one: Cluster) -> None:
        one.documents.remove(one.find(kind, name))  # type: ignore[attr-defined]

    return remove


def added(text: str) -> Callable[[Cluster], None]:
    def add(one: Cluster) -> None:
        one.documents.append(yaml.safe_load(text))  # type: ignore[attr-defined]

    return add


def policy_spec(one: Cluster, name: str) -> Json:
    return one.find("NetworkPolicy", name)["spec"]


def open_to_all(one: Cluster) -> None:
    policy_spec(one, "services-answer-the-gateway")["ingress"][0]["from"] = [
        {"podSelector": {"matchLabels": {"app.kubernetes.io/part-of": "fortaler"}}}
    ]


def forget(one: Cluster, setting: str) -> None:
    for found in one.all("ConfigMap"):
        found["data"].pop(setting, None)


def name_settings(one: Cluster, **settings: str) -> None:
    for found in one.all("ConfigMap"):
        found["data"].update(settings)


PLANTED: list[tuple[Rule, Callable[[Cluster], object], str]] = [
    (policy.every_process_is_there, gone("Deployment", "sharing-worker"), "sharing worker is not"),
    (
        policy.every_process_is_there,
        lambda one: container(one)["args"].__setitem__(3, "all"),
        "content all is nothing of ours",
    ),
    (
        policy.images_are_one,
        lambda one: container(one).update(image="registry.example/fortaler:0.0.9"),
        "several images",
    ),
    (
        policy.images_are_one,
        lambda one: container(one).update(image="registry.example/fortaler:latest"),
        "whatever was built last",
    ),
    (policy.pods_have_no_rights, lambda one: pod(one).pop("securityContext"), "may be root"),
    (
        policy.pods_have_no_rights,
        lambda one: container(one, "migrate", "Job").pop("securityContext"),
        "migrate can write to its own root",
    ),
    (
        policy.pods_have_no_rights,
        lambda one: pod(one).update(automountServiceAccountToken=True),
        "can talk to the cluster",
    ),
    (policy.pods_have_no_rights, lambda one: pod(one).update(hostPID=True), "lives in its host"),
    (
        policy.pods_have_no_rights,
        lambda one: pod(one).pop("serviceAccountName"),
        "no identity of its own",
    ),
    (
        policy.containers_are_bounded,
        lambda one: container(one, "topics", "Job")["resources"].pop("limits"),
        "topics has no limits of memory",
    ),
    (
        policy.what_runs_on_is_probed,
        lambda one: container(one).pop("livenessProbe"),
        "has no livenessProbe",
    ),
    (
        policy.what_runs_on_is_probed,
        lambda one: container(one)["livenessProbe"]["httpGet"].update(path="/ready"),
        "is asked /ready by its livenessProbe",
    ),
    (
        policy.what_runs_on_is_probed,
        lambda one: container(one)["readinessProbe"]["httpGet"].update(port="web"),
        "is asked at web",
    ),
    (
        policy.ends_are_given_time,
        lambda one: pod(one).update(terminationGracePeriodSeconds=20),
        "content-web is killed",
    ),
    (
        policy.doors_stay_open_until_nobody_comes,
        lambda one: container(one, "gateway").pop("lifecycle"),
        "gateway closes its door",
    ),
    (
        policy.settings_are_real_and_complete,
        lambda one: name_settings(one, FORTALER_LOGLEVEL="info"),
        "FORTALER_LOGLEVEL, which is no setting",
    ),
    (
        policy.settings_are_real_and_complete,
        lambda one: container(one, "sharing-worker")["envFrom"].pop(),
        "sharing-worker is not given FORTALER_SEALING_KEY",
    ),
    (
        policy.settings_are_real_and_complete,
        lambda one: forget(one, "FORTALER_DATABASE_URL"),
        "migrate is not given FORTALER_DATABASE_URL",
    ),
    (
        policy.sources_of_settings_are_there,
        lambda one: container(one)["envFrom"][0]["configMapRef"].update(name="fortaler"),
        "reads fortaler, which is not there",
    ),
    (
        policy.sources_of_settings_are_there,
        lambda one: container(one)["envFrom"][1]["secretRef"].update(name="other"),
        "reads the secret other",
    ),
    (
        policy.sources_of_settings_are_there,
        lambda one: name_settings(one, FORTALER_SEALING_KEY="x"),
        "FORTALER_SEALING_KEY is a secret",
    ),
    (
        policy.sources_of_settings_are_there,
        added("{kind: Secret, metadata: {name: fortaler-database}}"),
        "fortaler-database is written down",
    ),
    (
        policy.services_lead_somewhere,
        lambda one: container(one)["ports"][0].update(name="web"),
        "content-web leads to a port",
    ),
    (policy.services_lead_somewhere, gone("Service", "sharing-web"), "does not find sharing"),
    (
        policy.services_lead_somewhere,
        lambda one: one.find("Service", "content-web")["spec"].update(
            selector={"app.kubernetes.io/name": "sharing", "app.kubernetes.io/component": "web"}
        ),
        "somebody else in the place of content",
    ),
    (
        policy.workers_fit_the_partitions,
        lambda one: one.find("Deployment", "content-worker")["spec"].update(replicas=7),
        "content-worker are 7",
    ),
    (
        policy.clicks_outlive_a_pod,
        lambda one: one.find("StatefulSet", "metrics-web").update(kind="Deployment"),
        "does not get the claim",
    ),
    (
        policy.clicks_outlive_a_pod,
        lambda one: container(one, "metrics-web", "StatefulSet")["volumeMounts"].pop(),
        "is not on its claim",
    ),
    (
        policy.clicks_outlive_a_pod,
        lambda one: one.find("StatefulSet", "metrics-web")["spec"]["volumeClaimTemplates"][0][
            "spec"
        ]["resources"]["requests"].update(storage="100Mi"),
        "larger than its claim",
    ),
    (
        neighbours.nobody_talks_to_anybody_at_first,
        lambda one: policy_spec(one, "nobody").update(policyTypes=["Ingress"]),
        "nobody thought of",
    ),
    (neighbours.policies_mean_somebody, gone("Deployment", "gateway"), "is for nobody"),
    (
        neighbours.policies_mean_somebody,
        lambda one: policy_spec(one, "services-answer-the-gateway")["ingress"][0].update(
            ports=[{"port": 8080}]
        ),
        "names the port 8080",
    ),
    (
        neighbours.services_are_asked_by_the_gateway_alone,
        open_to_all,
        "content-web can be asked by content-web",
    ),
    (
        neighbours.services_are_asked_by_the_gateway_alone,
        lambda one: policy_spec(one, "services-answer-the-gateway")["ingress"][0].pop("from"),
        "can be asked by anybody",
    ),
    (
        neighbours.everybody_reaches_what_they_need,
        gone("NetworkPolicy", "events-and-issuers-come-by-kafka"),
        "content-worker does not reach 9092",
    ),
    (
        neighbours.everybody_reaches_what_they_need,
        gone("NetworkPolicy", "content-asks-feeds"),
        "content-worker does not reach 80",
    ),
    (
        neighbours.the_outside_is_not_the_inside,
        lambda one: policy_spec(one, "verifiers-fetch-keys")["egress"][0]["to"][0]["ipBlock"].pop(
            "except"
        ),
        "lets out to the inside",
    ),
    (neighbours.pods_go_one_by_one, gone("PodDisruptionBudget", "gateway"), "gateway has no"),
    (
        neighbours.growth_is_decided_once,
        lambda one: one.find("Deployment", "gateway")["spec"].update(replicas=2),
        "gateway says how many",
    ),
    (
        neighbours.growth_is_decided_once,
        lambda one: one.find("HorizontalPodAutoscaler", "metrics-web")["spec"].pop("behavior"),
        "leaves its claims behind",
    ),
    (
        neighbours.growth_is_decided_once,
        gone("HorizontalPodAutoscaler", "gateway"),
        "Nobody says how many gateway",
    ),
    (
        neighbours.the_entrance_leads_to_peoples_doors,
        lambda one: one.find("Ingress", "gateway")["spec"]["rules"][0]["http"]["paths"][0].update(
            pathType="Prefix"
        ),
        "Everybody comes to /metrics",
    ),
    (
        neighbours.the_entrance_leads_to_peoples_doors,
        lambda one: one.find("Ingress", "gateway")["spec"]["rules"][0]["http"]["paths"].pop(1),
        "Nobody comes to /v1/stories",
    ),
]


@pytest.mark.parametrize(("rule", "fault", "told"), PLANTED)
def test_a_rule_finds_a_planted_fault(
    rule: Rule, fault: Callable[[Cluster], object], told: str
) -> None:
    assert told in " ".join(rule(broken(fault)))


def test_every_rule_has_a_planted_fault() -> None:
    assert {rule for rule, _, _ in PLANTED} == set(RULES)
