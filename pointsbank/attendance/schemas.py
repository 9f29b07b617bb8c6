"""Scans and attendances as JSON and as forms."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any, cast

import marshmallow as ma
from flask_babel import lazy_gettext
from marshmallow import fields, validate

from pointsbank.attendance.rules import DEVICE_WAYS, AttendanceState, Entered, ScanKind, Verdict
from pointsbank.core.errors import Invalid
from pointsbank.hours.rules import Way
from pointsbank.web.requests import sentences
from pointsbank.web.schemas import Instant, Request, Text, View, Whole, choice, repeat_key

MOST_OFFSET_MS = 10 * 366 * 86_400_000


class ScanRequest(Request):
    """A scan of one's own; others' go to ``/events/<id>/scans``, where each may be undone."""

    code = Text(12, required=True, metadata={"description": "the event's short code"})
    key = Text(60, least=4, metadata={"description": "made by the client; not with a claim"})
    claim = Text(400, metadata={"description": "signed at the scan, carries its time and key"})
    device = Text(60, least=0, metadata={"description": "a random word that this phone keeps"})

    @ma.validates_schema
    def _has_a_key(self, asked: dict[str, Any], **_: Any) -> None:
        if ("key" in asked) == ("claim" in asked):
            raise ma.ValidationError(lazy_gettext("key 与 claim 须填且只填一项。"), "key")


class ClaimForm(Request):
    claim = Text(400, required=True)


class DigitsForm(Request):
    digits = Text(20, required=True)


class DoorForm(Request):
    """What an organiser's device posts; ``key`` is made by the page that shows the box."""

    member_code = Text(40, required=True)
    leaving = fields.Boolean(load_default=False)
    key = repeat_key()


class TypedQuery(Request):
    code = Text(40, least=0, metadata={"description": "as a poster has it under its QR code"})


class ScannedQuery(Request):
    """Where a scan's page comes from: the sign-in with a claim, or the deed just done."""

    claim = Text(400)
    r = Text(20, metadata={"description": "what the screen at the event showed"})
    done = fields.String(
        validate=validate.OneOf(["in", "out"], error=lazy_gettext("没有这个选项。"))
    )


class NamesQuery(Request):
    q = Text(400, metadata={"description": "sealed: what is sought"})


class SearchForm(Request):
    sought = Text(40, least=0)


class TickForm(Request):
    """A tap on a name; ``q`` keeps the search for the page that follows."""

    member_id = Whole(least=1, required=True)
    kind = choice(ScanKind, load_default=ScanKind.AUTO)
    reason = Text(200, least=0)
    key = Text(40, least=16, required=True)
    q = Text(400, least=0)


class WalkInForm(Request):
    name = Text(40, required=True)
    phone = Text(20, required=True)
    key = repeat_key()


class MatchForm(Request):
    number = Text(20, required=True, metadata={"description": "volunteer number"})


class SheetForm(Request):
    with_names = fields.Boolean(load_default=False)
    blank = Whole(most=500, load_default=20)
    key = repeat_key()


class TimeOfDay(fields.String):
    """As it stands on paper: 9:05."""

    _CLOCK = re.compile(r"([01]?[0-9]|2[0-3])[:：]([0-5][0-9])")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        found = self._CLOCK.fullmatch(super()._deserialize(value, attr, data, **kwargs).strip())
        if found is None:
            raise ma.ValidationError(str(lazy_gettext("时间写成 9:05 这样。")))
        return time(int(found[1]), int(found[2]))


class SheetLinesForm:
    """The lines of a sheet as its page posts them: ``came-3``, ``left-3`` and ``number-3`` of the
    third; those without a time of coming are left out.
    """

    _FIELD = re.compile(r"(?:came|left|number)-([1-9][0-9]{0,2})")

    def lines(self, posted: Mapping[str, str]) -> list[Entered]:
        """Refuses with Invalid a field that no sheet has, and what is no time of day."""
        found = {name: self._FIELD.fullmatch(name) for name in posted if name != "csrf_token"}
        if not all(found.values()):
            raise Invalid
        numbers = sorted(
            int(name.removeprefix("came-"))
            for name in found
            if name.startswith("came-") and posted[name].strip()
        )
        return [
            Entered(
                line,
                self._time(posted[f"came-{line}"]),
                self._time(left) if (left := posted.get(f"left-{line}", "").strip()) else None,
                posted.get(f"number-{line}", "").strip(),
            )
            for line in numbers
        ]

    def _time(self, text: str) -> time:
        try:
            return cast(time, TimeOfDay().deserialize(text))
        except ma.ValidationError as refused:
            raise Invalid(sentences(refused.messages)) from None


class SheetRequest(SheetForm):
    blank = Whole(most=500, required=True)


class SheetLineRequest(Request):
    """What stands on one line; on a blank one the volunteer number."""

    line = Whole(least=1, most=500, required=True)
    came = TimeOfDay(required=True)
    left = TimeOfDay()
    number = Text(20)

    @ma.post_load
    def _entered(self, asked: dict[str, Any], **_: Any) -> Entered:
        return Entered(**asked)


class SheetEntryRequest(Request):
    lines = fields.List(
        fields.Nested(SheetLineRequest), required=True,
        validate=validate.Length(1, 500, error=lazy_gettext("一张签到表须有 1 至 500 行。")),
    )  # fmt: skip


class SheetView(View):
    number = fields.Integer()
    line_count = fields.Integer()
    printed_at = Instant()
    entered_at = Instant(allow_none=True)


class NamedLineView(View):
    line = fields.Integer()
    name = fields.String()
    phone_tail = fields.String()


class SheetFileView(SheetView):
    named = fields.List(fields.Nested(NamedLineView), metadata={"description": "others are blank"})


class TakenView(View):
    member_id = fields.Integer(allow_none=True)
    verdict = choice(Verdict)


class EnteredLineView(TakenView):
    line = fields.Integer()


class NotedView(View):
    id = fields.Integer()
    came_at = Instant()
    left_at = Instant(allow_none=True)


class WalkInView(NotedView):
    """Nobody knows yet who she is; ``likely_number``: of the member with that phone number."""

    name = fields.String()
    phone = fields.String(metadata={"description": "masked"})
    likely_number = fields.String(allow_none=True)


class BatchRequest(Request):
    """What a device or an organiser scanned. Each scan is read by itself: see ``SentRequest``."""

    sent_at = Instant(required=True, metadata={"description": "the device's clock now"})
    scans = fields.List(
        fields.Dict(), required=True,
        validate=validate.Length(1, 1000, error=lazy_gettext("一次最多上传 1000 条，最少 1 条。")),
        metadata={"description": "each of the form SentRequest"},
    )  # fmt: skip


class SentRequest(Request):
    """One scan of a batch; either ``code`` or ``member_id``, and for a companion the reason."""

    id = fields.String(
        required=True, metadata={"description": "made before the first try, and kept"},
        validate=validate.Regexp(
            r"[A-Za-z0-9_-]{16,40}\Z", error=lazy_gettext("编号须为 16 至 40 位字母或数字。")
        ),
    )  # fmt: skip
    code = Text(40, metadata={"description": "20 digits: card, phone code, door pass; or `sealed`"})
    member_id = Whole(least=1, most=10**8 - 1, metadata={"description": "a tick on the roster"})
    way = choice(Way, load_default=Way.ORGANISER)
    kind = choice(ScanKind, load_default=ScanKind.AUTO)
    scanned_at = Instant(required=True, metadata={"description": "by the device's clock"})
    offset_ms = fields.Integer(
        strict=True, allow_none=True,
        validate=validate.Range(-MOST_OFFSET_MS, MOST_OFFSET_MS, error=lazy_gettext("数值过大。")),
        metadata={"description": "server's less device's clock, as last measured"},
    )  # fmt: skip
    reason = Text(200, least=2, metadata={"description": "of a companion's check-in only"})

    @ma.validates_schema
    def _fits_its_way(self, asked: dict[str, Any], **_: Any) -> None:
        way = asked["way"]
        if ("code" in asked) == ("member_id" in asked) or asked["kind"] is ScanKind.UNDO:
            raise ma.ValidationError(lazy_gettext("格式有误。"), "code")
        if way not in DEVICE_WAYS or ("member_id" in asked) == (way is Way.ORGANISER):
            raise ma.ValidationError(lazy_gettext("没有这个选项。"), "way")
        if ("reason" in asked) != (way is Way.COMPANION):
            raise ma.ValidationError(lazy_gettext("代签须写明原因。"), "reason")


@dataclass(frozen=True, slots=True)
class ReadScan:
    """One scan of a batch as its keywords, or what is wrong with it."""

    id: str
    fields: dict[str, Any]
    faults: list[str]


_SENT = SentRequest()


def read_sent(one: dict[str, Any]) -> ReadScan:
    """Read one scan of a batch by itself, so that a bad one keeps none of the others back."""
    name = str(one.get("id", ""))[:40]
    try:
        return ReadScan(name, _SENT.load(one), [])
    except ma.ValidationError as refused:
        told = sentences(refused.messages).values()
        return ReadScan(name, {}, [sentence for found in told for sentence in found])


class ResultView(View):
    """What became of one scan: the screen to show, and whether it leaves the queue."""

    id = fields.String()
    verdict = fields.String()
    tone = fields.String(metadata={"description": "green, amber or red"})
    headline = fields.String()
    name = fields.String(allow_none=True)
    phone_tail = fields.String(allow_none=True)
    now = fields.String(metadata={"description": "what to do"})
    since = Instant(allow_none=True)
    repeated = fields.Boolean()
    attendance_id = fields.Integer(allow_none=True)
    final = fields.Boolean(metadata={"description": "it need not be sent again"})
    undo = fields.Boolean(metadata={"description": "it may be undone"})


class BatchView(View):
    received_at = Instant()
    results = fields.List(fields.Nested(ResultView))


class ClockView(View):
    now = Instant()
    came = fields.Integer()
    expected = fields.Integer(metadata={"description": "who signed up"})


class TicksRequest(Request):
    pin = fields.String(
        required=True, metadata={"description": "of this device; it is kept nowhere"},
        validate=validate.Regexp(r"[0-9]{6,12}\Z", error=lazy_gettext("密码须为 6 至 12 位数字。")),
    )  # fmt: skip


class Sealed(fields.String):
    """Bytes, as base64."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return base64.b64encode(value).decode()


class TicksView(View):
    """``sealed``: nonce of 12 bytes, then AES-256-GCM under PBKDF2-SHA256 of the PIN."""

    salt = Sealed()
    iterations = fields.Integer()
    sealed = Sealed()
    count = fields.Integer()


class RosterEntryView(View):
    tag = fields.String(metadata={"description": "eight bytes, hex"})
    sealed = Sealed(metadata={"description": "nonce of 12 bytes, then AES-256-GCM"})


class RosterEventView(View):
    id = fields.Integer()
    title = fields.String()
    place = fields.String()
    starts_at = Instant()
    ends_at = Instant()


class RosterView(View):
    """With s = PBKDF2-SHA256(a code's digits, salt, iterations): the tag is the beginning of
    HMAC-SHA256(s, "tag"), the key is HMAC-SHA256(s, "key").
    """

    event = fields.Nested(RosterEventView)
    salt = Sealed()
    iterations = fields.Integer()
    entries = fields.List(fields.Nested(RosterEntryView))
    issued_at = Instant()


class ScanView(View):
    """What a scan was answered; the same again when repeated."""

    verdict = choice(Verdict)
    repeated = fields.Boolean()
    event_id = fields.Integer()
    title = fields.String()
    member_id = fields.Integer()
    attendance_id = fields.Integer()
    state = choice(AttendanceState)
    checked_in_at = Instant()
    checked_out_at = Instant(allow_none=True)
    minutes = fields.Integer(allow_none=True)


class AttendanceView(View):
    id = fields.Integer()
    member_id = fields.Integer()
    name = fields.String()
    way = choice(Way)
    state = choice(AttendanceState)
    checked_in_at = Instant()
    checked_out_at = Instant(allow_none=True)
    minutes = fields.Integer(allow_none=True)
    why = fields.List(fields.String(), metadata={"description": "why not more minutes"})
    clips = fields.List(fields.String(), metadata={"description": "why not more points"})


class CountsView(View):
    came = fields.Integer()
    present = fields.Integer()
    to_confirm = fields.Integer()
    credited = fields.Integer()


class AttendancesQuery(Request):
    before = Whole(least=1, metadata={"description": "the last attendance of the page before"})


class AttendancesView(View):
    counts = fields.Nested(CountsView)
    attendances = fields.List(fields.Nested(AttendanceView))
    next_before = fields.Integer(allow_none=True)


class ConfirmationView(View):
    people = fields.Integer(metadata={"description": "whose hours were credited now"})
    minutes = fields.Integer()
