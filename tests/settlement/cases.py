"""What tests of settlement share: an event at which some checked out and some did not."""

import io
import secrets
from dataclasses import replace
from typing import Any

from PIL import Image
from sqlmodel import col, select

from pointsbank.attendance import operations as attendance
from pointsbank.attendance.models import Attendance
from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.events.models import Event
from pointsbank.hours import operations as hours
from pointsbank.hours.rules import Credit, HourTerms
from pointsbank.ledger.operations import post_all
from pointsbank.ledger.queries import balances
from pointsbank.ledger.rules import (
    MORALITY,
    Posting,
    SystemKind,
    member_account,
    system_account,
)

AT_CHECK_OUT = HourTerms(credit_static=Credit.AT_CHECK_OUT)


def as_member(member_id: int) -> Actor:
    return Actor("user", SYSTEM.id, member_id=member_id)


def adopt(scene: Any, terms: HourTerms = AT_CHECK_OUT, org_id: int | None = None) -> None:
    day = scene.at(0).date()
    hours.adopt_hour_rule(
        scene.session, SYSTEM, org_id=org_id or scene.community.community, from_on=day,
        terms=terms, at=scene.at(-90),
    )  # fmt: skip


def settled_event(scene: Any) -> Event:
    """9:00 to 11:30: 王 came at 9:00 and never left; 李, 赵, 孙 stayed 60, 90 and 100 minutes."""
    c = scene.community
    event: Event = scene.open()
    scene.scan(attendance.check_in, event, 0)
    for member_id, went in ((c.li, 60), (c.zhao, 90), (c.sun, 100)):
        scene.stay(event, 0, went, actor=as_member(member_id))
    scene.do(attendance.close_event, event, 155)
    return event


def of(scene: Any, event: Event, member_id: int) -> Attendance:
    row: Attendance = scene.session.execute(
        select(Attendance).where(
            col(Attendance.event_id) == event.id, col(Attendance.member_id) == member_id
        )
    ).scalar_one()
    return row


def hold(scene: Any, member_id: int, unit: str) -> int:
    return int(balances(scene.session, member_id)[unit])


def stranger_to(actor: Actor) -> Actor:
    return replace(actor, grants=())


def key() -> str:
    return secrets.token_hex(6)


def picture(kind: str = "JPEG", side: int = 40, **options: Any) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (side, side // 2), (200, 30, 30)).save(made, kind, **options)
    return made.getvalue()


def spend(scene: Any, member_id: int, points: int) -> None:
    posting = Posting(
        key=f"spent:{member_id}",
        source=member_account(member_id, MORALITY),
        destination=system_account(MORALITY, SystemKind.REDEEMED),
        amount=points,
        effective_on=scene.at(0).date(),
        reason="redemption",
    )
    post_all(scene.session, SYSTEM, [posting], at=scene.at(160))
