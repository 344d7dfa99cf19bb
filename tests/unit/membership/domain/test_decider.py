from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.membership.domain.commands import (
    BeginLook,
    ClaimDomain,
    FreeDomainName,
    GiveUpDomain,
    LoseDomain,
    RecordLook,
    TakeDomainName,
)
from services.membership.domain.decider import DOMAIN, DOMAIN_NAME
from services.membership.domain.events import (
    DomainClaimed,
    DomainClaimEnded,
    DomainEvent,
    DomainLookBegun,
    DomainLost,
    DomainNameFreed,
    DomainNameTaken,
    DomainNotSeen,
    DomainProved,
    DomainSeen,
    Finding,
    Proof,
)
from shared.ids import Code, CommunityId
from shared.testing import given

noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
minute, hour, day = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
join, other = Code("join.example.org"), Code("other.example.org")
token, new_token = Code("a" * 32), Code("b" * 32)

claimed = DomainClaimed(join, token, noon + minute, noon + 7 * day)
looking = DomainLookBegun(1, join, token, noon + minute)
proved = DomainProved(join, 1, noon + day)
looking_again = DomainLookBegun(2, join, token, noon + day)
had: tuple[DomainEvent, ...] = (claimed, looking, proved)
missing = DomainNotSeen(join, "absent", noon + 2 * day, noon + 8 * day, is_news=True)


def test_a_name_is_claimed_for_a_week_and_looked_for_soon() -> None:
    given(DOMAIN).when(ClaimDomain(join, token, noon)).then(claimed)


def test_what_is_claimed_keeps_its_record() -> None:
    given(DOMAIN, claimed).when(ClaimDomain(join, new_token, noon)).then_nothing()
    given(DOMAIN, *had).when(ClaimDomain(join, new_token, noon)).then_nothing()


def test_another_name_takes_its_place() -> None:
    anew = DomainClaimed(other, new_token, noon + minute, noon + 7 * day)
    claim = ClaimDomain(other, new_token, noon)
    given(DOMAIN, claimed).when(claim).then(DomainClaimEnded(join), anew)
    given(DOMAIN, *had).when(claim).then(DomainLost(join, 1, "choice"), anew)
    given(DOMAIN, claimed, DomainClaimEnded(join)).when(claim).then(anew)


def test_what_is_given_up_is_over_once() -> None:
    given(DOMAIN).when(GiveUpDomain()).then_nothing()
    given(DOMAIN, claimed).when(GiveUpDomain()).then(DomainClaimEnded(join))
    given(DOMAIN, *had).when(GiveUpDomain()).then(DomainLost(join, 1, "choice"))
    given(DOMAIN, *had, DomainLost(join, 1, "choice")).when(GiveUpDomain()).then_nothing()


def test_it_is_looked_for_when_it_is_due_and_not_by_a_clock_that_was_overtaken() -> None:
    due = claimed.due
    given(DOMAIN, claimed).when(BeginLook(due, due)).then(looking)
    given(DOMAIN, claimed).when(BeginLook(noon, noon)).then_nothing()
    given(DOMAIN, *had).when(BeginLook(due, due)).then_nothing()
    given(DOMAIN, claimed, DomainClaimEnded(join)).when(BeginLook(due, due)).then_nothing()
    given(DOMAIN).when(BeginLook(due, due)).then_nothing()


def test_staff_may_ask_for_a_look_once_a_minute() -> None:
    given(DOMAIN).when(BeginLook(noon)).then_rejected("domain_not_found")
    given(DOMAIN, claimed).when(BeginLook(noon)).then(DomainLookBegun(1, join, token, noon))
    soon = noon + minute + timedelta(seconds=59)
    given(DOMAIN, claimed, looking).when(BeginLook(soon)).then_rejected("looked_just_now")
    given(DOMAIN, claimed, looking).when(BeginLook(noon + 2 * minute)).then(
        DomainLookBegun(2, join, token, noon + 2 * minute)
    )


def test_the_record_proves_it_at_once() -> None:
    given(DOMAIN, claimed, looking).when(RecordLook(1, "found", noon)).then(proved)


@pytest.mark.parametrize("finding", ["absent", "another_record", "unanswered"])
def test_a_claim_is_looked_for_ever_more_rarely_and_at_last_at_its_end(finding: Finding) -> None:
    history: list[DomainEvent] = [claimed]
    waits, at = [], claimed.due
    for look in range(1, 60):
        history.append(DomainLookBegun(look, join, token, at))
        (told,) = DOMAIN.decide(RecordLook(look, finding, at), DOMAIN.fold(history))
        history.append(told)
        if not isinstance(told, DomainNotSeen):
            break
        waits.append(told.due - at)
        assert (told.loses_at, told.is_news) == (None, False)
        at = told.due
    assert waits[:4] == [2 * minute, 4 * minute, 8 * minute, 16 * minute]
    assert max(waits) == 6 * hour
    assert (at, history[-1]) == (claimed.until, DomainClaimEnded(join))


def test_what_a_look_that_was_overtaken_saw_is_no_news() -> None:
    late = RecordLook(1, "found", noon)
    given(DOMAIN).when(late).then_nothing()
    given(DOMAIN, claimed, looking, looking_again).when(late).then_nothing()
    given(DOMAIN, claimed, looking, DomainClaimEnded(join)).when(late).then_nothing()
    given(DOMAIN, *had, DomainLost(join, 1, "absence")).when(late).then_nothing()


def test_a_look_at_a_name_says_nothing_of_the_name_that_took_its_place() -> None:
    anew = DomainClaimed(other, new_token, noon + minute, noon + 7 * day)
    history = (claimed, looking, DomainClaimEnded(join), anew)
    given(DOMAIN, *history).when(RecordLook(1, "found", noon)).then_nothing()


def test_a_domain_is_seen_every_day() -> None:
    seen = RecordLook(2, "found", noon + day)
    given(DOMAIN, *had, looking_again).when(seen).then(DomainSeen(noon + 2 * day))


def test_a_record_that_is_missing_is_news_once_and_costs_the_domain_after_a_week() -> None:
    gone = RecordLook(2, "absent", noon + day)
    given(DOMAIN, *had, looking_again).when(gone).then(missing)
    third = DomainLookBegun(3, join, token, noon + 2 * day)
    still = RecordLook(3, "another_record", noon + 2 * day)
    given(DOMAIN, *had, looking_again, missing, third).when(still).then(
        DomainNotSeen(join, "another_record", noon + 3 * day, noon + 8 * day, is_news=False)
    )
    last = RecordLook(3, "absent", noon + 8 * day)
    given(DOMAIN, *had, looking_again, missing, third).when(last).then(
        DomainLost(join, 1, "absence")
    )


def test_a_record_that_is_back_has_all_its_time_again() -> None:
    third = DomainLookBegun(3, join, token, noon + 2 * day)
    back = RecordLook(3, "found", noon + 2 * day)
    history = (*had, looking_again, missing, third)
    given(DOMAIN, *history).when(back).then(DomainSeen(noon + 3 * day))
    fourth = DomainLookBegun(4, join, token, noon + 3 * day)
    gone = RecordLook(4, "absent", noon + 3 * day)
    given(DOMAIN, *history, DomainSeen(noon + 3 * day), fourth).when(gone).then(
        DomainNotSeen(join, "absent", noon + 4 * day, noon + 10 * day, is_news=True)
    )


def test_silence_costs_nothing_however_long_it_is() -> None:
    silent = RecordLook(2, "unanswered", noon + day)
    given(DOMAIN, *had, looking_again).when(silent).then(
        DomainNotSeen(join, "unanswered", noon + day + hour, None, is_news=False)
    )
    third = DomainLookBegun(3, join, token, noon + 8 * day)
    late = RecordLook(3, "unanswered", noon + 9 * day)
    given(DOMAIN, *had, looking_again, missing, third).when(late).then(
        DomainNotSeen(join, "unanswered", noon + 9 * day + hour, noon + 8 * day, is_news=False)
    )


def test_a_domain_that_another_has_proved_is_lost_once_and_only_by_that_proof() -> None:
    given(DOMAIN, *had).when(LoseDomain(1)).then(DomainLost(join, 1, "another_proof"))
    given(DOMAIN, *had).when(LoseDomain(0)).then_nothing()
    given(DOMAIN, *had, DomainLost(join, 1, "another_proof")).when(LoseDomain(1)).then_nothing()
    given(DOMAIN, claimed).when(LoseDomain(1)).then_nothing()


first = Proof(CommunityId(UUID(int=1)), 1)
second = Proof(CommunityId(UUID(int=2)), 4)


def test_who_proves_a_name_last_has_it() -> None:
    given(DOMAIN_NAME).when(TakeDomainName(join, first)).then(DomainNameTaken(join, first, None))
    taken = DomainNameTaken(join, first, None)
    given(DOMAIN_NAME, taken).when(TakeDomainName(join, first)).then_nothing()
    given(DOMAIN_NAME, taken).when(TakeDomainName(join, second)).then(
        DomainNameTaken(join, second, before=first)
    )


def test_only_the_proof_that_has_a_name_frees_it() -> None:
    taken = DomainNameTaken(join, second, before=first)
    given(DOMAIN_NAME, taken).when(FreeDomainName(first)).then_nothing()
    given(DOMAIN_NAME, taken).when(FreeDomainName(second)).then(DomainNameFreed())
    given(DOMAIN_NAME, taken, DomainNameFreed()).when(FreeDomainName(second)).then_nothing()
