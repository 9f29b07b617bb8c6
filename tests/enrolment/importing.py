"""A workbook taken through its steps, for the tests of imports."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.enrolment import imports, steps
from pointsbank.enrolment.headings import Column
from pointsbank.enrolment.models import MemberImport
from pointsbank.enrolment.rules import UNDER_WAY
from pointsbank.enrolment.workbook import Book

HEADINGS = ["姓名", "手机号", "身份证号", "出生日期", "社区", "网格", "志愿者编号"]
Rows = Sequence[Sequence[str]]


def begun(session: Session, org_id: int, rows: Rows, actor: Actor = SYSTEM, **more: Any) -> int:
    """The id of an import of these rows under ``HEADINGS``."""
    asked = {
        "book": Book("名册", (), [["某社区名册"], HEADINGS, *map(list, rows)]),
        "content": repr(rows).encode(), "file_name": "名册.xlsx",
        "key": f"key-{abs(hash(repr(rows)))}", "at": clock.now(), "org_id": org_id,
    } | more  # fmt: skip
    return imports.begin(session, actor, **asked).id


def run(session: Session, import_id: int, actor: Actor = SYSTEM) -> MemberImport:
    """Step until nothing is under way."""
    while True:
        found = steps.step(session, actor, import_id=import_id, at=clock.now())
        if found.state not in UNDER_WAY:
            return found


def checked(session: Session, import_id: int, actor: Actor = SYSTEM) -> MemberImport:
    found = session.get_one(MemberImport, import_id)
    columns = [Column(column) for column in found.columns]
    imports.check(session, actor, import_id=import_id, columns=columns, at=clock.now())
    return run(session, import_id, actor)


def applied(
    session: Session, import_id: int, actor: Actor = SYSTEM, *, doubtful: bool = False
) -> MemberImport:
    checked(session, import_id, actor)
    imports.apply(
        session, actor, import_id=import_id, takes_doubtful=doubtful, consented=True,
        at=clock.now(),
    )  # fmt: skip
    return run(session, import_id, actor)


def imported(session: Session, org_id: int, rows: Rows, **more: Any) -> MemberImport:
    return applied(session, begun(session, org_id, rows, **more))
