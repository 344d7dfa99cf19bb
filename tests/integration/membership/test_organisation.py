"""An organisation that pays: registered by a member, represented by some, its seats given by any of them."""

from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import pytest

from services.membership.organisation.commands import NameRepresentative
from services.membership.organisation.decider import ORGANISATION, organisation_stream
from services.membership.representative import reactions, routes
from services.membership.representative.projections import representing
from shared.clock import real_now
from shared.command_handler import Origin
from shared.contracts.billing_message import MessageRequested
from shared.event_store import Meta
from shared.ids import PersonId, random_id
from shared.reaction import Ask
from tests.integration.membership.house import House, Json, code_of
from tests.integration.membership.test_seat import Desk

ada, bob, eve = "ada@example.com", "bob@example.com", "eve@example.com"
PAPERS = {"name": "Acme", "country": "FR", "vat_number": "FR12345678901"}
ALONE, ASKED = "organisation_alone", "asked_to_represent"


@dataclass
class Company:
    """An organisation that Petra has registered and Bob represents as well, with the seats it pays for."""

    house: House
    desk: Desk
    organisation_id: str
    bob_id: str
    bob: str

    @property
    def path(self) -> str:
        return f"/organisations/{self.organisation_id}"

    async def name(self, person_id: str, token: str, expect: int = 201) -> Json:
        path, body = f"{self.path}/representatives", {"person_id": person_id}
        return await self.house.call("POST", path, body, token=token, expect=expect)

    async def answer(self, token: str, how: str = "acceptance", expect: int | None = None) -> Json:
        path = f"/me/organisation-invitations/{self.organisation_id}/{how}"
        return await self.house.call("POST", path, {}, token=token, expect=expect)

    async def names(self, person_id: str, token: str, theirs: str) -> None:
        """Asked, and they agree."""
        await self.name(person_id, token)
        await self.answer(theirs)

    async def withdraw(self, person_id: str, token: str, expect: int | None = None) -> Json:
        path = f"{self.path}/invitations/{person_id}"
        return await self.house.call("DELETE", path, token=token, expect=expect)

    async def asked(self, token: str) -> list[str]:
        listed = await self.house.call("GET", "/me/organisation-invitations", token=token)
        return [one["name"] for one in listed["items"]]

    async def dismiss(self, person_id: str, token: str, expect: int = 200) -> Json:
        path = f"{self.path}/representatives/{person_id}"
        return await self.house.call("DELETE", path, token=token, expect=expect)

    async def read(self, token: str, expect: int = 200) -> Json:
        return await self.house.call("GET", self.path, token=token, expect=expect)

    async def mine(self, token: str) -> list[str]:
        listed = await self.house.call("GET", "/me/organisations", token=token)
        return [one["name"] for one in listed["items"]]


@pytest.fixture
async def company(house: House) -> Company:
    community_id, owner = await house.community("olga@example.com")
    await house.tier(owner, "Everybody", paid=False)
    gold = await house.tier(owner, "Gold", paid=True)
    _, petra = await house.join("petra@example.com", community_id, "Petra")
    registered = await house.call("POST", "/organisations", PAPERS, token=petra, expect=201)
    organisation_id = registered["organisation_id"]
    desk = Desk(house, community_id, owner, gold, organisation_id, petra, random_id())
    bob_id, bobs = await house.join(bob, community_id, "Bob")
    company = Company(house, desk, organisation_id, bob_id, bobs)
    await company.names(bob_id, petra, bobs)
    return company


async def petra_of(company: Company) -> str:
    named = (await company.read(company.bob))["representatives"]
    return next(str(one) for one in named if one != company.bob_id)


async def test_who_represents_it_sees_it_puts_it_right_and_names_others(
    house: House, company: Company
) -> None:
    seen = await company.read(company.bob)
    assert {name: seen[name] for name in PAPERS} == PAPERS
    assert company.bob_id in seen["representatives"]
    right = PAPERS | {"name": "Acme & Sons", "registration_number": "552 100 554"}
    await house.call("PUT", company.path, right, token=company.bob)
    assert await company.mine(company.bob) == ["Acme & Sons"]
    assert await company.mine(company.desk.payer) == ["Acme & Sons"]
    (listed,) = (await house.call("GET", "/organisations", token=company.desk.owner))["items"]
    assert listed["registration_number"] == "552 100 554"
    ada_id, adas = await house.join(ada, company.desk.community_id)
    await company.names(ada_id, company.bob, adas)
    await company.name(ada_id, company.bob)
    assert await company.mine(adas) == ["Acme & Sons"]


async def test_whoever_represents_it_gives_its_seats_and_takes_them_back(
    house: House, company: Company
) -> None:
    """The first registers it, the second gives; who was dismissed is refused from that moment on."""
    desk, second = company.desk, replace(company.desk, payer=company.bob)
    await desk.begins(3)
    await desk.until(seats=3, pending=0, claimed=0)
    await second.sits(ada)
    given = await second.give(eve)
    await desk.until(pending=1, claimed=1)
    own = await house.call("POST", f"{desk.path}/own-seat", {}, token=company.bob, expect=404)
    assert code_of(own) == "person_not_found"
    await second.take_back(given["seat_id"])
    petra_id = await petra_of(company)
    await company.dismiss(petra_id, company.bob)
    for refused in (
        await desk.give(eve, expect=403),
        await desk.take_back(given["seat_id"], expect=403),
        await company.read(desk.payer, expect=403),
        await company.name(petra_id, desk.payer, expect=403),
    ):
        assert code_of(refused) == "forbidden"
    assert await company.mine(desk.payer) == []
    await second.until(pending=0, claimed=1)


async def test_strangers_are_refused_and_other_communities_see_nothing(
    house: House, company: Company
) -> None:
    desk = company.desk
    await desk.begins(2)
    await desk.until(seats=2)
    _, stranger = await house.join(eve, desk.community_id)
    assert code_of(await desk.give(ada, stranger, expect=403)) == "forbidden"
    assert code_of(await company.read(stranger, expect=403)) == "forbidden"
    _, elsewhere = await house.community("oda@example.com", "go")
    await company.read(elsewhere, expect=404)
    await company.name(company.bob_id, elsewhere, expect=404)
    await desk.give(ada, elsewhere, expect=404)
    assert (await house.call("GET", "/organisations", token=elsewhere))["items"] == []
    await desk.give(ada, desk.owner)  # Staff may, as for whoever pays.
    await house.call("GET", "/organisations/nonsense", token=stranger, expect=403)
    await house.call("GET", f"/organisations/{random_id()}", token=desk.owner, expect=404)


async def test_staff_name_nobody_while_it_is_represented_and_moderators_do_nothing_for_it(
    house: House, company: Company
) -> None:
    desk = company.desk
    olga_id, _ = await house.join("olga@example.com", desk.community_id)
    assert code_of(await company.name(olga_id, desk.owner, 409)) == "has_representatives"
    mo = "moira@example.com"
    moira_id, moira = await house.join(mo, desk.community_id)
    me = await house.call("GET", "/me", token=moira)
    role = {"account_id": me["account_id"], "role": "moderator"}
    await house.call("POST", "/staff", role, token=desk.owner, expect=201)
    await house.quiet()
    moira = await house.token(mo, desk.community_id)
    for refused in (
        await company.name(moira_id, moira, expect=403),
        await company.dismiss(company.bob_id, moira, expect=403),
        await house.call("PUT", company.path, PAPERS, token=moira, expect=403),
    ):
        assert code_of(refused) == "forbidden"
    assert moira_id not in (await company.read(moira))["representatives"]


async def test_only_members_represent_it(house: House, company: Company) -> None:
    assert code_of(await company.name(str(random_id()), company.bob, 409)) == "not_a_member"
    eve_id, eves = await house.join(eve, company.desk.community_id)
    await house.call("POST", "/me/departure", {}, token=eves)
    assert code_of(await company.name(eve_id, company.bob, 409)) == "not_a_member"
    body = PAPERS | {"country": "France"}
    await house.call("POST", "/organisations", body, token=company.bob, expect=422)


async def test_nobody_else_dismisses_the_last_who_represents_it(
    house: House, company: Company
) -> None:
    petra_id = await petra_of(company)
    await company.dismiss(petra_id, company.bob)
    problem = await company.dismiss(petra_id, company.bob, expect=404)
    assert code_of(problem) == "representative_not_found"
    problem = await company.dismiss(company.bob_id, company.desk.owner, expect=409)
    assert code_of(problem) == "last_representative"
    assert (await company.read(company.bob))["representatives"] == [company.bob_id]


async def test_whoever_represents_it_steps_down_and_staff_hear_of_the_last(
    house: House, company: Company
) -> None:
    desk = company.desk
    olga_id, olgas = await house.join("olga@example.com", desk.community_id)
    petra_id = await petra_of(company)
    await company.dismiss(petra_id, desk.payer)
    await house.quiet()
    assert [one for one in house.mailbox.letters if one.template == ALONE] == []
    await company.dismiss(company.bob_id, company.bob)
    await house.quiet()
    (told,) = [one for one in house.mailbox.letters if one.template == ALONE]
    assert (told.to, told.values["organisation"]) == ("olga@example.com", "Acme")
    assert await company.mine(company.bob) == []
    refused = await company.dismiss(company.bob_id, company.bob, expect=403)
    assert code_of(refused) == "forbidden"
    await company.name(olga_id, olgas)  # Who names themselves has agreed.
    assert (await company.read(desk.owner))["representatives"] == [olga_id]


@pytest.mark.parametrize("how", ["departure", "ban", "erasure"])
async def test_who_is_no_member_any_more_acts_for_it_no_more_and_staff_hear_of_the_last(
    house: House, company: Company, how: str
) -> None:
    desk = company.desk
    olga_id, olgas = await house.join("olga@example.com", desk.community_id)
    petra_id = await petra_of(company)

    async def goes(person_id: str, token: str) -> None:
        if how == "departure":
            await house.call("POST", "/me/departure", {}, token=token)
        else:
            path = f"/people/{person_id}/{how}"
            await house.call("POST", path, {}, token=desk.owner)
        await house.quiet()

    await goes(petra_id, desk.payer)
    assert (await company.read(company.bob))["representatives"] == [company.bob_id]
    assert code_of(await company.read(desk.payer, expect=403)) == "forbidden"
    assert [one for one in house.mailbox.letters if one.template == ALONE] == []
    await goes(company.bob_id, company.bob)
    (told,) = [one for one in house.mailbox.letters if one.template == ALONE]
    assert (told.to, told.values["organisation"]) == ("olga@example.com", "Acme")
    assert (await company.read(desk.owner))["representatives"] == []
    await company.names(olga_id, desk.owner, olgas)
    assert (await company.read(desk.owner))["representatives"] == [olga_id]


async def test_who_is_shut_out_while_they_agree_is_not_left_in_the_list(
    house: House, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def standing_before(*_: object) -> str:
        return "joined"

    eve_id, eves = await house.join(eve, company.desk.community_id)
    await company.name(eve_id, company.bob)
    await house.call("POST", f"/people/{eve_id}/ban", {}, token=company.desk.owner)
    await house.quiet()
    assert code_of(await company.answer(eves, expect=409)) == "not_a_member"
    monkeypatch.setattr(routes, "standing_of", standing_before)
    await company.answer(eves)
    await house.quiet()
    assert eve_id not in (await company.read(company.bob))["representatives"]
    assert code_of(await company.read(eves, expect=403)) == "forbidden"


async def test_nobody_acts_for_it_without_having_agreed(house: House, company: Company) -> None:
    desk = company.desk
    await desk.begins(2)
    await desk.until(seats=2)
    ada_id, adas = await house.join(ada, desk.community_id)
    await company.name(ada_id, company.bob)
    await company.name(ada_id, company.bob)
    seen = await company.read(company.bob)
    assert (seen["invited"], ada_id in seen["representatives"]) == ([ada_id], False)
    assert await company.asked(adas) == ["Acme"]
    assert await company.mine(adas) == []
    for refused in (
        await company.read(adas, expect=403),
        await company.name(ada_id, adas, expect=403),
        await desk.give(eve, adas, expect=403),
    ):
        assert code_of(refused) == "forbidden"
    await house.quiet()
    (letter,) = [one for one in house.mailbox.to(ada) if one.template == ASKED]
    assert letter.values["organisation"] == "Acme"
    for _ in range(2):
        await company.answer(adas)
    assert await company.mine(adas) == ["Acme"]
    assert await company.asked(adas) == []
    assert (await company.read(adas))["invited"] == []
    await desk.give(eve, adas)
    assert code_of(await company.answer(adas, "refusal", 409)) == "invitation_accepted"
    assert code_of(await company.withdraw(ada_id, company.bob, 409)) == "invitation_accepted"


async def test_a_no_is_a_no_until_somebody_asks_again(house: House, company: Company) -> None:
    ada_id, adas = await house.join(ada, company.desk.community_id)
    assert code_of(await company.answer(adas, expect=404)) == "invitation_not_found"
    await company.name(ada_id, company.bob)
    for _ in range(2):
        await company.answer(adas, "refusal")
    assert await company.asked(adas) == []
    assert code_of(await company.answer(adas, expect=409)) == "invitation_over"
    await company.name(ada_id, company.desk.payer)
    await company.answer(adas)
    assert await company.mine(adas) == ["Acme"]


async def test_whoever_represents_it_takes_the_asking_back_and_strangers_do_not(
    house: House, company: Company
) -> None:
    desk = company.desk
    ada_id, adas = await house.join(ada, desk.community_id)
    go, elsewhere = await house.community("oda@example.com", "go")
    _, odos = await house.join("odo@example.com", go, "Odo")
    await company.name(ada_id, company.bob)
    await company.withdraw(ada_id, adas, expect=403)
    await company.withdraw(ada_id, elsewhere, expect=404)
    await company.answer(odos, expect=404)
    for _ in range(2):
        await company.withdraw(ada_id, desk.payer)
    assert code_of(await company.answer(adas, expect=409)) == "invitation_over"
    assert await company.mine(adas) == []


async def test_there_is_time_to_answer_until_its_end(house: House, company: Company) -> None:
    desk = company.desk
    ada_id, _ = await house.join(ada, desk.community_id)
    await company.name(ada_id, company.bob)
    await house.quiet()
    await house.service.move_clock(real_now() + timedelta(days=14, minutes=1))
    await house.quiet()
    adas = await house.token(ada, desk.community_id)
    assert await company.asked(adas) == []
    assert code_of(await company.answer(adas, expect=409)) == "invitation_over"
    assert await company.mine(adas) == []


async def test_who_was_merged_and_represents_it_of_old_goes_with_who_they_are(
    house: House, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is merged any more who represents; nor was anybody looked at then."""

    async def standing_before(*_: object) -> str:
        return "joined"

    desk, petra_id = company.desk, await petra_of(company)
    _, sues = await house.join("sue@example.com", desk.community_id, "Sue")
    await company.dismiss(company.bob_id, company.bob)
    await house.call("POST", "/me/merging", await house.proof(bob), token=sues)
    await house.quiet()
    monkeypatch.setattr(reactions, "standing_of", standing_before)
    await named_of_old(house, company, company.bob_id, petra_id)
    await house.quiet()
    assert await company.mine(sues) == ["Acme"]
    await house.call("POST", "/me/departure", {}, token=sues)
    await house.quiet()
    assert (await company.read(desk.payer))["representatives"] == [petra_id]
    _, again = await house.join("sue@example.com", desk.community_id, "Sue")
    assert await company.mine(again) == []


async def named_of_old(house: House, company: Company, person_id: str, by: str) -> None:
    """As it was written before anybody was asked."""
    community_id, organisation_id = UUID(company.desk.community_id), UUID(company.organisation_id)
    person, now = PersonId(UUID(person_id)), real_now()
    name = NameRepresentative(organisation_id, person, (UUID(by), person), now, now)
    origin = Origin(random_id(), community_id, now, Meta(random_id(), random_id(), mode="live"))
    asks = [
        Ask(ORGANISATION, organisation_stream(organisation_id), name),
        representing(person, organisation_id, "joined", agreed=True),
    ]
    await house.service.handler.handle(asks, origin)


async def test_letters_for_it_go_to_each_who_represents_it(house: House, company: Company) -> None:
    async def asked() -> list[str]:
        """Who has had a letter by now, after another was asked for."""
        request = MessageRequested(
            community_id=UUID(company.desk.community_id),
            occurred_at=real_now(),
            person_id=UUID(company.organisation_id),
            template="card_expires",
            values={"good_until": real_now()},
        )
        await house.hear(request, random_id())
        await house.quiet()
        return [one.to for one in house.mailbox.letters if one.template == "card_expires"]

    assert sorted(await asked()) == [bob, "petra@example.com"]
    messages = await house.call("GET", f"/people/{company.bob_id}/messages", token=company.bob)
    assert [one["template"] for one in messages["items"]] == ["card_expires", ASKED]
    await company.dismiss(company.bob_id, company.desk.payer)
    assert (await asked()).count(bob) == 1
    await house.call("POST", "/me/departure", {}, token=company.desk.payer)
    await house.quiet()
    assert len(await asked()) == 3


async def test_of_fewer_seats_each_who_represents_it_is_told(
    house: House, company: Company
) -> None:
    desk = company.desk
    await desk.begins(2)
    await desk.until(seats=2)
    await desk.give(ada)
    await desk.give(eve)
    await desk.becomes(1)
    await desk.until(seats=1, pending=1)
    await house.quiet()
    told = [one for one in house.mailbox.letters if one.template == "seats_lost"]
    assert sorted(one.to for one in told) == [bob, "petra@example.com"]
    assert {one.values["people"] for one in told} == {eve}


async def test_who_cannot_be_written_to_keeps_no_other_waiting_and_nobody_has_two(
    house: House, company: Company
) -> None:
    desk = company.desk
    await desk.begins(2)
    await desk.until(seats=2)
    await desk.give(ada)
    await desk.give(eve)
    await house.quiet()
    house.mailbox.away.add("petra@example.com")

    async def written() -> list[str]:
        letters = house.mailbox.letters
        return sorted(one.to for one in letters if one.template == "seats_lost")

    await desk.becomes(1)
    await house.eventually(written, [bob])
    house.mailbox.away.clear()
    await house.eventually(written, [bob, "petra@example.com"])
    await house.quiet()
    assert await written() == [bob, "petra@example.com"]


async def test_it_is_nobody_among_the_members(house: House, company: Company) -> None:
    await company.desk.begins(2)
    await company.desk.until(seats=2)
    owner = company.desk.owner
    listed = await house.call("GET", "/members", token=owner)
    people = {one["person_id"] for one in listed["items"]}
    assert len(people) == 2
    assert company.organisation_id not in people
    await house.call("GET", f"/people/{company.organisation_id}/state", token=owner, expect=404)


async def test_who_represents_it_is_given_up_only_once_they_stepped_down(
    house: House, company: Company
) -> None:
    """Else what Bob represents would outlive that Sue, who he is by then, leaves."""
    sue_id, sues = await house.join("sue@example.com", company.desk.community_id, "Sue")
    proof = await house.proof(bob)
    refused = await house.call("POST", "/me/merging", proof, token=sues, expect=409)
    assert code_of(refused) == "represents_organisation"
    await company.dismiss(company.bob_id, company.bob)
    await house.call("POST", "/me/merging", await house.proof(bob), token=sues)
    await house.quiet()
    assert await company.mine(sues) == []
    assert code_of(await company.read(sues, expect=403)) == "forbidden"
    await company.names(sue_id, company.desk.payer, sues)
    assert await company.mine(sues) == ["Acme"]


async def test_who_represents_it_takes_in_somebody_and_goes_on(
    house: House, company: Company
) -> None:
    await house.join("sue@example.com", company.desk.community_id, "Sue")
    proof = await house.proof("sue@example.com")
    await house.call("POST", "/me/merging", proof, token=company.bob)
    await house.quiet()
    assert await company.mine(company.bob) == ["Acme"]


async def test_a_person_takes_out_what_they_represent_or_did(
    house: House, company: Company
) -> None:
    await company.dismiss(company.bob_id, company.desk.payer)

    document = await house.call("GET", "/me/data", token=company.bob)
    told = document["facts"]
    types = {one["type"] for one in told}
    assert {"RepresentativeInvited", "RepresentativeNamed"} <= types
    assert {"RepresentationBegan", "RepresentationEnded"} <= types
    assert company.organisation_id in str(told)


AGREED, DECLINED, EXPIRED = (f"naming_{answer}" for answer in ("agreed", "declined", "expired"))


def answers_to(house: House, email: str) -> list[str]:
    return [one.template for one in house.mailbox.to(email) if one.template.startswith("naming_")]


async def test_who_asked_somebody_hears_whether_they_agreed(house: House, company: Company) -> None:
    """Petra asked Bob, who is one of them by now and asks others himself."""
    await house.quiet()
    assert answers_to(house, "petra@example.com") == [AGREED]
    letter = next(one for one in house.mailbox.letters if one.template == AGREED)
    assert letter.values == {"organisation": "Acme"}
    ada_id, adas = await house.join(ada, company.desk.community_id)
    await company.name(ada_id, company.bob)
    await company.answer(adas, "refusal")
    await company.answer(adas, "refusal")
    await house.quiet()
    assert answers_to(house, bob) == [DECLINED]
    assert answers_to(house, "petra@example.com") == [AGREED]
    await company.name(ada_id, company.bob)
    await house.quiet()
    await company.withdraw(ada_id, company.bob)
    await house.quiet()
    assert answers_to(house, bob) == [DECLINED], "who takes it back knows that they do"


async def test_who_hears_nothing_is_told_so_once_the_time_is_over(
    house: House, company: Company
) -> None:
    ada_id, _ = await house.join(ada, company.desk.community_id)
    await company.name(ada_id, company.bob)
    await house.service.move_clock(real_now() + timedelta(days=15))
    await house.quiet()
    assert answers_to(house, bob) == [EXPIRED]


async def test_where_staff_asked_staff_are_told(house: House, company: Company) -> None:
    for token in (company.desk.payer, company.bob):
        await house.call("POST", "/me/departure", token=token)
    await house.quiet()
    ada_id, adas = await house.join(ada, company.desk.community_id)
    await house.join("olga@example.com", company.desk.community_id, "Olga")
    await company.name(ada_id, company.desk.owner)
    await company.answer(adas)
    await house.quiet()
    assert answers_to(house, "olga@example.com") == [AGREED]
