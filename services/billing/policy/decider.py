"""A policy tries a card a few times, on days one after another, for two months at most; no pause outlasts a year."""

from itertools import pairwise

from services.billing.policy import commands, events
from services.billing.policy.events import Policy
from shared.decider import Decider, Rejected

MOST_RETRIES = 10
LONGEST_DAYS = 60
LONGEST_PAUSE_DAYS = 366
LONGEST_WIN_BACK_DAYS = 366
PRICE_NOTICE_DAYS = range(30, 366 + 1)


def decide(command: commands.PolicyCommand, policy: Policy) -> list[events.PolicyEvent]:
    dunning = command.policy.dunning
    if len(dunning.retries) > MOST_RETRIES:
        raise Rejected(
            "too_many_retries", "A card is tried ten times at most.", pointer="/dunning/retries"
        )
    if any(later <= day for day, later in pairwise((0, *dunning.retries))):
        raise Rejected(
            "retries_out_of_order",
            "Each try is on a later day than the one before, the first on day 1 at the earliest.",
            pointer="/dunning/retries",
        )
    if max(dunning.retries, default=0) > LONGEST_DAYS:
        raise Rejected(
            "retries_too_late", "The last try is within 60 days.", pointer="/dunning/retries"
        )
    if not 0 <= dunning.grace_days <= LONGEST_DAYS:
        raise Rejected(
            "grace_too_long", "Grace is from 0 to 60 days.", pointer="/dunning/grace_days"
        )
    if not 1 <= command.policy.longest_pause_days <= LONGEST_PAUSE_DAYS:
        raise Rejected(
            "pause_too_long", "A pause lasts from 1 to 366 days.", pointer="/longest_pause_days"
        )
    if not 0 <= command.policy.win_back_days <= LONGEST_WIN_BACK_DAYS:
        raise Rejected(
            "win_back_too_long", "People come back within 0 to 366 days.", pointer="/win_back_days"
        )
    if command.policy.price_notice_days not in PRICE_NOTICE_DAYS:
        raise Rejected(
            "notice_out_of_range",
            "A dearer price is told 30 to 366 days before.",
            pointer="/price_notice_days",
        )
    if command.policy.fees_borne_by != "seller":
        raise Rejected(
            "fees_not_taken_over",
            "What a processor keeps of a refund is the seller's.",
            pointer="/fees_borne_by",
        )
    return [] if command.policy == policy else [events.PolicySet(command.policy)]


def evolve(_policy: Policy, event: events.PolicyEvent) -> Policy:
    return event.policy


POLICY: Decider[commands.PolicyCommand, Policy, events.PolicyEvent] = Decider(
    "policy",
    initial=Policy(),
    decide=decide,
    evolve=evolve,
    commands=commands.PolicyCommand,
    events=events.PolicyEvent,
)
