"""What was paid is to the credit of the last link before it, while that counts, in whatever order it is heard."""

from datetime import UTC, datetime
from typing import Literal
from uuid import UUID, uuid4

from services.analytics.attribution.projections import ATTRIBUTION
from shared.contracts.billing_payment import MoneyLine, PaymentSucceeded, RefundIssued
from shared.contracts.contract import MoneyValue
from shared.contracts.membership_attribution import AttributionWithdrawn, PersonAttributed
from shared.contracts.membership_community import CommunityCreated
from shared.projection import rebuild
from tests.integration.events.house import House, Json, somebody

community = uuid4()
olga, moderator = somebody(community, "owner"), somebody(community, "moderator")
spring, bobs, bob, ada, cleo = (uuid4() for _ in range(5))


def on(day: int, month: int = 3) -> datetime:
    return datetime(2026, month, day, 12, tzinfo=UTC)


def euros(minor: int) -> MoneyValue:
    return MoneyValue(minor=minor, currency="EUR")


def created() -> CommunityCreated:
    return CommunityCreated(
        community_id=community,
        occurred_at=on(1),
        kind="association",
        name="Chess Club",
        currency="EUR",
        time_zone="Europe/Paris",
        mode="live",
    )


def came(
    person_id: UUID, link_id: UUID, day: int, until: datetime | None = None
) -> PersonAttributed:
    kind: Literal["campaign", "affiliate"] = "campaign" if link_id == spring else "affiliate"
    return PersonAttributed(
        community_id=community,
        occurred_at=on(day),
        person_id=person_id,
        link_id=link_id,
        kind=kind,
        owner_id=None if kind == "campaign" else bob,
        until=until or on(30),
    )


def paid(
    person_id: UUID, day: int, minor: int = 1000, payment_id: UUID | None = None
) -> PaymentSucceeded:
    return PaymentSucceeded(
        community_id=community,
        occurred_at=on(day),
        payment_id=payment_id or uuid4(),
        person_id=person_id,
        amount=euros(minor),
        lines=(MoneyLine(charged_for="subscription", amount=euros(minor)),),
    )


async def links(house: House) -> dict[str, Json]:
    await house.quiet()
    path = f"/communities/{community}/attribution?from=2026-03-01&to=2026-03-31"
    shown = await house.ask(olga, "GET", path)
    return {link["link_id"]: link for link in shown["links"]}


async def test_the_last_link_before_a_payment_has_the_credit(house: House) -> None:
    await house.hear(
        created(), came(ada, spring, 2), paid(ada, 3), came(ada, bobs, 4), paid(ada, 5)
    )
    await house.hear(paid(cleo, 5), came(cleo, spring, 6), paid(cleo, 7, 500))
    seen = await links(house)
    assert (seen[str(spring)]["leads"], seen[str(spring)]["buyers"]) == (2, 2)
    assert seen[str(spring)]["earned"][0]["gross"] == {"minor": 1500, "currency": "EUR"}
    assert (seen[str(bobs)]["owner_id"], seen[str(bobs)]["payments"]) == (str(bob), 1)


async def test_a_link_counts_until_its_end_and_what_goes_back_is_not_earned(house: House) -> None:
    payment_id = uuid4()
    await house.hear(created(), paid(ada, 3, payment_id=payment_id), paid(ada, 20))
    refund = RefundIssued(
        community_id=community,
        occurred_at=on(6),
        payment_id=payment_id,
        person_id=ada,
        amount=euros(400),
        refund_id=uuid4(),
        lines=(MoneyLine(charged_for="subscription", amount=euros(400)),),
    )
    await house.hear(refund, came(ada, bobs, 2, until=on(10)))
    (earned,) = (await links(house))[str(bobs)]["earned"]
    assert (earned["gross"]["minor"], earned["returned"]["minor"]) == (1000, 400)
    assert earned["net"]["minor"] == 600


async def test_who_takes_it_back_is_counted_for_nobody(house: House) -> None:
    await house.hear(created(), came(ada, spring, 2), paid(ada, 3))
    assert len(await links(house)) == 1
    withdrawn = AttributionWithdrawn(
        community_id=community, occurred_at=on(4), person_id=ada, link_id=spring
    )
    await house.hear(withdrawn)
    assert await links(house) == {}


async def test_a_rebuild_says_the_same_and_only_to_who_may_see_revenue(house: House) -> None:
    await house.hear(created(), came(ada, spring, 2), paid(ada, 3))
    before = await links(house)
    service = house.service
    await rebuild(service.pool, service.name, ATTRIBUTION, service.sources())
    assert await links(house) == before
    path = f"/communities/{community}/attribution"
    assert (await house.refusal(moderator, "GET", path))[0] == 403


async def test_what_was_handed_in_with_a_checkout_counts_from_then(house: House) -> None:
    payment = paid(ada, 3)
    late = came(ada, bobs, 4).model_copy(update={"since": on(2)})
    await house.hear(created(), payment, late)
    shown = await links(house)
    assert (shown[str(bobs)]["leads"], shown[str(bobs)]["buyers"]) == (1, 1)
