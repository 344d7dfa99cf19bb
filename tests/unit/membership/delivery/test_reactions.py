from services.membership.delivery.commands import ForgetExcerpts
from services.membership.delivery.reactions import when_person_erased_forget_excerpts
from services.membership.member.events import PersonErased
from shared.ids import PersonId
from shared.reaction import Call
from tests.unit.membership.facts import fact, some_stream


def test_who_is_erased_is_not_spoken_of_in_what_others_answered() -> None:
    ada = PersonId(some_stream)
    assert when_person_erased_forget_excerpts(fact(PersonErased(ada))) == [
        Call(ForgetExcerpts(ada))
    ]
