"""What was agreed to when something was bought, or when one applied, need not be agreed to again."""

from services.membership.application.events import ApplicationAccepted
from services.membership.document import commands
from services.membership.document.decider import ACCEPTANCE, acceptance_stream
from shared.contracts.billing_checkout import CheckoutCompleted
from shared.event_store import Fact
from shared.ids import PersonId
from shared.reaction import Ask, Reaction


def when_checkout_completed_record_acceptance(fact: Fact) -> list[Ask]:
    bought: CheckoutCompleted = fact.body
    person_id = PersonId(bought.person_id)
    return [
        Ask(
            ACCEPTANCE,
            acceptance_stream(person_id),
            commands.RecordAcceptance(person_id, one.kind, one.number),
        )
        for one in bought.documents
    ]


def when_application_accepted_record_acceptance(fact: Fact) -> list[Ask]:
    accepted: ApplicationAccepted = fact.body
    person_id = accepted.person_id
    return [
        Ask(
            ACCEPTANCE,
            acceptance_stream(person_id),
            commands.RecordAcceptance(person_id, one.kind, one.number),
        )
        for one in accepted.agreed
    ]


REACTIONS = (
    Reaction(
        "membership.document.when_application_accepted_record_acceptance",
        ApplicationAccepted,
        when_application_accepted_record_acceptance,
    ),
    Reaction(
        "membership.document.when_checkout_completed_record_acceptance",
        CheckoutCompleted,
        when_checkout_completed_record_acceptance,
    ),
)
