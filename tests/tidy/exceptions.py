"""Where a rule does not hold, by file, function or room, each with its reason.

A function is named behind its file, as pytest does: `tests/patience.py::until`.
"""

COMMITS = {
    "bench/programs/consumer.py": "Moves Kafka's offsets, as the worker that it measures does.",
    "chassis/catching_up.py": "Moves Kafka's offsets past records that are compacted away.",
    "chassis/database.py": "The one place that commits.",
    "chassis/migrating.py": "Migrations go alone, outside any request.",
    "chassis/run.py": "Moves Kafka's offsets, after the database has committed.",
}

CLOCKS = {"chassis/clock.py": "The one place that reads the time."}

ENVIRONMENT = {
    "bench/processes.py": "Starts what is measured with settings of its own, not with a user's.",
    "fortaler/local.py": "Sets what the forked services then read as their settings.",
    "fortaler/embedded/kafka_program.py": "Where a user's caches are is said by XDG, not by us.",
}

PRINTS = {
    "bench/__main__.py": "A command: the lines are its output, its progress goes beside it.",
    "bench/loader.py": "A process that reports to the one that started it.",
    "bench/made_up/process.py": "Says when it is ready, to the process that started it.",
    "bench/one.py": "A command: the lines are its output.",
    "bench/produce_loop.py": "A process that reports to the one that started it.",
    "chassis/telemetry.py": "The one handler that all log lines leave by.",
    "services/content/polling/feed_program.py": "A process that answers the one that started it.",
    "fortaler/processes.py": "Empties the streams before a fork, and before a child ends.",
}

RAW_ENGAGEMENT = {
    "services/metrics/use_cases.py": "A reported batch is answered after Kafka has it.",
    "services/metrics/routes.py": "Declares the refusal for when Kafka is away.",
    "services/metrics/redirect/clicks.py": "Lets clicks out; into the spool while Kafka is away.",
}

ROUTES_WITHOUT_MODEL = {
    "services/content/routes/objects.py::fetch_object": "A picture's bytes.",
    "services/metrics/routes.py::follow_link": "A redirect has no body.",
}

PACES = {
    "tests/patience.py::until": "Between two questions to somebody who tells nothing.",
    "tests/chassis/scratch_process.py::come_and_go": "A pace: workers join and leave in turns.",
    "tests/chassis/writing_process.py::write": "A pace, that a load lasts as long as its faults.",
    "tests/chassis/scratch_process.py::tell_when_ready": "Who leads is only known to the relay.",
    "tests/chassis/test_lines.py::_answer_late": "Slowness is played: an answer after its round.",
    "tests/chassis/test_backbone.py::_advance_somehow": "Chance: that is what mixes the orders.",
    "tests/faults/asking.py::_ask": "A pace, that a load lasts as long as its faults.",
    "tests/faults/outage.py::_away": "How long an outage lasts.",
    "tests/faults/outage.py::_watch": "A pace: how often a process is looked at.",
    "tests/faults/storm.py::_hold": "How long a transaction stays open, which the seed says.",
    "tests/faults/storm.py::_play": "How long a fault lasts, which the seed says.",
    "tests/faults/test_kills.py::load": "A pace: a server that is away refuses at once.",
    "tests/sharing/test_publishers_killed.py::killed_at": "Chance: how far it comes.",
}

ROOMS = frozenset({
    "README.md", "main", "settings", "domain", "use_cases", "store", "tables", "routes", "schemas",
    "handlers", "migrations",
})  # fmt: skip
"""The rooms that every service may have (ARCHITECTURE.md)."""

FURTHER_ROOMS = {
    ("content", "objects"): "Where bytes lie, a folder or S3, and pictures made anew.",
    ("sharing", "networks"): "One adapter per social network, behind one small interface.",
    ("sharing", "publishing"): "What settles shares by itself: leases, tries, the uncertain ones.",
    (
        "content",
        "polling",
    ): "What asks feeds by itself, and the program that reads one, kept apart.",
    ("metrics", "redirect"): "The hot path of clicks, in front of FastAPI, with its local spool.",
}

HOSTS = frozenset({
    "www.facebook.com", "www.linkedin.com", "api.slack.com", "jsonfeed.org", "www.w3.org",
})  # fmt: skip
"""Real hosts that may be named: robots say them of themselves, in the redirect's tests and in the
demo story; and feeds say by them of which kind they are."""
