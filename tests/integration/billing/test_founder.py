"""What takes the place of something free: paid for from its day on, and by founders at their rate for good."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.contracts import billing_subscription
from shared.contracts.membership_member import MemberBanned, MemberLeft
from shared.contracts.membership_transition import (
    Founder,
    FoundersNamed,
    TransitionAnnounced,
    TransitionCalledOff,
    TransitionPostponed,
)
from tests.integration.billing.shop import ORIGIN, Shop, ada, bob, community, olga
from tests.integration.events.house import Json, Who


@pytest.fixture(autouse=True)
async def _opened(shop: Shop) -> None:
    await shop.opens()


class Change:
    """What membership says of one change from free to paid, to an offer of the shop's."""

    def __init__(self, shop: Shop, offer_id: str) -> None:
        self.shop, self.offer_id = shop, offer_id
        self.transition_id = uuid4()
        self.day = shop.now + timedelta(days=40)

    async def says(self, kind: type[Any], **more: Any) -> None:
        about: Json = {
            "community_id": community,
            "occurred_at": self.shop.now,
            "transition_id": self.transition_id,
            "offer_id": UUID(self.offer_id),
        }
        await self.shop.house.hear(kind(**about | more))
        await self.shop.house.quiet()

    async def announces(self, *founders: Who) -> None:
        await self.says(
            TransitionAnnounced,
            tier_ids=(uuid4(),),
            light_tier_id=None,
            effective_from=self.day,
            founders=len(founders),
        )
        people = tuple(Founder(person_id=who.person_id) for who in founders)
        await self.says(FoundersNamed, effective_from=self.day, people=people)

    async def rate(self, expect: str | None = None, **more: Any) -> str:
        deal: Json = {
            "code": "FOUNDER",
            "percent": 40,
            "periods": None,
            "offers": [self.offer_id],
            "founders": True,
        }
        if expect:
            _, code = await self.shop.house.refusal(olga, "POST", "/discounts", deal | more)
            assert code == expect
            return ""
        answer = await self.shop.house.ask(olga, "POST", "/discounts", deal | more)
        await self.shop.house.quiet()
        return str(answer["discount_id"])

    async def seen(self, who: Who = ada, **more: Any) -> list[tuple[int, int]]:
        """What would be paid next, as (days from now, minor units)."""
        body = {"lines": [{"offer_id": self.offer_id}], "return_url": f"{ORIGIN}/thanks"} | more
        told = await self.shop.house.ask(who, "POST", "/checkouts/preview", body)
        return [
            (
                round((datetime.fromisoformat(one["at"]) - self.shop.now) / timedelta(days=1)),
                one["due"]["minor"],
            )
            for one in told["payments"][:2]
        ]


async def with_rate(shop: Shop, *founders: Who) -> Change:
    change = Change(shop, await shop.offer(1000))
    await change.announces(*founders)
    await change.rate()
    return change


async def test_who_subscribes_before_the_day_pays_from_the_day(shop: Shop) -> None:
    change = Change(shop, await shop.offer(1000))
    await change.announces()
    assert await change.seen() == [(0, 0), (40, 1000)]
    await shop.buys({"offer_id": change.offer_id})
    standing = await shop.subscription()
    assert standing["state"] == "trialing"
    assert datetime.fromisoformat(standing["runs_until"]) == change.day
    (begun,) = await shop.told(billing_subscription.TrialStarted)
    assert begun.trial_ends_at == change.day
    assert await shop.charges() == []
    await shop.at(change.day)
    await shop.until_subscription("active")
    assert [charge["amount"] for charge in await shop.charges()] == [1000]
    assert (await change.seen(bob))[0] == (0, 1000)


async def test_it_is_no_trial_and_a_longer_trial_stays(shop: Shop) -> None:
    change = Change(shop, await shop.offer(1000, trial_days=14))
    await shop.subscribes(trial_days=7)
    await change.announces()
    assert await change.seen() == [(0, 0), (40, 1000)]
    longer = Change(shop, await shop.offer(1000, trial_days=60))
    await longer.announces()
    assert await longer.seen(bob) == [(0, 0), (60, 1000)]


async def test_a_founder_has_the_rate_for_as_long_as_the_subscription_lives(shop: Shop) -> None:
    change = await with_rate(shop, ada)
    assert await change.seen() == [(0, 0), (40, 600)]
    assert await change.seen(bob) == [(0, 0), (40, 1000)]
    await shop.buys({"offer_id": change.offer_id})
    await shop.at(change.day)
    await shop.until_subscription("active")
    dearer = {"prices": [{"amount": {"minor": 2000, "currency": "EUR"}}]}
    await shop.house.ask(olga, "POST", f"/offers/{change.offer_id}/prices", dearer)
    await shop.house.quiet()
    for _ in range(3):
        standing = await shop.subscription()
        assert standing["next_due"]["minor"] == 600
        await shop.at(standing["runs_until"])
    assert {charge["amount"] for charge in await shop.charges()} == {600}
    rise = {
        "offer_id": change.offer_id,
        "effective_from": (shop.now + timedelta(days=31)).isoformat(),
    }
    seen = await shop.house.ask(olga, "POST", "/price-rises/preview", rise)
    assert seen["left_out"] == [{"reason": "discount_for_ever", "subscriptions": 1}]


async def test_the_rate_is_nobody_elses_and_not_by_its_code_either(shop: Shop) -> None:
    change = await with_rate(shop, ada)
    assert await change.seen(code="founder") == [(0, 0), (40, 600)]
    body = {"lines": [{"offer_id": change.offer_id}], "return_url": f"{ORIGIN}/thanks"}
    refused = await shop.house.refusal(bob, "POST", "/checkouts", body | {"code": "FOUNDER"})
    assert refused == (422, "code_for_others")
    other = Change(shop, await shop.offer(1000))
    assert (await other.seen())[0] == (0, 1000)


async def test_a_checkout_left_open_takes_nothing_from_a_founder(shop: Shop) -> None:
    change = await with_rate(shop, ada)
    await shop.checkout({"offer_id": change.offer_id})
    assert await change.seen() == [(0, 0), (40, 600)]


async def test_who_goes_is_a_founder_no_more_whatever_is_heard_first(shop: Shop) -> None:
    change = await with_rate(shop, ada)
    left = shop.now
    for kind, who in ((MemberLeft, ada), (MemberBanned, bob)):
        gone: Json = {"community_id": community, "occurred_at": left, "person_id": who.person_id}
        await shop.house.hear(kind(**gone))
    await shop.house.quiet()
    assert await change.seen() == [(0, 0), (40, 1000)]
    people = tuple(Founder(person_id=who.person_id) for who in (ada, bob))
    late = {"effective_from": change.day, "people": people}
    await change.says(FoundersNamed, **late, occurred_at=left - timedelta(hours=1))
    assert await change.seen() == [(0, 0), (40, 1000)]
    assert await change.seen(bob) == [(0, 0), (40, 1000)]


async def test_what_is_called_off_is_paid_for_at_once_and_has_no_founders(shop: Shop) -> None:
    change = await with_rate(shop, ada, bob)
    await shop.buys({"offer_id": change.offer_id}, who=bob)
    await change.says(TransitionCalledOff)
    assert (await change.seen())[0] == (0, 1000)
    standing = await shop.subscription(bob)
    assert standing["next_due"]["minor"] == 600
    change.transition_id = uuid4()
    await change.announces(ada)
    assert await change.seen() == [(0, 0), (40, 600)]


async def test_the_rate_ends_with_the_subscription(shop: Shop) -> None:
    change = await with_rate(shop, ada)
    await shop.buys({"offer_id": change.offer_id})
    standing = await shop.subscription()
    path = f"/subscriptions/{standing['subscription_id']}/cancellation"
    await shop.house.ask(ada, "POST", path, {})
    await shop.at(change.day)
    await shop.until_subscription("ended")
    await shop.house.quiet()
    assert (await change.seen())[0] == (0, 1000)


async def test_a_day_that_is_put_off_is_the_day(shop: Shop) -> None:
    change = Change(shop, await shop.offer(1000))
    await change.announces()
    await shop.buys({"offer_id": change.offer_id}, who=bob)
    later = change.day + timedelta(days=20)
    await change.says(TransitionPostponed, effective_from=later)
    assert await change.seen() == [(0, 0), (60, 1000)]
    standing = await shop.subscription(bob)
    assert datetime.fromisoformat(standing["runs_until"]) == later
    await shop.at(change.day)
    assert await shop.charges() == []
    await shop.at(later)
    (charge,) = await shop.charges()
    assert charge["amount"] == 1000
    assert (await shop.subscription(bob))["state"] == "active"


async def test_a_rate_that_is_withdrawn_or_no_longer_good_is_not_had(shop: Shop) -> None:
    change = Change(shop, await shop.offer(1000))
    await change.announces(ada)
    assert await change.seen() == [(0, 0), (40, 1000)]
    discount_id = await change.rate()
    assert await change.seen() == [(0, 0), (40, 600)]
    await shop.house.ask(olga, "POST", f"/discounts/{discount_id}/withdrawal", {})
    await shop.house.quiet()
    assert await change.seen() == [(0, 0), (40, 1000)]
    dollars = [{"minor": 100, "currency": "USD"}]
    await change.rate(code="DOLLARS", percent=0, amounts=dollars)
    assert await change.seen() == [(0, 0), (40, 1000)]


async def test_a_founder_rate_that_makes_no_sense_is_refused(shop: Shop) -> None:
    change = Change(shop, await shop.offer(1000))
    for more, code in (
        ({"offers": []}, "one_offer_for_founders"),
        ({"periods": 3}, "founders_for_ever"),
        ({"persons": [str(ada.person_id)]}, "founders_are_known"),
        ({"most": 5}, "founders_are_known"),
        ({"most_per_person": 1}, "founders_are_known"),
    ):
        await change.rate(expect=code, **more)
