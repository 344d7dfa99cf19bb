"""Signing in as a person does: ask for a code, read it in the mailbox, change it for a token."""

import http.client
import json
import re
import time
from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from deploy.local.settings import HOST, Settings
from deploy.local.trouble import Trouble

MEMBERSHIP = "/api/membership/v1"
PATIENCE_SECONDS = 20
POLL_SECONDS = 0.2
CODE = re.compile(r"\b\d{6}\b")

Json = dict[str, Any]


def sign_in(settings: Settings, email: str) -> str:
    """An access token for this address, by the same calls any client makes."""
    seen = {mail["id"] for mail in _mails(settings, email)}
    _post(settings, f"{MEMBERSHIP}/sign-in", {"email": email})
    grant = {"grant": "code", "email": email, "code": _code(settings, email, seen)}
    return str(_post(settings, f"{MEMBERSHIP}/tokens", grant)["access_token"])


def _code(settings: Settings, email: str, seen: set[int]) -> str:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        for mail in _mails(settings, email):
            if mail["id"] not in seen and (code := CODE.search(mail["text"])):
                return code.group()
        time.sleep(POLL_SECONDS)
    raise Trouble(
        f"No mail with a code reached {email} within {PATIENCE_SECONDS} s; see {settings.origin}/mailbox."
    )


def _mails(settings: Settings, email: str) -> list[Json]:
    mails: list[Json] = _call(settings, "GET", f"/mailbox.json?to={quote(email)}")["items"]
    return mails


def _post(settings: Settings, path: str, body: Json) -> Json:
    return _call(settings, "POST", path, body)


def _call(settings: Settings, method: str, path: str, body: Json | None = None) -> Json:
    connection = http.client.HTTPConnection(
        HOST, settings.ports["origin"], timeout=PATIENCE_SECONDS
    )
    headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid4())}
    try:
        connection.request(method, path, json.dumps(body) if body else None, headers)
        response = connection.getresponse()
        content = response.read()
    except OSError:
        raise Trouble(f"Nothing answers at {settings.origin}; `make up` starts it.") from None
    finally:
        connection.close()
    if response.status >= HTTPStatus.BAD_REQUEST:
        raise Trouble(
            f"{method} {path} was refused with status {response.status}: {content.decode()}"
        )
    answer: Json = json.loads(content) if content else {}
    return answer
