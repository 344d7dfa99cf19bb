"""A card is looked up at the processor before a trial is begun by it; what is kept here is a print of it.

What is asked of a card has no cause and no trace in the log: nothing but the service's secret leads from it to a
checkout, and so to whose it is, or back.
"""

from dataclasses import dataclass
from uuid import UUID

from services.billing.card_trial import commands
from services.billing.card_trial.decider import CARD_TRIAL, CardTrials
from services.billing.checkout.events import CardTrialAsked, CardTrialKept, CardTrialsReleased
from services.billing.checkout.projections import allowing_trial, declining_trial
from services.billing.gateways.gateway import CardGateway
from services.billing.payer.events import Instrument
from services.billing.policy.projections import policy_now
from services.billing.subscription.events import TrialCardGiven
from shared.command_handler import Origin
from shared.event_store import Fact, Meta, Mode
from shared.ids import Code, derive
from shared.reaction import Action, ActionContext, Ask, Call, Reaction

CARD_HAD_TRIAL = Code("card_had_trial")


@dataclass(frozen=True, slots=True)
class SeekTrial:
    checkout_id: UUID
    attempt: int
    instrument: Instrument
    offers: tuple[UUID, ...]
    mode: Mode


@dataclass(frozen=True, slots=True)
class SettleTrial:
    """These `offers` were had by the card; without any, none was by it."""

    checkout_id: UUID
    instrument: Instrument
    offers: tuple[UUID, ...]
    mode: Mode


def when_card_trial_asked_seek_trial(fact: Fact) -> list[Call]:
    asked: CardTrialAsked = fact.body
    seek = SeekTrial(fact.stream_id, asked.attempt, asked.instrument, asked.offers, fact.meta.mode)
    return [Call(seek)]


def when_card_trial_kept_settle_trial(fact: Fact) -> list[Call]:
    kept: CardTrialKept = fact.body
    return [Call(SettleTrial(fact.stream_id, kept.instrument, kept.offers, fact.meta.mode))]


def when_card_trials_released_settle_trials(fact: Fact) -> list[Call]:
    released: CardTrialsReleased = fact.body
    return [
        Call(SettleTrial(fact.stream_id, instrument, (), fact.meta.mode))
        for instrument in released.instruments
    ]


def when_trial_card_given_settle_trial(fact: Fact) -> list[Call]:
    """It was begun before the card was known, and so is its subscription's."""
    given: TrialCardGiven = fact.body
    offers = (given.terms.offer_id,)
    return [Call(SettleTrial(fact.stream_id, given.instrument, offers, fact.meta.mode))]


async def seek_trial(action: SeekTrial, context: ActionContext) -> Ask:
    """Whatever has no fingerprint is no card, and cannot be told from another."""
    allow = allowing_trial(action.checkout_id, action.attempt)
    card = await _card(action.instrument, context)
    if card is None:
        return allow
    claim = _claim(action.checkout_id, context)
    policy = await policy_now(context.service, context.community_id)
    give = commands.GiveTrial(claim, action.offers, policy.trials_per_card)
    trials = await _tell(card, give, action.mode, context)
    if claim in trials.given:
        return allow
    return declining_trial(action.checkout_id, action.attempt, CARD_HAD_TRIAL, context.now)


async def settle_trial(action: SettleTrial, context: ActionContext) -> None:
    card = await _card(action.instrument, context)
    if card is None:
        return
    claim = _claim(action.checkout_id, context)
    settled: commands.CardTrialCommand = (
        commands.KeepTrial(claim, action.offers) if action.offers else commands.ReturnTrial(claim)
    )
    await _tell(card, settled, action.mode, context)


async def _card(instrument: Instrument, context: ActionContext) -> UUID | None:
    processor: CardGateway = context.gateways["processor"]
    found = await processor.fingerprint(instrument.payment_method, instrument.account)
    if found is None:
        return None
    token: UUID = context.service.vault.token("card", context.community_id, found)
    return token


def _claim(checkout_id: UUID, context: ActionContext) -> UUID:
    claim: UUID = context.service.vault.token("trial", context.community_id, str(checkout_id))
    return claim


async def _tell(
    card: UUID, command: commands.CardTrialCommand, mode: Mode, context: ActionContext
) -> CardTrials:
    """A repeat of the action is the same command."""
    service, community_id = context.service, context.community_id
    command_id: UUID = service.vault.token("trial", community_id, f"{card} {context.key}")
    meta = Meta(command_id, derive(command_id, "none"), mode=mode)
    origin = Origin(command_id, community_id, context.now, meta)
    await service.handler.handle([Ask(CARD_TRIAL, card, command)], origin)
    trials: CardTrials
    trials, _ = await service.handler.state(CARD_TRIAL, card, community_id)
    return trials


REACTIONS = (
    Reaction(
        "billing.card_trial.when_card_trial_asked_seek_trial",
        CardTrialAsked,
        when_card_trial_asked_seek_trial,
    ),
    Reaction(
        "billing.card_trial.when_card_trial_kept_settle_trial",
        CardTrialKept,
        when_card_trial_kept_settle_trial,
    ),
    Reaction(
        "billing.card_trial.when_card_trials_released_settle_trials",
        CardTrialsReleased,
        when_card_trials_released_settle_trials,
    ),
    Reaction(
        "billing.card_trial.when_trial_card_given_settle_trial",
        TrialCardGiven,
        when_trial_card_given_settle_trial,
    ),
)

ACTIONS = (Action(SeekTrial, seek_trial), Action(SettleTrial, settle_trial))
