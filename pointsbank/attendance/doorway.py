"""What a scan meets at the door: the event, its rule, and the person's attendance, at one look."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, select
from sqlmodel import Session

from pointsbank.attendance import queries
from pointsbank.attendance.folding import Venue
from pointsbank.attendance.models import Attendance, Scan
from pointsbank.attendance.rules import AttendanceState, CodeUnknown, Occasion, Verdict, fold
from pointsbank.core.database import table_of
from pointsbank.core.statements import Prepared
from pointsbank.earning.rules import DeedCategory
from pointsbank.events.models import Event
from pointsbank.events.queries import post_numbered
from pointsbank.events.rules import code_parts, post_code
from pointsbank.hours.models import HourRuleRow
from pointsbank.hours.rules import STANDING_RULE, HourTerms, Stay, why_of, worth

Worth = tuple[int, list[list[str | int]]]


@dataclass(frozen=True, slots=True)
class Door:
    """What a scan meets at an event: its times and rule, and the person's attendance so far.

    ``stay`` is the last of her ``pairs``, ``checked_in_at`` the beginning of the first;
    ``credits`` is None where she has no attendance, not even one without a stay.
    """

    event_id: int
    org_id: int
    title: str
    kind: DeedCategory
    place: str
    code: str
    cancel_reason: str
    hour_rule_id: int | None
    occasion: Occasion
    terms: HourTerms
    attendance_id: int | None
    attendance_state: AttendanceState | None
    checked_in_at: datetime | None
    stay: Stay | None
    pairs: int
    minutes: int | None
    credits: int | None
    key_verdict: Verdict | None
    post: "PostAtDoor | None" = None

    @property
    def post_id(self) -> int | None:
        return self.post.post_id if self.post else None

    @property
    def scanned(self) -> str:
        """The code that was scanned: the event's, or its post's."""
        return post_code(self.code, self.post.number) if self.post else self.code

    @property
    def venue(self) -> Venue:
        return Venue(
            self.event_id, self.org_id, self.kind, self.occasion, self.hour_rule_id, self.terms
        )


@dataclass(frozen=True, slots=True)
class PostAtDoor:
    """The post whose own poster was scanned."""

    post_id: int
    name: str
    place: str
    number: int


_TERMS = HourTerms.__slots__
_STANDING = STANDING_RULE.terms
_EVENT = table_of(Event).c
_ATTENDANCE = table_of(Attendance).c
_SCAN = table_of(Scan).c
_RULE = table_of(HourRuleRow).c
_OF_EVENT = ("id", "org_id", "title", "kind", "place", "code", "cancel_reason", "hour_rule_id")
_OF_OCCASION = ("state", "starts_at", "ends_at")
_OF_ATTENDANCE = (
    "id", "state", "checked_in_at", "returned_at", "checked_out_at", "pairs", "minutes", "credits",
)  # fmt: skip
_DOOR = (
    select(
        *(_EVENT[name] for name in (*_OF_EVENT, *_OF_OCCASION)),
        *(_ATTENDANCE[name] for name in _OF_ATTENDANCE),
        _SCAN.verdict,
        *(_RULE[name] for name in _TERMS),
    )
    .select_from(table_of(Event))
    .outerjoin(table_of(HourRuleRow), _RULE.id == _EVENT.hour_rule_id)
    .outerjoin(
        table_of(Attendance),
        and_(
            _ATTENDANCE.event_id == _EVENT.id,
            _ATTENDANCE.member_id == bindparam("member_id"),
        ),
    )
    .outerjoin(
        table_of(Scan),
        and_(
            _SCAN.event_id == _EVENT.id,
            _SCAN.member_id == bindparam("member_id"),
            _SCAN.key == bindparam("key"),
        ),
    )
    .where(_EVENT.code == bindparam("code"), _EVENT.published_at.is_not(None))
)
_LOOK = Prepared(_DOOR)
_LOOK_AND_HOLD = Prepared(_DOOR.with_for_update(read=True, of=table_of(Event)))


def find(
    session: Session, *, code: str, member_id: int | None, key: str = "", hold: bool = False
) -> Door:
    """What this member's scan of this code meets, in one statement; of a post's code in two.

    ``hold`` keeps the event from being closed before the transaction ends. Refuses: CodeUnknown
    (also of a post that there is not).
    """
    code, number = code_parts(code)
    asked = {"code": code, "member_id": member_id, "key": key}
    rows = (_LOOK_AND_HOLD if hold else _LOOK).run(session.connection(), asked)
    if not rows:
        raise CodeUnknown(code=code[:12])
    [fields] = rows
    attendance_id, state, came_at, returned_at, left_at, pairs, minutes, credits_ = fields[11:19]
    if state is AttendanceState.ABSENT:  # as if she had never come
        attendance_id = state = came_at = None
    values: list[Any] = [
        *fields[:8],
        Occasion(*fields[8:11]),
        _STANDING if fields[7] is None else HourTerms(*fields[20:]),
        attendance_id,
        state,
        came_at,
        None if attendance_id is None else Stay(returned_at or came_at, left_at),
        pairs or 0,
        minutes,
        credits_,
        fields[19],
        _post(session, fields[0], number) if number else None,
    ]
    return Door(*values)


def _post(session: Session, event_id: int, number: int) -> PostAtDoor:
    found = post_numbered(session, event_id, number)
    if found is None:
        raise CodeUnknown(code=str(number))
    return PostAtDoor(found.id, found.name, found.place, number)


def worth_until(session: Session, met: Door, member_id: int | None, at: datetime) -> Worth:
    """The minutes that a check-out now would count, and the reasons why not more."""
    if met.stay is None or member_id is None or met.stay.checked_out_at:
        return 0, []
    pairs: tuple[Stay, ...] = ()
    if met.pairs > 1:
        facts = queries.facts_of(session, met.event_id, [member_id])[member_id]
        pairs = fold(facts, met.occasion, met.terms).pairs[:-1]
    stays = (*pairs, Stay(met.stay.checked_in_at, at))
    minutes, cuts = worth(stays, met.occasion.starts_at, met.occasion.ends_at, met.terms)
    return minutes, why_of(cuts)
