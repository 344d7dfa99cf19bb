"""What people are told: each message once, in the mailbox and in the record of what was sent."""

from datetime import UTC, datetime, timedelta

from tests.e2e.conftest import Cast
from tests.e2e.story import (
    ASKS_THE_PAYER,
    REFUSED_WHEN_CHARGED,
    Member,
    World,
    eventually,
    offer,
    seats,
)

TICKET = 1500


def told(member: Member) -> list[str]:
    """What a person was sent, as membership remembers it: nothing that could not be sent, nothing twice."""
    messages = member.messages()
    assert [one for one in messages if one["not_sent"]] == []
    mails = [
        mail for mail in member.world.mails(member.email) if "sign-in code" not in mail["subject"]
    ]
    assert len(mails) == len(messages), [mail["subject"] for mail in mails]
    return sorted(one["template"] for one in messages)


def test_a_ticket_is_sent_once(cast: Cast, world: World) -> None:
    ada = cast.member("Ada Moreira")
    concert = cast.organiser.publish_gathering(
        "Winter concert", world.now() + timedelta(days=9), capacity=1, minor=TICKET
    )
    world.settle()
    ada.buy(seats(ada.hold(concert)))
    world.settle()
    assert told(ada) == ["ticket_bought_at"]
    mail = world.mails(ada.email)[0]
    assert "Winter concert" in mail["text"]
    assert mail["sender"].startswith("hello@")


def test_who_comes_too_late_is_told_once_of_the_seat_and_once_of_the_money(
    cast: Cast, world: World
) -> None:
    ada, ben = cast.member("Ada Moreira"), cast.member("Ben Okafor")
    concert = cast.organiser.publish_gathering(
        "Winter concert", world.now() + timedelta(days=9), capacity=1, minor=TICKET
    )
    world.settle()
    held = ada.hold(concert)
    checkout_id = ada.check_out(seats(held))
    ada.pay(checkout_id, ASKS_THE_PAYER)
    asked = eventually(
        lambda: ada.checkout(checkout_id), lambda found: found["processor"]["client_secret"]
    )
    world.move_clock(datetime.fromisoformat(held["expires_at"]).astimezone(UTC), "events")
    eventually(
        lambda: ada.get(f"/api/events/v1/gatherings/{concert}"),
        lambda found: found["seats_left"] == 1,
    )
    ben.buy(seats(ben.hold(concert)))
    world.authenticate(asked["processor"])
    ada.until(checkout_id, "completed")
    world.settle()
    assert told(ada) == ["payment_refunded", "seat_denied"]
    assert told(ben) == ["ticket_bought_at"]


def test_who_is_past_due_is_told_once_however_often_it_is_tried(cast: Cast, world: World) -> None:
    ada = cast.member("Ada Moreira")
    ada.buy(offer(cast.monthly))
    world.settle()
    ada.give_card(REFUSED_WHEN_CHARGED)
    due = datetime.fromisoformat(ada.subscription()["runs_until"])
    world.advance_to(due + timedelta(days=4))
    assert ada.subscription()["state"] == "past_due"
    assert told(ada) == ["subscription_past_due"]
