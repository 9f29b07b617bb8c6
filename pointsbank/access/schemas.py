"""What comes in and goes out: names and passwords, sessions, who one is, the audit trail."""

from typing import Any

import marshmallow as ma
from flask_babel import lazy_gettext
from marshmallow import fields, validate

from pointsbank.access.rules import LONGEST_PATH, MOST_PASSWORD, Entry
from pointsbank.core.actor import Role
from pointsbank.web.schemas import Instant, Request, Text, View, choice


class Password(fields.String):
    """As typed, blanks included; never shown in an error."""

    def __init__(self, **options: Any) -> None:
        length = validate.Length(
            min=1, max=MOST_PASSWORD, error=lazy_gettext("请填写密码，最多 {max} 位。")
        )
        super().__init__(validate=length, load_only=True, **options)


class SignInRequest(Request):
    name = Text(64, required=True, metadata={"description": "phone number or staff name"})
    password = Password(required=True)


class ApiSignInRequest(SignInRequest):
    code = Text(20, metadata={"description": "of the authenticator, where one is asked"})


class SignInForm(SignInRequest):
    next = Text(LONGEST_PATH, least=0, load_default="")


class CodeForm(Request):
    code = Text(20, required=True)
    half_way = Text(500, least=0, load_default="")
    next = Text(LONGEST_PATH, least=0, load_default="")


class ReturnForm(Request):
    code = Text(4000, required=True)
    state = Text(100, required=True)


class LinkForm(ReturnForm):
    password = Password(required=True)


class RemovalForm(Request):
    password = Password(required=True)
    code = Text(20, required=True)


class PasswordForm(Request):
    current = Password(required=True)
    new = Password(required=True)
    again = Password(required=True)
    next = Text(LONGEST_PATH, least=0, load_default="")

    @ma.validates_schema
    def _same(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("new") != data.get("again"):
            raise ma.ValidationError({"again": [lazy_gettext("两次填写的新密码不一致。")]})


class PasswordRequest(Request):
    current = Password(required=True)
    new = Password(required=True)


class SessionView(View):
    token = fields.String(metadata={"description": "for the Authorization header: Bearer …"})
    expires_at = Instant()
    idle_minutes = fields.Integer(metadata={"description": "0: idleness does not end it"})
    must_change = fields.Boolean(metadata={"description": "change the password before all else"})
    must_enrol = fields.Boolean(
        metadata={"description": "enrol an authenticator, on the pages, before all else"}
    )


class OwnSessionView(View):
    id = fields.Integer()
    entry = choice(Entry)
    opened_at = Instant()
    expires_at = Instant()
    agent = fields.String(metadata={"description": "browser and system, as people call them"})
    address = fields.String()
    device_id = fields.Integer(allow_none=True, metadata={"description": "the shared device"})


class OwnSessionsView(View):
    sessions = fields.List(fields.Nested(OwnSessionView))
    current = fields.Integer(allow_none=True, metadata={"description": "the one that asks"})


class GrantView(View):
    role = choice(Role)
    org_id = fields.Integer(metadata={"description": "held for this organisation and all below"})


class SignedInView(View):
    user_id = fields.Integer(attribute="id")
    member_id = fields.Integer(allow_none=True)
    name = fields.String()
    grants = fields.List(fields.Nested(GrantView))
