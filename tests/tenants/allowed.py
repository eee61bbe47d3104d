"""What may stand outside the tenants' walls, each by its name and with its reason."""

OUTSIDE = {
    "alembic_version": "Says which migration the database has; knows no tenant.",
    "inbox": "Ids of events that were taken in, before whose they are matters.",
    "outbox": "The relay sends what all tenants announce; the app role may only add to it.",
    "dead_letters": "A message that cannot be read may name no tenant.",
    "outbox_rewinds": "That announcements of all tenants are to be sent again; knows none.",
}

DOORS = {
    ("content", "calendar_doors"): "Whose feed an address is; a program that asks names nobody.",
    ("directory", "tenant_doors"): "Which slug and issuer are whose, before a tenant is known.",
    ("metrics", "link_doors"): "Where a tracked link leads; who follows it names no tenant.",
    ("sharing", "connection_doors"): "Whose a network's callback is: it brings only a state.",
}
"""Small look-up tables that are asked before a tenant is known (design 10.14)."""

VIEWS: dict[tuple[str, str], str] = {}
"""A view reads with its owner's rights unless it says otherwise, so there is none."""

OWNERS_WORK = {
    "make_outbox_partitions": "Days are made ahead by the relay role, which owns nothing.",
    "drop_outbox_partitions": "Old days are dropped by it, and nothing else can be.",
    "forget_answers": "Old answers of all tenants are forgotten unread.",
    "forget_letters": "Dead letters settled long ago are forgotten; no others can be.",
}

SECURITY_DEFINERS: dict[tuple[str, str], str] = {
    (
        "content",
        "find_stories",
    ): "A search; policies would keep it from its index.",
}
"""Functions of one service that run as its reader, such as a full-text search (design 10.15)."""


def outside(service: str) -> set[str]:
    """Answer the tables of a service that need no walls."""
    return {*OUTSIDE, *(table for owner, table in DOORS if owner == service)}
