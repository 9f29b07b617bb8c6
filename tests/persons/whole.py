"""A person with something in every table about members, and the whole bank, read."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, Enum, func, insert, select
from sqlalchemy import Table as SQLTable
from sqlalchemy.event import listen, remove
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from pointsbank.access import operations as access
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor, Role
from pointsbank.core.database import Database, Session, Table
from pointsbank.core.encryption import seal
from pointsbank.earning.rules import DeedCategory
from pointsbank.events import operations as events
from pointsbank.exchange import operations as exchange
from pointsbank.ledger import operations as ledger
from pointsbank.ledger.rules import (
    MORALITY,
    Cap,
    CapWindow,
    Posting,
    SystemKind,
    member_account,
    system_account,
)
from pointsbank.members import operations as members
from pointsbank.members.queries import member
from pointsbank.members.rules import (
    Consent,
    ConsentWay,
    DeputyKind,
    Guardian,
    HonourLevel,
    PartyStatus,
)
from pointsbank.persons import operations as persons
from pointsbank.signups import operations as signups
from tests.persons.conftest import Twice, earn

NAME, PHONE, NOTE = "王桂芳", "13800000001", "不可外传"


def fill(session: Session, twice: Twice) -> dict[str, int]:
    """Give her what is made by real operations, and a row of its own where there is none yet; how
    many rows of each table are hers.
    """
    people, her = twice.shop.people, twice.kept
    at, today = clock.now(), clock.today()
    earn(session, her, MORALITY, 3, text=NOTE)
    capped_and_held(session, her)
    user = people.volunteer.id
    access.open_session(session, user_id=user, at=at)
    access.grant_role(
        session, SYSTEM, user_id=user, role=Role.ORGANISER, org_id=people.community,
        from_on=today, until_on=today, at=at,
    )  # fmt: skip
    members.change_party_status(
        session, SYSTEM, member_id=her, status=PartyStatus.APPLICANT, on=today, at=at
    )
    members.give_consent(
        session, SYSTEM, member_id=her, kind=Consent.PUBLICATION, way=ConsentWay.PAPER, at=at
    )
    members.issue_card(session, SYSTEM, member_id=her, at=at)
    version = member(session, her).version
    members.change_member(
        session, SYSTEM, member_id=her, version=version,
        guardian=Guardian("王大山", "13900009999", "父亲"), at=at,
    )  # fmt: skip
    members.found_household(session, SYSTEM, head_id=her, on=today, at=at)
    members.note_training(
        session,
        SYSTEM,
        member_id=her,
        title="急救",
        provider="红十字会",
        on=today,
        minutes=90,
        at=at,
    )
    members.note_honour(
        session, SYSTEM, member_id=her, title="优秀志愿者", awarded_by="幸福社区",
        level=HonourLevel.COMMUNITY, on=today, at=at,
    )  # fmt: skip
    members.note_deputy_role(
        session,
        SYSTEM,
        member_id=her,
        kind=DeputyKind.PARTY_DELEGATE,
        body="第三届",
        on=today,
        at=at,
    )
    exchange.redeem(
        session, SYSTEM, org_id=people.community, member_id=her,
        lines=twice.shop.basket(soap=1), key="by-herself", at=at,
    )  # fmt: skip
    persons.tell_apart(session, SYSTEM, one_id=her, two_id=twice.other, at=at)
    signed_up(session, twice)
    merge = persons.merge(
        session, SYSTEM, kept_id=her, other_id=twice.other, key="joined-once", at=at
    )
    persons.undo_merge(session, SYSTEM, merge_id=merge.id, at=at)
    session.flush()
    known = {"member": her, "user": user}
    return {
        table.name: _count_or_add(session, table, known)
        for table in Table.metadata.sorted_tables
        if _condition(table, known) is not None
    }


def signed_up(session: Session, twice: Twice) -> None:
    """She has signed up for an event and withdrawn with a reason, and reads it in her calendar."""
    people, at = twice.shop.people, clock.now()
    herself = Actor("user", people.volunteer.id, member_id=twice.kept)
    event = events.plan(
        session, SYSTEM, org_id=people.community, title="清扫", kind=DeedCategory.ENVIRONMENT,
        place="广场", starts_at=at + timedelta(hours=1), ends_at=at + timedelta(hours=2),
        key="signed-up", at=at,
    )  # fmt: skip
    events.publish(session, SYSTEM, event_id=event.id or 0, at=at)
    for key in ("first", "again"):
        asked = signups.Asked(event.id or 0, key)
        answer = signups.sign_up(session, herself, asked=asked, at=at)
        if key == "first":
            assert answer.sign_up
            sign_up_id = answer.sign_up.id or 0
            signups.withdraw(session, herself, sign_up_id=sign_up_id, reason=NOTE, at=at)
    signups.make_calendar_address(session, herself, at=at)


def capped_and_held(session: Session, member_id: int) -> None:
    """A posting of which a cap took some, and points reserved until tomorrow."""
    at, today = clock.now(), clock.today()
    hers = member_account(member_id, MORALITY)
    issued = system_account(MORALITY, SystemKind.ISSUED, "scanned")
    redeemed = system_account(MORALITY, SystemKind.REDEEMED)
    capped = Posting(
        "capped", issued, hers, 9, today, "service", caps=(Cap("daily", CapWindow.DAY, 5),)
    )
    ledger.post_all(session, SYSTEM, [capped], at=at)
    wanted = Posting("held", hers, redeemed, 2, today, "redemption")
    ledger.place_hold(session, SYSTEM, wanted=wanted, expires_at=at + timedelta(days=1), at=at)


def _condition(table: SQLTable, known: dict[str, int]) -> Any:
    """What makes a row of this table hers; None where nothing does."""
    if table.name == "account":
        return (table.c.owner_kind == "member") & (table.c.owner_id == known["member"])
    if table.name in known:
        return table.c.id == known[table.name]
    for column in table.c:
        for key in column.foreign_keys:
            name = key.target_fullname.split(".")[0]
            if name in known:
                return column == known[name]
    return table.c.member_id == known["member"] if "member_id" in table.c else None


def _count_or_add(session: Session, table: SQLTable, known: dict[str, int]) -> int:
    condition = _condition(table, known)
    counted = select(func.count()).select_from(table).where(condition)
    if not session.execute(counted).scalar_one():
        session.execute(insert(table).values(**_values(session, table, known)))
    return int(session.execute(counted).scalar_one())


def _values(session: Session, table: SQLTable, known: dict[str, int]) -> dict[str, Any]:
    """Something for every column: hers where it points at her, else what the type allows."""
    values: dict[str, Any] = {}
    for place, column in enumerate(table.c):
        if column is table.autoincrement_column:
            continue
        targets = [key.target_fullname.split(".") for key in column.foreign_keys]
        if targets:
            name, part = targets[0]
            values[column.name] = known.get(name) or _some(session, name, part, known)
        elif column.name == "member_id":
            values[column.name] = known["member"]
        elif not column.nullable:
            values[column.name] = _plain(column.type, place)
    return values


def _some(session: Session, name: str, part: str, known: dict[str, int]) -> Any:
    """The key of any row of a table, made if there is none."""
    table = Table.metadata.tables[name]
    wanted = select(table.c[part]).limit(1)
    found = session.execute(wanted).scalar()
    if found is None:
        session.execute(insert(table).values(**_values(session, table, known)))
        found = session.execute(wanted).scalar()
    return found


def _plain(kind: Any, place: int) -> Any:
    """A later column's instant is the later one: she comes before she goes."""
    if isinstance(kind, Enum):
        return kind.enums[0]
    if isinstance(kind, JSON):
        return []
    if isinstance(kind, AutoString):
        return "x"
    if isinstance(kind, UTCDateTime):
        return datetime(2026, 1, 1, place, tzinfo=UTC)
    plain = {str: "x", int: 1, bool: False, bytes: seal("x"), date: date(2026, 1, 1)}
    return plain[kind.python_type]


def rows(session: Session) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table."""
    return {
        table.name: [
            dict(row)
            for row in session.execute(
                select(table).order_by(*table.primary_key.columns)
            ).mappings()
        ]
        for table in Table.metadata.sorted_tables
    }


@contextmanager
def asked(bank: Database) -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    statements: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    engine = bank.engine
    listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        remove(engine, "before_cursor_execute", note)
