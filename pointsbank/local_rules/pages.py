"""The local rules of an organisation: what holds, and the form by which its secretary adopts one.

The form is posted twice: first it says what will change for whom, then it happens.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from pointsbank.core import clock
from pointsbank.core.database import Session, snapshot, transaction
from pointsbank.core.errors import Forbidden, Invalid, Refused
from pointsbank.local_rules import queries
from pointsbank.local_rules.rules import (
    ADOPTERS,
    RuleBackdated,
    RuleKind,
    changes,
    differing,
)
from pointsbank.local_rules.rules import LaterRuleStands as LaterStands
from pointsbank.local_rules.schemas import FormQuery, adoption_of, boxes_of
from pointsbank.orgs.models import Organisation
from pointsbank.orgs.queries import organisation
from pointsbank.web import SIGNED_IN, PageBlueprint, actor, allow, query
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
        day_before=_day_before,
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
        terms = held.own[0].terms if held.own else held.terms
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
    """What will change; where that is confirmed, it happens."""
    typed = request.form.to_dict()
    kind = queries.rule_kind(path, part := typed.get("part", ""))
    try:
        asked = adoption_of(kind, org_id, typed)
        with transaction() as session:
            if "confirmed" not in typed:
                return _preview(session, kind, part, asked, typed)
            kind.adopt(session, actor(), **asked, at=clock.now())
    except Refused as refused:
        with snapshot() as session:
            return _form(session, org_id, _held(session, kind, part, org_id), typed, refused)
    flash(gettext("新规则已定。"), "success")
    return redirect(f"/organisations/{org_id}/local-rules#{path}-{part}", 303)


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


def _preview(
    session: Session,
    kind: RuleKind,
    part: str,
    asked: Mapping[str, Any],
    typed: Mapping[str, str],
) -> Page:
    """What the new version changes, against what would hold on its first day without it.

    It is adopted and taken back, so that nothing is refused only when it is confirmed.
    """
    org, on = organisation(session, asked["org_id"]), asked["from_on"]
    before = queries.holding(session, kind, part, org.id, on)
    with session.begin_nested() as trial:
        kind.adopt(session, actor(), **asked, at=clock.now())
        trial.rollback()
    after = {term.name: asked[term.name] for term in kind.terms}
    page = render_template(
        "local_rules/preview.html",
        org=org, held=before, on=on, typed=typed, after_terms=after,
        changes=changes(kind, before.terms, after), terms=differing(kind, before.terms, after),
    )  # fmt: skip
    return page, 200
