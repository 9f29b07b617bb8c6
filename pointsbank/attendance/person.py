"""A member's part of the events: her attendances and the scans at the door."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlmodel import col

from pointsbank.attendance.models import (
    Attendance,
    LateScan,
    Scan,
    ScanReason,
    SheetLine,
    SignInSheet,
    WalkIn,
)
from pointsbank.attendance.rules import ATTENDANCE_NAMES, LATE_REASONS, Verdict
from pointsbank.core.database import Session
from pointsbank.core.errors import say
from pointsbank.core.person import Row, Sections
from pointsbank.events.models import Event, Post
from pointsbank.hours.rules import WAY_NAMES
from pointsbank.ledger import operations as ledger
from pointsbank.members.models import Member

TABLES = ("attendance", "late_scan", "scan", "sheet_line", "sign_in_sheet", "walk_in")

_VERDICTS = {
    Verdict.CHECK_IN: say("可以签到"),
    Verdict.ALREADY_IN: say("已在场"),
    Verdict.OFFER_CHECK_OUT: say("可以签退"),
    Verdict.CHECKED_IN: say("已签到"),
    Verdict.CHECKED_OUT: say("已签退"),
    Verdict.NOT_BEGUN: say("尚未开始"),
    Verdict.OVER: say("已经结束"),
    Verdict.CANCELLED: say("已取消"),
    Verdict.OFFER_RETURN: say("可以再次签到"),
    Verdict.ALREADY_OUT: say("已签退"),
    Verdict.NOT_CHECKED_IN: say("还没有签到"),
    Verdict.IN_REVIEW: say("已收到，待审核"),
    Verdict.UNDONE: say("已撤销"),
    Verdict.CODE_INVALID: say("不认识这个码"),
    Verdict.CODE_EXPIRED: say("手机上的码已过期"),
    Verdict.CARD_LOST: say("这张卡已挂失"),
    Verdict.MEMBER_LEFT: say("已退出登记"),
    Verdict.NOT_ON_ROSTER: say("不在名单上"),
}


def export(session: Session, member_id: int) -> Sections:
    """Which events she was at, from when to when, what it counted; each scan of her code; when she
    came unregistered; where her name was printed for signing.
    """
    return {
        say("参加的活动"): _attended(session, member_id),
        say("签到扫码"): _scanned(session, member_id),
        say("临时参加"): _walked_in(session, member_id),
        say("纸质签到表"): _printed(session, member_id),
    }


def _attended(session: Session, member_id: int) -> list[Row]:
    found = session.execute(
        select(Attendance, Event)
        .join(Event, col(Event.id) == col(Attendance.event_id))
        .where(col(Attendance.member_id) == member_id)
        .order_by(col(Attendance.id))
    )
    return [
        {
            say("活动名称"): event.title,
            say("活动地点"): event.place,
            say("签到时间"): attendance.checked_in_at,
            say("签退时间"): attendance.checked_out_at,
            say("计入分钟"): attendance.minutes,
            say("状态"): ATTENDANCE_NAMES[attendance.state],
        }
        for attendance, event in found
    ]


def _scanned(session: Session, member_id: int) -> list[Row]:
    found = session.execute(
        select(Scan, col(Event.title), col(Post.name), col(ScanReason.reason), col(LateScan.reason))
        .join(Event, col(Event.id) == col(Scan.event_id))
        .outerjoin(Post, col(Post.id) == col(Scan.post_id))
        .outerjoin(ScanReason, col(ScanReason.scan_id) == col(Scan.id))
        .outerjoin(LateScan, col(LateScan.scan_id) == col(Scan.id))
        .where(col(Scan.member_id) == member_id)
        .order_by(col(Scan.id))
    )
    return [
        {
            say("活动名称"): title,
            say("岗位"): post,
            say("扫码时间"): scan.scanned_at,
            say("收到时间"): scan.received_at,
            say("扫码方式"): WAY_NAMES[scan.way],
            say("结果"): _VERDICTS[scan.verdict],
            say("代签原因"): reason,
            say("待核查原因"): LATE_REASONS[late] if late else None,
        }
        for scan, title, post, reason, late in found
    ]


def _walked_in(session: Session, member_id: int) -> list[Row]:
    found = session.execute(
        select(WalkIn, col(Event.title))
        .join(Event, col(Event.id) == col(WalkIn.event_id))
        .where(col(WalkIn.member_id) == member_id)
        .order_by(col(WalkIn.id))
    )
    return [
        {
            say("活动名称"): title,
            say("签到时间"): walk_in.came_at,
            say("签退时间"): walk_in.left_at,
        }
        for walk_in, title in found
    ]


def _printed(session: Session, member_id: int) -> list[Row]:
    found = session.execute(
        select(SheetLine, SignInSheet, col(Event.title))
        .join(SignInSheet, col(SignInSheet.id) == col(SheetLine.sheet_id))
        .join(Event, col(Event.id) == col(SignInSheet.event_id))
        .where(col(SheetLine.member_id) == member_id)
        .order_by(col(SheetLine.sheet_id), col(SheetLine.line))
    )
    return [
        {say("活动名称"): title, say("打印时间"): sheet.printed_at, say("行"): line.line}
        for line, sheet, title in found
    ]


def erase(session: Session, member_id: int, at: datetime) -> None:
    """What was written beside a correction of her household's points goes, why a companion checked
    her in, and whoever may be she among those who walked in. Other rows hold an id, instants and
    minutes, on which credited hours rest.
    """
    hers = select(col(Attendance.id)).where(col(Attendance.member_id) == member_id)
    ledger.erase_texts(session, origin_kind="attendance", origin_ids=hers)
    scans = select(col(Scan.id)).where(col(Scan.member_id) == member_id)
    session.execute(delete(ScanReason).where(col(ScanReason.scan_id).in_(scans)))
    phone = select(col(Member.phone_digest)).where(col(Member.id) == member_id)
    session.execute(
        update(WalkIn)
        .where(col(WalkIn.phone_digest).in_(phone))
        .values(name_sealed=None, phone_sealed=None, phone_digest=None, settled_at=at)
    )
