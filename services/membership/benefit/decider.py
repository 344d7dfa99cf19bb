"""What a tier gives is what is set up to be given; beside it stand up to twenty perks, no two called the same."""

from uuid import UUID

from services.membership.benefit import commands, events
from services.membership.benefit.events import Perk
from shared.decider import Decider, Rejected
from shared.ids import derive

MOST_PERKS = 20

Perks = tuple[Perk, ...]


def perks_stream(tier_id: UUID) -> UUID:
    return derive(tier_id, "perks")


def decide(command: commands.BenefitCommand, perks: Perks) -> list[events.BenefitEvent]:
    wanted = command.perks
    if len(wanted) > MOST_PERKS:
        raise Rejected("too_many_perks", f"At most {MOST_PERKS} perks.", pointer="/perks")
    titles = [perk.title.casefold() for perk in wanted]
    for number, title in enumerate(titles):
        if title in titles[:number]:
            pointer = f"/perks/{number}/title"
            raise Rejected("perk_twice", "Another perk is called that.", pointer=pointer)
    return [] if wanted == perks else [events.PerksSet(command.tier_id, wanted)]


def evolve(_perks: Perks, event: events.BenefitEvent) -> Perks:
    return event.perks


BENEFIT: Decider[commands.BenefitCommand, Perks, events.BenefitEvent] = Decider(
    "benefit",
    initial=(),
    decide=decide,
    evolve=evolve,
    commands=commands.BenefitCommand,
    events=events.BenefitEvent,
)
