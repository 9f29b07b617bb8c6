"""What stars contribute to a year: the star at its end."""

from collections.abc import Iterator

from sqlalchemy import Select
from sqlmodel import Session

from pointsbank.core.clock import year_span
from pointsbank.core.errors import say
from pointsbank.core.figures import Figure
from pointsbank.stars.queries import standings

FIGURES = (Figure("star", say("星级"), "count"),)


def member_figures(
    session: Session, *, year: int, scope: Select[int]
) -> Iterator[tuple[int, str, int]]:
    """(member, "star", level) for those of the scope who had a star at the end of the year."""
    for member_id, found in standings(session, scope, year_span(year)[1]):
        if found.star:
            yield member_id, "star", found.star
