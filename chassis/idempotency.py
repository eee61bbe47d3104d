"""The same POST again is answered as the first time, and done once (draft-ietf Idempotency-Key)."""

from sqlalchemy import Column, DateTime, Index, LargeBinary, SmallInteger, String, Table, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from chassis.outbox import BACKBONE

ANSWERS = Table(
    "idempotency_keys",
    BACKBONE,
    Column("tenant_id", Uuid, primary_key=True),
    Column("caller", LargeBinary, primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("answered_at", DateTime(timezone=True), nullable=False),
    Index("idempotency_keys_answered", "answered_at"),
)
