"""Which of the languages letters are written in somebody prefers, by what their browser says."""

from contextlib import suppress

from services.membership.member.events import Language

WRITTEN: tuple[Language, ...] = ("en", "fr")


def preferred(accept_language: str) -> Language:
    """The one of the greatest weight (RFC 9110, 12.5.4), the first of equals; English where none is named."""
    best: tuple[float, Language] = (0.0, WRITTEN[0])
    for part in accept_language.split(","):
        tag, _, weight = part.partition(";")
        name = tag.strip().casefold().split("-")[0]
        with suppress(ValueError, StopIteration):
            known = next(one for one in WRITTEN if one == name)
            best = max(best, (_weight(weight), known), key=lambda found: found[0])
    return best[1]


def _weight(parameter: str) -> float:
    """ValueError for what is none."""
    name, _, value = parameter.strip().partition("=")
    return float(value) if name == "q" else 1.0
