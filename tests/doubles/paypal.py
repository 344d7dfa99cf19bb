"""The PayPal double, where every request and answer is judged by PayPal's own OpenAPI documents if they are at hand.

`wrong` keeps the verdicts. It proves that our requests have the vendor's shape and that we survive its answers, never
that it accepts us.
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from deploy.local import paypal_double
from tests.doubles import openapi

DOCUMENTS = {
    "/v1/customer": "paypal.customer_disputes_v1",
    "/v2/checkout": "paypal.checkout_orders_v2",
    "/v2/payments": "paypal.payments_payment_v2",
    "/v3/vault": "paypal.vault_payment_tokens_v3",
}


def spec_of(template: str) -> openapi.Spec | None:
    """PayPal's own document of an operation."""
    path = openapi.path_of(document_of(template))
    return openapi.Spec.read(path) if path else None


def document_of(template: str) -> str:
    return next(name for at, name in DOCUMENTS.items() if template.startswith(at))


@cache
def _descriptions(document: str) -> Mapping[str, str]:
    """What PayPal says beside each issue; its documents hold answers to these very words."""
    found: dict[str, str] = {}

    def walk(node: Any) -> None:
        match node:
            case {"issue": {"enum": [issue]}, "description": {"enum": [description, *_]}}:
                found[issue] = description
            case dict():
                for value in node.values():
                    walk(value)
            case list():
                for value in node:
                    walk(value)

    if path := openapi.path_of(document):
        walk(json.loads(path.read_text()))
    return found


class Paypal(paypal_double.Paypal):
    """Its reports wait until a test delivers them."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []

    def judge_request(self, request: Request, template: str, raw: bytes) -> None:
        spec = spec_of(template)
        if spec is not None:
            self.wrong += spec.wrong_request(openapi.Asked.of(request, template, raw))

    def judge_answer(self, request: Request, template: str, answer: Response) -> None:
        spec = spec_of(template)
        # PayPal's documents know no 429 and no gateway's page: whoever meets one has no shape to hold it to.
        if spec is None or answer.status_code in (401, 403, 409, 429) or answer.status_code >= 500:
            return
        asked = openapi.Asked.of(request, template, b"")
        self.wrong += spec.wrong_answer(asked, openapi.Answered.of(answer))

    def described(self, template: str, issue: str) -> str:
        return _descriptions(document_of(template)).get(issue, "No.")
