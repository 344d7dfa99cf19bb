"""Who thinks better of leaving has no reason to leave."""

from services.billing.exit_survey import commands
from services.billing.exit_survey.decider import EXIT_SURVEY, exit_survey_stream
from services.billing.subscription.events import CancellationWithdrawn
from shared.event_store import Fact
from shared.reaction import Ask, Reaction


def when_cancellation_withdrawn_drop_answer(fact: Fact) -> list[Ask]:
    stream_id = exit_survey_stream(fact.stream_id)
    return [Ask(EXIT_SURVEY, stream_id, commands.DropExitAnswer())]


REACTIONS = (
    Reaction(
        name="billing.exit_survey.when_cancellation_withdrawn_drop_answer",
        to=CancellationWithdrawn,
        react=when_cancellation_withdrawn_drop_answer,
    ),
)
