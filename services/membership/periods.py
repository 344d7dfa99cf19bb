"""How long a number of intervals is, by the calendar."""

from datetime import datetime

from dateutil.relativedelta import relativedelta

from services.membership.present.events import Thing


def until_of(thing: Thing, at: datetime) -> datetime | None:
    """When what begins then is over; None: never. The 31st and a month is the last of the next."""
    match thing.interval:
        case "once":
            return None
        case "week":
            return at + relativedelta(weeks=thing.count)
        case "month":
            return at + relativedelta(months=thing.count)
        case "quarter":
            return at + relativedelta(months=3 * thing.count)
        case "year":
            return at + relativedelta(years=thing.count)
