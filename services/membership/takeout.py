"""What of membership goes out when an owner takes out their community, and what stays."""

from shared.takeout.columns import Table
from shared.takeout.community import Contents

_FOR_MEMBERS = "Members wrote it for each other: only members look into the directory."
_FOR_GIVERS = "Whoever accepted is in `members`; where the letter goes is for who gives it."

CONTENTS = Contents(
    tables={
        "communities": Table(),
        "visibility": Table(),
        "domains": Table(),
        "staff_roles": Table(only="held"),
        "clients": Table(),
        "tiers": Table(),
        "members": Table(opened=("name", "email")),
        "invitations": Table(opened=("email",)),
        "applications": Table(opened=("name", "email", "answers")),
        "documents": Table(),
        "documents_accepted": Table(),
        "access": Table(),
        "bought": Table(),
        "causes": Table(),
        "seats": Table(),
        "seats_given": Table(
            without={
                "email": "Whoever took the seat is in `members`; where its letter went is for the payer."
            }
        ),
        "presents": Table(without={"email": _FOR_GIVERS}),
        "presents_addressed": Table(without={"email": _FOR_GIVERS}),
        "organisations": Table(),
        "organisations_representatives": Table(),
        "organisations_invited": Table(),
        "directory": Table(
            without={"name": _FOR_MEMBERS, "about": _FOR_MEMBERS, "contact": _FOR_MEMBERS}
        ),
        "preferences": Table(),
        "channels_chosen": Table(),
        "contents": Table(),
        "texts": Table(),
        "activity": Table(),
        "messages": Table(),
        "direct_messages": Table(),
        "bounces": Table(),
        "broadcasts": Table(),
        "broadcasts_copies": Table(),
        "at_risk": Table(),
        "rituals": Table(),
        "rituals_occurrences": Table(),
        "ideas": Table(opened=("title", "text")),
        "ideas_backers": Table(),
        "polls": Table(),
        "ballots": Table(
            opened=("words",),
            without={"sealed": "Of an anonymous ballot nobody learns that or how it was cast."},
            only="sealed IS NULL",
        ),
        "improvements": Table(),
        "goals": Table(opened=("words", "review")),
        "recognitions": Table(),
        "spotlights": Table(),
        "chat_seats": Table(),
        "chat_seats_stuck": Table(),
        "chat_accounts": Table(without={"link_id": "It names the account's own key."}),
        "chat_audits": Table(),
        "chat_drifts": Table(),
        "group_seats": Table(
            without={"number": "It was given for WhatsApp; staff see it where they have a task."}
        ),
        "group_seats_tasks": Table(),
        "links": Table(),
        "link_visits": Table(),
        "sponsorships": Table(),
        "sponsorships_placements": Table(),
        "sponsorships_contacts": Table(),
        "onboardings": Table(),
        "setup": Table(),
        "benefits_given": Table(),
        "absences": Table(without={"account_id": "An account is no community's."}),
        "certificates": Table(),
        "imports": Table(),
        "imports_refusals": Table(),
        "endpoints": Table(),
        "exports": Table(),
    },
    without={
        "benefits_given_items": "They are in `contents`.",
        "gathering_benefits": "Events gives it, in `gatherings`.",
        "documents_members": "Who is a member is in `members`.",
        "introductions": "What members ask each other is not for staff.",
        "spotlights_rises": "It follows from levels, for the next suggestion.",
        "ticket_holders": "Events gives it, as `tickets`.",
        "exit_wishes": "The answers are billing's `exit_answers`; who may be written to is the sender's to know.",
        "exit_wishes_people": "Who was erased is not heard again: the ids alone.",
        "holdings": "Billing and events give it: who pays and who has a ticket.",
        "holdings_gatherings": "Events gives it, as `gatherings`.",
        "offers_heard": "Billing gives it, as `offers`.",
        "webhook_feed": "Which events there were, for the endpoints.",
        "webhook_errands": "Which of them go to an endpoint again.",
        "webhook_queues": "How far an endpoint has heard.",
        "webhook_deliveries": "Thirty days of what endpoints answered.",
        "forgotten": "Who was forgotten is in `certificates`.",
        "own_data": "Where somebody is spoken of, for what they take out themselves.",
        "own_data_heard": "Where somebody is spoken of, for what they take out themselves.",
    },
)
