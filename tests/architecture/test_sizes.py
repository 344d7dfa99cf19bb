"""Size alarms: when one goes off, split what has grown, or say here why it stays whole.

Lines are lines of code: no blanks, no comments, no docstrings.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.source import code_lines, named, python_files, tree_of
from tools import house

KERNEL = 4_445  # docs/adr/0013; it may only fall
KERNEL_FILE = 300
ROOM = {"projections.py": 200}
OTHER_ROOM = 150
FUNCTION = 30
# One case for each command or event: their alarm is that of the whole decider.
TABLES = {"decide", "evolve"}
README = 120
TARGETS = 15

ALLOWED: Mapping[str, str] = {
    "services/analytics/risk/projections.py": "how somebody stands, day by day, and a look at it are one read model",
    "services/analytics/recurring/projections.py": "MRR is folded, and told in three ways, from the same four tables",
    "services/billing/checkout/decider.py": "what may be in a basket and how it is paid is one rule",
    "services/billing/checkout/events.py": "what is in a basket and what became of it is one history",
    "services/billing/checkout/routes.py": "what a basket costs, its code and its payment are one door",
    "services/billing/checkout/reactions.py": "a list: what a checkout hears of its card, its payment and its time",
    "services/billing/donation/routes.py": "giving, paying, looking, stopping and who gave are one door",
    "services/billing/payer/decider.py": "what is kept of a payer, what it pays for and its erasure are one history",
    "services/billing/payer/reactions.py": "a list: what a payer's card, trial and customer follow",
    "services/billing/payer/routes.py": "a card or a debit, given by who pays or by a letter's link, is one door",
    "services/billing/payment/decider.py": "the three steps of money and their refund are one history",
    "services/billing/payment/events.py": "what payers, processors, banks and staff do to one amount is one history",
    "services/billing/payment/routes.py": "money in, money back and what banks say of it are one desk",
    "services/billing/payment/projections.py": "who reads what was charged, returned and disputed reads one table each",
    "services/billing/payment/reactions.py": "each step of money calls the processor in its own way",
    "services/billing/prepaid/routes.py": "seeing, choosing and giving a card by one link are one door",
    "services/billing/price_rise/routes.py": "seeing, starting, watching, agreeing to and calling off are one door",
    "services/billing/reconciliation/reactions.py": "from the day to a page of each side and a look again is one way",
    "services/billing/subscription/commands.py": "one state machine is asked in one language",
    "services/billing/subscription/events.py": "one state machine has one history",
    "services/billing/subscription/projections.py": "every fact of one life, and what it makes of one row",
    "services/billing/subscription/publications.py": "one line or two for each fact of one life",
    "services/billing/subscription/reactions.py": "orders, payments, banks, payers and the clock end in one list",
    "services/billing/subscription/routes.py": "what a subscription can become and what that costs is one door",
    "services/events/sale/decider.py": "what is held, sold, moved and taken back of the same seats is one history",
    "services/events/ticket/routes.py": "showing a ticket and coming in by it are two sides of one door",
    "services/membership/invitation/decider.py": "an invitation, its letters and who may accept it are one history",
    "services/membership/access/decider.py": "what opens tiers and what opens content is one history",
    "services/membership/access/reactions.py": "a list: every reason for access, from wherever it comes",
    "services/membership/account/routes.py": "every way to sign in ends in the same tokens",
    "services/membership/account/routes.py:issue_token": "one case for each grant",
    "services/membership/announcement/reactions.py": "one sender: whoever asks, each letter goes one way",
    "services/membership/broadcast/routes.py": "an announcement is written, seen, sent and watched by one door",
    "services/membership/chat/decider.py": "what a seat wants, asks, is answered and is stuck at is one history",
    "services/membership/chat/reactions.py": "from a look at access to the vendor's answer is one way",
    "services/membership/chat/routes.py": "linking, being invited and being stuck are one door",
    "services/membership/community/decider.py": "a community, its staff and its address are one history",
    "services/membership/community/routes.py": "a community, its name and its staff are one door",
    "services/membership/content/routes.py": "preparing, publishing, listing and opening are one door",
    "services/membership/document/routes.py": "publishing, reading, agreeing and seeing who has not are one door",
    "services/membership/application/routes.py": "applying and being answered are two sides of one door",
    "services/membership/group_seat/decider.py": "who is sent a door, and who is to be taken out, is one history",
    "services/membership/group_seat/reactions.py": "from a look at access to a message or a task is one way",
    "services/membership/group_seat/routes.py": "giving a number, going in and being taken out are one door",
    "services/membership/invitation/routes.py": "inviting and being invited are two sides of one door",
    "services/membership/member/decider.py": "who somebody is here, from joining to erasure, is one history",
    "services/membership/member/projections.py": "who somebody is and what finds them is asked by everybody",
    "services/membership/member/routes.py": "a person's whole life in the community is one door",
    "services/membership/member_import/routes.py": "uploading, starting and watching a file are one door",
    "services/membership/notice/reactions.py": "a list: whatever staff are told of",
    "services/membership/onboarding/decider.py": "what opens, is told, done, missed and stopped is one history",
    "services/membership/onboarding/reactions.py": "a list: whatever opens, tells of, does or ends a step",
    "services/membership/present/decider.py": "whose a present is, its letters and who has it are one history",
    "services/membership/present/reactions.py": "an order's life, and the letters that its present leads to",
    "services/membership/present/routes.py": "giving a present and accepting one are two sides of one door",
    "services/membership/ritual/decider.py": "what is promised, due, skipped, held or corrected is one history",
    "services/membership/ritual/projections.py": "what is promised, what became of it and what was kept is one model",
    "services/membership/ritual/routes.py": "promising, deciding and showing what was promised are one door",
    "services/membership/seat/decider.py": "what is provided, given, claimed and lost of one plan is one history",
    "services/membership/seat/reactions.py": "a subscription's life, and the letters that its seats lead to",
    "services/membership/transition/routes.py": "seeing, announcing, putting off, calling off and reading are one door",
    "services/membership/seat/routes.py": "giving a seat and sitting down on it are two sides of one door",
    "shared/admin.py:routes": "a list: two lines for each route",
    "shared/agenda.py": "claiming, doing, retrying and parking are one life of an item",
    "shared/auth.py:verify": "the checks of a token stand in the order that attacks need",
    "shared/command_handler.py": "reading, folding, deciding and answering share the lane",
    "shared/http.py": "the whole edge is read at once by who reviews its safety",
    "shared/http.py:_dry_run": "everything a request would do, by what it would be done with",
    "shared/projection.py:rebuild": "old and new tables change places in one transaction",
    "shared/relay.py:ensure_topics": "a list: every setting of a topic",
}
"""`path`, `path:function` or `shared` that is larger, and why it is better whole."""


def rooms() -> Iterator[tuple[Path, int]]:
    for service in house.SERVICES:
        for folder in house.feature_folders(service):
            for path in (*folder.glob("*.py"), *folder.glob("rules/*.py")):
                yield path, ROOM.get(path.name, OTHER_ROOM)
    for path in (house.ROOT / "shared").glob("*.py"):
        yield path, KERNEL_FILE
    # No part of the kernel: features that services mount (docs/adr/0029 and 0035), and verbs asked for by hand.
    for package in ("merging", "takeout", "visibility", "restore", "upkeep"):
        for path in (house.ROOT / "shared" / package).glob("*.py"):
            yield path, OTHER_ROOM


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name not in TABLES:
            lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
            yield f"{named(path)}:{node.name}", len(code_lines(path).intersection(lines))


def sizes() -> Iterator[tuple[str, int, int]]:
    """What is measured, how large it is, and where its alarm is."""
    for path, most in rooms():
        yield named(path), len(code_lines(path)), most
    for path in python_files("services", "shared", "tools"):
        for name, size in functions(path):
            yield name, size, FUNCTION
    kernel = (house.ROOT / "shared").glob("*.py")
    yield "shared", sum(len(code_lines(path)) for path in kernel), KERNEL


@cache
def alarms() -> dict[str, str]:
    return {
        name: f"{name} has {size} lines of code, the alarm is at {most}"
        for name, size, most in sizes()
        if size > most
    }


def test_nothing_has_grown_unnoticed() -> None:
    unexplained = [alarm for name, alarm in sorted(alarms().items()) if name not in ALLOWED]
    assert not unexplained, "\n".join(unexplained)


def test_no_excuse_outlives_its_reason() -> None:
    assert sorted(set(ALLOWED) - set(alarms())) == []


def test_the_makefile_can_be_read_at_a_glance() -> None:
    makefile = (house.ROOT / "Makefile").read_text()
    targets = re.findall(r"^([a-z0-9-]+):.*## ", makefile, flags=re.MULTILINE)
    assert len(targets) <= TARGETS


@pytest.mark.parametrize("service", house.SERVICES)
def test_a_services_readme_is_one_page(service: str) -> None:
    page = house.ROOT / "services" / service / "README.md"
    assert len(page.read_text().splitlines()) <= README
