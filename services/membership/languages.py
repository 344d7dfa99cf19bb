"""Which of several languages somebody prefers, by what they ask for and what their browser says."""

from collections.abc import Sequence
from contextlib import suppress

from services.membership.member.events import Language

WRITTEN: tuple[Language, ...] = ("en", "fr")


def preferred(accept_language: str) -> Language:
    """The one that letters are written in of the greatest weight, the first of equals; English where none is named."""
    names = [_primary(tag) for tag in _ranked(accept_language)]
    return next((known for name in names for known in WRITTEN if known == name), WRITTEN[0])


def chosen(
    there: Sequence[str], asked: str | None, accept_language: str, otherwise: Sequence[str]
) -> str:
    """The one of those that are `there` which somebody `asked` for, or prefers, or else `otherwise`; the first at last.

    Who wants the French of Canada is given that of France rather than another language, and the other way round.
    """
    for tag in (*([asked] if asked else []), *_ranked(accept_language), *otherwise):
        near = [one for one in there if _primary(one) == _primary(tag)]
        if near:
            return next((one for one in near if one.casefold() == tag.casefold()), near[0])
    return there[0]


def _ranked(accept_language: str) -> list[str]:
    """The tags it names, the greatest weight first (RFC 9110, 12.5.4); what is no weight, or none, is not meant."""
    tags: list[tuple[float, str]] = []
    for part in accept_language.split(","):
        tag, _, weight = part.partition(";")
        with suppress(ValueError):
            tags.append((_weight(weight), tag.strip()))
    return [tag for weight, tag in sorted(tags, key=lambda one: -one[0]) if weight > 0]


def _primary(tag: str) -> str:
    return tag.casefold().split("-")[0]


def _weight(parameter: str) -> float:
    """ValueError for what is none."""
    name, _, value = parameter.strip().partition("=")
    return float(value) if name == "q" else 1.0
