"""A link never changes what it means; a campaign is to nobody's credit, every other link to somebody's."""

from dataclasses import dataclass, replace
from typing import assert_never

from services.membership.link import commands, events
from services.membership.link.events import LinkMade
from shared.decider import Decider, NotFound, Rejected


@dataclass(frozen=True, slots=True)
class Link:
    made: LinkMade
    retired: bool = False


def decide(command: commands.LinkCommand, link: Link | None) -> list[events.LinkEvent]:
    match command:
        case commands.MakeLink(wanted) if link is not None:
            if link.retired or link.made != wanted:
                raise Rejected("slug_taken", "Another link is called this.", pointer="/slug")
            return []
        case commands.MakeLink(wanted):
            if wanted.kind == "campaign" and wanted.owner is not None:
                detail = "A campaign is to nobody's credit."
                raise Rejected("campaign_has_no_owner", detail, pointer="/owner_id")
            if wanted.kind != "campaign" and wanted.owner is None:
                raise Rejected("owner_needed", "To whose credit is it?", pointer="/owner_id")
            return [wanted]
        case commands.KeepPromise(promised):
            return [promised] if link is None else []
        case commands.RetireLink() if link is None:
            raise NotFound("link_not_found", "There is no such link.")
        case commands.RetireLink():
            return [] if link.retired else [events.LinkRetired()]
        case _:
            assert_never(command)


def evolve(link: Link | None, event: events.LinkEvent) -> Link | None:
    match event:
        case events.LinkMade():
            return Link(event)
        case events.LinkRetired():
            return replace(link, retired=True) if link else None
        case _:
            assert_never(event)


LINK: Decider[commands.LinkCommand, Link | None, events.LinkEvent] = Decider(
    "link",
    initial=None,
    decide=decide,
    evolve=evolve,
    commands=commands.LinkCommand,
    events=events.LinkEvent,
)
