"""For every rule what it has to find, and what it has to let be: rule, file and text."""

from tests.tidy import rules
from tests.tidy.rules import Rule

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
    (rules.only_the_chassis_knows_kafka, "services/content/main.py", "import chassis.kafka"),
    (rules.only_the_chassis_knows_kafka, "services/content/main.py", "from chassis import kafka"),
    (
        rules.only_the_chassis_knows_kafka,
        "services/metrics/handlers.py",
        "from chassis.kafka import Publisher",
    ),
    (
        rules.only_the_chassis_knows_kafka,
        "services/metrics/routes.py",
        "from aiokafka.errors import KafkaError",
    ),
    (
        rules.refusals_are_named,
        "services/content/routes.py",
        "from fastapi import APIRouter, HTTPException",
    ),
    (
        rules.refusals_are_named,
        "services/content/domain/life.py",
        "from starlette.exceptions import HTTPException as No",
    ),
    (
        rules.refusals_are_named,
        "services/content/routes.py",
        "from fastapi.responses import JSONResponse",
    ),
    (rules.refusals_are_named, "services/content/routes.py", "raise fastapi.HTTPException(409)"),
    (
        rules.refusals_are_named,
        "services/content/routes.py",
        "Response(status_code=status.HTTP_404_NOT_FOUND)",
    ),
    (rules.refusals_are_named, "services/content/routes.py", "Response(status_code=409)"),
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
    (rules.nothing_is_slept_for, "tests/content/test_it.py", "await asyncio.sleep(0.1)"),
    (rules.nothing_is_slept_for, "tests/content/test_it.py", "time.sleep(delay)"),
    (rules.nothing_is_slept_for, "tests/content/test_it.py", "await retry(asyncio.sleep)"),
    (
        rules.nothing_is_slept_for,
        "tests/content/test_it.py",
        "from asyncio import sleep as rest",
    ),
    (
        rules.nothing_is_slept_for,
        "tests/patience.py",
        "async def within():\n    await asyncio.sleep(1)",
    ),
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
        rules.only_the_chassis_knows_kafka,
        "services/metrics/use_cases.py",
        "from chassis.kafka import Publisher",
    ),
    (rules.refusals_are_named, "services/content/routes.py", "from fastapi import status"),
    (
        rules.refusals_are_named,
        "services/content/routes.py",
        "Response(status_code=status.HTTP_302_FOUND)",
    ),
    (rules.refusals_are_named, "chassis/problems.py", "JSONResponse(status_code=409)"),
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
    (rules.nothing_is_slept_for, "tests/content/test_it.py", "await asyncio.sleep(0)"),
    (rules.nothing_is_slept_for, "tests/content/test_it.py", "asleep = asyncio.Event()"),
    (
        rules.nothing_is_slept_for,
        "tests/patience.py",
        "async def until():\n    await asyncio.sleep(1)",
    ),
]
