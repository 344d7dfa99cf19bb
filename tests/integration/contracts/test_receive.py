"""The receiver that docs/receive.md shows, run as it stands there: it takes what we sign, once, and nothing else."""

import base64
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from uuid import UUID

import pytest

from deploy.local.processes import accepts
from deploy.local.settings import HOST, ROOT, free_port
from services.membership.gateways.gateway import Parcel
from services.membership.gateways.webhook_gateway import signed
from shared.clock import real_now

SECRET, OTHER = ("whsec_" + base64.b64encode(key * 32).decode() for key in (b"k", b"o"))
EVENT = b'{"type": "io.tessera.membership.MemberJoined", "data": {"kind": "f\xc3\xaate"}}'
PARCEL = Parcel("https://crm.example/hook", UUID(int=7), EVENT, (SECRET,))


@dataclass
class Tool:
    port: int
    said: Path

    def told(self, headers: Mapping[bytes, bytes], body: bytes) -> int:
        """The status it answers with."""
        connection = HTTPConnection(HOST, self.port, timeout=5)
        try:
            sent = {name.decode(): value.decode() for name, value in headers.items()}
            connection.request("POST", "/", body, sent)
            return connection.getresponse().status
        finally:
            connection.close()


@pytest.fixture
def tool(tmp_path: Path) -> Iterator[Tool]:
    (code,) = re.findall(
        r"^```python\n(.*?)^```",
        (ROOT / "docs" / "receive.md").read_text(),
        re.DOTALL | re.MULTILINE,
    )
    script, said, port = tmp_path / "receiver.py", tmp_path / "said", free_port()
    script.write_text(code)
    with said.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, str(script), str(port)],
            env={**os.environ, "SECRET": SECRET},
            stdout=out,
            stderr=subprocess.DEVNULL,
        )
    try:
        deadline = time.monotonic() + 20
        while not accepts(port):
            assert time.monotonic() < deadline, "it does not listen"
            time.sleep(0.05)
        yield Tool(port, said)
    finally:
        process.kill()
        process.wait()


def test_it_takes_what_is_signed_and_takes_it_once(tool: Tool) -> None:
    headers = dict(signed(PARCEL, real_now()))
    assert [tool.told(headers, EVENT) for _ in range(2)] == [204, 204]
    assert tool.said.read_text() == "io.tessera.membership.MemberJoined {'kind': 'fête'}\n"


def test_it_takes_what_is_signed_while_the_secret_changes(tool: Tool) -> None:
    both = replace(PARCEL, secrets=(OTHER, SECRET))
    assert tool.told(dict(signed(both, real_now())), EVENT) == 204


def test_it_refuses_what_was_touched_is_old_or_comes_from_others(tool: Tool) -> None:
    headers = dict(signed(PARCEL, real_now()))
    old = dict(signed(PARCEL, real_now() - timedelta(minutes=10)))
    foreign = dict(signed(replace(PARCEL, secrets=(OTHER,)), real_now()))
    refused = [(headers, EVENT + b" "), (old, EVENT), (foreign, EVENT)]
    assert [tool.told(*each) for each in refused] == [401, 401, 401]
    assert tool.said.read_text() == ""
