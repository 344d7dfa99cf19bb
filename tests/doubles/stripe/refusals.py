"""What Stripe says when it says no (docs.stripe.com/api/errors)."""

from typing import Any

Json = dict[str, Any]


class Refusal(Exception):
    """A status, and what stands beside it under `error`."""

    def __init__(self, status: int, kind: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        said = {name: value for name, value in more.items() if value is not None}
        self.body: Json = {"error": {"type": kind, "message": message} | said}


def invalid(
    message: str, param: str | None = None, code: str | None = None, status: int = 400
) -> Refusal:
    return Refusal(status, "invalid_request_error", message, code=code, param=param)


def missing(kind: str, id_: str, param: str = "id", status: int = 404) -> Refusal:
    return invalid(f"No such {kind}: '{id_}'", param, "resource_missing", status)


def unexpected_state(message: str, intent: Json) -> Refusal:
    """Beside the message stands the intent that is not so."""
    kind, code = "invalid_request_error", "payment_intent_unexpected_state"
    return Refusal(400, kind, message, code=code, payment_intent=intent)


def trouble(status: int) -> Refusal:
    """What is the matter with Stripe, whatever was asked."""
    if status == 429:
        return invalid("Too many requests.", code="rate_limit", status=429)
    return Refusal(status, "api_error", "Something went wrong on Stripe's end.")


ANOTHER_BODY = Refusal(
    400,
    "idempotency_error",
    "Keys for idempotent requests can only be used with the same parameters they were first used with.",
)
IN_USE = Refusal(
    409,
    "idempotency_error",
    "There is currently another in-progress request using this Idempotent Key.",
    code="idempotency_key_in_use",
)
NO_KEY = invalid("You did not provide an API key.", status=401)
