"""A creator's own Stripe Billing, as far as taking its subscriptions over needs it."""

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from services.billing.elsewhere import Oddity, Rebate, Theirs
from services.billing.gateways.elsewhere import PageOfTheirs
from services.billing.gateways.gateway import IfThere
from services.billing.gateways.stripe_gateway import (
    StripeGateway,
    good_until,
    money_of,
    options,
    translated,
)
from shared.ids import Code
from shared.money import Money

if TYPE_CHECKING:
    from stripe.params import SubscriptionListParams

PAGE = 40  # So many fit into one event.

# No deeper than Stripe expands: four levels.
EXPANDED = (
    "customer.invoice_settings.default_payment_method",
    "customer.default_source",
    "default_payment_method",
    "default_source",
    "discounts.source.coupon",
)
IN_A_LIST = [f"data.{path}" for path in EXPANDED]


class StripeBilling:
    """Read and told on the community's own account, by the platform's key."""

    def __init__(self, gateway: StripeGateway) -> None:
        self._client = gateway.client

    async def page(self, account: Code, after: Code | None) -> PageOfTheirs:
        asked: SubscriptionListParams = {"limit": PAGE, "expand": IN_A_LIST}
        if after:
            asked["starting_after"] = after
        with translated():
            listed = await self._client.v1.subscriptions.list_async(asked, options(account))
        found = tuple(theirs_of(one.to_dict()) for one in listed.data)
        return PageOfTheirs(found, found[-1].subscription if found and listed.has_more else None)

    async def fetch(self, subscription: Code, account: Code) -> Theirs | None:
        with IfThere(), translated():
            found = await self._client.v1.subscriptions.retrieve_async(
                subscription, {"expand": list(EXPANDED)}, options(account)
            )
            return theirs_of(found.to_dict())
        return None

    async def set_to_end(
        self, subscription: Code, account: Code, takeover_id: UUID, community_id: UUID
    ) -> None:
        # No key: a repeat is harmless, and after it was told to go on it must not be answered from memory.
        names = {"takeover_id": str(takeover_id), "community_id": str(community_id)}
        with translated():
            await self._client.v1.subscriptions.update_async(
                subscription,
                {"cancel_at_period_end": True, "metadata": names},
                options(account),
            )

    async def let_go_on(self, subscription: Code, account: Code) -> None:
        with translated():
            await self._client.v1.subscriptions.update_async(
                subscription,
                {
                    "cancel_at_period_end": False,
                    "metadata": {"takeover_id": "", "community_id": ""},
                },
                options(account),
            )


def theirs_of(found: dict[str, Any]) -> Theirs:
    """A subscription object, expanded as above (docs.stripe.com/api/subscriptions/object), in our words."""
    items = found["items"]["data"]
    price = items[0]["price"]
    card, good = _card(found)
    rebate = _rebate(found.get("discounts") or [], price["currency"])
    return Theirs(
        subscription=Code(found["id"]),
        customer=Code(_customer(found)["id"]),
        status=found["status"],
        price=Code(price["id"]),
        amount=money_of(price.get("unit_amount") or 0, price["currency"]),
        interval=price["recurring"]["interval"],
        every=price["recurring"]["interval_count"],
        quantity=items[0].get("quantity") or 1,
        began_at=_at(found["start_date"]),
        anchor=_at(found["billing_cycle_anchor"]),
        period_start=_at(items[0]["current_period_start"]),
        period_end=_at(items[0]["current_period_end"]),
        ends=bool(found["cancel_at_period_end"] or found.get("cancel_at")),
        ended_at=_at(found["ended_at"]) if found.get("ended_at") else None,
        payment_method=card,
        good_until=good,
        rebate=rebate,
        oddities=_oddities(found, rebate),
        takeover_id=_takeover(found.get("metadata") or {}),
    )


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _customer(found: dict[str, Any]) -> dict[str, Any]:
    customer = found["customer"]
    return customer if isinstance(customer, dict) else {"id": customer}


def _card(found: dict[str, Any]) -> tuple[Code | None, date | None]:
    """What Stripe would charge (docs.stripe.com/billing/subscriptions/overview), where that is a card."""
    customer = _customer(found)
    settings = customer.get("invoice_settings") or {}
    first_of = (
        found.get("default_payment_method"),
        found.get("default_source"),
        settings.get("default_payment_method"),
        customer.get("default_source"),
    )
    charged = next((one for one in first_of if one), None)
    if not isinstance(charged, dict):
        return None, None
    card = charged if charged.get("object") == "card" else charged.get("card")
    if not card:
        return None, None
    return Code(charged["id"]), good_until(card["exp_month"], card["exp_year"])


def _rebate(discounts: list[Any], currency: str) -> Rebate | None:
    """The one discount that ours can carry: whole per cents, or an amount in the currency of the price."""
    if len(discounts) != 1 or not isinstance(discounts[0], dict):
        return None
    coupon = discounts[0]["source"]["coupon"]
    if not isinstance(coupon, dict):
        return None
    percent = coupon.get("percent_off") or 0
    amount: Money | None = None
    if coupon.get("amount_off"):
        amount = money_of(coupon["amount_off"], coupon["currency"])
    if int(percent) != percent or (amount and amount.currency != currency.upper()):
        return None
    lasts = "until" if coupon["duration"] == "repeating" else coupon["duration"]
    end = discounts[0].get("end")
    return Rebate(
        Code(coupon["id"]), int(percent), amount, cast("Any", lasts), _at(end) if end else None
    )


def _oddities(found: dict[str, Any], rebate: Rebate | None) -> tuple[Oddity, ...]:
    items = found["items"]["data"]
    price = items[0]["price"]
    tax = (found.get("automatic_tax") or {}).get("enabled")
    # What a price costs in another of its currencies is not on it.
    other_currency = found["currency"] != price["currency"]
    tiers = price["billing_scheme"] != "per_unit" or price.get("transform_quantity")
    is_there: dict[Oddity, Any] = {
        "several_items": len(items) > 1,
        "metered": price["recurring"].get("usage_type") == "metered",
        "odd_price": tiers or other_currency or not price.get("unit_amount"),
        "invoiced": found["collection_method"] != "charge_automatically",
        "on_hold": found.get("pause_collection"),
        "scheduled": found.get("schedule") or found.get("pending_update"),
        "coupon_not_carried": (found.get("discounts") and not rebate)
        or any(item.get("discounts") for item in items)
        or _customer(found).get("discount"),
        "taxed": tax or found.get("default_tax_rates") or items[0].get("tax_rates"),
        "customer_balance": _customer(found).get("balance"),
    }
    return tuple(name for name, so in is_there.items() if so)


def _takeover(metadata: dict[str, str]) -> UUID | None:
    try:
        return UUID(metadata["takeover_id"])
    except (KeyError, ValueError):
        return None
