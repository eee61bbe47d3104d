"""A process that keeps one embedded server until its input ends, and says where it is."""

import json
import sys
from pathlib import Path

from fortaler.embedded import EmbeddedFailed, EmbeddedKafka, EmbeddedPostgres


def keep(kind: str, data_dir: Path, jars_dir: Path | None) -> int:
    server: EmbeddedPostgres | EmbeddedKafka
    if kind == "postgres":
        server = EmbeddedPostgres(data_dir, durable=False)
    else:
        server = EmbeddedKafka(data_dir, jars_dir=jars_dir)
    try:
        server.start()
    except EmbeddedFailed as failure:
        say(failure=str(failure))
        return 1
    password = server.password if isinstance(server, EmbeddedPostgres) else ""
    say(pid=server.pid, port=server.port, password=password)
    sys.stdin.read()
    server.stop()
    return 0


def say(**words: object) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    kind, data_dir, *jars_dir = sys.argv[1:]
    sys.exit(keep(kind, Path(data_dir), Path(jars_dir[0]) if jars_dir else None))
