"""Who is gone is told ahead and then forgotten, as the community's rules say; the dry run says it before."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.membership.lapse import projections, reactions
from services.membership.lapse.commands import LookAtAbsent
from services.membership.lapse.reactions import look_at_absent
from shared.clock import real_now
from shared.contracts.billing_dispute import DisputeClosed, DisputeOpened
from shared.contracts.billing_subscription import SubscriptionEnded, TrialStarted
from shared.contracts.contract import Contract, MoneyValue
from shared.contracts.events_gathering import GatheringPublished
from shared.contracts.events_ticket import TicketBought
from shared.reaction import ActionContext
from tests.integration.membership.house import House, Json
from tests.integration.membership.test_member_import import brought, file_of

RULES = "/retention/rules"
PREVIEW = "/retention/preview"
YEAR = {"left_days": 365}


class Circle:
    """A community from which Ada and Bob have gone at the very beginning."""

    def __init__(self, house: House, community_id: str, owner: str) -> None:
        self.house, self.community_id, self.owner = house, community_id, owner
        self.began = real_now()

    async def gone(self, email: str) -> str:
        person_id, token = await self.house.join(email, self.community_id)
        await self.house.call("POST", "/me/departure", token=token)
        await self.house.quiet()
        return person_id

    async def write(self, expect: int | None = None, **rules: Any) -> Json:
        told = await self.house.call("PUT", RULES, rules, token=self.owner, expect=expect)
        await self.house.quiet()
        return told

    async def days_pass(self, days: float) -> None:
        """So many since this began."""
        await self.house.service.move_clock(self.began + timedelta(days=days, minutes=5))
        await self.house.quiet()

    async def preview(self) -> Json:
        return await self.house.call("GET", PREVIEW, token=self.owner)

    async def decided(self) -> list[tuple[str, str, str | None]]:
        """All that rounds decided so far: on whom, what, and why."""
        rows = await self.house.service.pool.fetch(
            "SELECT type, data FROM events WHERE type = ANY ($1) ORDER BY position", list(STEPS)
        )
        facts = [(STEPS[row["type"]], json.loads(row["data"])) for row in rows]
        return [
            (one["person_id"], does, one.get("ground", one.get("because"))) for does, one in facts
        ]

    async def known(self) -> set[str]:
        page = await self.house.call("GET", "/members?limit=200", token=self.owner)
        return {one["person_id"] for one in page["items"]}

    def letters(self, email: str) -> list[str]:
        sent = self.house.mailbox.to(email)
        return [one.template for one in sent if one.template.startswith("forgotten_soon")]


STEPS = {"LapseForetold": "foretell", "LapseCalledOff": "call_off", "PersonLapsed": "forget"}


async def circle(house: House) -> Circle:
    community_id, owner = await house.community("olga@example.com")
    return Circle(house, community_id, owner)


def concerned(preview: Json) -> list[tuple[str, str, str | None]]:
    return [
        (one["person_id"], one["does"], one["ground"] or one["because"]) for one in preview["items"]
    ]


async def test_a_community_without_rules_keeps_everybody(house: House) -> None:
    here = await circle(house)
    ada = await here.gone("ada@example.com")
    read = await house.call("GET", RULES, token=here.owner)
    assert (read["version"], read["next_due"], read["left_days"]) == (0, None, None)
    await here.days_pass(4_000)
    assert ada in await here.known()
    seen = await here.preview()
    assert (seen["at"], seen["items"], await here.decided()) == (None, [], [])


async def test_who_left_is_told_ahead_and_forgotten_everywhere_when_their_time_is_over(
    house: House,
) -> None:
    here = await circle(house)
    ada = await here.gone("ada@example.com")
    await here.write(**YEAR)
    await here.days_pass(334)
    assert here.letters("ada@example.com") == []
    await here.days_pass(336)
    assert here.letters("ada@example.com") == ["forgotten_soon_left"]
    await here.days_pass(364)
    assert ada in await here.known()
    await here.days_pass(367)
    assert ada not in await here.known()
    assert here.letters("ada@example.com") == ["forgotten_soon_left"]
    steps = [(ada, "foretell", "left"), (ada, "forget", "left")]
    assert await here.decided() == steps
    erasure = await house.call("GET", f"/erasures/{ada}", token=here.owner)
    assert erasure["confirmed_by"] == ["membership"]
    keys = 'SELECT count(*) FROM "membership_personal".keys WHERE person_id = $1'
    assert await house.service.pool.fetchval(keys, UUID(ada)) == 0
    # Whoever has the address is somebody new.
    again, _ = await house.join("ada@example.com", here.community_id)
    assert again != ada
    await here.days_pass(800)
    assert again in await here.known()
    assert await here.decided() == steps


async def test_the_dry_run_is_what_the_next_round_does(house: House) -> None:
    """Of one who is due, one who is paid for, one who came back, one who left later, and one who is here."""
    here = await circle(house)
    ada, bob, carl = [await here.gone(f"{name}@example.com") for name in ("ada", "bob", "carl")]
    await house.join("eve@example.com", here.community_id)
    await here.write(**YEAR)
    await here.days_pass(31)
    dan = await here.gone("dan@example.com")
    for day in (334, 335):
        await here.days_pass(day)
    told = await here.decided()
    assert {(who, does) for who, does, _ in told} == {(who, "foretell") for who in (ada, bob, carl)}
    await house.hear(trial(here, bob), SUBSCRIPTION)
    await house.join("carl@example.com", here.community_id)
    await house.quiet()
    for day in (336, 363, 364):
        await here.days_pass(day)
    before = await here.decided()
    assert set(before[3:]) == {(bob, "call_off", "subscription"), (carl, "call_off", "back")}
    seen = await here.preview()
    assert (seen["foretold"], seen["forgotten"], seen["called_off"]) == (0, 1, 0)
    assert (seen["gone"], seen["told"], seen["kept"]) == (3, 1, {"subscription": 1})
    assert concerned(seen) == [(ada, "forget", "left")]
    assert await here.decided() == before
    foreseen = []
    for day in (365, 366, 367, 368):
        foreseen += concerned(await here.preview())
        await here.days_pass(day)
        assert (await here.decided())[len(before) :] == foreseen
    assert foreseen == [(ada, "forget", "left"), (dan, "foretell", "left")]


@pytest.mark.parametrize(
    ("began", "ended"),
    [("trial", "trial_ended"), ("ticket", None), ("disputed", "dispute_won")],
)
async def test_who_pays_holds_a_ticket_or_disputes_is_kept_until_that_is_over(
    house: House, began: str, ended: str | None
) -> None:
    here = await circle(house)
    ada = await here.gone("ada@example.com")
    for contract, stream in HOLDS[began](here, ada):
        await house.hear(contract, stream)
    await house.quiet()
    await here.write(**YEAR)
    await here.days_pass(380)
    assert await here.decided() == []
    assert (await here.preview())["kept"] == {KINDS[began]: 1}
    for contract, stream in HOLDS[ended](here, ada) if ended else []:
        await house.hear(contract, stream)
    await house.quiet()
    await here.days_pass(420)
    await here.days_pass(460)
    assert [does for _, does, _ in await here.decided()] == ["foretell", "forget"]


async def test_who_has_access_or_a_role_is_kept(house: House) -> None:
    here = await circle(house)
    gold = await house.tier(here.owner, "Gold", paid=True)
    ada, bob = await here.gone("ada@example.com"), await here.gone("bob@example.com")
    gift = {"tier_id": gold}
    await house.call("POST", f"/people/{ada}/gifts", gift, token=here.owner)
    account = (await house.call("GET", "/me", token=await house.token("bob@example.com")))[
        "account_id"
    ]
    role = {"account_id": account, "role": "accountant"}
    await house.call("POST", "/staff", role, token=here.owner)
    await house.quiet()
    await here.write(**YEAR)
    await here.days_pass(500)
    assert (await here.preview())["kept"] == {"access": 1, "role": 1}
    assert await here.decided() == []
    assert {ada, bob} <= await here.known()


async def test_who_was_brought_and_never_came_in_goes_and_who_came_in_stays(house: House) -> None:
    here = await circle(house)
    await brought(house, here.owner, file_of("Ada,ada@example.com,,,", "Bob,bob@example.com,,,"))
    bob, _ = await house.join("bob@example.com", here.community_id)
    await here.write(unclaimed_days=90)
    await here.days_pass(61)
    assert here.letters("ada@example.com") == ["forgotten_soon_unclaimed"]
    assert here.letters("bob@example.com") == []
    await here.days_pass(92)
    assert await here.known() == {bob}


async def test_who_comes_back_in_time_stays_and_rules_that_end_stop_it(house: House) -> None:
    here = await circle(house)
    ada, bob = await here.gone("ada@example.com"), await here.gone("bob@example.com")
    await here.write(**YEAR)
    await here.days_pass(340)
    await house.join("ada@example.com", here.community_id)
    await here.days_pass(341)
    await here.write()
    assert {(who, why) for who, does, why in await here.decided() if does == "call_off"} == {
        (ada, "back"),
        (bob, "rules"),
    }
    read = await house.call("GET", RULES, token=here.owner)
    assert (read["version"], read["next_due"]) == (2, None)
    await here.days_pass(2_000)
    assert {ada, bob} <= await here.known()


async def test_new_rules_tell_whom_they_concern_at_once_and_forget_nobody_at_once(
    house: House,
) -> None:
    here = await circle(house)
    ada = await here.gone("ada@example.com")
    await here.days_pass(1_000)
    rules = YEAR | {"notice_days": 7}
    seen = await house.call("POST", PREVIEW, rules, token=here.owner)
    assert concerned(seen) == [(ada, "foretell", "left")]
    await here.write(**rules)
    assert here.letters("ada@example.com") == ["forgotten_soon_left"]
    await here.days_pass(1_006)
    assert ada in await here.known()
    await here.days_pass(1_008)
    assert ada not in await here.known()


async def test_a_round_goes_over_many_some_at_a_time(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projections, "AT_ONCE", 2)
    here = await circle(house)
    people = {await here.gone(f"p{number}@example.com") for number in range(5)}
    await here.write(**YEAR)
    await here.days_pass(340)
    assert {who for who, _, _ in await here.decided()} == people
    await here.days_pass(371)
    assert not people & await here.known()


async def test_a_round_that_is_performed_again_does_nothing_twice(house: House) -> None:
    here = await circle(house)
    people = {await here.gone(f"p{number}@example.com") for number in range(3)}
    await here.days_pass(400)
    await here.write(left_days=366)
    look = LookAtAbsent(house.service.clock.now(), version=1)
    for key in (uuid4(), uuid4()):
        await look_at_absent(look, context_of(here, key))
    decided = await here.decided()
    assert {who for who, _, _ in decided} == people
    assert len(decided) == len(people)


async def test_new_rules_stop_a_round_that_is_under_way(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = await circle(house)
    people = {await here.gone(f"p{number}@example.com") for number in range(3)}
    await here.days_pass(400)
    looks = projections.looks_at_absent

    async def interrupted(*told: Any) -> AsyncIterator[list[projections.Looked]]:
        """Somebody thinks better of it after the first page."""
        async for page in looks(*told):
            yield page
            await house.call("PUT", RULES, {}, token=here.owner)

    monkeypatch.setattr(projections, "AT_ONCE", 1)
    monkeypatch.setattr(reactions, "looks_at_absent", interrupted)
    await here.write(left_days=366)
    first = min(people)
    assert await here.decided() == [(first, "foretell", "left"), (first, "call_off", "rules")]


def context_of(here: Circle, key: UUID) -> ActionContext:
    service = here.house.service
    return ActionContext(key, 1, UUID(here.community_id), service.clock.now(), service)


async def test_rules_are_for_those_who_may_erase_and_concern_their_own_community(
    house: House,
) -> None:
    here = await circle(house)
    _, eve = await house.community("eve@example.com", slug="go")
    ada = await here.gone("ada@example.com")
    _, member = await house.join("bob@example.com", here.community_id)
    for method, path, body in (
        ("PUT", RULES, YEAR),
        ("GET", PREVIEW, None),
        ("POST", PREVIEW, YEAR),
    ):
        await house.call(method, path, body, token=member, expect=403)
        await house.call(method, path, body, expect=401)
    wrong: list[tuple[Json, str]] = [
        ({"left_days": 29}, "/left_days"),
        ({"left_days": 3_651}, "/left_days"),
        ({"left_days": "soon"}, "/left_days"),
        ({"notice_days": 6}, "/notice_days"),
        ({"unclaimed_days": 30, "notice_days": 31}, "/unclaimed_days"),
        ({"for_ever": True}, "/for_ever"),
    ]
    for rules, pointer in wrong:
        for method, path in (("PUT", RULES), ("POST", PREVIEW)):
            told = await house.call(method, path, rules, token=here.owner, expect=422)
            assert told["errors"][0]["pointer"] == pointer, told
    await house.call("PUT", RULES, YEAR, token=eve)
    await here.days_pass(340)
    await here.days_pass(380)
    assert (await house.call("GET", PREVIEW, token=eve))["gone"] == 0
    assert ada in await here.known()
    assert (await house.call("GET", RULES, token=member))["version"] == 0


SUBSCRIPTION, PAYMENT, TICKET, GATHERING = (UUID(int=number) for number in range(70, 74))
AMOUNT = MoneyValue(minor=1_000, currency="EUR")
Heard = tuple[Contract, UUID]


def about(here: Circle, person_id: str) -> Json:
    return {
        "community_id": UUID(here.community_id),
        "occurred_at": real_now(),
        "person_id": UUID(person_id),
    }


def subscription(here: Circle, person_id: str) -> Json:
    plan = {"subscription_id": SUBSCRIPTION, "offer_id": UUID(int=78), "tier_id": None}
    return about(here, person_id) | plan


def trial(here: Circle, person_id: str) -> TrialStarted:
    """To something that opens nothing here."""
    return TrialStarted(**subscription(here, person_id), trial_ends_at=real_now())


def trial_ended(here: Circle, person_id: str) -> SubscriptionEnded:
    return SubscriptionEnded(**subscription(here, person_id), reason="voluntary", was_paying=False)


def planned(here: Circle) -> GatheringPublished:
    """In four hundred days."""
    starts_at = here.began + timedelta(days=400)
    return GatheringPublished(
        community_id=UUID(here.community_id),
        occurred_at=real_now(),
        gathering_id=GATHERING,
        name="Concert",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=2),
        capacity=9,
        price=AMOUNT,
    )


def ticket(here: Circle, person_id: str) -> TicketBought:
    return TicketBought(
        **about(here, person_id),
        gathering_id=GATHERING,
        ticket_id=TICKET,
        hold_id=uuid4(),
        seats=1,
        amount=AMOUNT,
        origin="paid",
    )


def dispute(here: Circle, person_id: str) -> Json:
    return about(here, person_id) | {"payment_id": PAYMENT, "dispute": "dp_1", "amount": AMOUNT}


def disputed(here: Circle, person_id: str) -> DisputeOpened:
    return DisputeOpened(**dispute(here, person_id), reason="fraudulent", respond_by=None)


def won(here: Circle, person_id: str) -> DisputeClosed:
    return DisputeClosed(**dispute(here, person_id), outcome="won")


HOLDS: dict[str, Callable[[Circle, str], list[Heard]]] = {
    "trial": lambda here, ada: [(trial(here, ada), SUBSCRIPTION)],
    "trial_ended": lambda here, ada: [(trial_ended(here, ada), SUBSCRIPTION)],
    "ticket": lambda here, ada: [(ticket(here, ada), TICKET), (planned(here), GATHERING)],
    "disputed": lambda here, ada: [(disputed(here, ada), PAYMENT)],
    "dispute_won": lambda here, ada: [(won(here, ada), PAYMENT)],
}
KINDS = {"trial": "subscription", "ticket": "ticket", "disputed": "dispute"}
