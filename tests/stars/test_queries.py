"""Where members stand: one, many, by lifetime or year, at any day's end."""

from collections.abc import Iterator
from datetime import date

import community
import pytest
from community import Community
from sqlmodel import Session

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import Database, transaction
from pointsbank.ledger.operations import post_all, reverse
from pointsbank.ledger.rules import MINUTES, Posting, SystemKind, member_account, system_account
from pointsbank.members.queries import residing_below
from pointsbank.members.rules import NoSuchMember
from pointsbank.stars import figures
from pointsbank.stars.operations import adopt_star_ladder
from pointsbank.stars.queries import standing, standings
from pointsbank.stars.rules import NATIONAL, Window

TODAY = date(2026, 11, 21)


@pytest.fixture
def session(bank: Database) -> Iterator[Session]:
    with transaction() as opened:
        yield opened


@pytest.fixture
def place(session: Session) -> Community:
    return community.build(session)


def serve(session: Session, member_id: int, hours: int, on: date) -> int:
    """Post so many hours on a day; the transfer's id."""
    posting = Posting(
        key=f"{member_id}:{on}",
        source=system_account(MINUTES, SystemKind.ISSUED, "scanned"),
        destination=member_account(member_id, MINUTES),
        amount=hours * 60,
        effective_on=on,
        reason="service",
    )
    return post_all(session, SYSTEM, [posting], at=clock.now())[0].id


def by_the_year(session: Session, org_id: int, on: date = TODAY) -> None:
    adopt_star_ladder(
        session, SYSTEM, org_id=org_id, from_on=on, levels=NATIONAL.levels,
        window=Window.CALENDAR_YEAR, at=clock.now(),
    )  # fmt: skip


def test_who_never_served_stands_at_nothing(session: Session, place: Community) -> None:
    found = standing(session, place.wang, TODAY)
    assert (found.star, found.minutes, found.minutes_to_next) == (0, 0, 6_000)


def test_a_stranger_has_no_standing(session: Session, place: Community) -> None:
    with pytest.raises(NoSuchMember):
        standing(session, 999_999, TODAY)


def test_a_lifetime_counts_every_year(session: Session, place: Community) -> None:
    serve(session, place.wang, 180, date(2024, 5, 1))
    serve(session, place.wang, 130, date(2026, 5, 1))
    found = standing(session, place.wang, TODAY)
    assert (found.star, found.minutes) == (2, 310 * 60)


def test_at_the_end_of_a_past_day_later_hours_do_not_count(
    session: Session, place: Community
) -> None:
    serve(session, place.wang, 180, date(2024, 5, 1))
    serve(session, place.wang, 130, date(2026, 5, 1))
    assert standing(session, place.wang, date(2026, 4, 30)).minutes == 180 * 60
    assert standing(session, place.wang, date(2026, 5, 1)).minutes == 310 * 60
    assert standing(session, place.wang, date(2020, 1, 1)).minutes == 0


def test_a_calendar_year_begins_anew(session: Session, place: Community) -> None:
    by_the_year(session, place.community, date(2024, 1, 1))
    serve(session, place.wang, 180, date(2024, 5, 1))
    serve(session, place.wang, 110, date(2026, 5, 1))
    serve(session, place.wang, 30, date(2026, 12, 1))
    assert standing(session, place.wang, date(2024, 12, 31)).minutes == 180 * 60
    assert standing(session, place.wang, date(2025, 12, 31)).minutes == 0
    assert standing(session, place.wang, TODAY).minutes == 110 * 60
    assert standing(session, place.wang, date(2026, 12, 31)).minutes == 140 * 60


def test_a_reversal_takes_hours_and_star_back(session: Session, place: Community) -> None:
    transfer_id = serve(session, place.wang, 120, date(2026, 5, 1))
    reverse(
        session, SYSTEM, transfer_ids=[transfer_id], key="mend", reason="correction",
        effective_on=date(2026, 6, 1), at=clock.now(),
    )  # fmt: skip
    assert standing(session, place.wang, date(2026, 5, 31)).star == 1
    assert standing(session, place.wang, date(2026, 6, 1)).minutes == 0


def test_each_member_stands_on_the_ladder_of_her_home(session: Session, place: Community) -> None:
    by_the_year(session, place.other_community, date(2026, 1, 1))
    for member_id in (place.wang, place.zhou):
        serve(session, member_id, 150, date(2024, 5, 1))
    found = dict(standings(session, residing_below([place.city]), TODAY))
    assert len(found) == 6
    assert (found[place.wang].star, found[place.wang].window) == (1, Window.LIFETIME)
    assert (found[place.zhou].star, found[place.zhou].window) == (0, Window.CALENDAR_YEAR)
    assert found[place.li].minutes == 0


def test_a_scope_holds_only_its_own(session: Session, place: Community) -> None:
    scope = residing_below([place.other_community])
    assert [member_id for member_id, _ in standings(session, scope, TODAY)] == [place.zhou]


def test_the_years_figure_is_the_star_at_its_end(session: Session, place: Community) -> None:
    serve(session, place.wang, 180, date(2025, 5, 1))
    serve(session, place.wang, 130, date(2026, 5, 1))
    serve(session, place.li, 5, date(2026, 5, 1))
    scope = residing_below([place.community])
    of_2025 = list(figures.member_figures(session, year=2025, scope=scope))
    assert of_2025 == [(place.wang, "star", 1)]
    assert list(figures.member_figures(session, year=2026, scope=scope)) == [
        (place.wang, "star", 2)
    ]
    assert [figure.name for figure in figures.FIGURES] == ["star"]
