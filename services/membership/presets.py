"""What each way of earning needs before money can come in, and the calls that get it done."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from services.membership.chat_server.events import ChatServerConnected
from services.membership.community.events import Audience
from services.membership.document.events import DocumentPublished
from services.membership.document.events import Kind as DocumentKind
from services.membership.tier.events import TierDefined
from shared.contracts.billing_merchant import MerchantConnected
from shared.contracts.billing_offer import OfferPublished
from shared.contracts.events_gathering import GatheringPublished

Model = Literal["subscription", "course", "workshop", "donation", "sponsor"]
Method = Literal["GET", "POST", "PUT"]
Step = Literal[
    "paid_tier",
    "free_tier",
    "recurring_offer",
    "lasting_offer",
    "single_offer",
    "donation_offer",
    "priced_gathering",
    "own_account",
    "chat_server",
    "seen_by_strangers",
    "terms",
    "privacy_notice",
]


@dataclass(frozen=True, slots=True)
class Preset:
    """What must be there, and what helps though money comes without it; each in the order to do it in."""

    needs: tuple[Step, ...]
    helps: tuple[Step, ...]


PRESETS: Mapping[Model, Preset] = {
    "subscription": Preset(("paid_tier", "recurring_offer"), ("free_tier", "chat_server")),
    "course": Preset(("paid_tier", "lasting_offer"), ("free_tier", "chat_server")),
    "workshop": Preset(("priced_gathering",), ("free_tier",)),
    "donation": Preset(("donation_offer",), ("free_tier",)),
    "sponsor": Preset(("single_offer",), ()),
}


DOCUMENTS: Mapping[DocumentKind, Step] = {"terms": "terms", "privacy": "privacy_notice"}
"""What the law wants said before money comes in. A checkout asks to agree to what is published, and to nothing else."""


def steps(model: Model, *, live: bool, private: bool) -> dict[Step, bool]:
    """What to do, in order, and whether it is needed: who takes real money has an account of their own.

    Who hides from strangers is told that none of them can pay.
    """
    preset = PRESETS[model]
    hidden: dict[Step, bool] = {"seen_by_strangers": True} if private else {}
    needed = hidden | dict.fromkeys(preset.needs, True)
    helps = *DOCUMENTS.values(), *preset.helps
    return needed | {"own_account": live} | dict.fromkeys(helps, False)


def ready(steps: Mapping[Step, bool], done: Collection[Step]) -> bool:
    """Whether nothing that is needed is missing."""
    return all(step in done for step, needed in steps.items() if needed)


CONNECTED: Mapping[type, Step] = {
    MerchantConnected: "own_account",
    ChatServerConnected: "chat_server",
}


def step_of(fact: object) -> Step | None:
    """The step that this takes, None where it is none of them."""
    match fact:
        case TierDefined(paid=paid):
            return "paid_tier" if paid else "free_tier"
        case OfferPublished() as offer:
            return _sold_by(offer)
        case GatheringPublished(price=price) if price.minor:
            return "priced_gathering"
        case DocumentPublished(kind=kind):
            return DOCUMENTS.get(kind)
    return CONNECTED.get(type(fact))


def _sold_by(offer: OfferPublished) -> Step | None:
    if offer.donation:
        return "donation_offer"
    if offer.interval == "once":
        return "lasting_offer" if offer.tier_id else "single_offer"
    return "recurring_offer" if offer.tier_id else None


@dataclass(frozen=True, slots=True)
class Call:
    """How a step is taken. `body` is ready to be sent, or to be changed first; None where only the owner knows it."""

    method: Method
    path: str
    body: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Frame:
    """What the suggestions are made for."""

    currency: str
    paid_tier: UUID | None
    now: datetime
    community_id: UUID
    origin: str
    audience: Audience = "persons"

    def money(self, minor: int) -> dict[str, Any]:
        """An amount in the community's own currency."""
        return {"minor": minor, "currency": self.currency}

    def offer(self, name: str, minor: int, interval: str, **more: Any) -> dict[str, Any]:
        """An offer at a fixed price."""
        return {"name": name, "price": self.money(minor), "interval": interval, **more}

    def seats(self) -> dict[str, Any]:
        """What a company buys for its people."""
        return {"seats": True} if self.audience == "companies" else {}

    def later(self, by: timedelta) -> str:
        """A moment from now, on the minute."""
        return (self.now + by).replace(second=0, microsecond=0).isoformat()

    def of_tier(self) -> dict[str, Any]:
        """What an offer grants."""
        return {"tier_id": str(self.paid_tier)}


AFTER: Mapping[Step, Step] = {"recurring_offer": "paid_tier", "lasting_offer": "paid_tier"}
"""What sells a tier can be made once there is one."""

TIERS, OFFERS = "/api/membership/v1/tiers", "/api/billing/v1/offers"
PATHS: Mapping[Step, str] = {
    "paid_tier": TIERS,
    "free_tier": TIERS,
    "recurring_offer": OFFERS,
    "lasting_offer": OFFERS,
    "single_offer": OFFERS,
    "donation_offer": OFFERS,
    "priced_gathering": "/api/events/v1/gatherings",
    "own_account": "/api/billing/v1/merchant/onboarding",
    "chat_server": "/api/membership/v1/chat/server/authorization",
    "terms": "/api/membership/v1/documents",
    "privacy_notice": "/api/membership/v1/documents",
    "seen_by_strangers": "/api/membership/v1/communities/{community_id}/visibility",
}
METHODS: Mapping[Step, Method] = {"chat_server": "GET", "seen_by_strangers": "PUT"}
BODIES: Mapping[Step, Callable[[Frame], dict[str, Any]]] = {
    "paid_tier": lambda _: {"name": "Supporters", "paid": True},
    "free_tier": lambda _: {"name": "Friends", "paid": False},
    "recurring_offer": lambda f: f.offer(
        "Supporters, monthly", 10_00, "month", **f.of_tier(), **f.seats()
    ),
    "lasting_offer": lambda f: f.offer("The course", 99_00, "once", **f.of_tier()),
    "seen_by_strangers": lambda _: {"visibility": "unlisted"},
    "single_offer": lambda f: f.offer("Sponsorship", 500_00, "once"),
    "donation_offer": lambda f: {
        "name": "A donation",
        "interval": "once",
        "donation": True,
        "prices": [{"amount": f.money(20_00), "minimum": f.money(1_00)}],
    },
    "own_account": lambda f: {
        "return_url": f"{f.origin}/onboarding/return",
        "again_url": f"{f.origin}/onboarding",
    },
    "priced_gathering": lambda f: {
        "name": "Workshop",
        "starts_at": f.later(timedelta(days=14)),
        "ends_at": f.later(timedelta(days=14, hours=2)),
        "capacity": 20,
        "price": f.money(25_00),
    },
}


def waits_for(step: Step, taken: Collection[Step]) -> Step | None:
    """The step that has to be taken before this one, as long as it is not."""
    before = AFTER.get(step)
    return None if step in taken or before in taken else before


def call_for(step: Step, frame: Frame) -> Call | None:
    """The call that takes the step; None while another has to be taken first."""
    if step in AFTER and frame.paid_tier is None:
        return None
    body = BODIES[step](frame) if step in BODIES else None
    path = PATHS[step].format(community_id=frame.community_id)
    return Call(METHODS.get(step, "POST"), path, body)
