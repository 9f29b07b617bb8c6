"""What a person asks of her passbook, and what a program gets of it."""

from typing import Any

import marshmallow as ma
from flask_babel import lazy_gettext

from pointsbank.ledger.rules import MINUTES, MORALITY, PARTY, CapWindow
from pointsbank.passbook.rules import Whose
from pointsbank.web.schemas import Day, Instant, Request, View, Whole, choice

UNITS = (MINUTES, MORALITY, PARTY)


class StatementQuery(Request):
    unit = ma.fields.String(
        load_default=MORALITY,
        validate=ma.validate.OneOf(UNITS, error=lazy_gettext("没有这个选项。")),
    )
    whose = choice(
        Whose,
        load_default=Whose.OWN,
        metadata={"description": "own: hers; household: those of her household"},
    )
    since = Day(metadata={"description": "only what is dated on this day or later"})
    until = Day(metadata={"description": "only what is dated on this day or earlier"})
    before = Whole(least=1, metadata={"description": "next_before of the page before this one"})

    @ma.validates_schema
    def _in_order(self, data: dict[str, Any], **_: Any) -> None:
        if "since" in data and "until" in data and data["until"] < data["since"]:
            raise ma.ValidationError({"until": [lazy_gettext("结束日期不能早于开始日期。")]})


class StarView(View):
    star = ma.fields.Integer()
    minutes = ma.fields.Integer(metadata={"description": "counted in the ladder's window"})
    next_star = ma.fields.Integer(allow_none=True)
    minutes_to_next = ma.fields.Integer(allow_none=True)


class CodeView(View):
    digits = ma.fields.String(metadata={"description": "good for this minute and two more"})
    seconds_left = ma.fields.Integer(metadata={"description": "until there is a newer one"})
    card_tail = ma.fields.String(metadata={"description": "the last four of her printed card"})


class BalancesView(View):
    balances = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.Integer(),
        metadata={"description": "by unit: minutes, morality, party"},
    )
    household = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.Integer(),
        metadata={"description": "her household's, by unit; empty where it has no account"},
    )
    standing = ma.fields.Nested(StarView)


class StoryView(View):
    title = ma.fields.String()
    detail = ma.fields.String()
    url = ma.fields.String()


class ClipView(View):
    """What a points rule's cap took of an activity's points."""

    unit = ma.fields.String()
    window = choice(CapWindow)
    most = ma.fields.Integer(metadata={"description": "points in the window"})
    used = ma.fields.Integer(metadata={"description": "points that had counted before"})
    asked = ma.fields.Integer(metadata={"description": "what it would have been"})
    amount = ma.fields.Integer(metadata={"description": "what was posted"})


class LineView(View):
    id = ma.fields.Integer(attribute="entry.id")
    unit = ma.fields.String()
    amount = ma.fields.Integer(attribute="entry.amount", metadata={"description": "signed"})
    balance = ma.fields.Integer(attribute="entry.balance", metadata={"description": "after it"})
    effective_on = ma.fields.Date(attribute="entry.effective_on")
    recorded_at = Instant(attribute="entry.recorded_at")
    reason = ma.fields.String(attribute="entry.reason")
    category = ma.fields.String(attribute="entry.category")
    origin_kind = ma.fields.String(attribute="entry.origin_kind")
    origin_id = ma.fields.Integer(attribute="entry.origin_id")
    rule = ma.fields.String(attribute="entry.rule")
    rule_version = ma.fields.Integer(
        allow_none=True, metadata={"description": "null where no adopted rule decided"}
    )
    actor_kind = ma.fields.String(attribute="entry.actor_kind")
    actor_name = ma.fields.String(metadata={"description": "empty for the program itself"})
    relative = ma.fields.String(
        allow_none=True,
        metadata={"description": "of a household's entry: who served; empty if no longer of it"},
    )
    reverses = ma.fields.Integer(attribute="entry.reverses", allow_none=True)
    reversed_by = ma.fields.Integer(attribute="entry.reversed_by", allow_none=True)
    story = ma.fields.Nested(StoryView, allow_none=True)
    clip = ma.fields.Nested(ClipView, allow_none=True)


class PeriodFiguresView(View):
    opening = ma.fields.Integer()
    came = ma.fields.Integer(metadata={"description": "less what of it was reversed"})
    went = ma.fields.Integer(metadata={"description": "less what of it was reversed"})
    closing = ma.fields.Integer()


class StatementView(View):
    period = ma.fields.Nested(
        PeriodFiguresView,
        allow_none=True,
        metadata={"description": "of since to until; null without either"},
    )
    lines = ma.fields.List(ma.fields.Nested(LineView))
    next_before = ma.fields.Integer(allow_none=True)
