"""Who comes in by their own word agrees, by the same word, to what the community has everybody agree to."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.membership.document.events import DocumentPublished, Kind
from shared.decider import NotFound, Rejected
from shared.ids import Code


@dataclass(frozen=True, slots=True)
class Named:
    """A version that a request names, at `pointer`; `in_force` and `latest` are numbers as just seen, 0 for none.

    It was shown in `language`, of the `languages` there are.
    """

    kind: Kind
    number: int
    in_force: int
    latest: int
    pointer: Code
    language: Code | None = None
    languages: tuple[Code, ...] = ()

    @property
    def shown(self) -> Code | None:
        """Who says nothing saw it in the only language there is; of several, nobody knows in which."""
        only = self.languages[0] if len(self.languages) == 1 else None
        return self.language or only


@dataclass(frozen=True, slots=True)
class Agreement:
    """`asked` is what holds and the person has not accepted yet, `named` what they say that they accept."""

    asked: tuple[DocumentPublished, ...] = ()
    named: tuple[Named, ...] = ()

    @property
    def missing(self) -> tuple[DocumentPublished, ...]:
        named = {one.kind for one in self.named}
        return tuple(document for document in self.asked if document.kind not in named)


NOTHING = Agreement()


def insist_on_agreement(agreement: Agreement) -> None:
    missing = [
        {"kind": one.kind, "version": one.number, "url": one.url} for one in agreement.missing
    ]
    if missing:
        why = "Whoever comes in agrees to these documents: name them as accepted."
        raise Rejected(
            "documents_not_accepted", why, pointer="/accepted_documents", documents=missing
        )


def insist_on_versions(named: Sequence[Named]) -> None:
    """What is agreed to is there, and is not over."""
    for one in named:
        if not 1 <= one.number <= one.latest:
            raise NotFound("document_not_found", "There is no such version.")
        if one.number < one.in_force:
            raise Rejected(
                "document_replaced", "A later version is in force.", pointer=one.pointer,
                in_force=one.in_force,
            )  # fmt: skip
        if one.language and one.language not in one.languages:
            raise Rejected(
                "document_not_in_language", "There is no such text of it.",
                pointer=one.pointer.removesuffix("version") + "language",
                languages=list(one.languages),
            )  # fmt: skip
