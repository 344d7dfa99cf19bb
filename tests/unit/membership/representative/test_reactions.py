from uuid import UUID

from services.membership.member.events import MemberBanned, MemberLeft, MemberTakenIn, PersonErased
from services.membership.merging.events import TakenInBarred
from services.membership.representative.commands import LookAtStanding, LoseAll
from services.membership.representative.decider import REPRESENTATIVE, representative_stream
from services.membership.representative.events import Gone, RepresentationBegan
from services.membership.representative.reactions import REACTIONS
from shared.ids import PersonId
from shared.reaction import Ask, Call
from tests.unit.membership.facts import fact

ada, ida = PersonId(UUID(int=1)), PersonId(UUID(int=2))


def asked_by(body: object) -> list[object]:
    react = next(one.react for one in REACTIONS if one.to is type(body))
    return list(react(fact(body, ada)))


def test_who_leaves_is_shut_out_or_erased_loses_all() -> None:
    gone: dict[Gone, object] = {
        "left": MemberLeft(),
        "banned": MemberBanned(),
        "erased": PersonErased(ada),
    }
    for cause, body in gone.items():
        lose = LoseAll(ada, cause)
        assert asked_by(body) == [Ask(REPRESENTATIVE, representative_stream(ada), lose)]


def test_and_so_does_whom_they_had_taken_in() -> None:
    lose = Ask(REPRESENTATIVE, representative_stream(ida), LoseAll(ida, "banned"))
    assert asked_by(TakenInBarred(ada, "banned", (ida,))) == [lose]


def test_and_so_does_who_is_another_by_now() -> None:
    lose = Ask(REPRESENTATIVE, representative_stream(ada), LoseAll(ada, "left"))
    assert asked_by(MemberTakenIn()) == [lose]


def test_whoever_begins_to_represent_is_looked_at_again() -> None:
    began = RepresentationBegan(ada, UUID(int=50))
    assert asked_by(began) == [Call(LookAtStanding(ada))]
