"""`make demo`: a year of a choir, played against the running stack by moving its clock, every figure checked."""

import argparse
import secrets
import sys
import textwrap
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx

from deploy.local.settings import HOST, Settings
from tests.e2e.story import (
    ASKS_THE_PAYER,
    GOOD_CARD,
    MOVEMENTS,
    REFUSED_WHEN_CHARGED,
    Community,
    Figures,
    Member,
    Organiser,
    Refused,
    World,
    eventually,
    offer,
    seats,
)

SO = True  # what a claim is that needs no figure
LISBON = ZoneInfo("Europe/Lisbon")
WIDTH = 100
MONTHS = 12
MONTHLY, QUARTERLY, YEARLY, TICKET = 1200, 3300, 12000, 1500


@dataclass
class Teller:
    """Says in plain words what happens, what was checked, and where to look."""

    world: World
    colours: bool = field(default_factory=sys.stdout.isatty)
    topics: list[str] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    checks: int = 0
    _chapter: int = 0

    def line(self, text: str = "") -> None:
        """One line, whatever it says."""
        self._write(f"{text}\n")

    def chapter(self, title: str) -> None:
        """What comes now, and when it is."""
        self._chapter += 1
        heading = f"{self._chapter:>2}  {title}"
        today = local(self.world.now()).strftime("%-d %B %Y")
        self.line(f"\n{self._bold(heading)}{self._dim(today.rjust(WIDTH - len(heading)))}")

    def say(self, text: str) -> None:
        """What happens."""
        self.line(textwrap.fill(text, WIDTH, initial_indent="    ", subsequent_indent="    "))

    def check(self, claim: str, seen: object, expected: object = SO) -> None:
        """What has to be so, or the demo ends here."""
        if seen != expected:
            raise SystemExit(f"  ✗ {claim}: expected {expected!r}, and it is {seen!r}")
        self.checks += 1
        self.line(f"  {self._green('✓')} {claim}")

    def look(self, path: str, *, topic: str, table: str) -> None:
        """Where it can be seen: what was published, what was folded, what the API answers."""
        self.topics.append(topic)
        self.tables.append(table)
        self.line(self._dim(f"    look: topic {topic} · table {table}"))
        self.line(self._dim(f"          GET {path}"))

    def until(self, when: datetime, why: str) -> None:
        """Let time pass."""
        began = time.monotonic()
        self.world.on_step = self._passing
        steps = self.world.advance_to(when)
        self._clear()
        took = f"{steps} steps, {time.monotonic() - began:.0f} s"
        self.line(self._dim(f"    … {local(when):%-d %B %Y}: {why} ({took})"))

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Figures, in columns."""
        widths = [max(len(row[at]) for row in (header, *rows)) for at in range(len(header))]
        for number, row in enumerate((header, *rows)):
            cells = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
            line = "    " + "   ".join(cells)
            self.line(self._dim(line) if number == 0 else line)

    def _passing(self, due: datetime) -> None:
        if self.colours:
            self._write(f"\r    … {local(due):%-d %B %Y, %H:%M}\033[K")

    def _clear(self) -> None:
        if self.colours:
            self._write("\r\033[K")

    @staticmethod
    def _write(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

    def _bold(self, text: str) -> str:
        return f"\033[1m{text}\033[0m" if self.colours else text

    def _dim(self, text: str) -> str:
        return f"\033[2m{text}\033[0m" if self.colours else text

    def _green(self, text: str) -> str:
        return f"\033[32m{text}\033[0m" if self.colours else text


class Year:
    """The choir's year, chapter by chapter; `starts` is nine o'clock on the first day of its first month."""

    def __init__(self, world: World, teller: Teller) -> None:
        self.world = world
        self.tell = teller
        self.tag = secrets.token_hex(3)
        self.ines = Organiser(world, "Ines Duarte", f"ines.{self.tag}@example.org")
        self.ada, self.ben, self.cleo, self.dan, self.eve, self.finn, self.gil = (
            Member(world, name, f"{name.split(maxsplit=1)[0].lower()}.{self.tag}@example.org")
            for name in (
                "Ada Moreira",
                "Ben Okafor",
                "Cleo Lindt",
                "Dan Weiss",
                "Eve Laurent",
                "Finn Byrne",
                "Gil Nakata",
            )
        )
        self.starts = first_of_next_month(world.now())
        self.choir: Community
        self.friends: UUID
        self.singers: UUID
        self.monthly: UUID
        self.quarterly: UUID
        self.yearly: UUID

    def play(self) -> None:
        """All of it."""
        self.tell.line(
            "A year of a choir, in a minute or two: the clock moves from due item to due item."
        )
        self.tell.line(
            f"Paths are at {self.world.origin}, and open to Ines's token, which comes at the end."
        )
        self.tell.until(self.starts, "the story begins on the first day of a month")
        for chapter in (
            self.a_choir_opens,
            self.ada_joins_and_pays,
            self.a_trial_and_a_quarter,
            self.a_concert,
            self.money_that_comes_too_late,
            self.at_the_door,
            self.two_more_singers,
            self.a_card_is_declined_and_replaced,
            self.a_card_is_declined_for_good,
            self.somebody_cancels,
            self.somebody_is_forgotten,
            self.what_the_year_brought,
        ):
            chapter()

    def a_choir_opens(self) -> None:
        """Issue, point 1."""
        tell, ines = self.tell, self.ines
        tell.chapter("Ines opens a choir")
        before = self.world.calls
        ines.sign_in()
        self.choir = ines.open_community("Harbour Choir", f"harbour-choir-{self.tag}")
        self.singers = ines.define_tier("Singers", paid=True)
        self.monthly = ines.publish_offer("Singer, monthly", MONTHLY, "month", tier=self.singers)
        self.opened_after = self.world.calls - before
        self.friends = ines.define_tier("Friends", paid=False)
        self.quarterly = ines.publish_offer(
            "Singer, by the quarter", QUARTERLY, "quarter", tier=self.singers
        )
        self.yearly = ines.publish_offer(
            "Singer, for a year", YEARLY, "year", tier=self.singers, trial_days=14
        )
        self.world.settle()
        tell.say(
            "She signs in with a code from her mailbox, founds the Harbour Choir, and defines a free tier, "
            "Friends, and a paid one, Singers. Singers pay 12.00 a month, 33.00 a quarter, or 120.00 a year "
            "after a trial of 14 days."
        )
        page = self.world.public(f"/api/membership/v1/public/communities/{self.choir.slug}")
        tell.check(
            "a stranger sees the choir and its tiers",
            sorted(tier["name"] for tier in page["tiers"]),
            ["Friends", "Singers"],
        )
        offers = self.world.public(f"/api/billing/v1/public/communities/{self.choir.id}/offers")
        tell.check(
            "and three offers, on sale since billing has heard of the tier",
            [one["sellable"] for one in offers["items"]],
            [True] * 3,
        )
        tell.check(
            "nothing is missing before money can come in",
            ines.get("/api/membership/v1/setup", model="subscription")["ready"],
        )
        tell.look(
            f"/api/membership/v1/public/communities/{self.choir.slug}",
            topic="tessera.membership.community.v1",
            table="membership.communities_v3",
        )

    def ada_joins_and_pays(self) -> None:
        """Issue, point 2."""
        tell, ada = self.tell, self.ada
        tell.chapter("Ada joins, pays, and gets in")
        before = self.world.calls
        ada.join(self.choir)
        checkout_id = ada.check_out(offer(self.monthly))
        ada.pay(checkout_id)
        calls = self.opened_after + self.world.calls - before
        bought = ada.until(checkout_id, "completed")
        self.world.settle()
        tell.say(
            "She joins (her name and address are sealed under a key of her own), goes through a checkout and "
            "gives a test card to the processor's form. Its signed webhook comes, the money is announced, and "
            "membership lets her in. Nobody waited for a human."
        )
        tell.check("the checkout is completed", bought["state"], "completed")
        tell.check(
            "she has two tiers, each with the reason why",
            {(reason["tier"], reason["kind"]) for reason in ada.access()["live"]},
            {("Friends", "joined"), ("Singers", "subscription")},
        )
        figures = self.ines.figures()
        tell.check(
            "monthly recurring revenue is 12.00, all of it new",
            (figures.mrr, figures.new),
            (1200, 1200),
        )
        tell.check("from Ines's sign-in to her first paying member: ten calls at most", calls <= 10)
        tell.look(
            f"/api/membership/v1/people/{ada.person_id}/access",
            topic="tessera.membership.access.v1",
            table="membership.access_v2",
        )

    def a_trial_and_a_quarter(self) -> None:
        """Issue, point 1: a trial, and other intervals."""
        tell = self.tell
        tell.chapter("Ben tries, Cleo takes a quarter")
        self.ben.join(self.choir)
        self.ben.buy(offer(self.yearly))
        self.cleo.join(self.choir)
        self.cleo.buy(offer(self.quarterly))
        self.world.settle()
        figures = self.ines.figures()
        tell.say(
            "Ben sings from today and pays nothing before his trial ends. A quarter is worth 11.00 a month."
        )
        tell.check("MRR is 23.00: a trial brings nothing", figures.mrr, 2300)
        tell.check("but three people have access to Singers", figures.access[self.singers], 3)
        tell.until(self.day(1, 15, hour=12), "Ben's trial is over")
        figures = self.ines.figures()
        tell.check("he was charged 120.00, worth 10.00 a month: MRR is 33.00", figures.mrr, 3300)
        tell.check("nobody is on trial, three pay", (figures.trial, figures.paying), (0, 3))
        tell.look(
            f"/api/analytics/v1/communities/{self.choir.id}/revenue",
            topic="tessera.billing.subscription.v1",
            table="billing.subscriptions_v6",
        )

    def a_concert(self) -> None:
        """Issue, point 3: a seat, and a hold that is not paid."""
        tell = self.tell
        tell.chapter("A concert with two seats")
        for late in (self.finn, self.gil):
            late.join(self.choir)
        self.concert = self.ines.publish_gathering(
            "Concert by the harbour", self.day(1, 28, hour=19), capacity=2, minor=TICKET
        )
        self.world.settle()
        tell.say(
            "Tickets are 15.00. Ada holds a seat, puts the signed quote into a checkout, and pays."
        )
        self.ada.buy(seats(self.ada.hold(self.concert)))
        self.world.settle()
        (ticket,) = self.ada.tickets()
        tell.check(
            "Ada has a ticket",
            (ticket["title"], ticket["amount"]["minor"]),
            ("Concert by the harbour", TICKET),
        )
        self.ben.hold(self.concert)
        self.world.settle()
        tell.say("Ben holds the other seat, and forgets about it.")
        tell.check("no seat is left", self.seats_left(), 0)
        tell.until(self.world.now() + timedelta(minutes=20), "Ben's hold has run out")
        tell.check("his seat is free again", self.seats_left(), 1)
        tell.look(
            f"/api/events/v1/public/communities/{self.choir.id}/gatherings",
            topic="tessera.events.sale.v1",
            table="events.seats_left_v1",
        )

    def money_that_comes_too_late(self) -> None:
        """Issue, point 3: late money gets a seat or a refund."""
        tell = self.tell
        tell.chapter("Money that comes too late")
        held = self.finn.hold(self.concert)
        checkout_id = self.finn.check_out(seats(held))
        self.finn.pay(checkout_id, ASKS_THE_PAYER)
        waiting = eventually(
            lambda: self.finn.checkout(checkout_id),
            lambda found: found["processor"]["client_secret"],
        )
        tell.say(
            "Finn holds the last seat and pays; his bank wants a word with him first. While he looks for his "
            "telephone, his hold runs out, and Gil buys the seat."
        )
        self.world.move_clock(datetime.fromisoformat(held["expires_at"]), "events")
        eventually(self.seats_left)
        self.gil.buy(seats(self.gil.hold(self.concert)))
        self.world.authenticate(waiting["processor"])
        self.finn.until(checkout_id, "completed")
        self.world.settle()
        paid = self.finn.get(f"/api/billing/v1/payments/{waiting['payment_id']}")
        tell.check(
            "Gil has a ticket, Finn has none",
            (len(self.gil.tickets()), len(self.finn.tickets())),
            (1, 0),
        )
        tell.check("Finn's 15.00 went back to him", paid["refunded"]["minor"], TICKET)
        self.world.advance(timedelta(minutes=1))
        figures = self.ines.figures()
        tell.check("tickets brought 45.00", figures.gross["ticket"], 3 * TICKET)
        tell.check("of which 15.00 was refunded", figures.refunded, {"ticket": TICKET})
        tell.check(
            "and Finn was told, once",
            [
                message["template"]
                for message in self.finn.messages()
                if message["template"] == "seat_denied"
            ],
            ["seat_denied"],
        )
        tell.look(
            f"/mailbox?to={self.finn.email}",
            topic="tessera.billing.payment.v1",
            table="billing.payments_v2",
        )

    def at_the_door(self) -> None:
        """A ticket lets its seats in once, and who came has taken part."""
        tell = self.tell
        tell.until(self.day(1, 28, hour=18), "the evening of the concert")
        tell.chapter("At the door")
        (ticket,) = self.ada.tickets()
        came = self.ines.check_in(self.concert, ticket["code"])
        tell.check("Ada comes in", (came["holder"], came["checked_in"]), (self.ada.name, 1))
        try:
            self.ines.check_in(self.concert, ticket["code"])
            again = "came in"
        except Refused as refusal:
            again = refusal.code
        tell.check("nobody else comes in by her code", again, "already_checked_in")
        self.world.settle()
        did = self.ada.get(f"/api/membership/v1/people/{self.ada.person_id}/activity")["items"]
        tell.check(
            "she has taken part", [one["times"] for one in did if one["kind"] == "attendance"], [1]
        )
        tell.look(
            f"/api/events/v1/gatherings/{self.concert}/attendance",
            topic="tessera.events.ticket.v1",
            table="events.tickets_v2",
        )

    def two_more_singers(self) -> None:
        """The second month."""
        tell = self.tell
        tell.until(self.day(2, 1, hour=12), "Ada's first renewal")
        tell.chapter("Dan and Eve become singers")
        for new in (self.dan, self.eve):
            new.join(self.choir)
            new.buy(offer(self.monthly))
        self.world.settle()
        figures = self.ines.figures()
        tell.check("this month's movements: 24.00 new", figures.new, 2400)
        tell.check("MRR is 57.00, from five who pay", (figures.mrr, figures.paying), (5700, 5))
        tell.look(
            f"/api/analytics/v1/communities/{self.choir.id}/dashboard",
            topic="tessera.membership.member.v1",
            table="analytics.members_v2_doors",
        )

    def a_card_is_declined_and_replaced(self) -> None:
        """Issue, point 4: past due, and recovered."""
        tell = self.tell
        tell.until(self.day(3, 20), "a second and a third month are paid")
        tell.chapter("Dan's card is declined")
        tell.check(
            "his new card is kept", self.dan.give_card(REFUSED_WHEN_CHARGED)["state"], "saved"
        )
        tell.until(self.day(4, 1, hour=18), "renewals")
        figures = self.ines.figures()
        tell.check("Dan is past due", self.dan.subscription()["state"], "past_due")
        tell.check("he still sings: access waits for the last try", self.sings(self.dan))
        tell.check(
            "MRR stands, with 12.00 of it at risk", (figures.mrr, figures.at_risk), (5700, 1200)
        )
        self.dan.give_card(GOOD_CARD)
        self.world.settle()
        tell.say("He gives a card that works, and is charged at once.")
        tell.check("Dan has recovered", self.dan.subscription()["state"], "active")
        tell.check("nothing is at risk", self.ines.figures().at_risk, 0)
        tell.look(
            "/api/billing/v1/staff/subscriptions",
            topic="tessera.billing.subscription.v1",
            table="billing.agenda",
        )

    def a_card_is_declined_for_good(self) -> None:
        """Issue, point 4: access ends with the subscription, unless another reason lives."""
        tell = self.tell
        tell.until(self.day(5, 20), "another month")
        tell.chapter("Eve's card is declined for good")
        self.eve.give_card(REFUSED_WHEN_CHARGED)
        tell.until(self.day(6, 3), "renewals, and the first of four more tries")
        tell.check("Eve is past due", self.eve.subscription()["state"], "past_due")
        gift = self.ines.give(self.eve.person_id, self.singers)
        still = self.world.now()
        tell.say("Ines does not want to lose her and gives her the tier as a gift.")
        tell.until(self.day(6, 9), "the last try failed, a week after the first")
        ended = self.eve.subscription()
        tell.check(
            "her subscription has ended",
            (ended["state"], ended["ended_for"]),
            ("ended", "payment_failed"),
        )
        tell.check("she sings all the same: another reason lives", self.reasons(self.eve), {"gift"})
        then = self.ines.access_of(self.eve.person_id, still)
        tell.check(
            "why did she have access a week ago? for two reasons",
            {one["kind"] for one in then["live"] if one["tier"] == "Singers"},
            {"gift", "subscription"},
        )
        self.ines.post(f"/api/membership/v1/people/{self.eve.person_id}/gifts/{gift}/withdrawal")
        self.world.settle()
        tell.check("without the gift she does not", not self.sings(self.eve))
        figures = self.ines.figures()
        tell.check("churn is 12.00, MRR 45.00", (figures.churn, figures.mrr), (-1200, 4500))
        tell.look(
            f"/api/membership/v1/people/{self.eve.person_id}/access?at={still:%Y-%m-%dT%H:%M:%SZ}",
            topic="tessera.membership.access.v1",
            table="membership.access_v2",
        )

    def somebody_cancels(self) -> None:
        """Issue, point 4: a cancellation ends at its period's end."""
        tell = self.tell
        tell.until(self.day(8, 10), "two quiet months")
        tell.chapter("Cleo cancels")
        self.cleo.cancel()
        self.world.settle()
        mid = self.cleo.subscription()
        tell.check("it runs on, to the end of the quarter", mid["state"], "active")
        tell.check("and she sings until then", self.sings(self.cleo))
        tell.until(self.day(10, 1, hour=18), "her quarter is over")
        ended = self.cleo.subscription()
        tell.check(
            "it has ended as she wished",
            (ended["state"], ended["ended_for"]),
            ("ended", "voluntary"),
        )
        tell.check("and access with it", not self.sings(self.cleo))
        tell.check("she is still a friend", self.reasons(self.cleo, "Friends"), {"joined"})
        tell.check("MRR is 34.00", self.ines.figures().mrr, 3400)
        tell.look(
            "/api/billing/v1/staff/subscriptions",
            topic="tessera.billing.subscription.v1",
            table="analytics.recurring_v5_movements",
        )

    def somebody_is_forgotten(self) -> None:
        """Issue, point 5."""
        tell = self.tell
        tell.until(self.day(11, 15), "another month")
        tell.chapter("Dan is forgotten")
        self.ines.erase(self.dan.person_id)
        self.world.settle()
        erasure = self.ines.erasure_of(self.dan.person_id)
        tell.say(
            "Ines erases him at his wish. Every service destroys the keys it has of him, and says so."
        )
        tell.check(
            "all four have confirmed",
            (sorted(erasure["confirmed_by"]), erasure["waiting_for"]),
            (["analytics", "billing", "events", "membership"], []),
        )
        people = self.ines.get("/api/membership/v1/members", limit=200)["items"]
        known = {one["name"] for one in people}
        tell.check(
            "Ines knows six people, and no Dan", (len(known), self.dan.name in known), (6, False)
        )
        figures = self.ines.figures()
        tell.check("what he paid stays in the books, and MRR is 22.00", figures.mrr, 2200)
        tell.look(
            f"/api/membership/v1/erasures/{self.dan.person_id}",
            topic="tessera.membership.privacy.v1",
            table="membership_personal.erasures",
        )

    def what_the_year_brought(self) -> None:
        """Issue, point 6."""
        tell = self.tell
        tell.until(self.day(12, 31), "the year ends")
        tell.chapter("What the year brought")
        months = [self.month(number) for number in range(1, MONTHS + 1)]
        rows, before = [], 0
        for number, month in enumerate(months, 1):
            assert month.start == before, f"month {number} starts at {month.start}, not at {before}"
            before = month.mrr
            rows.append(
                [
                    f"{self.day(number, 1):%b %Y}",
                    money(month.start),
                    *(money(getattr(month, move)) for move in MOVEMENTS),
                    money(month.mrr),
                    str(month.members),
                    money(month.gross.get("subscription", 0)),
                    money(month.gross.get("ticket", 0) - month.refunded.get("ticket", 0)),
                ]
            )
        header = ["MRR", "start", "new", "back", "up", "down", "churn", "end"]
        header += ["members", "subscriptions", "tickets"]
        tell.table(header, rows)
        tell.check(
            "every month ends where its movements lead, and where the next begins",
            [month.mrr for month in months],
            [3300, 5700, 5700, 5700, 5700, 4500, 4500, 4500, 4500, 3400, 2200, 2200],
        )
        year = self.ines.figures(self.day(1, 1).date(), self.day(12, 31).date())
        # Ada twelve times, Dan ten, Eve four; three quarters; one year.
        due = (12 + 10 + 4) * MONTHLY + 3 * QUARTERLY + YEARLY
        tell.check(f"subscriptions brought {money(due)}", year.gross["subscription"], due)
        tell.check(
            "tickets brought 30.00 net", year.gross["ticket"] - year.refunded["ticket"], 2 * TICKET
        )
        tell.check("two sing, six are members", (year.access[self.singers], year.members), (2, 6))
        tell.look(
            f"/api/analytics/v1/communities/{self.choir.id}/revenue"
            f"?from={self.day(1, 1):%Y-%m-%d}&to={self.day(12, 31):%Y-%m-%d}",
            topic="tessera.billing.payment.v1",
            table="analytics.takings_v2",
        )

    def day(self, month: int, day: int, *, hour: int = 9) -> datetime:
        """A moment of the year, in Lisbon; month 13 would be the next year's first."""
        months = self.starts.month - 1 + month - 1
        year, number = self.starts.year + months // 12, months % 12 + 1
        last = (
            datetime(year + number // 12, number % 12 + 1, 1, tzinfo=LISBON) - timedelta(days=1)
        ).day
        return datetime(year, number, min(day, last), hour, tzinfo=LISBON)

    def month(self, number: int) -> Figures:
        """What analytics says of a month of the year."""
        return self.ines.figures(self.day(number, 1).date(), self.day(number, 31).date())

    def seats_left(self) -> int:
        """What a stranger sees of the concert."""
        path = f"/api/events/v1/public/communities/{self.choir.id}/gatherings"
        (concert,) = self.world.public(path)["items"]
        left: int = concert["seats_left"]
        return left

    def reasons(self, member: Member, tier: str = "Singers") -> set[str]:
        """Why somebody may enter a tier now."""
        return {one["kind"] for one in member.access()["live"] if one["tier"] == tier}

    def sings(self, member: Member) -> bool:
        """Whether somebody may enter the paid tier now."""
        return bool(self.reasons(member))


def first_of_next_month(now: datetime) -> datetime:
    """Nine o'clock in Lisbon, on the next first day of a month."""
    here = now.astimezone(LISBON)
    return (here.replace(day=1) + timedelta(days=32)).replace(
        day=1, hour=9, minute=0, second=0, microsecond=0
    )


def local(moment: datetime) -> datetime:
    """As the choir's calendar shows it."""
    return moment.astimezone(LISBON)


def money(minor: int) -> str:
    """As people write it; nothing is a dot, so that what moves is seen."""
    return f"{minor / 100:,.2f}" if minor else "·"


def main() -> None:
    """Play the story against the stack that runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.parse_args()
    settings = Settings.from_environment()
    with World(settings.origin, f"http://{HOST}:{settings.ports['stripe']}") as world:
        began, teller = time.monotonic(), Teller(world)
        try:
            year = Year(world, teller)
            year.play()
        except httpx.ConnectError:
            raise SystemExit(f"Nothing answers at {world.origin}; `make up` starts it.") from None
        here = f"{world.origin}/api/analytics/v1/communities/{year.choir.id}/dashboard"
        teller.line(f"""
{teller.checks} checks, {time.monotonic() - began:.0f} s. Play it again: it is another choir each time.

Look around as Ines, for ten minutes:

  export TOKEN={year.ines.token}

  curl -H "Authorization: Bearer $TOKEN" {here}

Every mail of the year: {world.origin}/mailbox""")


if __name__ == "__main__":
    main()
