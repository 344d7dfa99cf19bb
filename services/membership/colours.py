"""Which text is read on which colour: WCAG 2's contrast, of colours written as #rrggbb."""

READABLE = 4.5  # Of text with what is behind it (1.4.3).
SEEN = 3.0  # Of what is pressed with what is around it (1.4.11).
LINEAR = 0.04045  # Up to here sRGB is.
INK, PAPER, BLACK = "#1c1f23", "#ffffff", "#000000"


def contrast(one: str, other: str) -> float:
    """How well a colour is read on another: WCAG's ratio, from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def text_on(colour: str) -> str:
    """The colour of text that is readable on this one, whichever it is."""
    best = max(PAPER, INK, key=lambda text: contrast(text, colour))
    # On some greys in the middle neither ink nor paper is read; where paper is not, black always is.
    return best if contrast(best, colour) >= READABLE else BLACK


def readable_on_paper(*colours: str) -> str:
    """The first of these that is readable as text on white; ink where none is."""
    return next((one for one in colours if contrast(one, PAPER) >= READABLE), INK)


def edge_of(colour: str) -> str:
    """What is drawn around it on white: itself, or ink where its edge would not be seen."""
    return colour if contrast(colour, PAPER) >= SEEN else INK


def _luminance(colour: str) -> float:
    shares = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        share / 12.92 if share <= LINEAR else ((share + 0.055) / 1.055) ** 2.4 for share in shares
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
