"""A domain is whose record is there: proved within a week, seen every day, lost after a week without it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, assert_never
from uuid import UUID

from services.membership.domain import commands, events
from shared.decider import Decider, NotFound, Rejected
from shared.ids import PLATFORM, Code, derive

CLAIM_LIFE = timedelta(days=7)
FIRST_AFTER, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)
EVERY = timedelta(days=1)
AGAIN = timedelta(hours=1)
PATIENCE = timedelta(days=7)
LOOKS_TAKE = timedelta(minutes=1)
NAMELESS = Code("")

Standing = Literal["none", "claimed", "proved", "ended", "lost"]


@dataclass(frozen=True, slots=True)
class Domain:
    """`begun` is when the look under way began, `tries` how often the record was looked for in vain."""

    standing: Standing = "none"
    name: Code = NAMELESS
    token: Code = NAMELESS
    until: datetime | None = None
    due: datetime | None = None
    look: int = 0
    begun: datetime | None = None
    tries: int = 0
    finding: events.Finding | None = None
    proof: int = 0
    loses_at: datetime | None = None

    @property
    def is_watched(self) -> bool:
        """Whether anybody looks for its record."""
        return self.standing in ("claimed", "proved")


def domain_stream(community_id: UUID) -> UUID:
    """The stream of what a community calls its own."""
    return derive(community_id, "domain")


def name_stream(name: str) -> UUID:
    return derive(PLATFORM, "domain_name", name)


def decide(command: commands.DomainCommand, domain: Domain) -> list[events.DomainEvent]:
    match command:
        case commands.ClaimDomain(name, token, at):
            if domain.is_watched and name == domain.name:
                return []
            claimed = events.DomainClaimed(name, token, at + FIRST_AFTER, at + CLAIM_LIFE)
            return [*_given_up(domain), claimed]
        case commands.GiveUpDomain():
            return _given_up(domain)
        case commands.BeginLook(at, None):
            if not domain.is_watched:
                raise NotFound("domain_not_found", "The community has claimed no domain.")
            if domain.begun is not None and at < domain.begun + LOOKS_TAKE:
                raise Rejected("looked_just_now", "The record is being looked for.")
            return [_look(domain, at)]
        case commands.BeginLook(at, due):
            # One that never came to an end does not keep the next from beginning.
            return [_look(domain, at)] if domain.is_watched and due == domain.due else []
        case commands.RecordLook(look, finding, at):
            # A look at the name before, which this one took the place of, says nothing of this one.
            if not domain.is_watched or domain.begun is None or look != domain.look:
                return []
            return [_seen(domain, at) if finding == "found" else _missed(domain, finding, at)]
        case commands.LoseDomain(proof):
            is_that = domain.standing == "proved" and proof == domain.proof
            return [events.DomainLost(domain.name, proof, "another_proof")] if is_that else []
        case _:
            assert_never(command)


def _given_up(domain: Domain) -> list[events.DomainEvent]:
    if domain.standing == "proved":
        return [events.DomainLost(domain.name, domain.proof, "choice")]
    return [events.DomainClaimEnded(domain.name)] if domain.standing == "claimed" else []


def _look(domain: Domain, at: datetime) -> events.DomainEvent:
    return events.DomainLookBegun(domain.look + 1, domain.name, domain.token, at)


def _seen(domain: Domain, at: datetime) -> events.DomainEvent:
    if domain.standing == "proved":
        return events.DomainSeen(at + EVERY)
    return events.DomainProved(domain.name, domain.look, at + EVERY)


def _missed(domain: Domain, finding: events.Finding, at: datetime) -> events.DomainEvent:
    """Whoever does not answer says nothing: only an answer without the record counts as its absence."""
    if domain.standing == "claimed":
        return _not_yet(domain, finding, at)
    loses_at = domain.loses_at
    if finding == "unanswered":
        return events.DomainNotSeen(domain.name, finding, at + AGAIN, loses_at, is_news=False)
    if loses_at is not None and at >= loses_at:
        return events.DomainLost(domain.name, domain.proof, "absence")
    is_news, loses_at = loses_at is None, loses_at or at + PATIENCE
    due = min(at + EVERY, loses_at)
    return events.DomainNotSeen(domain.name, finding, due, loses_at, is_news)


def _not_yet(domain: Domain, finding: events.Finding, at: datetime) -> events.DomainEvent:
    until = domain.until or at
    if at >= until:
        return events.DomainClaimEnded(domain.name)
    wait = min(FIRST_AFTER * 2 ** min(domain.tries + 1, 10), LONGEST_WAIT)
    due = min(at + wait, until)
    return events.DomainNotSeen(domain.name, finding, due, loses_at=None, is_news=False)


def evolve(domain: Domain, event: events.DomainEvent) -> Domain:
    match event:
        case events.DomainClaimed(name, token, due, until):
            return Domain("claimed", name, token, until, due, domain.look, proof=domain.proof)
        case events.DomainLookBegun(look=look, at=at):
            return replace(domain, look=look, begun=at)
        case events.DomainProved(_, proof, due):
            proved = replace(domain, standing="proved", proof=proof, due=due, tries=0)
            return replace(proved, finding="found")
        case events.DomainSeen(due):
            return replace(domain, due=due, finding="found", loses_at=None)
        case events.DomainNotSeen(_, finding, due, loses_at):
            missed = replace(domain, due=due, finding=finding, loses_at=loses_at)
            return replace(missed, tries=domain.tries + 1)
        case events.DomainClaimEnded():
            return replace(domain, standing="ended", due=None)
        case events.DomainLost():
            return replace(domain, standing="lost", due=None, loses_at=None)
        case _:
            assert_never(event)


DOMAIN: Decider[commands.DomainCommand, Domain, events.DomainEvent] = Decider(
    "domain",
    initial=Domain(),
    decide=decide,
    evolve=evolve,
    commands=commands.DomainCommand,
    events=events.DomainEvent,
)


@dataclass(frozen=True, slots=True)
class DomainName:
    proof: events.Proof | None = None


def decide_name(
    command: commands.DomainNameCommand, name: DomainName
) -> list[events.DomainNameEvent]:
    """Who proves it last has it: both records may stand, and whoever sets them chose."""
    match command:
        case commands.TakeDomainName(text, proof):
            if proof == name.proof:
                return []
            return [events.DomainNameTaken(text, proof, before=name.proof)]
        case commands.FreeDomainName(proof):
            return [events.DomainNameFreed()] if proof == name.proof else []
        case _:
            assert_never(command)


def evolve_name(_: DomainName, event: events.DomainNameEvent) -> DomainName:
    match event:
        case events.DomainNameTaken(proof=proof):
            return DomainName(proof)
        case events.DomainNameFreed():
            return DomainName()
        case _:
            assert_never(event)


DOMAIN_NAME: Decider[commands.DomainNameCommand, DomainName, events.DomainNameEvent] = Decider(
    "domain_name",
    initial=DomainName(),
    decide=decide_name,
    evolve=evolve_name,
    commands=commands.DomainNameCommand,
    events=events.DomainNameEvent,
)
