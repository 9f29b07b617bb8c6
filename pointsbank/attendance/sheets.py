"""签到表: numbered sign-in sheets on paper, printed for an event and entered once."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from pathlib import Path

from sqlalchemy import func, insert, select
from sqlmodel import Session, col

from pointsbank.attendance import queries
from pointsbank.attendance.batch import Sent, Taken, take_scans
from pointsbank.attendance.models import SheetLine, SignInSheet
from pointsbank.attendance.rules import (
    Entered,
    EnteredLine,
    LineInvalid,
    ScanKind,
    SheetEmpty,
    SheetEntered,
    SheetNotFound,
    SheetSizeInvalid,
    Verdict,
)
from pointsbank.core import audit, bank, clock, printing, qr
from pointsbank.core.actor import Actor
from pointsbank.events.models import Event
from pointsbank.events.operations import held
from pointsbank.events.rules import EventState, check_state
from pointsbank.hours.rules import Way
from pointsbank.members.models import Member
from pointsbank.members.queries import members_by_numbers
from pointsbank.orgs.queries import organisation

MOST_LINES = 500
_TEMPLATE = Path(__file__).parent / "print" / "sheet.typ"


def make_sheet(
    session: Session, actor: Actor, *, event_id: int, with_names: bool, blank: int, key: str,
    at: datetime,
) -> SignInSheet:  # fmt: skip
    """Number a new sheet of an event: the names of who signed up, then so many blank lines. The
    same key is the same sheet.

    Refuses, in order: EventNotFound, Forbidden, SheetSizeInvalid.
    """
    event = held(session, actor, event_id)
    known: SignInSheet | None = session.execute(
        select(SignInSheet).where(
            col(SignInSheet.event_id) == event_id, col(SignInSheet.key) == key
        )
    ).scalar_one_or_none()
    if known is not None:
        return known
    named = queries.expected_members(session, event_id) if with_names else []
    if not 0 < len(named) + blank <= MOST_LINES:
        raise SheetSizeInvalid
    last = select(func.coalesce(func.max(col(SignInSheet.number)), 0)).where(
        col(SignInSheet.event_id) == event_id
    )
    sheet = SignInSheet(
        event_id=event_id, number=session.execute(last).scalar_one() + 1,
        line_count=len(named) + blank, key=key, printed_at=at,
        printed_by_id=actor.id if actor.kind == "user" else None,
    )  # fmt: skip
    session.add(sheet)
    session.flush()
    lines = [
        {"sheet_id": sheet.id, "line": place, "member_id": member_id}
        for place, member_id in enumerate(named, start=1)
    ]
    if lines:
        session.connection().execute(insert(SheetLine), lines)
    audit.record(
        session, actor, "attendance.make_sheet", ("event", event_id), at=at, org_id=event.org_id,
        number=sheet.number, count=sheet.line_count,
    )  # fmt: skip
    return sheet


def sheet_of(session: Session, event_id: int, number: int) -> SignInSheet:
    """The sheet with this number, or ``SheetNotFound``."""
    found: SignInSheet | None = session.execute(
        select(SignInSheet).where(
            col(SignInSheet.event_id) == event_id, col(SignInSheet.number) == number
        )
    ).scalar_one_or_none()
    if found is None:
        raise SheetNotFound
    return found


def sheets_of(session: Session, event_id: int) -> list[SignInSheet]:
    """All sheets of an event, in the order of their numbers."""
    rows = session.execute(
        select(SignInSheet)
        .where(col(SignInSheet.event_id) == event_id)
        .order_by(col(SignInSheet.number))
    )
    return list(rows.scalars())


def named_lines(session: Session, sheet: SignInSheet) -> dict[int, Member]:
    """Whose name is printed, by line."""
    rows = session.execute(
        select(col(SheetLine.line), Member)
        .join(Member, col(Member.id) == col(SheetLine.member_id))
        .where(col(SheetLine.sheet_id) == sheet.id)
    )
    return dict(rows.all())


def pdf(session: Session, event: Event, sheet: SignInSheet) -> bytes:
    """The sheet as A4 pages. Refuses with GlyphMissing."""
    named = named_lines(session, sheet)
    starts, ends = clock.local(event.starts_at), clock.local(event.ends_at)
    until = f"{ends:%H:%M}" if starts.date() == ends.date() else f"{ends:%m-%d %H:%M}"
    data = {
        "title": event.title,
        "organisation": organisation(session, event.org_id).name,
        "place": event.place,
        "times": f"{starts:%Y-%m-%d %H:%M}—{until}",
        "code": event.code,
        "number": str(sheet.number),
        "qr": qr.svg(address(sheet)),
        "lines": [
            [named[line].name, named[line].phone_tail] if line in named else ["", ""]
            for line in range(1, sheet.line_count + 1)
        ],
    }
    return printing.pdf(_TEMPLATE, data)


def address(sheet: SignInSheet) -> str:
    """What the QR code of a sheet opens: the page on which it is entered."""
    public_url = bank.settings().public_url.rstrip("/")
    return f"{public_url}/events/{sheet.event_id}/sheets/{sheet.number}"


def enter_sheet(
    session: Session, actor: Actor, *, event_id: int, number: int, lines: Sequence[Entered],
    at: datetime,
) -> list[EnteredLine]:  # fmt: skip
    """Enter what stands on a sheet, once. Lines that are left out are of who did not come; each
    other is taken or refused by itself.

    Refuses, in order: EventNotFound, Forbidden, SheetNotFound, SheetEntered, WrongState (neither
    open nor closed), SheetEmpty, LineInvalid (not on the sheet, twice, or left before she came).
    """
    event = held(session, actor, event_id)
    sheet = sheet_of(session, event_id, number)
    if sheet.entered_at is not None:
        raise SheetEntered(number=number, entered_at=sheet.entered_at)
    check_state(event.state, EventState.OPEN, EventState.CLOSED)
    if not lines:
        raise SheetEmpty
    named = named_lines(session, sheet)
    spans = {line.line: _span(event, line) for line in lines}
    for line in lines:
        came, left = spans[line.line]
        if not 0 < line.line <= sheet.line_count or (left is not None and left <= came):
            raise LineInvalid(line=line.line)
    if len(spans) != len(lines):
        raise LineInvalid(line=lines[-1].line)
    numbered = members_by_numbers(session, actor, [one.number for one in lines if one.number])
    whose = {
        one.line: named[one.line].id if one.line in named else numbered.get(one.number)
        for one in lines
    }
    told = take_scans(
        session, actor, event_id=event_id, sent_at=at, at=at,
        scans=[scan for one in lines for scan in _scans(sheet, one.line, whose, spans)],
        also_on_roster=frozenset(filter(None, whose.values())),
    )  # fmt: skip
    sheet.entered_at, sheet.entered_by_id = at, actor.id if actor.kind == "user" else None
    session.flush()
    audit.record(
        session, actor, "attendance.enter_sheet", ("event", event_id), at=at, org_id=event.org_id,
        number=number, count=len(lines),
    )  # fmt: skip
    by_line = {int(one.id.split("-")[2]): one for one in told}
    return [_entered(one.line, whose[one.line], by_line.get(one.line)) for one in lines]


def _entered(line: int, member_id: int | None, taken: Taken | None) -> EnteredLine:
    verdict = taken.verdict if taken and taken.verdict else Verdict.NOT_ON_ROSTER
    return EnteredLine(line, member_id, verdict)


def _span(event: Event, line: Entered) -> tuple[datetime, datetime | None]:
    """The times of a line as instants: of the event's first day, or the next where it is past
    midnight.
    """
    day = clock.local(event.starts_at)

    def instant(of: time) -> datetime:
        there = day.replace(hour=of.hour, minute=of.minute, second=0, microsecond=0)
        return there + timedelta(days=1) if there < day - timedelta(hours=6) else there

    return instant(line.came), instant(line.left) if line.left else None


def _scans(
    sheet: SignInSheet,
    line: int,
    whose: dict[int, int | None],
    spans: dict[int, tuple[datetime, datetime | None]],
) -> list[Sent]:
    member_id = whose[line]
    if member_id is None:
        return []
    came, left = spans[line]
    times_ = [(ScanKind.IN, came), (ScanKind.OUT, left)]
    return [
        Sent(f"sheet-{sheet.id}-{line}-{kind}", when, kind, Way.SHEET, "", member_id, 0)
        for kind, when in times_
        if when is not None
    ]
