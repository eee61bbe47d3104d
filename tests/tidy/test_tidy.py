"""Our own code keeps the rules, and every rule finds the fault that is planted for it."""

import json
import textwrap
from pathlib import Path

import pytest

from tests.tidy import exceptions, house, rules
from tests.tidy.planted import FINE, PLANTED
from tests.tidy.rules import Rule
from tests.tidy.source import ROOT, Source, files, sources, sources_of_tests

SERVICES = sorted(
    path for path in (ROOT / "services").iterdir() if path.is_dir() and path.name != "__pycache__"
)
DECISIONS = ROOT / "docs" / "adr"


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_our_code_keeps_the_rule(rule: Rule) -> None:
    assert [fault for source in sources() for fault in rule(source)] == [], rule.__doc__


@pytest.mark.parametrize("rule", rules.RULES_FOR_TESTS, ids=lambda rule: rule.__name__)
def test_our_tests_keep_the_rule(rule: Rule) -> None:
    assert [fault for source in sources_of_tests() for fault in rule(source)] == [], rule.__doc__


@pytest.mark.parametrize("service", SERVICES, ids=lambda path: path.name)
def test_a_service_has_only_rooms_that_were_named(service: Path) -> None:
    assert list(house.room_faults(service)) == []


def test_no_two_services_hold_the_same_file() -> None:
    assert list(house.twins(sources())) == []


def test_every_decision_says_what_enforces_it() -> None:
    decisions = {path.name: path.read_text() for path in DECISIONS.glob("[0-9]*.md")}

    assert decisions != {}
    assert list(house.unenforced(decisions)) == []


def test_the_lock_pins_and_hashes_everything_and_names_no_address() -> None:
    assert list(house.lock_faults((ROOT / "requirements.lock").read_text())) == []


def test_the_lock_of_npm_hashes_everything_and_names_no_address() -> None:
    lock = ROOT / "tests" / "peers" / "package-lock.json"

    assert list(house.npm_lock_faults(lock.read_text())) == []


def test_a_planted_fault_in_a_lock_of_npm_is_found() -> None:
    planted = {"": {}, "node_modules/x": {"resolved": "https://registry.example/x.tgz"}}

    assert list(house.npm_lock_faults(json.dumps({"packages": planted}))) == [
        "node_modules/x has no hash.",
        '"https://registry.example/x.tgz"}}} is an address.',
    ]


def test_no_file_names_a_real_host_or_a_place_of_one_machine() -> None:
    assert list(house.strays(files(), ROOT)) == []


EXCEPTED = [rule for rule in (*rules.RULES, *rules.RULES_FOR_TESTS) if rules.exceptions_of(rule)]


@pytest.mark.parametrize("rule", EXCEPTED, ids=lambda rule: rule.__name__)
def test_every_exception_from_a_rule_is_still_needed(rule: Rule) -> None:
    everything = [*sources(), *sources_of_tests()]

    assert list(rules.unneeded(rule, rules.exceptions_of(rule), everything)) == []


def test_every_room_with_a_reason_is_still_a_room_of_its_own() -> None:
    found = {fault for service in SERVICES for fault in house.room_faults(service, {})}

    assert found == {
        f"{service}/{room} is a room that nobody named."
        for service, room in exceptions.FURTHER_ROOMS
    }


def test_every_host_that_may_be_named_is_still_named() -> None:
    found = {fault.split(" names ")[1] for fault in house.strays(files(), ROOT, hosts=())}

    assert found == {f"{host}." for host in exceptions.HOSTS}


@pytest.mark.parametrize(("rule", "path", "text"), PLANTED)
def test_a_rule_finds_a_planted_fault(rule: Rule, path: str, text: str) -> None:
    assert len(list(rule(Source.of(path, text)))) >= 1


@pytest.mark.parametrize(("rule", "path", "text"), FINE)
def test_a_rule_lets_what_is_fine_be(rule: Rule, path: str, text: str) -> None:
    assert list(rule(Source.of(path, text))) == []


def test_every_rule_has_a_planted_fault() -> None:
    planted = {rule for rule, _, _ in PLANTED}

    assert planted == {*rules.RULES, *rules.RULES_FOR_TESTS}


def test_an_exception_that_nobody_needs_any_more_is_found() -> None:
    reads = Source.of("chassis/clock.py", "at = datetime.now(UTC)")
    asks = Source.of("chassis/relay.py", "at = clock.now()")
    named = ["chassis/clock.py", "chassis/relay.py", "chassis/gone.py"]

    found = list(rules.unneeded(rules.time_is_an_argument, named, [reads, asks]))

    assert [fault.split()[0] for fault in found] == ["chassis/relay.py", "chassis/gone.py"]


def test_an_exception_for_one_function_is_not_needed_for_the_sake_of_another() -> None:
    rests = "async def rests():\n    await asyncio.sleep(1)\n\nasync def works(): ...\n"
    source = Source.of("tests/content/test_it.py", rests)
    named = [f"{source.path}::rests", f"{source.path}::works"]

    found = list(rules.unneeded(rules.nothing_is_slept_for, named, [source]))

    assert [fault.split()[0] for fault in found] == [f"{source.path}::works"]


@pytest.fixture
def kitchen(tmp_path: Path) -> Path:
    """A service with all that it needs."""
    service = tmp_path / "kitchen"
    (service / "domain").mkdir(parents=True)
    (service / "README.md").write_text("Cooks.")
    (service / "__init__.py").write_text('"""Cooks."""')
    (service / "main.py").write_text('"""Wired."""\n\nSERVICE = 1\n')
    (service / "domain" / "__init__.py").write_text('"""Rules."""')
    (service / "domain" / "dishes.py").write_text('"""Dishes."""\n\nDISH = 1\n')
    return service


def test_a_service_with_its_rooms_is_fine(kitchen: Path) -> None:
    (kitchen / "oven.py").write_text('"""The oven."""\n\nHEAT = 1\n')

    assert list(house.room_faults(kitchen, {("kitchen", "oven"): "It is hot."})) == []


def test_rooms_are_named_full_and_there(kitchen: Path) -> None:
    (kitchen / "README.md").unlink()
    (kitchen / "cellar.py").write_text('"""The cellar."""\n\nWINE = 1\n')
    (kitchen / "store.py").write_text('"""Nothing yet."""\n')
    (kitchen / "routes").mkdir()
    (kitchen / "routes" / "__init__.py").write_text('"""Doors."""')

    assert set(house.room_faults(kitchen, {("kitchen", "oven"): "It is hot."})) == {
        "kitchen has no README.md.",
        "kitchen/cellar.py is a room that nobody named.",
        "kitchen/store.py is empty.",
        "kitchen/routes is empty.",
        "kitchen/oven has a reason, but is not there.",
    }


def numbered(count: int, *, changed: int = 0) -> str:
    return "".join(f"row_{n} = {n if n >= changed else -n - 1}\n" for n in range(count))


def test_files_of_two_services_may_not_be_copies() -> None:
    one = Source.of("services/content/texts.py", numbered(10))
    copy = Source.of("services/sharing/texts.py", numbered(10, changed=1))
    other = Source.of("services/metrics/texts.py", numbered(10, changed=3))
    short = [Source.of(f"services/{name}/main.py", numbered(7)) for name in ("content", "sharing")]
    inits = [Source.of(f"services/{name}/__init__.py", numbered(9)) for name in ("a", "b")]

    assert len(list(house.twins([one, copy]))) == 1
    assert list(house.twins([one, other, *short, *inits])) == []


def test_a_decision_without_a_check_is_found() -> None:
    told = {"1.md": "# One\n\nEnforced by: `tests/tidy`\n", "2.md": "# Two\n\nEnforced by:\n"}

    assert list(house.unenforced(told)) == [
        "2.md does not say what enforces it: a check, or review."
    ]


def test_a_lock_that_is_not_closed_is_found() -> None:
    lock = textwrap.dedent("""\
        --index-url https://packages.example/simple
        fine==1.0 \\
            --hash=sha256:aa
        loose>=1.0 \\
            --hash=sha256:bb
        bare==1.0
        """)

    found = list(house.lock_faults(lock))

    assert "bare==1.0 has no hash." in found
    assert "loose>=1.0 is not pinned." in found
    assert "https://packages.example/simple is an address." in found
    assert not [fault for fault in found if fault.startswith("fine")]


@pytest.mark.parametrize(
    "line",
    [
        "see https://" + "packages.somewhere.zz/simple",
        "repo = 'http://" + "me:word@mirror.somewhere.zz'",
        "cd /" + "home/ida/fortaler",
        "HOME=/" + "root/",
    ],
)
def test_a_stray_address_is_found(line: str, tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text(f"first\n{line}\n")

    assert len(list(house.strays([tmp_path / "notes.md"], tmp_path))) == 1


def test_a_path_within_the_project_is_no_stray(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text(
        "tests/home/x, http://localhost:8080 and https://nordlys.example/root/ are fine\n"
    )

    assert list(house.strays([tmp_path / "notes.md"], tmp_path)) == []
