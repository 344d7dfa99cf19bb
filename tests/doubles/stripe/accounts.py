"""Accounts of sellers: made by the platform, filled in by their owners, and able once nothing is missing."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from tests.doubles.stripe.forms import metadata, one_of, structure, text
from tests.doubles.stripe.refusals import invalid
from tests.doubles.stripe.world import Call, Json, Operation, World, listing

ACCOUNTS, LINKS, OWN = "/v1/accounts", "/v1/account_links", "acct_platform"
MISSING = ("business_profile.url", "external_account", "tos_acceptance.date")


@dataclass(slots=True)
class Account:
    kind: ClassVar[str] = "account"
    prefix: ClassVar[str] = "acct"
    id: str
    created: int
    metadata: dict[str, str]
    controller: Json
    missing: list[str] = field(default_factory=lambda: list(MISSING))
    debits: bool = True

    def shown(self) -> Json:
        able = not self.missing
        cards = "active" if able else "inactive"
        debits = "active" if able and self.debits else "inactive"
        return {
            "id": self.id,
            "object": "account",
            "capabilities": {"card_payments": cards, "sepa_debit_payments": debits},
            "charges_enabled": able,
            "controller": {"type": "application", "is_controller": True} | self.controller,
            "created": self.created,
            "details_submitted": able,
            "metadata": self.metadata,
            "payouts_enabled": able,
            "requirements": {
                "alternatives": [],
                "current_deadline": None,
                "currently_due": self.missing,
                "disabled_reason": None if able else "requirements.past_due",
                "errors": [],
                "eventually_due": self.missing,
                "past_due": [],
                "pending_verification": [],
            },
            "type": "none",
        }


def of(world: World, account: str) -> Account:
    """One that the platform may see; what was connected before by its owner may do everything."""
    platform = world.platform
    if account in world.books and platform.get(account) is None:
        platform.put(Account(account, world.seconds, {}, {}, []))
    found: Any = platform.get(account)
    if not isinstance(found, Account):
        message = f"The provided key does not have access to account '{account}'."
        raise invalid(message, code="account_invalid", status=403)
    return found


def fill_in(world: World, account: str) -> None:
    """Its owner tells all that is missing."""
    found = of(world, account)
    found.missing = []
    world.tell(world.books[account], "account.updated", found)


def _make(call: Call) -> Json:
    id_ = call.world.new_id(Account)
    call.world.connect(id_)
    asked = call.asked
    made = Account(id_, call.world.seconds, asked.get("metadata", {}), asked.get("controller", {}))
    return call.world.platform.put(made).shown()


def _retrieve(call: Call) -> Json:
    return of(call.world, call.ids["account"]).shown()


def _own(call: Call) -> Json:
    """Whoever's the key is."""
    return (
        call.book.get(OWN) or call.book.put(Account(OWN, call.world.seconds, {}, {}, []))
    ).shown()


def _link(call: Call) -> Json:
    account = of(call.world, call.asked["account"])
    now = call.world.seconds
    url = f"{call.world.address}/setup/{account.id}"
    return {"object": "account_link", "created": now, "expires_at": now + 300, "url": url}


OPERATIONS = (
    Operation("POST", ACCOUNTS, _make, {"controller": structure, "metadata": metadata}),
    listing(ACCOUNTS, Account),
    Operation("GET", "/v1/account", _own),
    Operation("GET", ACCOUNTS + "/{account}", _retrieve),
    Operation(
        "POST",
        LINKS,
        _link,
        {
            "account": text,
            "type": one_of("account_onboarding", "account_update"),
            "return_url": text,
            "refresh_url": text,
        },
        ("account", "type"),
    ),
)
