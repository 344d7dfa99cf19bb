"""A port that somebody was given is given to nobody else, and to no connection, before its server is there."""

import subprocess
import sys

from deploy.local.settings import ROOT, free_port

FIRST_GIVEN_TO_CONNECTIONS = 32_768  # `net.ipv4.ip_local_port_range` of Linux; others begin higher
CHOICES = 40


def test_no_two_are_the_same_and_no_connection_can_have_one() -> None:
    chosen = [free_port() for _ in range(CHOICES)]
    assert len(set(chosen)) == CHOICES
    assert max(chosen) < FIRST_GIVEN_TO_CONNECTIONS


def test_another_process_is_given_none_of_ours() -> None:
    ours = {free_port() for _ in range(CHOICES)}
    few = range(min(ours), min(ours) + 200)
    others = _of_another_process(few, len(few) // 2)
    assert len(others) == len(few) // 2
    assert not ours & others


def _of_another_process(among: range, number: int) -> set[int]:
    script = (
        "from deploy.local import settings\n"
        f"settings.FREE_PORTS = {among!r}\n"
        f"print(*(settings.free_port() for _ in range({number})))"
    )
    command = [sys.executable, "-c", script]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return {int(port) for port in said.stdout.split()}
