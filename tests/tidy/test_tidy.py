"""Our own code keeps the rules, and every rule finds the fault that is planted for it."""

import textwrap
from pathlib import Path

import pytest

from tests.tidy import exceptions, house, rules
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


def test_no_file_names_a_real_host_or_a_place_of_one_machine() -> None:
    assert list(house.strays(files(), ROOT)) == []


def test_every_exception_from_a_rule_is_still_needed() -> None:
    paths = {source.path for source in sources()}
    named = {path for one in exceptions.BY_FILE for path in one}
    routes = {function.name for source in sources() for function in source.functions()}

    assert named - paths == set()
    assert exceptions.ROUTES_WITHOUT_MODEL.keys() - routes == set()


ROUTE = '''
@router.get("/stories", response_model=Page, **refuses(StoryNotFound))
async def list_stories(session: Transaction) -> Page:
    """List stories."""
    return await use_cases.list_stories(session)
'''

PLANTED: list[tuple[Rule, str, str]] = [
    (rules.files_fit_in_the_head, "services/content/store.py", "pass\n" * 401),
    (
        rules.functions_fit_on_a_screen,
        "services/content/store.py",
        "def long():\n" + "    pass\n" * 60,
    ),
    (rules.modules_say_what_they_are_for, "chassis/new.py", "import ast"),
    (rules.modules_say_what_they_are_for, "chassis/new.py", '"""Things"""'),
    (rules.modules_say_what_they_are_for, "chassis/new.py", '"""One. Two."""'),
    (rules.names_say_something, "services/content/utils.py", ""),
    (rules.names_say_something, "services/content/helpers/texts.py", ""),
    (rules.only_the_chassis_commits, "services/content/store.py", "await session.commit()"),
    (rules.only_the_chassis_commits, "chassis/outbox.py", "async with session.begin(): ..."),
    (rules.only_the_chassis_commits, "chassis/relay.py", "await (await open_it()).rollback()"),
    (
        rules.only_the_chassis_commits,
        "services/metrics/store.py",
        "async with connection.transaction(): ...",
    ),
    (rules.time_is_an_argument, "services/content/domain.py", "at = datetime.now(UTC)"),
    (rules.time_is_an_argument, "chassis/relay.py", "at = datetime.datetime.utcnow()"),
    (rules.time_is_an_argument, "chassis/relay.py", "field(default_factory=datetime.now)"),
    (rules.time_is_an_argument, "gateway/main.py", "import time\nat = time.time()"),
    (rules.time_is_an_argument, "gateway/main.py", "from time import time"),
    (rules.time_is_an_argument, "services/content/domain.py", "date.today()"),
    (rules.settings_are_read_in_one_place, "gateway/main.py", "os.environ['HOME']"),
    (rules.settings_are_read_in_one_place, "chassis/kafka.py", "os.getenv('HOME')"),
    (rules.settings_are_read_in_one_place, "chassis/kafka.py", "from os import environ"),
    (rules.nothing_is_printed, "services/content/use_cases.py", "print('here')"),
    (rules.nothing_is_printed, "gateway/main.py", "sys.stdout.write('here')"),
    (rules.ids_are_ordered, "services/content/use_cases.py", "import uuid\nuuid.uuid4()"),
    (rules.ids_are_ordered, "services/content/use_cases.py", "from uuid import uuid4"),
    (rules.ids_are_ordered, "services/content/tables.py", "Field(default_factory=uuid1)"),
    (rules.only_the_chassis_knows_kafka, "services/content/handlers.py", "import aiokafka"),
    (
        rules.only_the_chassis_knows_kafka,
        "gateway/main.py",
        "from aiokafka.errors import KafkaError",
    ),
    (rules.sessions_ask_by_exec, "services/content/store.py", "await session.execute(question)"),
    (rules.sessions_ask_by_exec, "services/content/store.py", "await self.session.execute(q)"),
    (rules.failures_are_named, "chassis/relay.py", "with suppress(Exception): ..."),
    (rules.failures_are_named, "chassis/relay.py", "with contextlib.suppress(BaseException): ..."),
    (rules.nothing_is_left_to_do, "chassis/relay.py", "x = 1  # TO" + "DO: later"),
    (
        rules.routes_are_doors,
        "services/content/routes.py",
        ROUTE.replace('"""List stories."""', ""),
    ),
    (rules.routes_are_doors, "services/content/routes.py", ROUTE.replace("**refuses", "**answers")),
    (
        rules.routes_are_doors,
        "services/content/routes/stories.py",
        ROUTE.replace(", **refuses(StoryNotFound)", ""),
    ),
    (
        rules.routes_are_doors,
        "services/content/routes.py",
        ROUTE.replace("response_model=Page, ", ""),
    ),
    (
        rules.routes_are_doors,
        "services/content/routes.py",
        ROUTE.replace("    return", "    pass\n" * 12 + "    return"),
    ),
    (rules.tests_patch_nothing, "tests/content/test_it.py", "from unittest.mock import Mock"),
    (rules.tests_patch_nothing, "tests/content/test_it.py", "import unittest.mock"),
    (rules.tests_patch_nothing, "tests/content/test_it.py", "def test_it(monkeypatch): ..."),
]

FINE: list[tuple[Rule, str, str]] = [
    (rules.files_fit_in_the_head, "services/content/store.py", "pass\n" * 400),
    (rules.files_fit_in_the_head, "services/content/migrations/0001_all.py", "pass\n" * 500),
    (
        rules.functions_fit_on_a_screen,
        "services/content/store.py",
        "def long():\n" + "    pass\n" * 59,
    ),
    (
        rules.modules_say_what_they_are_for,
        "chassis/new.py",
        '"""What v1.2 of it\nis.\n\nMore. And more."""',
    ),
    (rules.only_the_chassis_commits, "chassis/database.py", "async with session.begin(): ..."),
    (
        rules.only_the_chassis_commits,
        "services/metrics/use_cases.py",
        "async with context.database.transaction(tenant): ...",
    ),
    (rules.only_the_chassis_commits, "services/sharing/use_cases.py", "shares.begin(share)"),
    (rules.time_is_an_argument, "services/content/use_cases.py", "at = clock.now()"),
    (rules.time_is_an_argument, "chassis/relay.py", "began = time.monotonic()"),
    (rules.settings_are_read_in_one_place, "services/content/settings.py", "os.environ"),
    (rules.ids_are_ordered, "services/content/use_cases.py", "from uuid import UUID, uuid5"),
    (rules.only_the_chassis_knows_kafka, "chassis/kafka.py", "import aiokafka"),
    (
        rules.sessions_ask_by_exec,
        "services/content/store.py",
        "await (await session.connection()).execute(statement)",
    ),
    (rules.failures_are_named, "chassis/relay.py", "with suppress(LookupError): ..."),
    (rules.routes_are_doors, "services/content/routes.py", ROUTE),
    (
        rules.routes_are_doors,
        "services/content/routes.py",
        ROUTE.replace("response_model=Page", "status_code=status.HTTP_204_NO_CONTENT"),
    ),
    (rules.routes_are_doors, "services/content/store.py", ROUTE.replace("**refuses", "**answers")),
    (rules.tests_patch_nothing, "tests/content/test_it.py", "def test_it(world): ..."),
]


@pytest.mark.parametrize(("rule", "path", "text"), PLANTED)
def test_a_rule_finds_a_planted_fault(rule: Rule, path: str, text: str) -> None:
    assert len(list(rule(Source.of(path, text)))) >= 1


@pytest.mark.parametrize(("rule", "path", "text"), FINE)
def test_a_rule_lets_what_is_fine_be(rule: Rule, path: str, text: str) -> None:
    assert list(rule(Source.of(path, text))) == []


def test_every_rule_has_a_planted_fault() -> None:
    planted = {rule for rule, _, _ in PLANTED}

    assert planted == {*rules.RULES, *rules.RULES_FOR_TESTS}


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
