"""What a person looks up of her own: balances, star, statement with stories, activities, a year."""

from collections.abc import Collection, Iterable, Sequence
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
    household_account,
    member_account,
)
from pointsbank.members.models import HouseholdMember, Member
from pointsbank.members.queries import (
    good_card,
    ids_of_person,
    member,
    phone_code,
    phone_code_seconds_left,
    same_person,
    shared_households,
)
from pointsbank.members.rules import IN_THE_PARTY
from pointsbank.orgs.queries import among, ancestors
from pointsbank.orgs.rules import BUILDING_GROUP, COMMUNITY
from pointsbank.passbook.lapses import Warned, warnings
from pointsbank.passbook.lines import Line, told, told_at_home
from pointsbank.passbook.rules import Movement, Picture, Whose, months_of, picture
from pointsbank.stars.queries import standing
from pointsbank.stars.rules import StarStanding

LINES_A_PAGE = 20
_AT_HOME = 3


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

    ``unposted``: what caps left nothing of, by attendance: no entry tells of it. ``household``: her
    household's balances in the units of its accounts, and ``newest_at_home`` what moved there.
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
    household: dict[str, int]
    newest_at_home: list[Line]
    warnings: list[Warned]


@dataclass(frozen=True, slots=True)
class StatementPage:
    """A page of a statement in one unit; ``further`` is the ``before`` of the next, if any.

    ``figures`` are those of the period asked for, if one was. ``balances`` and ``units`` are hers,
    ``household`` has those of her household.
    """

    whose: Whose
    unit: str
    balances: dict[str, int]
    household: dict[str, int]
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
    household = household_balances(session, member_id)
    earned = accounts(session, member_id, MORALITY)
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
        year=year_picture(session, earned, clock.local_day(at).year),
        household=household,
        newest_at_home=_newest_at_home(session, member_id, household),
        warnings=warnings(session, member_id, clock.local_day(at)),
    )


def page(
    session: Session,
    member_id: int,
    at: datetime,
    *,
    unit: str,
    whose: Whose = Whose.OWN,
    since: date | None = None,
    until: date | None = None,
    before: int | None = None,
) -> StatementPage:
    """A page of her statement, or her household's, with the year's picture of the unit.

    Refuses: NoSuchMember.
    """
    person = member(session, member_id)
    amounts = balances(session, *ids_of_person(session, member_id))
    refs = accounts(session, member_id, unit, whose)
    found, further = lines(
        session, member_id, unit, whose=whose, since=since, until=until, before=before
    )
    return StatementPage(
        whose=whose,
        unit=unit,
        balances=amounts,
        household=household_balances(session, member_id),
        units=units_of(person, amounts),
        lines=found,
        further=further,
        figures=period_figures_of(session, refs, since=since, until=until),
        year=year_picture(session, refs, clock.local_day(at).year),
    )


def accounts(
    session: Session, member_id: int, unit: str, whose: Whose = Whose.OWN
) -> list[AccountRef]:
    """A person's accounts in a unit: her own and those of records merged into hers; or those of
    her household.
    """
    if whose is Whose.HOUSEHOLD:
        shared = shared_households(session, [member_id]).get(member_id, [])
        return [household_account(household_id, unit) for household_id in shared]
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
    whose: Whose = Whose.OWN,
    since: date | None = None,
    until: date | None = None,
    before: int | None = None,
) -> tuple[list[Line], int | None]:
    """A page of her statement, or her household's, in one unit, newest first, and the ``before`` of
    the next page.
    """
    found = joint_statement(
        session,
        accounts(session, member_id, unit, whose),
        since=since,
        until=until,
        before=before,
        most=LINES_A_PAGE + 1,
    )
    page = found[:LINES_A_PAGE]
    further = page[-1].id if len(found) > LINES_A_PAGE else None
    written = told(session, member_id, [(unit, entry) for entry in page])
    if whose is Whose.HOUSEHOLD:
        written = told_at_home(session, member_id, _relatives(session, member_id), written)
    return written, further


def _newest_at_home(session: Session, member_id: int, units: Iterable[str]) -> list[Line]:
    """The last few lines of her household's statements."""
    found = [
        line
        for unit in units
        for line in lines(session, member_id, unit, whose=Whose.HOUSEHOLD)[0][:_AT_HOME]
    ]
    return sorted(found, key=lambda line: line.entry.id, reverse=True)[:_AT_HOME]


def household_balances(session: Session, member_id: int) -> dict[str, int]:
    """What a person's household has, in the units in which it ever had anything."""
    shared = shared_households(session, [member_id]).get(member_id, [])
    return joint_balances(session, shared) if shared else {}


def joint_balances(session: Session, household_ids: Collection[int]) -> dict[str, int]:
    """The balances of households together, in the units in which they ever had anything."""
    rows = session.execute(
        select(col(Unit.code), func.sum(col(Account.balance)))
        .join(Account, col(Account.unit_id) == col(Unit.id))
        .where(
            col(Account.owner_kind) == OwnerKind.HOUSEHOLD,
            col(Account.owner_id).in_(household_ids),
            col(Account.kind) == "balance",
        )
        .group_by(col(Unit.id), col(Unit.code))
        .order_by(col(Unit.id))
    )
    return {unit: int(balance) for unit, balance in rows}


def relatives_in(session: Session, household_ids: Collection[int]) -> dict[int, str]:
    """Who is in these households now: id and name."""
    rows = session.execute(
        select(col(Member.id), col(Member.name))
        .join(HouseholdMember, col(HouseholdMember.member_id) == col(Member.id))
        .where(
            col(HouseholdMember.household_id).in_(household_ids),
            col(HouseholdMember.until_on).is_(None),
        )
    )
    return dict(rows.all())


def _relatives(session: Session, member_id: int) -> dict[int, str]:
    """She herself and who is in her household now."""
    shared = shared_households(session, [member_id]).get(member_id, [])
    return {member_id: member(session, member_id).name} | relatives_in(session, shared)


def period_figures_of(
    session: Session,
    refs: Sequence[AccountRef],
    *,
    since: date | None = None,
    until: date | None = None,
) -> PeriodFigures | None:
    """What these accounts had before and after a period and what came and went; None of no
    period.
    """
    if since is None and until is None:
        return None
    return joint_period_figures(session, refs, since=since, until=until)


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


def year_picture(session: Session, refs: Sequence[AccountRef], year: int) -> Picture:
    """What came to accounts of one unit and went from them, month by month, drawn."""
    since, until = clock.year_span(year)
    months = months_of(_movements(session, refs, since, until))
    return picture(year, months, step=60 if refs and refs[0].unit == MINUTES else 1)


def _movements(
    session: Session, refs: Sequence[AccountRef], since: date, until: date
) -> Iterable[Movement]:
    if not refs:
        return
    account_ids = list(
        session.execute(
            select(col(Account.id))
            .join(Unit, col(Unit.id) == col(Account.unit_id))
            .where(
                col(Account.owner_kind) == refs[0].owner_kind,
                col(Account.owner_id).in_({ref.owner_id for ref in refs}),
                col(Account.kind) == "balance",
                col(Unit.code) == refs[0].unit,
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
