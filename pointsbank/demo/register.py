"""What lies on the register's desk: households, applications, report-ins, transfers, look-alikes,
workbooks. So each of its pages has something to show.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.demo.people import Crowd, person_name
from pointsbank.demo.tree import Community
from pointsbank.enrolment import imports, report_ins, steps
from pointsbank.enrolment import operations as enrolment
from pointsbank.enrolment.headings import Column
from pointsbank.enrolment.rules import UNDER_WAY
from pointsbank.enrolment.workbook import Book
from pointsbank.members import operations as members
from pointsbank.members.models import Member
from pointsbank.members.rules import IN_THE_PARTY, Consent, ConsentWay, NewMember, Relation
from pointsbank.orgs.models import Organisation
from pointsbank.transfers import operations as transfers

HOUSEHOLDS, IN_EACH = 8, 3
APPLICATIONS, REPORT_INS, LOOK_ALIKES = 5, 6, 3
_HEADINGS = ["序号", "姓名", "性别", "手机号", "出生日期", "社区", "志愿队"]


@dataclass(frozen=True, slots=True)
class Desk:
    """The desk of a community's secretary, and of the one beside it, if there is one."""

    session: Session
    rng: Random
    secretary: Actor
    home: Community
    beside: Community | None
    crowds: dict[int, Crowd]
    now: datetime

    @property
    def today(self) -> date:
        return clock.local_day(self.now)

    def before(self, **span: int) -> datetime:
        return self.now - timedelta(**span)


def found_households(session: Session, crowd: Crowd, *, on: date, at: datetime) -> None:
    """Some of those who were there on that day, three to a household; the first is its head."""
    there = [
        member_id
        for member_id, since in zip(crowd.member_ids, crowd.registered_on, strict=True)
        if since <= on
    ]
    for place in range(0, min(HOUSEHOLDS * IN_EACH, len(there) - IN_EACH + 1), IN_EACH):
        head, *others = there[place : place + IN_EACH]
        members.found_household(session, SYSTEM, head_id=head, member_ids=others, on=on, at=at)


def lay_out(desk: Desk) -> int:
    """Everything else, by the verbs of those who do it; how many people are registered by it."""
    _consents(desk)
    _applications(desk)
    _report_ins(desk)
    _transfers(desk)
    return _look_alikes(desk) + _workbooks(desk)


def _consents(desk: Desk) -> None:
    for member_id in desk.crowds[desk.home.id].member_ids[:30]:
        for kind in (Consent.REGISTRATION, Consent.PUBLICATION):
            members.give_consent(
                desk.session, SYSTEM, member_id=member_id, kind=kind, way=ConsentWay.PAPER,
                at=desk.before(days=40),
            )  # fmt: skip


def _applications(desk: Desk) -> None:
    for n in range(APPLICATIONS):
        person = NewMember(
            person_name(desk.rng, 1988, woman=n % 2 == 0), desk.home.id, f"1390000{n + 1:04d}",
            birth_on=date(1986 + n, 1 + n, 3 + n), available="周末全天",
            consents=(Consent.REGISTRATION, Consent.PUBLICATION),
        )  # fmt: skip
        visitor = Actor("visitor", 0, address=f"192.0.2.{n + 1}")
        enrolment.apply(
            desk.session, visitor, person=person, key=f"demo-application-{n}",
            at=desk.before(hours=5 + 20 * n),
        )  # fmt: skip
    enrolment.refuse(
        desk.session, SYSTEM, application_id=1, reason="已在光明社区登记",
        at=desk.before(hours=1),
    )  # fmt: skip


def _report_ins(desk: Desk) -> None:
    """Some went back to their unit with the receipt, one has ended."""
    in_service = desk.session.execute(
        select(col(Member.id), col(Organisation.parent_id))
        .join(Organisation, col(Organisation.id) == col(Member.residence_id))
        .where(
            col(Member.residence_id).in_(desk.home.homes),
            col(Member.employer_id).is_not(None),
            col(Member.party_status).in_(IN_THE_PARTY),
            col(Member.registered_on) <= desk.today - timedelta(days=60),
        )
        .order_by(col(Member.id))
        .limit(REPORT_INS)
    ).all()
    duties = ("政策宣讲", "治安巡逻", "环境整治", "矛盾调解", "帮扶慰问", "便民维修")
    for n, ((member_id, grid_id), duty) in enumerate(zip(in_service, duties, strict=False)):
        day = desk.today - timedelta(days=50 - 7 * n)
        found = report_ins.report_in(
            desk.session, SYSTEM, member_id=member_id, grid_id=grid_id, on=day,
            duty=f"{duty}岗", key=f"demo-report-in-{n}", at=desk.now,
        )  # fmt: skip
        if n < REPORT_INS // 2:
            report_ins.return_receipt(
                desk.session, SYSTEM, report_in_id=found.id, on=day + timedelta(days=3),
                to="机关党委", at=desk.now,
            )  # fmt: skip
        if n == 0:
            report_ins.end_report_in(
                desk.session, SYSTEM, report_in_id=found.id, on=desk.today, at=desk.now
            )


def _transfers(desk: Desk) -> None:
    """Each step of a transfer between the two communities, one of them done."""
    if desk.beside is None:
        return
    here, there = desk.home, desk.beside
    leaving = desk.crowds[here.id].member_ids[-4:]
    coming = desk.crowds[there.id].member_ids[-3:]
    asked = [
        (leaving[0], there.homes[0], Actor("user", 0, member_id=leaving[0])),
        (leaving[1], there.homes[1], desk.secretary),
        (coming[0], here.homes[0], Actor("user", 0, member_id=coming[0])),
        (coming[1], here.homes[1], SYSTEM),
        (coming[2], here.homes[0], Actor("user", 0, member_id=coming[2])),
    ]
    for n, (member_id, to_org_id, actor) in enumerate(asked):
        found = transfers.request(
            desk.session, actor, member_id=member_id, relation=Relation.RESIDENCE,
            to_org_id=to_org_id, note="搬家", key=f"demo-transfer-{n}", at=desk.before(days=6 - n),
        )  # fmt: skip
    transfers.accept(
        desk.session, desk.secretary, transfer_id=found.id, key="demo-accepted",
        at=desk.before(hours=3),
    )  # fmt: skip


def _look_alikes(desk: Desk) -> int:
    """Registered a second time at the desk, by name and birth date."""
    there = desk.crowds[desk.home.id].member_ids
    twice = desk.session.execute(
        select(Member)
        .where(col(Member.id).in_(there), col(Member.birth_on).is_not(None))
        .order_by(col(Member.id))
        .limit(LOOK_ALIKES)
    ).scalars()
    rows = [
        NewMember(one.name, desk.home.id, birth_on=one.birth_on, registered_on=desk.today)
        for one in twice
    ]
    members.register_many(desk.session, SYSTEM, rows, at=desk.now)
    return len(rows)


def _workbooks(desk: Desk) -> int:
    """One applied last week, one that waits after its dry run, with rows to mend."""
    good = [_line(desk, n) for n in range(12)]
    bad = [["13", "", "男", "13900000222", "", "", ""], ["14", "周敏", "女", "139", "", "", ""]]
    first = _checked(desk, good, "志愿者名册（第一批）.xlsx", "demo-import-1")
    imports.apply(
        desk.session, SYSTEM, import_id=first, takes_doubtful=True, consented=True, at=desk.now
    )
    _run(desk, first)
    more = [_line(desk, n) for n in range(20, 24)]
    _checked(desk, [*good[:3], *more, *bad], "志愿者名册（第二批）.xlsx", "demo-import-2")
    return len(good)


def _line(desk: Desk, n: int) -> list[str]:
    name, phone = person_name(desk.rng, 1978, woman=n % 2 == 1), f"1390000{n + 101:04d}"
    return [
        str(n + 1),
        name,
        "女" if n % 2 else "男",
        phone,
        f"197{n % 10}-0{n % 9 + 1}-{n % 15 + 10}",
        "",
        "",
    ]


def _checked(desk: Desk, rows: Sequence[list[str]], file_name: str, key: str) -> int:
    book = Book("名册", (), [[f"{desk.home.name}志愿者名册"], _HEADINGS, *rows])
    asked: dict[str, Any] = {"org_id": desk.home.id, "at": desk.now}
    found = imports.begin(
        desk.session, SYSTEM, book=book, content=key.encode(), file_name=file_name, key=key,
        **asked,
    )  # fmt: skip
    columns = [Column(column) for column in found.columns]
    imports.check(desk.session, SYSTEM, import_id=found.id, columns=columns, at=desk.now)
    _run(desk, found.id)
    return found.id


def _run(desk: Desk, import_id: int) -> None:
    while steps.step(desk.session, SYSTEM, import_id=import_id, at=desk.now).state in UNDER_WAY:
        pass
