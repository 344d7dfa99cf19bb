from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from services.membership.ballot.commands import CastBallot, Voter
from services.membership.ballot.decider import BALLOT, insist_on_no_names
from services.membership.ballot.events import BallotCast, SealedBallotCast
from services.membership.poll.events import Answer, Question, Terms
from services.membership.tier.events import TierId
from shared.decider import Rejected
from shared.ids import Code, Label, PersonId
from shared.personal_value import Sealed
from shared.testing import given
from tests.unit.membership.facts import noon

poll_id = UUID(int=7)
ada, urn = PersonId(UUID(int=1)), PersonId(UUID(int=8))
gold, silver = TierId(UUID(int=10)), TierId(UUID(int=11))
options = (Label("Yes"), Label("No"))
questions = (
    Question("one", Label("Do we move?"), options),
    Question("many", Label("Which days suit you?"), (*options, Label("Perhaps"))),
    Question("scale", Label("How are we doing?")),
)
terms = Terms(Label("The hall"), questions, noon + timedelta(days=7), "named", "after_ballot")
member = Voter(ada, "joined", (gold,))
sealed = Sealed(urn, "profile", Code("sealed ballot"))


def answers(*chosen: tuple[int, ...]) -> tuple[Answer, ...]:
    return tuple(map(Answer, chosen))


yes = answers((0,), (0, 2), (10,))
cast = CastBallot(poll_id, terms, member, yes, None, noon)


def test_the_last_ballot_counts() -> None:
    given(BALLOT).when(cast).then(BallotCast(poll_id, ada, yes))
    given(BALLOT, BallotCast(poll_id, ada, yes)).when(cast).then_nothing()
    no = answers((1,), (), ())
    other = replace(cast, answers=no)
    given(BALLOT, BallotCast(poll_id, ada, yes)).when(other).then(BallotCast(poll_id, ada, no))


def test_how_somebody_voted_in_an_anonymous_poll_is_written_down_sealed_alone() -> None:
    secret = replace(cast, terms=replace(terms, secrecy="anonymous"), sealed=sealed)
    given(BALLOT).when(secret).then(SealedBallotCast(poll_id, ada, sealed))
    again = SealedBallotCast(poll_id, ada, sealed)
    given(BALLOT, again).when(secret).then(again)


def test_it_is_cast_while_the_poll_is_open() -> None:
    given(BALLOT).when(replace(cast, terms=None)).then_rejected("poll_closed")
    given(BALLOT).when(replace(cast, at=terms.closes_at)).then_rejected("poll_closed")


def test_it_is_cast_by_whoever_is_asked() -> None:
    for standing in ("left", "banned", "unknown"):
        stranger = replace(cast, voter=replace(member, member=standing))
        given(BALLOT).when(stranger).then_rejected("not_a_member")
    asked = replace(terms, tiers=(gold, silver))
    given(BALLOT).when(replace(cast, terms=asked)).then(BallotCast(poll_id, ada, yes))
    asked = replace(terms, tiers=(silver,))
    given(BALLOT).when(replace(cast, terms=asked)).then_rejected("not_asked")


@pytest.mark.parametrize(
    ("given_answers", "code"),
    [
        ((), "wrong_answers"),
        (answers((0,), (0,)), "wrong_answers"),
        (answers((0, 1), (), ()), "wrong_answer"),
        (answers((2,), (), ()), "wrong_answer"),
        (answers((0,), (2, 0), ()), "wrong_answer"),
        (answers((0,), (0, 0), ()), "wrong_answer"),
        (answers((0,), (), (11,)), "wrong_answer"),
        (answers((-1,), (), ()), "wrong_answer"),
    ],
)
def test_an_answer_that_there_is_not_is_refused(
    given_answers: tuple[Answer, ...], code: str
) -> None:
    given(BALLOT).when(replace(cast, answers=given_answers)).then_rejected(code)


why = Question("text", Label("What else?"))
asking = replace(terms, questions=(*questions, why))
words = Sealed(ada, "profile", Code("words"))
said = replace(cast, terms=asking, answers=(*yes, Answer(())), texts=1, words=words)


def test_what_somebody_says_in_their_own_words_goes_with_their_name() -> None:
    expected = BallotCast(poll_id, ada, said.answers, words)
    given(BALLOT).when(said).then(expected)
    silent = replace(said, texts=0, words=None)
    given(BALLOT, expected).when(silent).then(BallotCast(poll_id, ada, said.answers))
    given(BALLOT, BallotCast(poll_id, ada, said.answers)).when(silent).then_nothing()


def test_words_answer_the_questions_that_ask_for_them() -> None:
    given(BALLOT).when(replace(said, texts=2)).then_rejected("wrong_texts")
    given(BALLOT).when(replace(cast, texts=1)).then_rejected("wrong_texts")
    chosen = replace(said, answers=(*yes, Answer((0,))))
    given(BALLOT).when(chosen).then_rejected("wrong_answer")


def test_about_a_gathering_whoever_has_a_ticket_is_asked() -> None:
    about = replace(cast, terms=replace(terms, gathering_id=UUID(int=70)))
    given(BALLOT).when(about).then_rejected("not_asked")
    comes = replace(about, voter=replace(member, has_ticket=True))
    given(BALLOT).when(comes).then(BallotCast(poll_id, ada, yes))
    left = replace(comes, voter=replace(comes.voter, member="left"))
    given(BALLOT).when(left).then_rejected("not_a_member")


def test_of_a_poll_by_name_its_ballots_say_who_wrote_what() -> None:
    insist_on_no_names(replace(terms, secrecy="anonymous"))
    with pytest.raises(Rejected, match="ballots"):
        insist_on_no_names(terms)
