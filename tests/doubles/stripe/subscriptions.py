"""A creator's own Stripe Billing: subscriptions as docs.stripe.com/api/subscriptions/object shows them.

A test lays them down and lets time pass: at the end of its period one charges the next, or ends where it was told to.
"""

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

from tests.doubles.stripe.forms import LISTED, boolean, changed, metadata, one_of, text
from tests.doubles.stripe.refusals import invalid
from tests.doubles.stripe.world import Book, Call, Json, Operation, World, page, retrieving

SUBSCRIPTIONS = "/v1/subscriptions"
NAME = "subscription_exposed_id"
EXPANDABLE = (
    "customer.invoice_settings.default_payment_method",
    "customer.default_source",
    "customer",
    "default_payment_method",
    "default_source",
    "discounts.source.coupon",
    "discounts",
)
"""What is an id until it is expanded, the innermost first."""
USUAL: Json = {
    "billing_mode": {"type": "classic"},
    "billing_schedules": [],
    "invoice_settings": {"issuer": {"type": "self"}},
    "livemode": False,
}
USUAL_ITEM: Json = {"metadata": {}}
USUAL_PRICE: Json = {
    "active": True,
    "livemode": False,
    "metadata": {},
    "product": "prod_of_theirs",
    "type": "recurring",
}
"""What stands beside what a test has to say."""


@dataclass(slots=True)
class Laid:
    """Something beside a subscription, in the shape in which it was laid down."""

    kind: ClassVar[str] = "object"
    prefix: ClassVar[str] = "obj"
    id: str
    created: int
    found: Json

    def shown(self) -> Json:
        return self.found


@dataclass(slots=True)
class Subscription:
    """`charged`: the beginnings of all periods that it has charged."""

    kind: ClassVar[str] = "subscription"
    prefix: ClassVar[str] = "sub"
    id: str
    created: int
    found: Json
    charged: list[int] = field(default_factory=list)

    @property
    def customer(self) -> Any:
        return self.found["customer"]

    @property
    def status(self) -> Any:
        return self.found["status"]

    def shown(self) -> Json:
        return self.found


def lay_down(book: Book, found: Json) -> Subscription:
    """Let there be a subscription, told with all that can be expanded in it; what the book has already stays."""
    for path in EXPANDABLE:
        found = _collapsed(book, found, path.split("."))
    items = [_item(found, item) for item in found["items"]["data"]]
    url = f"/v1/subscription_items?subscription={found['id']}"
    listed = found["items"] | {"data": items, "url": url}
    found = USUAL | {"created": found["start_date"]} | found | {"items": listed}
    start = items[0]["current_period_start"]
    return book.put(Subscription(found["id"], found["created"], found, [start]))


def _item(found: Json, item: Json) -> Json:
    price = USUAL_PRICE | {"created": found["start_date"]} | item["price"]
    beside = {"created": found["start_date"], "subscription": found["id"]}
    return USUAL_ITEM | beside | item | {"price": price}


def _collapsed(book: Book, value: Any, steps: list[str]) -> Any:
    if isinstance(value, list):
        return [_collapsed(book, one, steps) for one in value]
    if not isinstance(value, dict):
        return value
    if not steps:
        return (book.get(value["id"]) or book.put(Laid(value["id"], 0, value))).id
    inner = _collapsed(book, value.get(steps[0]), steps[1:])
    return value | ({steps[0]: inner} if steps[0] in value else {})


def turn(world: World, now: datetime) -> None:
    """Let it be then: what ends ends, and what goes on is charged."""
    for book in world.books.values():
        for one in book.every(Subscription):
            item = one.found["items"]["data"][0]
            while one.status == "active" and item["current_period_end"] <= now.timestamp():
                _next_period(world, book, one, item)


def _next_period(world: World, book: Book, one: Subscription, item: Json) -> None:
    end = item["current_period_end"]
    if one.found["cancel_at_period_end"]:
        one.found |= {"status": "canceled", "ended_at": end, "canceled_at": end}
        world.tell(book, "customer.subscription.deleted", one)
        return
    following = _following(item["price"]["recurring"], one.found["billing_cycle_anchor"], end)
    item |= {"current_period_start": end, "current_period_end": following}
    one.charged.append(end)
    world.tell(book, "customer.subscription.updated", one)


def _following(recurring: Json, anchor: int, end: int) -> int:
    months = {"month": 1, "year": 12}[recurring["interval"]] * recurring["interval_count"]
    was = datetime.fromtimestamp(end, UTC)
    years, month = divmod(was.month - 1 + months, 12)
    year = was.year + years
    day = min(datetime.fromtimestamp(anchor, UTC).day, monthrange(year, month + 1)[1])
    return int(was.replace(year=year, month=month + 1, day=day).timestamp())


def _list(call: Call) -> Json:
    """Without a status, those that have not ended."""
    found = call.book.every(Subscription)
    status = call.asked.pop("status", None)
    if status is None:
        found = [one for one in found if one.status != "canceled"]
    elif status != "all":
        found = [one for one in found if one.status == status]
    return page(call, SUBSCRIPTIONS, found, ("customer",))


def _change(call: Call) -> Json:
    one = call.book.find(Subscription, call.ids[NAME])
    if one.status == "canceled":
        raise invalid("A canceled subscription can only update its cancellation_details.")
    one.found["metadata"] = changed(one.found["metadata"], call.asked.get("metadata", {}))
    if "cancel_at_period_end" in call.asked:
        one.found["cancel_at_period_end"] = call.asked["cancel_at_period_end"]
    call.world.tell(call.book, "customer.subscription.updated", one)
    return one.shown()


STATUSES = one_of("all", "active", "canceled", "past_due", "trialing", "unpaid", "paused", "ended")
ONE = f"{SUBSCRIPTIONS}/{{{NAME}}}"
OPERATIONS = (
    Operation("GET", SUBSCRIPTIONS, _list, {**LISTED, "status": STATUSES, "customer": text}),
    retrieving(ONE, Subscription, NAME),
    Operation("POST", ONE, _change, {"cancel_at_period_end": boolean, "metadata": metadata}),
)
