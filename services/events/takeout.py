"""What of events goes out when an owner takes out their community, and what stays."""

from shared.takeout.columns import Table
from shared.takeout.community import Contents

CONTENTS = Contents(
    tables={
        "gatherings": Table(),
        "seats_left": Table(),
        "taken_in": Table(),
        "tickets": Table(
            without={"holder": "A name; `GET /exports/tickets/{gathering_id}` has it for the door."}
        ),
        "exports": Table(),
    },
    without={
        "access": "Membership gives it.",
        "access_tiers": "Membership gives it.",
        "staff_roles": "Membership gives it.",
        "visibility": "Membership gives it.",
        "forgotten": "Who was forgotten is in membership's `certificates`.",
        "own_data": "Where somebody is spoken of, for what they take out themselves.",
        "own_data_heard": "Where somebody is spoken of, for what they take out themselves.",
    },
)
