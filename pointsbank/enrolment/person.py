"""A member's part of enrolment: how she came into the register, and where she reported in."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlmodel import col

from pointsbank.core.database import Session
from pointsbank.core.errors import say
from pointsbank.core.person import Sections
from pointsbank.enrolment import queries, traces
from pointsbank.enrolment.chunks import opened, sealed
from pointsbank.enrolment.models import (
    Application,
    DeskEnrolment,
    ImportChunk,
    ImportedMember,
    MemberImport,
    ReportIn,
)
from pointsbank.enrolment.rules import APPLICATION_NAMES
from pointsbank.members import queries as members
from pointsbank.orgs import queries as orgs

TABLES = ("application", "desk_enrolment", "imported_member", "report_in")


def export(session: Session, member_id: int) -> Sections:
    """When and how she was registered; her report-ins with their receipts."""
    return {
        say("登记经过"): [
            *_applied(session, member_id),
            *_at_desk(session, member_id),
            *_imported(session, member_id),
        ],
        say("双报到"): _reported(session, member_id),
    }


def _of(model: Any, member_id: int) -> Any:
    return select(model).where(col(model.member_id) == member_id)


def _applied(session: Session, member_id: int) -> list[dict[str, Any]]:
    return [
        {
            say("登记方式"): say("本人申请"),
            say("提交时间"): found.applied_at,
            say("办理时间"): found.decided_at,
            say("结果"): APPLICATION_NAMES[found.state],
            say("原因"): found.reason,
        }
        for found in session.execute(
            _of(Application, member_id).order_by(col(Application.id))
        ).scalars()
    ]


def _at_desk(session: Session, member_id: int) -> list[dict[str, Any]]:
    return [
        {say("登记方式"): say("窗口登记"), say("办理时间"): found.enrolled_at}
        for found in session.execute(
            _of(DeskEnrolment, member_id).order_by(col(DeskEnrolment.enrolled_at))
        ).scalars()
    ]


def _imported(session: Session, member_id: int) -> list[dict[str, Any]]:
    wanted = (
        select(ImportedMember, col(MemberImport.begun_at))
        .join(MemberImport, col(MemberImport.id) == col(ImportedMember.import_id))
        .where(col(ImportedMember.member_id) == member_id)
        .order_by(col(ImportedMember.import_id))
    )
    return [
        {
            say("登记方式"): say("名册导入"),
            say("上传时间"): begun_at,
            say("行号"): found.row,
            say("原志愿者编号"): found.former_number,
        }
        for found, begun_at in session.execute(wanted)
    ]


def _reported(session: Session, member_id: int) -> list[dict[str, Any]]:
    wanted = _of(ReportIn, member_id).order_by(col(ReportIn.id))
    found = list(session.execute(wanted).scalars())
    ids = {i for r in found for i in (r.community_id, r.grid_id, r.employer_id, r.branch_id) if i}
    names = {org_id: org.name for org_id, org in orgs.organisations(session, ids).items()}
    return [
        {
            say("编号"): one.number,
            say("社区"): names[one.community_id],
            say("网格"): names.get(one.grid_id),
            say("工作单位"): names[one.employer_id],
            say("党支部"): names.get(one.branch_id),
            say("认领岗位"): one.duty,
            say("报到日期"): one.reported_on,
            say("回执交回"): one.receipt_on,
            say("单位接收人"): one.receipt_to,
            say("结束日期"): one.ended_on,
        }
        for one in found
    ]


def erase(session: Session, member_id: int, at: datetime) -> None:
    """What was written of her goes; when she came and where she reported in stays, by her id.

    Of workbooks that have not gone by their term yet, the row that registered her is emptied, and
    every other in which she stands.
    """
    traces.remove(session, members.member(session, member_id))
    for row in session.execute(_of(ImportedMember, member_id)).scalars():
        _empty_row(session, row)
        row.former_number = ""
        session.add(row)
    session.flush()
    for model, texts in ((Application, ("reason",)), (ReportIn, ("duty", "receipt_to"))):
        session.execute(
            update(model).where(col(model.member_id) == member_id).values(dict.fromkeys(texts, ""))
        )


def merge(session: Session, *, kept_id: int, other_id: int, at: datetime) -> Mapping[str, Any]:
    """A report-in in force is the kept record's, if that has none."""
    theirs = queries.open_report_in(session, other_id)
    if theirs is None or queries.open_report_in(session, kept_id) is not None:
        return {}
    _give(session, theirs.id, kept_id)
    return {"report_in": theirs.id}


def unmerge(
    session: Session, *, kept_id: int, other_id: int, facts: Mapping[str, Any], at: datetime
) -> None:
    """It is the other's again."""
    if report_in_id := facts.get("report_in"):
        _give(session, report_in_id, other_id)


def _give(session: Session, report_in_id: int, member_id: int) -> None:
    session.execute(
        update(ReportIn).where(col(ReportIn.id) == report_in_id).values(member_id=member_id)
    )
    session.expire_all()


def _empty_row(session: Session, row: ImportedMember) -> None:
    chunk = session.get(ImportChunk, (row.import_id, row.chunk))
    if chunk is None or chunk.rows_sealed is None:
        return
    rows = opened(chunk.rows_sealed)
    rows[row.row - chunk.first_row] = []
    chunk.rows_sealed = sealed(rows)
    session.add(chunk)
