"""Scans and attendances as JSON and as forms."""

from typing import Any

import marshmallow as ma
from flask_babel import lazy_gettext
from marshmallow import fields, validate

from pointsbank.attendance.rules import AttendanceState, Verdict
from pointsbank.hours.rules import Way
from pointsbank.web.schemas import Instant, Request, Text, View, choice, repeat_key


class ScanRequest(Request):
    """A scan of one's own; with ``member_code`` an organiser's scan of somebody's card or phone."""

    code = Text(12, required=True, metadata={"description": "the event's short code"})
    key = Text(60, least=4, metadata={"description": "made by the client; not with a claim"})
    claim = Text(400, metadata={"description": "signed at the scan, carries its time and key"})
    member_code = Text(40, metadata={"description": "20 digits of a card or phone code"})

    @ma.validates_schema
    def _has_a_key(self, asked: dict[str, Any], **_: Any) -> None:
        if ("key" in asked) == ("claim" in asked):
            raise ma.ValidationError(lazy_gettext("key 与 claim 须填且只填一项。"), "key")


class ClaimForm(Request):
    claim = Text(400, required=True)


class DoorForm(Request):
    """What an organiser's device posts; ``key`` is made by the page that shows the box."""

    member_code = Text(40, required=True)
    leaving = fields.Boolean(load_default=False)
    key = repeat_key()


class ScannedQuery(Request):
    """Where a scan's page comes from: the sign-in with a claim, or the deed just done."""

    claim = Text(400)
    done = fields.String(
        validate=validate.OneOf(["in", "out"], error=lazy_gettext("没有这个选项。"))
    )


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


class AttendancesView(View):
    counts = fields.Nested(CountsView)
    attendances = fields.List(fields.Nested(AttendanceView))


class ConfirmationView(View):
    people = fields.Integer(metadata={"description": "whose hours were credited now"})
    minutes = fields.Integer()


class SealedEntryView(View):
    tag = fields.String(metadata={"description": "of the code: hex, eight bytes"})
    sealed = fields.String(metadata={"description": "base64 of nonce, ciphertext, tag"})


class EventFactsView(View):
    """What a device shows of its event without network."""

    id = fields.Integer()
    title = fields.String()
    place = fields.String()
    starts_at = Instant()
    ends_at = Instant()


class RosterView(View):
    """Sealed entries. With s = PBKDF2-SHA256(digits, salt, iterations): the tag is the beginning of
    HMAC-SHA256(s, "tag"), the AES-256-GCM key is HMAC-SHA256(s, "key").
    """

    event = fields.Nested(EventFactsView)
    salt = fields.String()
    iterations = fields.Integer()
    entries = fields.List(fields.Nested(SealedEntryView))
    issued_at = Instant()


class ExpectedView(View):
    member_id = fields.Integer()
    name = fields.String()
    phone_tail = fields.String()


class NamesView(View):
    people = fields.List(fields.Nested(ExpectedView))
