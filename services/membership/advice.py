"""What an organiser is told about their tiers. Nothing is refused for it: they may know better."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from services.membership.tier.projections import Tier

Warned = Literal["more_than_two_paid"]
PAID_CHOICES = 2
SENTENCES: Mapping[Warned, str] = {
    "more_than_two_paid": "There are more than two paid tiers to choose from: among fewer, people choose sooner."
}


@dataclass(frozen=True, slots=True)
class Advice:
    code: Warned
    detail: str


def warnings_on(tiers: Iterable[Tier]) -> list[Advice]:
    """A tier that is retired is no choice any more."""
    paid = [tier for tier in tiers if tier.paid and not tier.retired]
    found: list[Warned] = ["more_than_two_paid"] if len(paid) > PAID_CHOICES else []
    return [Advice(code, SENTENCES[code]) for code in found]
