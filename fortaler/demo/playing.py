"""When the story is played: once on the first start, and again when asked for."""

import json

from chassis.clock import SystemClock
from fortaler.demo.stage import Stage, StoryFailed
from fortaler.demo.story import Outcome, Story
from fortaler.local import Local, LocalSettings
from fortaler.local_issuer.keys import IssuerKeys
from fortaler.up import Say

__all__ = ["StoryFailed", "play", "play_once", "skip"]


def play_once(local: Local, say: Say) -> None:
    """Play the story unless it has been played on these data; then say how to go on."""
    marker = local.data_dir / "demo.json"
    if marker.exists():
        say("The demo story has been played on these data; `fortaler demo` plays it again.")
        known = json.loads(marker.read_text())
    else:
        outcome = play(local, say)
        known = {"tenant": outcome.tenant, "story_id": outcome.story_id, "code": outcome.code}
        marker.write_text(json.dumps(known))
    for line in _invitation(local, known):
        say(line)


def play(local: Local, say: Say) -> Outcome:
    """Play the story; raises StoryFailed, in one line, where it cannot go on."""
    stage = Stage(
        public_url=local.public_url,
        issuer_base=local.issuer_url,
        keys=IssuerKeys(local.issuer_keys),
        say=say,
        now=SystemClock().now,
    )
    with stage.client:
        return Story(stage).play()


def skip(local: Local, say: Say) -> None:
    """Play nothing."""
    say(f"The platform is at {local.public_url}; its API documents are at {local.public_url}/docs")


def _invitation(local: Local, known: dict[str, str]) -> list[str]:
    command = f"{_command(local)} token ana --tenant {known['tenant']}"
    header = '-H "Authorization: Bearer $TOKEN"'
    return [
        "",
        f"Try it: the API documents are at {local.public_url}/docs",
        f"  TOKEN=$({command})",
        f"  curl -s {header} {local.public_url}/v1/feed",
        f"  curl -s {header} {local.public_url}/v1/metrics/stories/{known['story_id']}",
        f"  curl -s {header} {local.public_url}/v1/points/me/statement",
        f"  curl -si {local.public_url}/r/{known['code']} -A 'Mozilla/5.0'",
        "Ctrl-C stops everything.",
    ]


def _command(local: Local) -> str:
    """Answer how our command is called so that it finds this platform, the default one or not."""
    if local.settings.command:
        return local.settings.command
    usual = LocalSettings.model_fields["data_dir"].default
    where = "" if local.data_dir == usual.resolve() else f"FORTALER_DATA_DIR={local.data_dir} "
    return f"{where}.venv/bin/fortaler"
