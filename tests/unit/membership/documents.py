"""Documents that a community has whoever comes in agree to."""

from services.membership.agreed import Agreement, Named
from services.membership.document.events import DocumentPublished
from shared.ids import Code
from tests.unit.membership.facts import noon

terms = DocumentPublished(
    kind="terms",
    number=2,
    url=Code("https://chess.example/terms.pdf"),
    sha256=Code("0" * 64),
    language=Code("en"),
    effective_at=noon,
    must_accept=True,
    changes=None,
)
named = Named("terms", 2, in_force=2, latest=2, pointer=Code("/accepted_documents/0/version"))
silent = Agreement((terms,))
agreed = Agreement((terms,), (named,))
