"""News, articles, videos, podcasts, documents and downloads, and to whom they open when."""

from services.membership.content import routes
from services.membership.content.decider import CONTENT, OPENING
from services.membership.content.projections import CONTENTS
from services.membership.content.publications import PUBLICATIONS
from shared.feature import Feature

FEATURE = Feature(
    name="content",
    deciders=(CONTENT, OPENING),
    router=routes.router,
    projections=(CONTENTS,),
    publications=PUBLICATIONS,
)
