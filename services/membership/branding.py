"""A community's brand as its pages show it, and as its letters wear it."""

from pydantic import BaseModel

from services.membership.colours import text_on
from services.membership.community.projections import CommunityPage
from services.membership.gateways.gateway import Look


class BrandShown(BaseModel):
    """Colours are #rrggbb. What is pressed has the `accent`, or the `colour` where it is null.

    Text on either is readable in `text_on_colour` and `text_on_accent` (WCAG 2, AA).
    """

    colour: str = Look().colour
    accent: str | None
    logo: str | None
    text_on_colour: str
    text_on_accent: str


def brand_of(page: CommunityPage) -> BrandShown:
    return BrandShown(
        colour=page.colour,
        accent=page.accent,
        logo=page.logo,
        text_on_colour=text_on(page.colour),
        text_on_accent=text_on(page.accent or page.colour),
    )


def look_of(page: CommunityPage) -> Look:
    return Look(page.colour, page.logo, page.accent)
