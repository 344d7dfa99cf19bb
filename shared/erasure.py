"""Every service forgets: when a person is erased it destroys their keys, in the transaction that says so."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dateutil.relativedelta import relativedelta

from shared.contracts.contract import PersonForgotten as PersonForgottenContract
from shared.decider import Decider
from shared.event_store import Fact, Forget, Keep
from shared.feature import Feature, Publication
from shared.ids import PersonId, derive
from shared.projection import Projection
from shared.reaction import Ask, Reaction

KEEP_ACCOUNTS = relativedelta(years=10)
"""How long invoices must stay readable (France, Code de commerce L123-22)."""


@dataclass(frozen=True)
class ForgetPerson:
    """Destroy what this service holds of a person."""

    person_id: PersonId
    at: datetime


@dataclass(frozen=True)
class PersonForgotten:
    """This service has destroyed its keys of a person."""

    person_id: PersonId


def decide(command: ForgetPerson, forgotten: bool) -> list[PersonForgotten]:  # noqa: FBT001  It is the whole state.
    """Once is enough."""
    return [] if forgotten else [PersonForgotten(command.person_id)]


def evolve(forgotten: bool, event: PersonForgotten) -> bool:  # noqa: FBT001
    """From now on they are forgotten."""
    del forgotten, event
    return True


FORGETTING: Decider[ForgetPerson, bool, PersonForgotten] = Decider(
    "forgetting",
    initial=False,
    decide=decide,
    evolve=evolve,
    commands=ForgetPerson,
    events=PersonForgotten,
)


async def _apply(connection: Any, facts: Any) -> None:
    await connection.executemany(
        "INSERT INTO forgotten_v1 VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        [(fact.body.person_id, fact.community_id, fact.at + KEEP_ACCOUNTS) for fact in facts],
    )


FORGOTTEN = Projection(
    name="forgotten",
    version=1,
    ddl="CREATE TABLE forgotten_v1 (person_id uuid PRIMARY KEY, community_id uuid NOT NULL,"
    " keep_until timestamptz NOT NULL)",
    tables=("forgotten_v1",),
    facts=(PersonForgotten,),
    apply=_apply,
    tenant=False,  # Read as a whole at every start.
)
"""Whom the log says is forgotten: a restored key store is compared with it before the service serves."""


def forgetting(person_id: PersonId, at: datetime) -> Ask:
    """What destroys their keys, whoever or whatever they are of; what accounting needs is readable for ten years."""
    keep = Keep(forget=(Forget(person_id, at + KEEP_ACCOUNTS),))
    return Ask(FORGETTING, derive(person_id, "forgetting"), ForgetPerson(person_id, at), keep)


def feature(service: str, erased: type, told: type[PersonForgottenContract]) -> Feature:
    """The feature `forgetting` of a service that hears of erasures as `erased` and confirms with `told`."""

    def forget(fact: Fact) -> list[Ask]:
        return [forgetting(fact.body.person_id, fact.at)]

    def publish(fact: Fact) -> PersonForgottenContract:
        return told(
            community_id=fact.community_id, person_id=fact.body.person_id, occurred_at=fact.at
        )

    return Feature(
        name="forgetting",
        deciders=(FORGETTING,),
        projections=(FORGOTTEN,),
        reactions=(Reaction(f"{service}.forgetting.when_person_erased_forget", erased, forget),),
        publications=(Publication(PersonForgotten, told, publish),),
    )
