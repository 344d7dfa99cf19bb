"""A service looks again after it forgot a person, says what it found, and destroys what the law wanted kept in time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never

from shared.contracts import contract
from shared.decider import Decider
from shared.event_store import Fact
from shared.feature import Feature, Publication
from shared.ids import PersonId, derive
from shared.reaction import Action, ActionContext, Ask, At, Call, Reaction, Transient


@dataclass(frozen=True, slots=True)
class ReportDestroyed:
    """The person's keys were looked for: none is left, or those for accounting, `kept_until` a time."""

    person_id: PersonId
    kept_until: datetime | None


@dataclass(frozen=True, slots=True)
class EndKeeping:
    """The time that the law wants it kept is over."""

    person_id: PersonId


@dataclass(frozen=True, slots=True)
class ReportKeptDestroyed:
    """Nothing is left."""

    person_id: PersonId


DestructionCommand = ReportDestroyed | EndKeeping | ReportKeptDestroyed


@dataclass(frozen=True, slots=True)
class DataDestroyed:
    """Nothing opens the person's words here any more, but for what accounting needs `kept_until` then."""

    person_id: PersonId
    kept_until: datetime | None


@dataclass(frozen=True, slots=True)
class KeepingEnded:
    """The law does not want it kept any longer."""

    person_id: PersonId


@dataclass(frozen=True, slots=True)
class KeptDataDestroyed:
    """What had been kept is destroyed as well."""

    person_id: PersonId


DestructionEvent = DataDestroyed | KeepingEnded | KeptDataDestroyed


@dataclass(frozen=True, slots=True)
class LookForKeys:
    """A call to the key store."""

    person_id: PersonId


@dataclass(frozen=True, slots=True)
class DestroyKept:
    """A call to the key store."""

    person_id: PersonId


Happened = tuple[DestructionEvent, ...]


def decide(command: DestructionCommand, happened: Happened) -> list[DestructionEvent]:
    """Each once, in their order."""
    person_id, last = command.person_id, happened[-1] if happened else None
    match command:
        case ReportDestroyed(kept_until=kept_until):
            return [] if happened else [DataDestroyed(person_id, kept_until)]
        case EndKeeping():
            is_kept = isinstance(last, DataDestroyed) and last.kept_until is not None
            return [KeepingEnded(person_id)] if is_kept else []
        case ReportKeptDestroyed():
            return [KeptDataDestroyed(person_id)] if isinstance(last, KeepingEnded) else []
        case _:
            assert_never(command)


def evolve(happened: Happened, event: DestructionEvent) -> Happened:
    """In order."""
    return (*happened, event)


DESTRUCTION: Decider[DestructionCommand, Happened, DestructionEvent] = Decider(
    "destruction",
    initial=(),
    decide=decide,
    evolve=evolve,
    commands=DestructionCommand,
    events=DestructionEvent,
)


def _ask(command: DestructionCommand) -> Ask:
    return Ask(DESTRUCTION, derive(command.person_id, "destruction"), command)


async def look_for_keys(action: LookForKeys, context: ActionContext) -> Ask:
    """Transient until the person is forgotten here."""
    keys = f'"{context.service.name}_personal"'
    row = await context.service.pool.fetchrow(
        f"SELECT EXISTS (SELECT FROM {keys}.erasures WHERE person_id = $1) AS erased,"  # noqa: S608  A schema of our own.
        f" count(*) FILTER (WHERE retention <> 'accounting') AS open, max(keep_until) AS kept_until"
        f" FROM {keys}.keys WHERE person_id = $1",
        action.person_id,
    )
    if not row["erased"] or row["open"]:
        raise Transient("The person is not forgotten yet.")
    return _ask(ReportDestroyed(action.person_id, row["kept_until"]))


async def destroy_kept(action: DestroyKept, context: ActionContext) -> Ask:
    """Only what is over, whoever asks."""
    await context.service.pool.execute(
        f'DELETE FROM "{context.service.name}_personal".keys WHERE person_id = $1 AND keep_until <= $2',  # noqa: S608
        action.person_id,
        context.now,
    )
    return _ask(ReportKeptDestroyed(action.person_id))


def when_person_erased_look(fact: Fact) -> list[Call]:
    """Whoever is erased, and not what else has a key here."""
    return [Call(LookForKeys(fact.body.person_id))]


def when_data_destroyed_end_keeping(fact: Fact) -> list[At]:
    """In ten years."""
    destroyed: DataDestroyed = fact.body
    if destroyed.kept_until is None:
        return []
    return [At(destroyed.kept_until, _ask(EndKeeping(destroyed.person_id)))]


def when_keeping_ended_destroy(fact: Fact) -> list[Call]:
    """At once."""
    return [Call(DestroyKept(fact.body.person_id))]


def destruction(
    service: str,
    erased: type,
    told: type[contract.PersonDataDestroyed],
    told_of_kept: type[contract.KeptDataDestroyed],
) -> Feature:
    """The feature `destruction` of a service that hears of erasures as `erased` and tells others what it destroyed."""

    def publish(fact: Fact) -> contract.PersonDataDestroyed:
        return told(**_of(fact), kept_until=fact.body.kept_until)

    name = f"{service}.destruction"
    return Feature(
        name="destruction",
        deciders=(DESTRUCTION,),
        reactions=(
            Reaction(f"{name}.when_person_erased_look", erased, when_person_erased_look),
            Reaction(
                f"{name}.when_data_destroyed_end_keeping",
                DataDestroyed,
                when_data_destroyed_end_keeping,
            ),
            Reaction(
                f"{name}.when_keeping_ended_destroy", KeepingEnded, when_keeping_ended_destroy
            ),
        ),
        publications=(
            Publication(DataDestroyed, told, publish),
            Publication(KeptDataDestroyed, told_of_kept, lambda fact: told_of_kept(**_of(fact))),
        ),
        actions=(Action(LookForKeys, look_for_keys), Action(DestroyKept, destroy_kept)),
    )


def _of(fact: Fact) -> dict[str, Any]:
    return {
        "community_id": fact.community_id,
        "person_id": fact.body.person_id,
        "occurred_at": fact.at,
    }
