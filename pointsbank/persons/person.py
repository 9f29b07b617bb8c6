"""What is kept of a person about her records themselves: merges, leaving, that she was erased."""

from datetime import datetime

from sqlalchemy import or_, select, update
from sqlmodel import col

from pointsbank.core.database import Session
from pointsbank.core.errors import say
from pointsbank.core.person import Sections
from pointsbank.members.models import Member
from pointsbank.members.rules import LEAVING_NAMES
from pointsbank.persons.models import Departure, DistinctPair, Erasure, Merge
from pointsbank.persons.rules import ASKED_NAMES

TABLES = ("merge", "distinct_pair", "departure", "erasure")


def export(session: Session, member_id: int) -> Sections:
    """Which of her records were joined and parted, when she left and why."""
    other = select(col(Member.number)).where(col(Member.id) == col(Merge.other_id))
    merges = session.execute(
        select(Merge, other.scalar_subquery())
        .where(or_(col(Merge.kept_id) == member_id, col(Merge.other_id) == member_id))
        .order_by(col(Merge.id))
    )
    apart = session.execute(
        select(DistinctPair)
        .where(or_(col(DistinctPair.one_id) == member_id, col(DistinctPair.two_id) == member_id))
        .order_by(col(DistinctPair.id))
    ).scalars()
    departures = session.execute(
        select(Departure).where(col(Departure.member_id) == member_id).order_by(col(Departure.id))
    ).scalars()
    erasures = session.execute(select(Erasure).where(col(Erasure.member_id) == member_id)).scalars()
    return {
        say("登记合并"): [
            {
                say("并入的编号"): number,
                say("合并时间"): merge.merged_at,
                say("撤销时间"): merge.undone_at,
            }
            for merge, number in merges
        ],
        say("与他人登记的区分"): [
            {say("认定时间"): pair.told_at, say("撤回时间"): pair.taken_back_at} for pair in apart
        ],
        say("退出记录"): [
            {
                say("退出类型"): LEAVING_NAMES[gone.leaving],
                say("日期"): gone.left_on,
                say("退出原因"): gone.reason,
                say("办理时间"): gone.recorded_at,
            }
            for gone in departures
        ],
        say("删除记录"): [
            {
                say("提出方式"): ASKED_NAMES[done.asked],
                say("提出日期"): done.asked_on,
                say("删除时间"): done.erased_at,
            }
            for done in erasures
        ],
    }


def erase(session: Session, member_id: int, at: datetime) -> None:
    """Why she left goes, which somebody typed; that she left, and was erased, stays."""
    session.execute(
        update(Departure).where(col(Departure.member_id) == member_id).values(reason="")
    )
