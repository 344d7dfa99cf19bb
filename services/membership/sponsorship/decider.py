"""A sponsor's contact sees what the sponsor's own placements bring; only a campaign is placed, for it is nobody's."""

from dataclasses import dataclass, replace
from typing import assert_never

from services.membership.link.events import LinkId
from services.membership.sponsorship import commands, events
from shared.decider import Decider, NotFound, Rejected
from shared.ids import AccountId, Label

MOST_PLACEMENTS = 50
MOST_CONTACTS = 20


@dataclass(frozen=True, slots=True)
class Sponsorship:
    name: Label | None = None
    placements: frozenset[LinkId] = frozenset()
    contacts: frozenset[AccountId] = frozenset()


def decide(
    command: commands.SponsorshipCommand, sponsorship: Sponsorship
) -> list[events.SponsorshipEvent]:
    if isinstance(command, commands.MakeSponsorship):
        return [events.SponsorshipMade(command.name)] if sponsorship.name is None else []
    if sponsorship.name is None:
        raise NotFound("sponsorship_not_found", "There is no such sponsorship.")
    match command:
        case commands.GivePlacement(kind=None):
            raise NotFound("link_not_found", "There is no such link.")
        case commands.GivePlacement(link_id) if link_id in sponsorship.placements:
            return []
        case commands.GivePlacement(link_id, kind):
            if kind != "campaign":
                raise Rejected("not_a_campaign", "What somebody's own link brings is theirs.")
            if len(sponsorship.placements) >= MOST_PLACEMENTS:
                raise Rejected("too_many_placements", "A sponsorship has at most 50 placements.")
            return [events.PlacementGiven(link_id)]
        case commands.TakePlacement(link_id):
            is_placed = link_id in sponsorship.placements
            return [events.PlacementTaken(link_id)] if is_placed else []
        case commands.NameContact(account_id) | commands.NamePromised(account_id) if (
            account_id in sponsorship.contacts
        ):
            return []
        case commands.NamePromised(account_id):
            return [events.ContactNamed(account_id)]
        case commands.NameContact(account_id, has_role):
            if not has_role:
                raise Rejected("not_a_sponsor_contact", "Make them a sponsor's contact first.")
            if len(sponsorship.contacts) >= MOST_CONTACTS:
                raise Rejected("too_many_contacts", "A sponsorship has at most 20 contacts.")
            return [events.ContactNamed(account_id)]
        case commands.DismissContact(account_id):
            is_contact = account_id in sponsorship.contacts
            return [events.ContactDismissed(account_id)] if is_contact else []
        case _:
            assert_never(command)


def evolve(sponsorship: Sponsorship, event: events.SponsorshipEvent) -> Sponsorship:
    match event:
        case events.SponsorshipMade(name):
            return Sponsorship(name)
        case events.PlacementGiven(link_id):
            return replace(sponsorship, placements=sponsorship.placements | {link_id})
        case events.PlacementTaken(link_id):
            return replace(sponsorship, placements=sponsorship.placements - {link_id})
        case events.ContactNamed(account_id):
            return replace(sponsorship, contacts=sponsorship.contacts | {account_id})
        case events.ContactDismissed(account_id):
            return replace(sponsorship, contacts=sponsorship.contacts - {account_id})
        case _:
            assert_never(event)


SPONSORSHIP: Decider[commands.SponsorshipCommand, Sponsorship, events.SponsorshipEvent] = Decider(
    "sponsorship",
    initial=Sponsorship(),
    decide=decide,
    evolve=evolve,
    commands=commands.SponsorshipCommand,
    events=events.SponsorshipEvent,
)
