"""What letters say of when and where people come."""

from datetime import datetime

from services.events.sale.events import Occasion


def when_and_where(occasion: Occasion | None) -> dict[str, str | datetime]:
    """The values; none for what was sold before its occasion was known."""
    if occasion is None:
        return {}
    return {"starts_at": occasion.starts_at} | ({"place": occasion.place} if occasion.place else {})


def in_letter(template: str, occasion: Occasion | None) -> str:
    """The template that says as much as is known."""
    if occasion is None:
        return template
    return f"{template}_at" if occasion.place else f"{template}_on"
