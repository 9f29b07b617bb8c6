"""What a person looks up of her own: balances, star, statement with stories, activities, a year."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlmodel import Session, col

from pointsbank.attendance.models import Attendance
from pointsbank.attendance.queries import clips
from pointsbank.attendance.rules import AttendanceState
from pointsbank.core import clock
from pointsbank.core.actor import Actor, Role
from pointsbank.events.models import Event
from pointsbank.ledger.models import Account, Transfer, Unit
from pointsbank.ledger.queries import (
    PeriodFigures,
    balances,
    joint_period_figures,
    joint_statement,
)
from pointsbank.ledger.rules import (
    MINUTES,
    MORALITY,
    PARTY,
    AccountRef,
    Clip,
    OwnerKind,
    member_account,
)
from pointsbank.members.models import Member
from pointsbank.members.queries import (
    good_card,
    ids_of_person,
    member,
    phone_code,
    phone_code_seconds_left,
    same_person,
)
from pointsbank.members.rules import IN_THE_PARTY
from pointsbank.orgs.queries import among, ancestors
from pointsbank.orgs.rules import BUILDING_GROUP, COMMUNITY
from pointsbank.passbook.lines import Line, told
from pointsbank.passbook.rules import Movement, Picture, months_of, picture
from pointsbank.stars.queries import standing
from pointsbank.stars.rules import StarStanding

LINES_A_PAGE = 20


@dataclass(frozen=True, slots=True)
class Code:
    """The digits that her phone shows now, and how long they stay the newest."""

    digits: str
    shown_at: datetime
    seconds_left: int
    card_tail: str


@dataclass(frozen=True, slots=True)
class Overview:
    """The first page of a passbook. ``units`` are those that concern her, in order.

    ``unposted``: what caps left nothing of, by attendance: no entry tells of it.
    """

    member: Member
    home: str
    balances: dict[str, int]
    units: tuple[str, ...]
    standing: StarStanding
    code: Code
    newest: list[Line]
    activities: Sequence[Row[Any]]
    unposted: dict[int | None, list[Clip]]
    waiting_minutes: int
    year: Picture


@dataclass(frozen=True, slots=True)
class StatementPage:
    """A page of a statement in one unit; ``further`` is the ``before`` of the next, if any.

    ``figures`` are those of the period asked for, if one was.
    """

    unit: str
    balances: dict[str, int]
    units: tuple[str, ...]
    lines: list[Line]
    further: int | None
    figures: PeriodFigures | None
    year: Picture


def place_of_rules(session: Session, actor: Actor) -> int:
    """Whose local rules concern her first: where she lives, else where she is secretary."""
    if actor.member_id:
        return member(session, actor.member_id).residence_id
    return next(grant.org_id for grant in actor.grants if grant.role is Role.SECRETARY)


def overview(session: Session, member_id: int, at: datetime) -> Overview:
    """A member's own first page. Refuses: NoSuchMember."""
    person = member(session, member_id)
    amounts = balances(session, *ids_of_person(session, member_id))
    units = units_of(person, amounts)
    entries = [
        (unit, entry)
        for unit in units
        for entry in joint_statement(session, accounts(session, member_id, unit), most=6)
    ]
    entries.sort(key=lambda found: found[1].id, reverse=True)
    took_part = activities(session, member_id, most=5)
    return Overview(
        member=person,
        home=home(session, person),
        balances=amounts,
        units=units,
        standing=standing(session, member_id, clock.local_day(at)),
        code=code(session, member_id, at),
        newest=told(session, member_id, entries[:6]),
        activities=took_part,
        unposted=unposted(session, [row[0].id for row in took_part]),
        waiting_minutes=waiting_minutes(session, member_id),
        year=year_picture(session, member_id, MORALITY, clock.local_day(at).year),
    )


def page(
    session: Session,
    member_id: int,
    at: datetime,
    *,
    unit: str,
    since: date | None = None,
    until: date | None = None,
    before: int | None = None,
) -> StatementPage:
    """A page of her statement with the year's picture of the unit. Refuses: NoSuchMember."""
    person = member(session, member_id)
    amounts = balances(session, *ids_of_person(session, member_id))
    found, further = lines(session, member_id, unit, since=since, until=until, before=before)
    figures = period_figures_of(session, member_id, unit, since=since, until=until)
    drawn = year_picture(session, member_id, unit, clock.local_day(at).year)
    return StatementPage(unit, amounts, units_of(person, amounts), found, further, figures, drawn)


def accounts(session: Session, member_id: int, unit: str) -> list[AccountRef]:
    """A person's accounts in a unit: her own and those of records merged into hers."""
    return [member_account(record_id, unit) for record_id in ids_of_person(session, member_id)]


def home(session: Session, person: Member) -> str:
    """Where she lives, from the community down: 幸福社区 1号楼."""
    above = ancestors(session, person.residence_id)
    below_street = [org.name for org in above if org.kind in (COMMUNITY, BUILDING_GROUP)]
    return " ".join(reversed(below_street))


def units_of(person: Member, amounts: dict[str, int]) -> tuple[str, ...]:
    """Hours and morality points; party points for party members and whoever still has some."""
    if person.party_status in IN_THE_PARTY or amounts.get(PARTY):
        return (MINUTES, MORALITY, PARTY)
    return (MINUTES, MORALITY)


def code(session: Session, member_id: int, at: datetime) -> Code:
    """What her phone shows at the counter or the door at this instant."""
    card = good_card(session, member_id)
    return Code(
        phone_code(member_id, at),
        at,
        phone_code_seconds_left(at),
        card.digits[-4:] if card else "",
    )


def lines(
    session: Session,
    member_id: int,
    unit: str,
    *,
    since: date | None = None,
    until: date | None = None,
    before: int | None = None,
) -> tuple[list[Line], int | None]:
    """A page of her statement in one unit, newest first, and the ``before`` of the next page."""
    found = joint_statement(
        session,
        accounts(session, member_id, unit),
        since=since,
        until=until,
        before=before,
        most=LINES_A_PAGE + 1,
    )
    page = found[:LINES_A_PAGE]
    further = page[-1].id if len(found) > LINES_A_PAGE else None
    return told(session, member_id, [(unit, entry) for entry in page]), further


def period_figures_of(
    session: Session,
    member_id: int,
    unit: str,
    *,
    since: date | None = None,
    until: date | None = None,
) -> PeriodFigures | None:
    """What she had before and after a period and what came and went; None of no period."""
    if since is None and until is None:
        return None
    hers = accounts(session, member_id, unit)
    return joint_period_figures(session, hers, since=since, until=until)


def activities(session: Session, member_id: int, *, most: int) -> Sequence[Row[Any]]:
    """(attendance, event) of a member, the latest first."""
    return session.execute(
        select(Attendance, Event)
        .join(Event, col(Event.id) == col(Attendance.event_id))
        .where(col(Attendance.member_id).in_(same_person(member_id)))
        .order_by(col(Attendance.checked_in_at).desc(), col(Attendance.id).desc())
        .limit(most)
    ).all()


def unposted(
    session: Session, attendance_ids: Sequence[int | None]
) -> dict[int | None, list[Clip]]:
    """The clips of these attendances that left nothing."""
    found = clips(session, attendance_ids)
    return {key: [clip for clip in found[key] if not clip.amount] for key in found}


def waiting_minutes(session: Session, member_id: int) -> int:
    """Minutes that she served and that an organiser has still to confirm."""
    served = select(func.sum(col(Attendance.minutes))).where(
        col(Attendance.member_id).in_(same_person(member_id)),
        col(Attendance.state).in_((AttendanceState.TO_CONFIRM, AttendanceState.AWAITING_CLOSE)),
    )
    return int(session.execute(served).scalar_one() or 0)


def year_picture(session: Session, member_id: int, unit: str, year: int) -> Picture:
    """What came in and went out in a unit, month by month, drawn."""
    since, until = clock.year_span(year)
    months = months_of(_movements(session, member_id, unit, since, until))
    return picture(year, months, step=60 if unit == MINUTES else 1)


def _movements(
    session: Session, member_id: int, unit: str, since: date, until: date
) -> Iterable[Movement]:
    account_ids = list(
        session.execute(
            select(col(Account.id))
            .join(Unit, col(Unit.id) == col(Account.unit_id))
            .where(
                col(Account.owner_kind) == OwnerKind.MEMBER,
                col(Account.owner_id).in_(same_person(member_id)),
                col(Account.kind) == "balance",
                col(Unit.code) == unit,
            )
        ).scalars()
    )
    # Each side by its own index, which holds rows with a version only: the bank's year is long.
    for sign, side, version in (
        (1, Transfer.destination_id, Transfer.destination_version),
        (-1, Transfer.source_id, Transfer.source_version),
    ):
        rows = session.execute(
            select(col(Transfer.effective_on), col(Transfer.amount), col(Transfer.reverses)).where(
                among(side, account_ids),
                col(version).is_not(None),
                col(Transfer.effective_on).between(since, until),
            )
        )
        for on, amount, reverses in rows:
            yield Movement(on, sign * amount, reverses is not None)
