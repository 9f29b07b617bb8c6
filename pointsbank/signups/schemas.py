"""Sign-ups as JSON and as forms."""

import re
from typing import Any

import marshmallow as ma
from flask_babel import lazy_gettext
from marshmallow import fields

from pointsbank.signups.rules import MOST_IN_A_TEAM, SignUpState, SignUpWay
from pointsbank.web.schemas import Instant, Request, Text, View, Whole, choice, repeat_key

MOST_POSTS = 100
_SPOT = re.compile(r"([0-9]{0,18})-([0-9]{0,18})")


class SpotRequest(Request):
    """Which spot, and what one knows of it. Without post and shift: the event itself."""

    post_id = Whole(least=1, allow_none=True)
    shift_id = Whole(least=1, allow_none=True)
    wait = fields.Boolean(metadata={"description": "to wait for a place where there is none"})
    despite_clash = fields.Boolean(
        metadata={"description": "though one has signed up for something at the same time"}
    )
    key = repeat_key()


class OtherRequest(SpotRequest):
    """Somebody of one's household by id, or whose card or volunteer number is given."""

    member_id = Whole(least=1)
    member_code = Text(30)

    @ma.validates_schema
    def _one_of(self, data: dict[str, Any], **_: Any) -> None:
        if ("member_id" in data) == ("member_code" in data):
            raise ma.ValidationError(str(lazy_gettext("请填写此项。")), "member_code")


class TeamRequest(SpotRequest):
    team_id = Whole(least=1, required=True)
    member_ids = fields.List(
        Whole(least=1), required=True, validate=ma.validate.Length(max=MOST_IN_A_TEAM)
    )


class _SpotForm(Request):
    """The same from a page, where a spot is one field: ``post-shift``."""

    @ma.pre_load
    def _given(self, typed: Any, **_: Any) -> dict[str, Any]:
        given = {name: value for name, value in typed.items() if value != ""}
        found = _SPOT.fullmatch(given.pop("spot", "-"))
        if not found:
            raise ma.ValidationError(str(lazy_gettext("没有这个选项。")), "spot")
        ids = zip(("post_id", "shift_id"), found.groups(), strict=True)
        return given | {name: value for name, value in ids if value}


class SpotForm(_SpotForm, SpotRequest):
    pass


class OtherForm(_SpotForm, OtherRequest):
    pass


class TeamForm(_SpotForm, SpotRequest):
    team_id = Whole(least=1, required=True)
    member_ids = fields.List(Whole(least=1), load_default=list)

    @ma.pre_load
    def _given(self, typed: Any, **_: Any) -> dict[str, Any]:
        chosen = typed.getlist("member_ids") if hasattr(typed, "getlist") else []
        return {**super()._given(typed), "member_ids": chosen}


class SignUpWithdrawalRequest(Request):
    reason = Text(100, least=0)


class TermsRequest(Request):
    closes_at = Instant(allow_none=True, metadata={"description": "none: until it begins"})
    party_only = fields.Boolean(
        required=True, metadata={"description": "party members only, at any post"}
    )
    party_post_ids = fields.List(
        Whole(least=1), required=True, validate=ma.validate.Length(max=MOST_POSTS)
    )


class TermsForm(TermsRequest):
    """The same from a page, where what was left empty or unticked is not given."""

    @ma.pre_load
    def _given(self, typed: Any, **_: Any) -> dict[str, Any]:
        given = {name: value for name, value in typed.items() if value != ""}
        chosen = typed.getlist("party_post_ids") if hasattr(typed, "getlist") else []
        return {"party_only": False, **given, "party_post_ids": chosen}


class OthersQuery(Request):
    team = Whole(least=1)
    spot = Text(40)


class MineQuery(Request):
    before = Whole(least=1, metadata={"description": "the last sign-up of the page before"})


class SignUpView(View):
    id = fields.Integer()
    event_id = fields.Integer()
    post_id = fields.Integer(allow_none=True)
    shift_id = fields.Integer(allow_none=True)
    member_id = fields.Integer()
    team_id = fields.Integer(allow_none=True)
    state = choice(SignUpState)
    way = choice(SignUpWay)
    asked_at = Instant()
    moved_up_at = Instant(allow_none=True)
    withdrawn_at = Instant(allow_none=True)


class MineView(View):
    sign_up = fields.Nested(SignUpView)
    title = fields.String(attribute="event.title")
    organisation = fields.String()
    place = fields.String()
    starts_at = Instant()
    ends_at = Instant()
    event_state = fields.String(attribute="event.state.value")
    queue = fields.Integer(
        allow_none=True, metadata={"description": "which of those who wait, from 1"}
    )


class AllMineView(View):
    coming = fields.List(fields.Nested(MineView))
    past = fields.List(fields.Nested(MineView))
    next_before = fields.Integer(
        allow_none=True, metadata={"description": "give it as `before` for the page after"}
    )


class SpotView(View):
    post_id = fields.Integer(attribute="spot.post_id", allow_none=True)
    shift_id = fields.Integer(attribute="spot.shift_id", allow_none=True)
    post = fields.String(attribute="post.name", allow_none=True, dump_default=None)
    starts_at = Instant(attribute="demands.starts_at")
    ends_at = Instant(attribute="demands.ends_at")
    closes_at = Instant(attribute="demands.closes_at")
    least_age = fields.Integer(attribute="demands.least_age")
    skills = fields.List(fields.String(), attribute="demands.skills")
    party_only = fields.Boolean(attribute="demands.party_only")
    left = fields.Integer(allow_none=True, metadata={"description": "none: no limit"})
    signed_up = fields.Integer()
    waiting = fields.Integer()
    mine = fields.Boolean()


class ListedView(View):
    sign_up = fields.Nested(SignUpView)
    name = fields.String()
    phone_tail = fields.String()
    team = fields.String()


class EventSignUpsView(View):
    spots = fields.List(fields.Nested(SpotView))
    expected = fields.Integer(metadata={"description": "how many people are signed up"})
    sign_ups = fields.List(
        fields.Nested(ListedView), metadata={"description": "for organisers; else empty"}
    )


class TeamAnswerView(View):
    member_id = fields.Integer()
    sign_up = fields.Nested(SignUpView, allow_none=True)
    refused = fields.String(
        attribute="refused.code", allow_none=True, dump_default=None,
        metadata={"description": "the code of what speaks against it"},
    )  # fmt: skip


class TeamAnswersView(View):
    answers = fields.List(fields.Nested(TeamAnswerView))
