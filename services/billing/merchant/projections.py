"""On what terms a community sells: its accounts at the processors, and the zone its days are counted in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

from services.billing.merchant.events import AccountConnected, PaypalConnected
from shared.contracts.membership_community import CommunityCreated
from shared.contracts.membership_description import CommunityDescribed
from shared.decider import Rejected
from shared.event_store import Fact
from shared.ids import Code, Label
from shared.projection import Projection

UTC = Code("UTC")
NAMELESS = Label("")


@dataclass(frozen=True, slots=True)
class Merchant:
    account: Code | None = None
    time_zone: Code = UTC
    name: Label = NAMELESS
    paypal: Code | None = None

    @property
    def at_paypal(self) -> Code:
        """The account that PayPal pays to; Rejected where the community has connected none."""
        if self.paypal is None:
            raise Rejected("not_by_paypal", "Nobody takes PayPal here.")
        return self.paypal


def _known(time_zone: str) -> str:
    """Ours may be an older table of zones than theirs."""
    return time_zone if time_zone in available_timezones() else UTC


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case CommunityCreated(time_zone=time_zone, name=name):
                await connection.execute(
                    "INSERT INTO merchants_v3 (community_id, time_zone, name) VALUES ($1, $2, $3)"
                    " ON CONFLICT (community_id) DO UPDATE"
                    " SET (time_zone, name) = (excluded.time_zone, excluded.name) WHERE merchants_v3.name = ''",
                    fact.community_id, _known(time_zone), name,
                )  # fmt: skip
            case CommunityDescribed(time_zone=time_zone, name=name):
                await connection.execute(
                    "INSERT INTO merchants_v3 (community_id, time_zone, name) VALUES ($1, $2, $3)"
                    " ON CONFLICT (community_id) DO UPDATE"
                    " SET (time_zone, name) = (excluded.time_zone, excluded.name)",
                    fact.community_id, _known(time_zone), name,
                )  # fmt: skip
            case AccountConnected(account):
                await connection.execute(
                    "INSERT INTO merchants_v3 (community_id, account) VALUES ($1, $2)"
                    " ON CONFLICT (community_id) DO UPDATE SET account = excluded.account",
                    fact.community_id, account,
                )  # fmt: skip
            case PaypalConnected(account):
                await connection.execute(
                    "INSERT INTO merchants_v3 (community_id, paypal) VALUES ($1, $2)"
                    " ON CONFLICT (community_id) DO UPDATE SET paypal = excluded.paypal",
                    fact.community_id, account,
                )  # fmt: skip


MERCHANTS = Projection(
    name="merchants",
    version=3,
    ddl="""
        CREATE TABLE merchants_v3 (
            community_id uuid PRIMARY KEY,
            account text,
            paypal text,
            time_zone text NOT NULL DEFAULT 'UTC',
            name text NOT NULL DEFAULT ''
        );
    """,
    tables=("merchants_v3",),
    facts=(CommunityCreated, CommunityDescribed, AccountConnected, PaypalConnected),
    apply=apply,
)


async def merchant_of(connection: Any) -> Merchant:
    """The terms of the community whose rows the connection sees."""
    row = await connection.fetchrow("SELECT account, time_zone, name, paypal FROM merchants_v3")
    return Merchant(*row) if row else Merchant()
