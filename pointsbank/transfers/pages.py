"""The transfer inbox, one transfer with what may be done next, and asking for one."""

import secrets
from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from pointsbank.core import clock
from pointsbank.core.actor import Role
from pointsbank.core.database import Session, snapshot, transaction
from pointsbank.core.errors import Invalid, Refused, say
from pointsbank.ledger.rules import DEFAULT_UNITS
from pointsbank.members import queries as members
from pointsbank.members.rules import RELATION_NAMES, Relation
from pointsbank.transfers import operations, queries
from pointsbank.transfers.models import MembershipTransfer
from pointsbank.transfers.rules import (
    SIDE_NAMES,
    STAFF,
    STATE_NAMES,
    STEP_NAMES,
    TRANSFERABLE,
    UNIT_OF,
)
from pointsbank.transfers.schemas import (
    BoxQuery,
    NewQuery,
    StepRequest,
    TransferForm,
    TransferRefusalRequest,
)
from pointsbank.web import PageBlueprint, actor, allow, form, query
from pointsbank.web.errors import sentence_of, status_of
from pointsbank.web.navigation import Link

pages = PageBlueprint("transfers", __name__)
NAVIGATION = (Link("/transfers", say("关系转接"), 52, frozenset({Role.VOLUNTEER, *STAFF})),)
Page = tuple[str, int]


@pages.context_processor
def _names() -> dict[str, object]:
    return {
        "relation_names": {relation: RELATION_NAMES[relation] for relation in TRANSFERABLE},
        "state_names": STATE_NAMES,
        "step_names": STEP_NAMES,
        "side_names": SIDE_NAMES,
        "unit_names": {unit.code: unit.name for unit in DEFAULT_UNITS},
        "unit_of": UNIT_OF,
    }


def _boxes() -> list[str]:
    """Those that the person has: the staff's first."""
    staff = ["incoming", "outgoing"] if actor().roles & set(STAFF) else []
    return staff + (["mine"] if actor().member_id else [])


@pages.get("/transfers")
@allow(Role.VOLUNTEER, *STAFF)
def transfers() -> str:
    asked = query(BoxQuery)
    boxes = _boxes()
    name = asked["box"] if asked.get("box") in boxes else boxes[0]
    with snapshot() as session:
        found = {
            box: queries.box(session, actor(), box, page=asked["page"] if box == name else 1)
            for box in boxes
        }
    return render_template(
        "transfers/transfers.html", boxes=found, name=name, page=asked["page"],
        pages=-(-found[name].total // queries.PAGE),
    )  # fmt: skip


@pages.get("/transfers/new")
@allow(Role.VOLUNTEER, *STAFF)
def new() -> Page:
    return _new_page(query(NewQuery))


@pages.post("/transfers")
@allow(Role.VOLUNTEER, *STAFF)
def ask() -> Response | Page:
    try:
        asked = form(TransferForm)
        number, name = asked["number"], asked["name"]
        wish = {field: asked[field] for field in ("to_org_id", "note", "key")}
        relation = Relation(asked["relation"])
        with transaction() as session:
            whom = queries.whom(session, actor(), number, name)
            transfer_id = operations.request(
                session, actor(), member_id=whom, relation=relation, **wish, at=clock.now()
            ).id
    except Refused as refused:
        return _new_page(_asked_before(), refused=refused)
    flash(gettext("申请已提交。"), "success")
    return redirect(f"/transfers/{transfer_id}", 303)


@pages.get("/transfers/<int:transfer_id>")
@allow(Role.VOLUNTEER, *STAFF)
def transfer(transfer_id: int) -> Page:
    return _transfer_page(transfer_id)


@pages.post("/transfers/<int:transfer_id>/consent")
@allow(Role.VOLUNTEER, *STAFF)
def consent(transfer_id: int) -> Response | Page:
    return _step(operations.consent, transfer_id, StepRequest, gettext("已登记本人同意。"))


@pages.post("/transfers/<int:transfer_id>/acceptance")
@allow(*STAFF)
def accept(transfer_id: int) -> Response | Page:
    return _step(operations.accept, transfer_id, StepRequest, gettext("已接收，关系已转入。"))


@pages.post("/transfers/<int:transfer_id>/refusal")
@allow(Role.VOLUNTEER, *STAFF)
def refuse(transfer_id: int) -> Response | Page:
    return _step(
        operations.refuse, transfer_id, TransferRefusalRequest, gettext("已回复不予通过。")
    )


@pages.post("/transfers/<int:transfer_id>/withdrawal")
@allow(Role.VOLUNTEER, *STAFF)
def withdraw(transfer_id: int) -> Response | Page:
    return _step(operations.withdraw, transfer_id, StepRequest, gettext("申请已撤回。"))


def _step(
    verb: Callable[..., MembershipTransfer], transfer_id: int, schema: Any, said: str
) -> Response | Page:
    try:
        asked = form(schema)
        with transaction() as session:
            verb(session, actor(), transfer_id=transfer_id, **asked, at=clock.now())
    except Refused as refused:
        return _transfer_page(transfer_id, refused=refused)
    flash(said, "success")
    return redirect(f"/transfers/{transfer_id}", 303)


def _transfer_page(transfer_id: int, *, refused: Refused | None = None) -> Page:
    with snapshot() as session:
        found = queries.transfer_seen_by(session, actor(), transfer_id)
        steps = queries.steps_of(session, transfer_id)
        forecast = queries.forecast(session, found.transfer, clock.today())
    page = render_template(
        "transfers/transfer.html",
        found=found,
        steps=steps,
        forecast=forecast,
        may=queries.steps_open_to(actor(), found.transfer, steps),
        is_mine=actor().member_id == found.transfer.member_id,
        key=secrets.token_urlsafe(16),
        refused=sentence_of(refused) if refused else "",
        errors=refused.fields if isinstance(refused, Invalid) else {},
    )
    return page, status_of(refused) if refused else 200


def _new_page(asked: dict[str, Any], *, refused: Refused | None = None) -> Page:
    ways = [way for way, box in _WAYS.items() if box in _boxes()]
    way = asked["way"] if asked["way"] in ways else ways[0]
    within = actor().reach(*STAFF) if way == "in" else None
    relation = Relation(asked["relation"])
    searched = bool(asked["q"]) or way == "in"
    with snapshot() as session:
        places = queries.places_named(session, relation, asked["q"], within) if searched else []
        typed = request.form or _named(session, asked["member_id"])
    page = render_template(
        "transfers/new.html",
        ways=ways, way=way, asked=asked, places=places, searched=searched,
        typed=typed, most=queries.MOST_PLACES, key=secrets.token_urlsafe(16),
        refused=sentence_of(refused) if refused else "",
        errors=refused.fields if isinstance(refused, Invalid) else {},
    )  # fmt: skip
    return page, status_of(refused) if refused else 200


def _named(session: Session, member_id: int) -> dict[str, str]:
    """Number and name of her from whose page staff came. Refuses: NoSuchMember."""
    if not member_id:
        return {}
    whom = members.member_seen_by(session, actor(), member_id)
    return {"number": whom.number, "name": whom.name}


_WAYS = {"in": "incoming", "out": "outgoing", "mine": "mine"}


def _asked_before() -> dict[str, Any]:
    """What the form had been opened with, so that a refusal shows it again; else a new form."""
    typed = request.form
    found = [relation for relation in TRANSFERABLE if relation == typed.get("relation")]
    return {
        "member_id": 0,
        "way": typed.get("way", "mine"),
        "relation": found[0] if found else Relation.RESIDENCE,
        "q": "".join(letter for letter in typed.get("q", "")[:40] if letter.isprintable()),
    }
