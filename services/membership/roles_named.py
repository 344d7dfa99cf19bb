"""What each role is called in a letter."""

from services.membership.gateways.gateway import Language
from services.membership.invitation.events import InvitedRole

ROLES: dict[Language, dict[InvitedRole, str]] = {
    "en": {
        "admin": "administrator",
        "moderator": "moderator",
        "event_manager": "event manager",
        "accountant": "accountant",
        "partner_manager": "partner manager",
        "read_only": "observer",
        "sponsor_contact": "sponsor's contact",
        "affiliate": "affiliate",
    },
    "fr": {
        "admin": "administration",
        "moderator": "modération",
        "event_manager": "organisation d'événements",
        "accountant": "comptabilité",
        "partner_manager": "partenariats",
        "read_only": "observation",
        "sponsor_contact": "contact d'un sponsor",
        "affiliate": "affiliation",
    },
}
