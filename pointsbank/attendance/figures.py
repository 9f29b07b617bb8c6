"""The events' part of a year: how many activities a member's credited hours came from."""

from collections.abc import Iterator

from sqlalchemy import Select

from pointsbank.attendance import queries
from pointsbank.core import clock
from pointsbank.core.database import Session
from pointsbank.core.errors import say
from pointsbank.core.figures import Figure

ACTIVITIES = "activities"
FIGURES = (Figure(ACTIVITIES, say("参加活动"), "count"),)


def member_figures(
    session: Session, *, year: int, scope: Select[tuple[int]]
) -> Iterator[tuple[int, str, int]]:
    """Member, figure, number of events; members who came to none are left out."""
    first, last = clock.year_span(year)
    since, until = clock.day_start(first), clock.day_span(last)[1]
    for member_id, count in queries.activities_by_member(session, since, until, scope):
        yield member_id, ACTIVITIES, count
