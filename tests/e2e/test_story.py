"""A person joins, pays, gets in, buys a seat, and the organiser sees the revenue: after every step, by HTTP alone."""

import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tests.e2e.conftest import Cast
from tests.e2e.story import (
    ASKS_THE_PAYER,
    GOOD_CARD,
    REFUSED_WHEN_CHARGED,
    REFUSED_WHEN_KEPT,
    Json,
    Member,
    Organiser,
    Refused,
    World,
    eventually,
    offer,
    seats,
)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PRICE = 1200
TICKET = 1500
PAID_FOR = [
    "AccessGranted",
    "SubscriptionActivated",
    "OrderPaid",
    "CheckoutCompleted",
    "PaymentSucceeded",
]


def happened(chain: list[Json]) -> list[str]:
    """What led to a turn of somebody's access, the newest first."""
    return [event["type"] for event in chain]


def reasons(member: Member, tier: str = "Singers", *, at: datetime | None = None) -> set[str]:
    """Why a member may enter a tier, now or then."""
    return {reason["kind"] for reason in member.access(at)["live"] if reason["tier"] == tier}


def renewal_of(member: Member) -> datetime:
    """The moment at which the next period is to be paid."""
    return datetime.fromisoformat(member.subscription()["runs_until"])


class TestOpening:
    def test_the_second_call_of_a_new_organiser_works_at_once(self, world: World) -> None:
        organiser = Organiser(world, "Ines Duarte", f"ines.{secrets.token_hex(4)}@example.org")
        organiser.sign_in()
        organiser.open_community("Harbour Choir", f"harbour-choir-{secrets.token_hex(4)}")
        tier = organiser.define_tier("Singers", paid=True)
        organiser.publish_offer("Singer", PRICE, "month", tier=tier)
        organiser.publish_gathering("Concert", world.now() + DAY, capacity=2, minor=TICKET)
        assert world.asked_again == 0

    def test_a_stranger_sees_tiers_offers_and_gatherings(self, cast: Cast, world: World) -> None:
        cast.organiser.publish_gathering("Concert", world.now() + DAY, capacity=2, minor=TICKET)
        world.settle()
        page = world.public(f"/api/membership/v1/public/communities/{cast.community.slug}")
        assert (page["name"], page["currency"], page["mode"]) == ("Harbour Choir", "EUR", "test")
        assert {(tier["name"], tier["paid"]) for tier in page["tiers"]} == {
            ("Friends", False),
            ("Singers", True),
        }
        here = f"v1/public/communities/{cast.community.id}"
        (singer,) = world.public(f"/api/billing/{here}/offers")["items"]
        assert (singer["price"]["minor"], singer["interval"], singer["sellable"]) == (
            PRICE,
            "month",
            True,
        )
        (concert,) = world.public(f"/api/events/{here}/gatherings")["items"]
        assert (concert["name"], concert["seats_left"]) == ("Concert", 2)

    def test_a_sign_in_code_opens_once_and_a_refresh_token_turns_once(self, world: World) -> None:
        organiser = Organiser(world, "Ines Duarte", f"ines.{secrets.token_hex(4)}@example.org")
        organiser.sign_in()
        tokens = "/api/membership/v1/tokens"
        code = organiser.code_in_mail()
        with pytest.raises(Refused) as used_up:
            world.ask("POST", tokens, {"grant": "code", "email": organiser.email, "code": code})
        assert used_up.value.status == 401

        first = organiser.refresh_token
        world.ask("POST", tokens, {"grant": "refresh", "refresh_token": first})
        with pytest.raises(Refused) as replayed:
            world.ask("POST", tokens, {"grant": "refresh", "refresh_token": first})
        assert replayed.value.status == 401

    def test_an_offer_is_not_sellable_until_the_tier_it_names_is_heard_of(
        self, cast: Cast, world: World
    ) -> None:
        other = Cast(world)
        cast.organiser.publish_offer("Borrowed", PRICE, "month", tier=other.singers)
        world.settle()
        offers = world.public(f"/api/billing/v1/public/communities/{cast.community.id}/offers")
        assert {one["name"]: one["sellable"] for one in offers["items"]} == {
            "Singer": True,
            "Borrowed": False,
        }


class TestJoiningAndPaying:
    def test_who_joins_is_a_friend_and_counts_as_a_member(self, cast: Cast, world: World) -> None:
        ada = cast.member("Ada Moreira")
        world.settle()
        assert reasons(ada, "Friends") == {"joined"}
        assert reasons(ada) == set()
        figures = cast.organiser.figures()
        assert (figures.members, figures.access) == (1, {cast.friends: 1})
        assert figures.mrr == 0

    def test_who_joins_twice_is_the_same_person(self, cast: Cast) -> None:
        ada = cast.member("Ada Moreira")
        assert ada.person_id == ada.join(cast.community)

    def test_who_pays_gets_in_with_the_reason_and_since_when(
        self, cast: Cast, world: World
    ) -> None:
        ada = cast.member("Ada Moreira")
        before = world.now()
        bought = ada.buy(offer(cast.monthly))
        assert (bought["due"]["minor"], bought["problem"]) == (PRICE, None)
        world.settle()
        assert reasons(ada) == {"subscription"}
        (granted,) = [one for one in ada.access()["live"] if one["tier"] == "Singers"]
        assert granted["reason_id"] == ada.subscription()["subscription_id"]
        assert before < datetime.fromisoformat(granted["since"]) <= world.now()
        assert granted["until"] is granted["ended_at"] is granted["cause"] is None
        assert happened(granted["begun_by"]) == PAID_FOR

        figures = cast.organiser.figures()
        assert (figures.start, figures.new, figures.mrr, figures.paying) == (0, PRICE, PRICE, 1)
        assert figures.gross == {"subscription": PRICE}
        assert figures.access[cast.singers] == 1

    def test_why_somebody_had_access_then_is_told_for_any_moment(
        self, cast: Cast, world: World
    ) -> None:
        ada = cast.member("Ada Moreira")
        world.advance(DAY)
        before = world.now()
        ada.buy(offer(cast.monthly))
        world.settle()
        world.advance(DAY)
        assert reasons(ada) == {"subscription"}
        assert reasons(ada, at=before) == set()
        assert reasons(ada, "Friends", at=before) == {"joined"}
        assert reasons(ada, "Friends", at=before - 10 * DAY) == set()

    def test_a_declined_card_can_be_replaced_in_the_same_checkout(
        self, cast: Cast, world: World
    ) -> None:
        ada = cast.member("Ada Moreira")
        checkout_id = ada.check_out(offer(cast.monthly))
        for number in (REFUSED_WHEN_KEPT, REFUSED_WHEN_CHARGED):
            ada.pay(checkout_id, number)
            declined = world.patiently(
                lambda: ada.checkout(checkout_id), lambda found: found["problem"] is not None
            )
            assert (declined["state"], declined["problem"]) == ("open", "card_declined")
            world.settle()
            assert reasons(ada) == set()
        ada.pay(checkout_id, GOOD_CARD)
        ada.until(checkout_id, "completed")
        world.settle()
        assert reasons(ada) == {"subscription"}
        assert cast.organiser.figures().gross == {"subscription": PRICE}

    def test_a_bank_that_asks_is_answered_and_charged_once(self, cast: Cast, world: World) -> None:
        ada = cast.member("Ada Moreira")
        checkout_id = ada.check_out(offer(cast.monthly))
        ada.pay(checkout_id, ASKS_THE_PAYER)
        asked = until_asked(ada, checkout_id)
        assert asked["state"] == "awaiting_payment"
        world.authenticate(asked["processor"])
        ada.until(checkout_id, "completed")
        world.settle()
        (charged,) = [one for one in cast.organiser.payments() if one["state"] == "succeeded"]
        assert charged["amount"]["minor"] == PRICE
        assert reasons(ada) == {"subscription"}

    def test_paying_twice_with_one_key_charges_once(self, cast: Cast, world: World) -> None:
        ada = cast.member("Ada Moreira")
        checkout_id = ada.check_out(offer(cast.monthly))
        path, card = (
            f"/api/billing/v1/checkouts/{checkout_id}/pay",
            {"payment_method": world.card()},
        )
        paid = ada.post(path, card, key="one")
        assert ada.post(path, card, key="one") == paid
        ada.until(checkout_id, "completed")
        world.settle()
        assert ada.post(path, card, key="one") == paid
        with pytest.raises(Refused) as refused:
            ada.post(path, card, key="another")
        assert (refused.value.status, refused.value.code) == (409, "checkout_completed")
        world.settle()
        assert cast.organiser.figures().gross == {"subscription": PRICE}
        assert len(ada.subscriptions()) == 1

    def test_a_checkout_that_is_not_paid_expires(self, cast: Cast, world: World) -> None:
        ada = cast.member("Ada Moreira")
        checkout_id = ada.check_out(offer(cast.monthly))
        world.advance(HOUR)
        assert ada.checkout(checkout_id)["state"] == "expired"
        with pytest.raises(Refused) as refused:
            ada.pay(checkout_id)
        assert (refused.value.status, refused.value.code) == (409, "checkout_expired")


class TestSeats:
    @pytest.fixture
    def concert(self, cast: Cast, world: World) -> Json:
        """One seat, in ten days."""
        made = cast.organiser.publish_gathering(
            "Winter concert", world.now() + 10 * DAY, capacity=1, minor=TICKET
        )
        world.settle()
        return {"id": made}

    def test_a_held_seat_that_is_paid_becomes_a_ticket(
        self, cast: Cast, world: World, concert: Json
    ) -> None:
        ada = cast.member("Ada Moreira")
        ada.buy(seats(ada.hold(concert["id"])))
        world.settle()
        (ticket,) = ada.tickets()
        assert (ticket["title"], ticket["holder"], ticket["seats"]) == (
            "Winter concert",
            "Ada Moreira",
            1,
        )
        assert (ticket["amount"]["minor"], ticket["origin"]) == (TICKET, "paid")
        figures = cast.organiser.figures()
        assert (figures.gross, figures.mrr) == ({"ticket": TICKET}, 0)

    def test_a_membership_and_a_seat_go_into_one_basket(
        self, cast: Cast, world: World, concert: Json
    ) -> None:
        ada = cast.member("Ada Moreira")
        bought = ada.buy(offer(cast.monthly), seats(ada.hold(concert["id"])))
        assert bought["due"]["minor"] == PRICE + TICKET
        world.settle()
        assert (len(ada.tickets()), reasons(ada)) == (1, {"subscription"})
        figures = cast.organiser.figures()
        assert figures.gross == {"subscription": PRICE, "ticket": TICKET}
        assert figures.mrr == PRICE

    def test_sold_out_is_an_answer(self, cast: Cast, concert: Json) -> None:
        ada, ben = cast.member("Ada Moreira"), cast.member("Ben Okafor")
        ada.hold(concert["id"])
        with pytest.raises(Refused) as refused:
            ben.hold(concert["id"])
        assert (refused.value.status, refused.value.code) == (409, "sold_out")

    def test_a_hold_that_is_not_paid_frees_its_seat(
        self, cast: Cast, world: World, concert: Json
    ) -> None:
        ada, ben = cast.member("Ada Moreira"), cast.member("Ben Okafor")
        ada.hold(concert["id"])
        world.advance(HOUR)
        ben.buy(seats(ben.hold(concert["id"])))
        world.settle()
        assert (ada.tickets(), len(ben.tickets())) == ([], 1)
        assert cast.organiser.figures().gross == {"ticket": TICKET}

    def test_a_quote_that_has_run_out_buys_nothing(
        self, cast: Cast, world: World, concert: Json
    ) -> None:
        ada = cast.member("Ada Moreira")
        held = ada.hold(concert["id"])
        world.advance(HOUR)
        with pytest.raises(Refused) as refused:
            ada.check_out(seats(held))
        assert refused.value.status == 422
        assert refused.value.problem["errors"][0]["code"] == "quote_expired"

    def test_a_quote_is_good_for_nobody_else_and_not_when_it_was_changed(
        self, cast: Cast, concert: Json
    ) -> None:
        ada, ben = cast.member("Ada Moreira"), cast.member("Ben Okafor")
        held = ada.hold(concert["id"])
        with pytest.raises(Refused) as foreign:
            ben.check_out(seats(held))
        assert foreign.value.problem["errors"][0]["code"] == "foreign_quote"
        head, body, signature = held["quote"].split(".")
        with pytest.raises(Refused) as forged:
            ada.check_out({"quote": f"{head}.{body[:-4]}AAAA.{signature}"})
        assert forged.value.problem["errors"][0]["code"] == "invalid_quote"

    def test_late_money_gets_a_seat_while_one_is_left(
        self, cast: Cast, world: World, concert: Json
    ) -> None:
        ada = cast.member("Ada Moreira")
        checkout_id, asked = pay_slowly(world, ada, concert)
        world.authenticate(asked["processor"])
        ada.until(checkout_id, "completed")
        world.settle()
        assert len(ada.tickets()) == 1
        assert cast.organiser.figures().gross == {"ticket": TICKET}
        assert cast.organiser.figures().refunded == {}

    def test_late_money_goes_back_when_no_seat_is_left(
        self, cast: Cast, world: World, concert: Json
    ) -> None:
        ada, ben = cast.member("Ada Moreira"), cast.member("Ben Okafor")
        checkout_id, asked = pay_slowly(world, ada, concert)
        ben.buy(seats(ben.hold(concert["id"])))
        world.authenticate(asked["processor"])
        ada.until(checkout_id, "completed")
        world.settle()
        assert (ada.tickets(), len(ben.tickets())) == ([], 1)
        paid = ada.get(f"/api/billing/v1/payments/{asked['payment_id']}")
        assert (paid["state"], paid["refunded"]["minor"]) == ("succeeded", TICKET)
        at_stripe = world.at_processor(
            f"/v1/refunds?payment_intent={asked['processor']['payment_intent']}"
        )
        assert [refund["amount"] for refund in at_stripe["data"]] == [TICKET]
        figures = cast.organiser.figures()
        assert (figures.gross, figures.refunded) == ({"ticket": 2 * TICKET}, {"ticket": TICKET})

    def test_a_refunded_ticket_admits_nobody_and_its_seat_is_had_by_another(
        self, cast: Cast, world: World, concert: Json
    ) -> None:
        ada, ben = cast.member("Ada Moreira"), cast.member("Ben Okafor")
        ada.buy(seats(ada.hold(concert["id"])))
        world.settle()
        (payment,) = cast.organiser.payments()
        cast.organiser.post(f"/api/billing/v1/payments/{payment['payment_id']}/refunds", {})
        world.settle()
        (ticket,) = ada.tickets()
        assert (ticket["cancelled"], ticket["code"]) == (True, None)
        ben.buy(seats(ben.hold(concert["id"])))
        world.settle()
        assert [ticket["cancelled"] for ticket in ben.tickets()] == [False]
        figures = cast.organiser.figures()
        assert (figures.gross, figures.refunded) == ({"ticket": 2 * TICKET}, {"ticket": TICKET})

    def test_a_cancelled_gathering_takes_its_tickets_back_and_pays_them_back(
        self, cast: Cast, world: World, concert: Json
    ) -> None:
        ada = cast.member("Ada Moreira")
        ada.buy(seats(ada.hold(concert["id"])))
        world.settle()
        cast.organiser.post(f"/api/events/v1/gatherings/{concert['id']}/cancellation")
        world.settle()
        (ticket,) = ada.tickets()
        assert ticket["cancelled"]
        assert cast.organiser.figures().refunded == {"ticket": TICKET}


class TestRenewals:
    def test_a_subscription_renews_by_the_clock(self, cast: Cast, world: World) -> None:
        ada = cast.member("Ada Moreira")
        ada.buy(offer(cast.monthly))
        world.settle()
        first = renewal_of(ada)
        world.advance_to(first + DAY)
        assert ada.subscription()["state"] == "active"
        assert renewal_of(ada) > first
        assert len([one for one in cast.organiser.payments() if one["state"] == "succeeded"]) == 2
        figures = cast.organiser.figures()
        assert (figures.mrr, figures.start + figures.new) == (PRICE, PRICE)

    def test_a_trial_gives_access_at_once_and_revenue_when_it_ends(
        self, cast: Cast, world: World
    ) -> None:
        ada = cast.member("Ada Moreira")
        yearly = cast.organiser.publish_offer(
            "A year", 12000, "year", tier=cast.singers, trial_days=14
        )
        world.settle()
        bought = ada.buy(offer(yearly))
        world.settle()
        assert bought["due"]["minor"] == 0
        assert (ada.subscription()["state"], reasons(ada)) == ("trialing", {"subscription"})
        figures = cast.organiser.figures()
        assert (figures.trial, figures.paying, figures.mrr, figures.gross) == (1, 0, 0, {})

        world.advance(15 * DAY)
        assert (ada.subscription()["state"], reasons(ada)) == ("active", {"subscription"})
        figures = cast.organiser.figures()
        assert (figures.trial, figures.paying, figures.new, figures.mrr) == (0, 1, 1000, 1000)

    def test_a_declined_renewal_is_past_due_until_a_new_card_recovers_it(
        self, cast: Cast, world: World
    ) -> None:
        ada = cast.member("Ada Moreira")
        ada.buy(offer(cast.monthly))
        world.settle()
        assert ada.give_card(REFUSED_WHEN_CHARGED)["state"] == "saved"
        world.advance_to(renewal_of(ada) + HOUR)
        assert (ada.subscription()["state"], reasons(ada)) == ("past_due", {"subscription"})
        figures = cast.organiser.figures()
        assert (figures.mrr, figures.past_due, figures.at_risk, figures.churn) == (
            PRICE,
            1,
            PRICE,
            0,
        )

        ada.give_card(GOOD_CARD)
        world.settle()
        assert (ada.subscription()["state"], reasons(ada)) == ("active", {"subscription"})
        figures = cast.organiser.figures()
        assert (figures.mrr, figures.past_due, figures.at_risk) == (PRICE, 0, 0)

    def test_a_renewal_that_is_declined_for_good_ends_the_subscription_and_access_with_it(
        self, cast: Cast, world: World
    ) -> None:
        ada = cast.member("Ada Moreira")
        ada.buy(offer(cast.monthly))
        world.settle()
        ada.give_card(REFUSED_WHEN_CHARGED)
        end = renewal_of(ada)
        world.advance_to(end + 6 * DAY)
        assert (ada.subscription()["state"], reasons(ada)) == ("past_due", {"subscription"})
        world.advance_to(end + 8 * DAY)
        ended = ada.subscription()
        assert (ended["state"], ended["ended_for"]) == ("ended", "payment_failed")
        assert (reasons(ada), reasons(ada, "Friends")) == (set(), {"joined"})
        figures = cast.organiser.figures(first=end.date() - 3 * DAY)
        assert (figures.start, figures.churn, figures.mrr) == (PRICE, -PRICE, 0)
        assert figures.access[cast.singers] == 0

    def test_a_cancelled_subscription_ends_with_its_period_and_access_with_it(
        self, cast: Cast, world: World
    ) -> None:
        ada = cast.member("Ada Moreira")
        ada.buy(offer(cast.monthly))
        world.settle()
        end = renewal_of(ada)
        ada.cancel()
        world.advance_to(end - HOUR)
        assert (ada.subscription()["state"], reasons(ada)) == ("active", {"subscription"})
        world.advance_to(end + HOUR)
        ended = ada.subscription()
        assert (ended["state"], ended["ended_for"]) == ("ended", "voluntary")
        assert reasons(ada) == set()
        assert reasons(ada, at=end - HOUR) == {"subscription"}
        figures = cast.organiser.figures(first=end.date() - 3 * DAY)
        assert (figures.churn, figures.mrr, figures.gross) == (-PRICE, 0, {})

    def test_access_outlives_a_subscription_while_another_reason_lives(
        self, cast: Cast, world: World
    ) -> None:
        ada = cast.member("Ada Moreira")
        ada.buy(offer(cast.monthly))
        gift = cast.organiser.give(ada.person_id, cast.singers)
        world.settle()
        assert reasons(ada) == {"subscription", "gift"}
        ada.cancel()
        world.advance_to(renewal_of(ada) + HOUR)
        assert ada.subscription()["state"] == "ended"
        assert reasons(ada) == {"gift"}
        assert cast.organiser.figures().access[cast.singers] == 1
        cast.organiser.post(f"/api/membership/v1/people/{ada.person_id}/gifts/{gift}/withdrawal")
        world.settle()
        assert reasons(ada) == set()
        assert cast.organiser.figures().access[cast.singers] == 0

    def test_who_comes_back_is_a_reactivation(self, cast: Cast, world: World) -> None:
        ada = cast.member("Ada Moreira")
        ada.buy(offer(cast.monthly))
        world.settle()
        cast.organiser.end_all()
        world.advance(HOUR)
        ada.buy(offer(cast.monthly))
        world.settle()
        figures = cast.organiser.figures()
        assert (figures.new, figures.churn, figures.reactivation, figures.mrr) == (
            PRICE,
            -PRICE,
            PRICE,
            PRICE,
        )


def until_asked(member: Member, checkout_id: UUID) -> Json:
    """The checkout, once the processor's form has what it needs to open the bank's window."""
    return eventually(
        lambda: member.get(f"/api/billing/v1/checkouts/{checkout_id}"),
        lambda found: found["processor"]["client_secret"],
    )


def pay_slowly(world: World, member: Member, concert: Json) -> tuple[UUID, Json]:
    """Hold a seat and begin to pay; before the bank has its answer, the hold runs out."""
    held = member.hold(concert["id"])
    checkout_id = member.check_out(seats(held))
    member.pay(checkout_id, ASKS_THE_PAYER)
    asked = until_asked(member, checkout_id)
    world.move_clock(datetime.fromisoformat(held["expires_at"]).astimezone(UTC), "events")
    eventually(
        lambda: member.get(f"/api/events/v1/gatherings/{concert['id']}"),
        lambda found: found["seats_left"] == 1,
    )
    return checkout_id, asked
