"""A community's own domain: claimed by anybody, had by whoever sets its record, and lost without it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from tests.doubles.dns_server import Zone, zone
from tests.integration.membership.house import House, Json, running

NAME = "join.example.org"
RECORD = f"_tessera-challenge.{NAME}"
OLGA, OTTO = "olga@example.com", "otto@example.com"


@dataclass
class Registry:
    """A house that looks up names in a zone of the test's own."""

    house: House
    zone: Zone

    async def claim(self, token: str, name: str = NAME) -> str:
        """What the record has to hold."""
        await self.house.call("PUT", "/domain", {"name": name}, token=token)
        return str((await self.domain(token))["record"]["value"])

    async def domain(self, token: str) -> Json:
        return await self.house.call("GET", "/domain", token=token)

    async def look(self, token: str) -> Json:
        """What a look that staff ask for has seen."""
        await self.house.call("POST", "/domain/looks", {}, token=token)
        return await self.after_looks(token)

    async def after_looks(self, token: str) -> Json:
        await self.house.quiet()
        return await self.domain(token)

    async def prove(self, token: str) -> None:
        self.zone.texts[RECORD] = (await self.claim(token),)
        assert (await self.look(token))["standing"] == "proved"

    async def passes(self, by: timedelta) -> None:
        """The clock goes from one thing that is due to the next, each with all its effects."""
        service = self.house.service
        until = service.clock.now() + by
        await self.house.quiet()
        while (due := await service.next_due()) is not None and due <= until:
            await service.move_clock(max(due, service.clock.now()))
            await self.house.quiet()
        await service.move_clock(until)
        await self.house.quiet()

    def letters(self, template: str) -> list[str]:
        return [one.to for one in self.house.mailbox.letters if one.template == template]


@pytest.fixture
async def registry(database_url: str) -> AsyncIterator[Registry]:
    async with (
        zone() as (served, address),
        running(database_url, dns=address, origin="https://tessera.test") as house,
    ):
        yield Registry(house, served)


async def test_who_sets_the_record_has_the_domain_and_its_pages_and_letters_are_there(
    registry: Registry,
) -> None:
    house = registry.house
    community_id, owner = await house.community(OLGA)
    value = await registry.claim(owner)
    claimed = await registry.domain(owner)
    assert (claimed["standing"], claimed["record"]["name"]) == ("claimed", RECORD)
    await house.call("GET", f"/public/domains/{NAME}", expect=404)
    assert (await house.call("GET", "/public/communities/chess"))["home"] is None
    registry.zone.texts[RECORD] = ("v=spf1 -all", value)
    assert (await registry.look(owner))["standing"] == "proved"
    found = await house.call("GET", f"/public/domains/{NAME}")
    assert found == {"community_id": community_id, "name": NAME}
    assert await house.call("GET", "/public/domains/JOIN.example.ORG.") == found
    assert (await house.call("GET", "/public/communities/chess"))["home"] == f"https://{NAME}"
    await house.call("POST", "/invitations", {"email": "ada@example.com"}, token=owner)
    await house.quiet()
    (letter,) = house.mailbox.to("ada@example.com")
    assert str(letter.link).startswith(f"https://{NAME}/invitations/")


async def test_the_record_is_looked_for_by_itself_ever_more_rarely_until_it_is_there(
    registry: Registry,
) -> None:
    _, owner = await registry.house.community(OLGA)
    value = await registry.claim(owner)
    await registry.passes(timedelta(days=1))
    looked = registry.zone.asked.count(RECORD)
    assert 8 <= looked <= 16, "within minutes at first, within hours later"
    assert (await registry.domain(owner))["finding"] == "absent"
    registry.zone.texts[RECORD] = (value,)
    await registry.passes(timedelta(hours=7))
    assert (await registry.domain(owner))["standing"] == "proved"


async def test_a_claim_that_nobody_proves_ends_after_a_week(registry: Registry) -> None:
    _, owner = await registry.house.community(OLGA)
    value = await registry.claim(owner)
    await registry.passes(timedelta(days=7, minutes=1))
    assert (await registry.domain(owner))["standing"] == "ended"
    looked = len(registry.zone.asked)
    registry.zone.texts[RECORD] = (value,)
    await registry.passes(timedelta(days=2))
    assert len(registry.zone.asked) == looked
    await registry.house.call("GET", f"/public/domains/{NAME}", expect=404)
    await registry.house.call("POST", "/domain/looks", {}, token=owner, expect=404)


@pytest.mark.parametrize("silence", ["failing", "silent"])
async def test_what_is_not_answered_proves_nothing_and_costs_nothing(
    registry: Registry, silence: str
) -> None:
    registry.house.service.gateways["resolver"]._patience = 0.2
    community_id, owner = await registry.house.community(OLGA)
    await registry.prove(owner)
    getattr(registry.zone, silence).add(RECORD)
    await registry.passes(timedelta(days=1, hours=3))
    domain = await registry.domain(owner)
    assert (domain["standing"], domain["finding"], domain["loses_at"]) == (
        "proved",
        "unanswered",
        None,
    )
    found = await registry.house.call("GET", f"/public/domains/{NAME}")
    assert found["community_id"] == community_id
    assert registry.letters("domain_missing") == []


async def test_a_record_that_goes_is_told_and_after_a_week_the_domain_is_lost(
    registry: Registry,
) -> None:
    community_id, owner = await registry.house.community(OLGA)
    await registry.house.join(OLGA, community_id, "Olga")
    await registry.prove(owner)
    del registry.zone.texts[RECORD]
    await registry.passes(timedelta(days=2))
    assert (await registry.domain(owner))["loses_at"] is not None
    assert registry.letters("domain_missing") == [OLGA]
    await registry.house.call("GET", f"/public/domains/{NAME}")
    await registry.passes(timedelta(days=7))
    assert (await registry.domain(owner))["standing"] == "lost"
    assert (registry.letters("domain_missing"), registry.letters("domain_lost")) == ([OLGA], [OLGA])
    await registry.house.call("GET", f"/public/domains/{NAME}", expect=404)
    page = await registry.house.call("GET", "/public/communities/chess")
    assert page["home"] is None


async def test_a_record_that_comes_back_in_time_is_as_if_it_had_never_gone(
    registry: Registry,
) -> None:
    _, owner = await registry.house.community(OLGA)
    await registry.prove(owner)
    kept = registry.zone.texts.pop(RECORD)
    await registry.passes(timedelta(days=3))
    registry.zone.texts[RECORD] = kept
    await registry.passes(timedelta(days=9))
    domain = await registry.domain(owner)
    assert (domain["standing"], domain["finding"], domain["loses_at"]) == ("proved", "found", None)


async def test_the_record_of_another_community_proves_nothing(registry: Registry) -> None:
    _, olga = await registry.house.community(OLGA)
    _, otto = await registry.house.community(OTTO, "go")
    registry.zone.texts[RECORD] = (await registry.claim(olga),)
    await registry.claim(otto)
    seen = await registry.look(otto)
    assert (seen["standing"], seen["finding"]) == ("claimed", "another_record")


async def test_a_claim_keeps_nobody_from_it_and_who_proves_it_last_has_it(
    registry: Registry,
) -> None:
    house = registry.house
    olgas, olga = await house.community(OLGA)
    ottos, otto = await house.community(OTTO, "go")
    await house.join(OLGA, olgas, "Olga")
    await registry.claim(otto)
    await registry.prove(olga)
    assert (await house.call("GET", f"/public/domains/{NAME}"))["community_id"] == olgas
    registry.zone.texts[RECORD] += ((await registry.domain(otto))["record"]["value"],)
    assert (await registry.look(otto))["standing"] == "proved"
    assert (await house.call("GET", f"/public/domains/{NAME}"))["community_id"] == ottos
    assert (await registry.after_looks(olga))["standing"] == "lost"
    assert registry.letters("domain_taken") == [OLGA]
    await registry.passes(timedelta(days=3))
    assert (await house.call("GET", f"/public/domains/{NAME}"))["community_id"] == ottos


async def test_what_is_given_up_is_free_and_another_name_takes_its_place(
    registry: Registry,
) -> None:
    house = registry.house
    _, owner = await house.community(OLGA)
    await registry.prove(owner)
    before = (await registry.domain(owner))["record"]["value"]
    assert await registry.claim(owner) == before, "it is claimed already"
    await registry.claim(owner, "other.example.org")
    await house.quiet()
    await house.call("GET", f"/public/domains/{NAME}", expect=404)
    assert await registry.claim(owner) != before, "a claim anew has a record of its own"
    await house.call("DELETE", "/domain", token=owner)
    assert (await registry.domain(owner))["standing"] == "ended"
    await house.call("DELETE", "/domain", token=owner)


async def test_a_name_is_kept_as_dns_has_it(registry: Registry) -> None:
    house = registry.house
    _, owner = await house.community(OLGA)
    for written, kept in (("Bücher.Example", "xn--bcher-kva.example"), ("JOIN.Example.org.", NAME)):
        await registry.claim(owner, written)
        assert (await registry.domain(owner))["name"] == kept


@pytest.mark.parametrize(
    "name",
    [
        "",
        "localhost",
        "co.uk",
        "github.io",
        "*.example.org",
        "127.0.0.1",
        "::1",
        "1.2.3",
        "a..example.org",
        "has space.example.org",
        "under_score.example.org",
        "-a.example.org",
        "https://example.org",
        "example.org/path",
        "a" * 64 + ".example.org",
        ".".join(["a" * 60] * 4) + ".org",
        "tessera.test",
        "join.tessera.test",
        "TESSERA.test.",
    ],
)
async def test_what_nobody_can_own_here_is_not_claimed(registry: Registry, name: str) -> None:
    _, owner = await registry.house.community(OLGA)
    refused = await registry.house.call("PUT", "/domain", {"name": name}, token=owner, expect=422)
    assert refused["errors"][0]["pointer"] == "/name"
    await registry.house.call("GET", "/domain", token=owner, expect=404)


async def test_only_who_may_change_the_community_sees_and_claims_it(registry: Registry) -> None:
    house = registry.house
    community_id, owner = await house.community(OLGA)
    _, ada = await house.join("ada@example.com", community_id)
    for method, path in (("PUT", "/domain"), ("DELETE", "/domain"), ("GET", "/domain")):
        body = {"name": NAME} if method == "PUT" else None
        await house.call(method, path, body, token=ada, expect=403)
        await house.call(method, path, body, expect=401)
    await house.call("POST", "/domain/looks", {}, token=owner, expect=404)
    await house.call("GET", "/domain", token=owner, expect=404)


async def test_it_is_looked_for_once_a_minute_at_most(registry: Registry) -> None:
    _, owner = await registry.house.community(OLGA)
    await registry.claim(owner)
    await registry.look(owner)
    refused = await registry.house.call("POST", "/domain/looks", {}, token=owner, expect=409)
    assert refused["errors"][0]["code"] == "looked_just_now"


async def test_the_name_of_a_private_community_is_for_strangers_nobodys(
    registry: Registry,
) -> None:
    house = registry.house
    community_id, owner = await house.community(OLGA)
    await registry.prove(owner)
    path = f"/communities/{community_id}/visibility"
    await house.call("PUT", path, {"visibility": "private"}, token=owner)
    await house.quiet()
    private = await house.call("GET", f"/public/domains/{NAME}", expect=404)
    nobodys = await house.call("GET", "/public/domains/free.example.org", expect=404)
    assert private["errors"] == nobodys["errors"]
    await house.call("GET", f"/public/domains/{NAME}", token=owner)
    await house.call("POST", "/invitations", {"email": "ada@example.com"}, token=owner)
    await house.quiet()
    (letter,) = house.mailbox.to("ada@example.com")
    assert str(letter.link).startswith("https://tessera.test/")
