"""What a buyer has to agree to before they pay: a community's documents in their versions, and those they accepted.

The rule is membership's: of each kind, everybody accepts the latest version that asks and is in force, or a later one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.decider import Rejected
from shared.ids import Code

Kind = Literal["terms", "privacy", "conduct"]


@dataclass(frozen=True, slots=True)
class Agreed:
    """A document by its kind, and the version of it that a person accepts, shown in a language if they say so."""

    kind: Kind
    version: int
    language: Code | None = None


@dataclass(frozen=True, slots=True)
class Version:
    kind: Kind
    number: int
    effective_at: datetime
    must_accept: bool
    languages: tuple[Code, ...] = ()


@dataclass(frozen=True, slots=True)
class Agreements:
    """What a community publishes, and the latest of each kind that the person `has` accepted anywhere."""

    versions: tuple[Version, ...] = ()
    has: tuple[Agreed, ...] = ()

    def accepting(
        self, named: Sequence[Agreed], before: Sequence[Agreed], at: datetime, pointer: str
    ) -> tuple[Agreed, ...]:
        """The latest of each kind that they had not accepted `before`; Rejected where one does not hold."""
        for number, one in enumerate(named):
            self._check(one, at, f"{pointer}/{number}/version")
        known = _latest(before)
        told: dict[Kind, Agreed] = {}
        for one in named:
            if one.version > (told[one.kind].version if one.kind in told else 0):
                told[one.kind] = one
        return tuple(one for one in told.values() if one.version > known.get(one.kind, 0))

    def demand(self, agreed: Sequence[Agreed], at: datetime, pointer: str) -> None:
        """Rejected where something has still to be accepted."""
        missing = self.missing(at, agreed)
        if missing:
            raise Rejected(
                "documents_not_accepted",
                "There is something to agree to first.",
                pointer=pointer,
                documents=[{"kind": one.kind, "version": one.version} for one in missing],
            )

    def missing(self, at: datetime, also: Sequence[Agreed] = ()) -> tuple[Agreed, ...]:
        """What has still to be accepted at a moment: of each kind the version in force."""
        known = _latest((*self.has, *also))
        begun = [version for version in self.versions if version.effective_at <= at]
        asked = _latest([Agreed(one.kind, one.number) for one in begun if one.must_accept])
        in_force = _latest([Agreed(one.kind, one.number) for one in begun])
        return tuple(
            Agreed(kind, in_force[kind])
            for kind, version in asked.items()
            if known.get(kind, 0) < version
        )

    def _check(self, one: Agreed, at: datetime, pointer: str) -> None:
        versions = [version for version in self.versions if version.kind == one.kind]
        languages = {each.number: each.languages for each in versions}.get(one.version)
        in_force = max((each.number for each in versions if each.effective_at <= at), default=0)
        if one.version not in {version.number for version in versions}:
            raise Rejected("document_unknown", "There is no such version.", pointer=pointer)
        if one.version < in_force:
            raise Rejected(
                "document_replaced",
                "A later version is in force.",
                pointer=pointer,
                in_force=in_force,
            )
        if one.language and languages and one.language not in languages:
            raise Rejected(
                "document_not_in_language",
                "There is no such text of it.",
                pointer=pointer.removesuffix("version") + "language",
                languages=list(languages),
            )


NONE = Agreements()
"""Of a community that publishes nothing."""


def _latest(named: Sequence[Agreed]) -> dict[Kind, int]:
    latest: dict[Kind, int] = {}
    for one in named:
        latest[one.kind] = max(one.version, latest.get(one.kind, 0))
    return latest
