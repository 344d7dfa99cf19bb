"""A card begins one trial of an offer, or one of all offers, whoever holds it and however often it is given."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import assert_never
from uuid import UUID

from services.billing.card_trial import commands, events
from services.billing.policy.events import TrialsPerCard
from shared.decider import Decider

Offers = tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class CardTrials:
    """The offers of each claim that has a trial."""

    given: Mapping[UUID, Offers] = field(default_factory=dict)

    def had(self, offers: Offers, per: TrialsPerCard) -> bool:
        """Whether the card has had what would be given now."""
        before = {offer for trial in self.given.values() for offer in trial}
        return bool(before if per == "community" else before.intersection(offers))


def decide(command: commands.CardTrialCommand, card: CardTrials) -> list[events.CardTrialEvent]:
    match command:
        case commands.GiveTrial(claim, offers, per):
            known = claim in card.given or card.had(offers, per)
            return [] if known else [events.CardTrialGiven(claim, offers)]
        case commands.KeepTrial(claim, offers):
            return [] if claim in card.given else [events.CardTrialGiven(claim, offers)]
        case commands.ReturnTrial(claim):
            return [events.CardTrialReturned(claim)] if claim in card.given else []
        case _:
            assert_never(command)


def evolve(card: CardTrials, event: events.CardTrialEvent) -> CardTrials:
    match event:
        case events.CardTrialGiven(claim, offers):
            return CardTrials({**card.given, claim: offers})
        case events.CardTrialReturned(claim):
            return CardTrials({one: of for one, of in card.given.items() if one != claim})
        case _:
            assert_never(event)


CARD_TRIAL: Decider[commands.CardTrialCommand, CardTrials, events.CardTrialEvent] = Decider(
    "card_trial",
    initial=CardTrials(),
    decide=decide,
    evolve=evolve,
    commands=commands.CardTrialCommand,
    events=events.CardTrialEvent,
)
