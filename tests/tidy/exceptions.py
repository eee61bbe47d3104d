"""Where a rule does not hold, by file or room, each with its reason."""

COMMITS = {
    "chassis/catching_up.py": "Moves Kafka's offsets past records that are compacted away.",
    "chassis/database.py": "The one place that commits.",
    "chassis/migrating.py": "Migrations go alone, outside any request.",
    "chassis/run.py": "Moves Kafka's offsets, after the database has committed.",
}

CLOCKS = {"chassis/clock.py": "The one place that reads the time."}

ENVIRONMENT = {
    "fortaler/local.py": "Sets what the forked services then read as their settings.",
    "fortaler/embedded/kafka_program.py": "Where a user's caches are is said by XDG, not by us.",
}

PRINTS = {
    "chassis/telemetry.py": "The one handler that all log lines leave by.",
    "fortaler/processes.py": "Empties the streams before a fork, and before a child ends.",
}

RANDOM_IDS: dict[str, str] = {}

ROUTES_WITHOUT_MODEL = {"follow_link": "A redirect has no body."}

ROOMS = frozenset({
    "README.md", "main", "settings", "domain", "use_cases", "store", "tables", "routes", "schemas",
    "handlers", "migrations",
})  # fmt: skip
"""The rooms that every service may have (ARCHITECTURE.md)."""

FURTHER_ROOMS = {
    ("sharing", "networks"): "One adapter per social network, behind one small interface.",
    ("sharing", "publishing"): "What settles shares by itself: leases, tries, the uncertain ones.",
    ("metrics", "redirect"): "The hot path of clicks, in front of FastAPI, with its local spool.",
}

BY_FILE = (COMMITS, CLOCKS, ENVIRONMENT, PRINTS, RANDOM_IDS)

HOSTS = frozenset({"www.facebook.com", "www.linkedin.com", "api.slack.com"})
"""Real hosts that may be named: robots say them of themselves, in the redirect's tests and in the
demo story."""
