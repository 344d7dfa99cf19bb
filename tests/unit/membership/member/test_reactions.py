from typing import Any
from uuid import UUID

import pytest

from services.membership.member.commands import ConfirmForgotten
from services.membership.member.decider import MEMBER
from services.membership.member.events import Service
from services.membership.member.reactions import REACTIONS
from shared.contracts import analytics_privacy, billing_privacy, events_privacy
from shared.erasure import PersonForgotten
from shared.ids import PersonId
from shared.reaction import Ask, intents_of
from tests.unit.membership.facts import community_id, fact, noon

ada = PersonId(UUID(int=1))
told: dict[str, Any] = {"community_id": community_id, "occurred_at": noon, "person_id": ada}


@pytest.mark.parametrize(
    ("service", "forgotten"),
    [
        ("membership", PersonForgotten(ada)),
        ("billing", billing_privacy.PersonForgotten(**told)),
        ("events", events_privacy.PersonForgotten(**told)),
        ("analytics", analytics_privacy.PersonForgotten(**told)),
    ],
)
def test_a_service_that_has_forgotten_confirms(service: Service, forgotten: object) -> None:
    by_type = {reaction.to: [reaction] for reaction in REACTIONS}
    intents = [intent for _, _, intent in intents_of(by_type, fact(forgotten))]
    assert intents == [Ask(MEMBER, ada, ConfirmForgotten(service))]
