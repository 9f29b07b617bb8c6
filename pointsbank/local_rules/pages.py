"""The local rules of an organisation: what holds, and the form by which its secretary adopts one.

Every form is posted twice: first it says what will change for whom, then it happens.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from pointsbank.core import clock
from pointsbank.core.database import Session, snapshot, transaction
from pointsbank.core.errors import Forbidden, Invalid, Refused
from pointsbank.local_rules import operations, queries
from pointsbank.local_rules.rules import (
    ADOPTERS,
    RuleBackdated,
    RuleKind,
    changes,
    differing,
)
from pointsbank.local_rules.rules import LaterRuleStands as LaterStands
from pointsbank.local_rules.schemas import FormQuery, RecallForm, ReturnForm, adoption_of, boxes_of
from pointsbank.orgs.models import Organisation
from pointsbank.orgs.queries import organisation
from pointsbank.web import SIGNED_IN, PageBlueprint, actor, allow, form, query
from pointsbank.web.errors import sentence_of, status_of

pages = PageBlueprint("local_rules", __name__)

ONE = "/organisations/<int:org_id>/local-rules"
Page = tuple[str, int]


@pages.get(ONE)
@allow(SIGNED_IN)
def local_rules(org_id: int) -> str:
    with snapshot() as session:
        org = organisation(session, org_id)
        held = queries.holdings(session, org_id, clock.today())
    mine = [each for each in held if _may_adopt(each.kind, org)]
    return render_template(
        "local_rules/local_rules.html",
        org=org, holdings=held, mine=mine, changes=changes, differing=differing,
        day_before=_day_before, today=clock.today(),
    )  # fmt: skip


def _may_adopt(kind: RuleKind, org: Organisation) -> bool:
    reachable = org.closed_on is None and (org.parent_id is None or not kind.bank_wide)
    return reachable and actor().may(*kind.adopters, org_id=org.id)


def _day_before(day: Any) -> Any:
    return day - timedelta(days=1)


@pages.get(f"{ONE}/<path>/new")
@allow(*ADOPTERS)
def prepare(org_id: int, path: str) -> Page:
    """The form, filled with what was decided last here or holds today, or with a preset."""
    asked = query(FormQuery)
    kind = queries.rule_kind(path, asked["part"])
    with snapshot() as session:
        held = _held(session, kind, asked["part"], org_id)
        presets = kind.presets_for(held.part)
        chosen = asked.get("preset")
        terms = held.own[0].terms if held.has_own else held.terms
        if chosen is not None and chosen < len(presets):
            terms = presets[chosen][1]
        return _form(session, org_id, held, boxes_of(kind, terms), chosen=chosen)


def _held(session: Session, kind: RuleKind, part: str, org_id: int) -> queries.Holding:
    """The rule as it stands, for who may adopt another. Refuses: NoSuchOrganisation, Forbidden."""
    if not _may_adopt(kind, organisation(session, org_id)):
        raise Forbidden
    return queries.holding(session, kind, part, org_id, clock.today())


@pages.post(f"{ONE}/<path>/new")
@allow(*ADOPTERS)
def adopt(org_id: int, path: str) -> Response | Page:
    """A new version."""
    typed = request.form.to_dict()
    kind = queries.rule_kind(path, part := typed.get("part", ""))
    try:
        asked = adoption_of(kind, org_id, typed)
        return _taken(_Step(kind, part, kind.adopt, asked, gettext("新规则已定。")))
    except Refused as refused:
        with snapshot() as session:
            return _form(session, org_id, _held(session, kind, part, org_id), typed, refused)


@pages.post(f"{ONE}/<path>/return")
@allow(*ADOPTERS)
def follow_above(org_id: int, path: str) -> Response | Page:
    """From a day on the rule above decides again."""
    kind = queries.rule_kind(path, part := request.form.get("part", ""))
    told = gettext("已定为恢复执行上级的规则。")
    try:
        asked = {
            "kind": kind,
            "part": part,
            "org_id": org_id,
            "from_on": form(ReturnForm)["from_on"],
        }
        return _taken(_Step(kind, part, operations.follow_above, asked, told))
    except Refused as refused:
        with snapshot() as session:
            held = _held(session, kind, part, org_id)
            return _form(session, org_id, held, boxes_of(kind, held.terms), refused)


@pages.post(f"{ONE}/<path>/recalls")
@allow(*ADOPTERS)
def recall(org_id: int, path: str) -> Response | Page:
    """A version that has not begun is taken back."""
    given = form(RecallForm)
    kind = queries.rule_kind(path, part := given["part"])
    asked = {"kind": kind, "part": part, "org_id": org_id, "version": given["version"]}
    told = gettext("已撤回，原来的规则继续执行。")
    return _taken(_Step(kind, part, operations.recall, asked, told))


@dataclass(frozen=True, slots=True)
class _Step:
    """What is to become of a rule: a verb of operations, with what it is asked; ``told`` once it is
    done.
    """

    kind: RuleKind
    part: str
    verb: Callable[..., Any]
    asked: Mapping[str, Any]
    told: str

    def take(self, session: Session) -> Any:
        return self.verb(session, actor(), **self.asked, at=clock.now())


def _taken(step: _Step) -> Response | Page:
    """What will change; where that is confirmed, it happens."""
    org_id = step.asked["org_id"]
    with transaction() as session:
        if not request.form.get("confirmed"):
            return _preview(session, step, org_id)
        step.take(session)
    flash(step.told, "success")
    address = f"/organisations/{org_id}/local-rules#{step.kind.path}-{step.part}"
    return redirect(address, 303)


def _form(
    session: Session,
    org_id: int,
    held: queries.Holding,
    typed: Mapping[str, str],
    refused: Refused | None = None,
    *,
    chosen: int | None = None,
) -> Page:
    errors = refused.fields if isinstance(refused, Invalid) else {}
    dated = isinstance(refused, RuleBackdated | LaterStands)
    if refused and dated:
        errors = {"from_on": [sentence_of(refused)]}
    page = render_template(
        "local_rules/new.html",
        org=organisation(session, org_id), held=held, typed=typed, errors=errors, chosen=chosen,
        earliest=_earliest(held), presets=held.kind.presets_for(held.part),
        sentence="" if dated or not refused else sentence_of(refused),
    )  # fmt: skip
    return page, status_of(refused) if refused else 200


def _earliest(held: queries.Holding) -> Any:
    """The first day from which the organisation's next version may hold."""
    last = held.own[0].from_on + timedelta(days=1) if held.own else clock.today()
    return max(last, clock.today())


def _preview(session: Session, step: _Step, org_id: int) -> Page:
    """What a step changes, against what would hold on its first day without it.

    It is done and taken back, so that nothing is refused only when it is confirmed.
    """
    kind, part = step.kind, step.part
    with session.begin_nested() as trial:
        done = step.take(session)
        on = step.asked.get("from_on") or done.from_on
        after = dict(queries.holding(session, kind, part, org_id, on).terms)
        trial.rollback()
    held = queries.holding(session, kind, part, org_id, on)
    before = held.terms
    page = render_template(
        "local_rules/preview.html",
        org=organisation(session, org_id), held=held, on=on, typed=request.form.to_dict(),
        url=request.path, before_terms=before, after_terms=after,
        changes=changes(kind, before, after), terms=differing(kind, before, after),
    )  # fmt: skip
    return page, 200
