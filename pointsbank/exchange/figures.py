"""The counter's part of a year: points exchanged for goods, net of what was taken back."""

from collections.abc import Iterator

from sqlalchemy import Select

from pointsbank.core import clock
from pointsbank.core.database import Session
from pointsbank.core.errors import say
from pointsbank.core.figures import Figure
from pointsbank.exchange import queries

REDEEMED = "redeemed"
FIGURES = (Figure(REDEEMED, say("已兑换积分"), "points"),)


def member_figures(
    session: Session, *, year: int, scope: Select[tuple[int]]
) -> Iterator[tuple[int, str, int]]:
    """Member, figure, points; members who exchanged nothing are left out."""
    since, until = clock.year_span(year)
    for member_id, points in queries.redeemed_by_member(session, since, until, scope):
        yield member_id, REDEEMED, points
