"""How a buyer says, in a request, what they agree to."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from services.billing.agreements import Agreed, Agreements, Kind
from shared.http import Body
from shared.ids import Code

TextVersion = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,50}$")]


class DocumentVersion(Body):
    """A legal document of the community's, by its kind, in one of its versions."""

    kind: Kind
    version: int = Field(ge=1, le=1_000_000)


class NamedDocument(DocumentVersion):
    """In which `language` it was shown, of several, who accepts may say."""

    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")] | None = None


class Agree(Body):
    """The documents that the buyer accepts: those the checkout says there still are.

    Who wants it to begin at once says by which version of the text they did: digital content is then not given back,
    and what was used of a period is paid for.
    """

    accepted_documents: tuple[NamedDocument, ...] = Field(default=(), max_length=20)
    begin_at_once: TextVersion | None = None


def agreeing(body: Agree | None, agreements: Agreements) -> dict[str, Any]:
    """What a command of checkouts is told of it."""
    named = body.accepted_documents if body else ()
    return {
        "agreements": agreements,
        "agreed": tuple(
            Agreed(one.kind, one.version, Code(one.language) if one.language else None)
            for one in named
        ),
        "begin_by": Code(body.begin_at_once) if body and body.begin_at_once else None,
    }
