"""The topics of Kafka, declared once: applied by `fortaler topics apply`, read by everybody."""

from dataclasses import dataclass
from datetime import timedelta

PARTITIONS = 6
"""As many workers per service as may ever share a topic; adding later moves keys, so begin wide."""

RETENTION = timedelta(days=7)
"""How long a topic remembers. Inboxes remember at least as long (design 10.18)."""

IN_SYNC_MIN = 2
"""Of three replicas. What is acknowledged is then on two brokers, so no loss of one takes it along,
and one may be away while we go on writing. With fewer replicas it would stop us instead."""

COMPACTION_LAG_MAX = timedelta(hours=1)
"""An erased person is gone from a compacted topic within this time (design 10.18)."""


@dataclass(frozen=True)
class Topic:
    """One topic: `compacted` keeps the latest state per key, else events age out by retention."""

    name: str
    compacted: bool = False
    partitions: int = PARTITIONS

    def config(self, *, replication: int = 1) -> dict[str, str]:
        """Answer the broker's settings for this topic, in Kafka's own words."""
        common = {
            # What a record says of when it happened is ce_time. By that time Kafka would drop at
            # once what is told late, and refuse what a clock that is wrong dates ahead.
            "message.timestamp.type": "LogAppendTime",
        }
        if replication > IN_SYNC_MIN:
            common["min.insync.replicas"] = str(IN_SYNC_MIN)
        if self.compacted:
            return {
                "cleanup.policy": "compact",
                "max.compaction.lag.ms": _milliseconds(COMPACTION_LAG_MAX),
                **common,
            }
        return {"cleanup.policy": "delete", "retention.ms": _milliseconds(RETENTION), **common}


def _milliseconds(span: timedelta) -> str:
    return str(int(span.total_seconds() * 1000))


DIRECTORY = Topic("fortaler.directory", compacted=True)
CONTENT = Topic("fortaler.content")
SHARING = Topic("fortaler.sharing")
ENGAGEMENT = Topic("fortaler.engagement")
METRICS = Topic("fortaler.metrics")
RECOGNITION = Topic("fortaler.recognition")

ALL = (DIRECTORY, CONTENT, SHARING, ENGAGEMENT, METRICS, RECOGNITION)
