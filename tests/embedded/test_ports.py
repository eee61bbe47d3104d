"""Ports that are chosen before anybody listens on them, each by a process that remembers."""

import subprocess
import sys

from tests.embedded.keepers import ROOT

MANY = 600
"""Enough for some ten to be drawn twice, if nobody looked."""


def drawn(*before: str, each: str = "free_port()") -> list[int]:
    """Answer what a process is given, one after another, that has done something before."""
    program = "\n".join(
        [
            "from fortaler.embedded.ports import PORTS, free_port, reserve",
            *before,
            f"for _ in range({MANY}): print({each})",
        ]
    )
    command = [sys.executable, "-c", program]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return [int(line) for line in said.stdout.split()]


def test_a_port_is_given_once_though_nobody_listens_on_it_yet() -> None:
    ports = drawn()

    assert len({*ports}) == len(ports) == MANY


def test_what_is_reserved_is_given_to_nobody() -> None:
    ports = drawn("reserve(*PORTS[::2])")

    assert {port % 2 for port in ports} == {1}


def test_those_in_a_row_are_given_together() -> None:
    first = drawn(each="free_port(in_a_row=3)")

    assert len({port + step for port in first for step in range(3)}) == 3 * MANY
