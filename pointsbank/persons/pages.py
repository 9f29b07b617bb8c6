"""Duplicates side by side, leaving, the two steps of an erasure, everything about me."""

import json
import secrets
from datetime import date, datetime
from typing import Any

from flask import flash, redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from pointsbank.access import entrance
from pointsbank.core import clock
from pointsbank.core.actor import Role
from pointsbank.core.database import snapshot, transaction
from pointsbank.core.errors import Invalid, Refused, say
from pointsbank.ledger.rules import DEFAULT_UNITS
from pointsbank.members.rules import LEAVING_NAMES, Leaving
from pointsbank.persons import operations, queries, questions
from pointsbank.persons.questions import Question
from pointsbank.persons.rules import ASKED_NAMES, ERASERS, MERGERS, SIGN_NAMES
from pointsbank.persons.schemas import (
    ComparisonForm,
    DepartureRequest,
    DistinctPairRequest,
    ErasureQuestionRequest,
    ErasureRequest,
    MergeRequest,
    OwnDepartureForm,
    OwnPasswordRequest,
    PageQuery,
    SectionView,
)
from pointsbank.signups import queries as signups
from pointsbank.web import PageBlueprint, actor, allow, form, query
from pointsbank.web.errors import sentence_of, status_of
from pointsbank.web.formats import fact
from pointsbank.web.navigation import Link

pages = PageBlueprint("persons", __name__)
NAVIGATION = (Link("/duplicates", say("重复登记"), 66, frozenset(MERGERS)),)
Page = tuple[str, int]


@pages.context_processor
def _names() -> dict[str, object]:
    return {
        "sign_names": SIGN_NAMES,
        "asked_names": ASKED_NAMES,
        "leaving_names": {one: LEAVING_NAMES[one] for one in (Leaving.LEFT, Leaving.DIED)},
        "unit_names": {unit.code: unit.name for unit in DEFAULT_UNITS},
    }


@pages.app_template_filter()
def told(value: Any) -> Any:
    """A value of a person's data as she reads it; years always, for a file is read for years."""
    if isinstance(value, datetime):
        return f"{clock.local(value):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else fact(value)


@pages.get("/duplicates")
@allow(*MERGERS)
def duplicates() -> Page:
    return _duplicates(query(PageQuery)["page"], None)


def _duplicates(page: int, refused: Refused | None) -> Page:
    with snapshot() as session:
        found = queries.duplicates(session, actor(), page=page)
        merges = queries.merges_in_reach(session, actor(), page=1)
        apart = queries.pairs_told_apart(session, actor())
    shown = render_template(
        "persons/duplicates.html", found=found, merges=merges, apart=apart, page=page,
        pages=-(-found.total // queries.PAGE), typed=request.form, **_told(refused),
    )  # fmt: skip
    return shown, status_of(refused) if refused else 200


@pages.post("/duplicates/comparisons")
@allow(*MERGERS)
def compare_by_number() -> Response | Page:
    """Two records that no sign brings together: one of them has a slip of the pen in its name."""
    try:
        asked = form(ComparisonForm)
        with snapshot() as session:
            one, two = queries.records_by_number(session, actor(), asked["one"], asked["two"])
    except Refused as refused:
        return _duplicates(1, refused)
    return redirect(f"/duplicates/{one}/{two}", 303)


@pages.get("/duplicates/<int:one_id>/<int:two_id>")
@allow(*MERGERS)
def compare(one_id: int, two_id: int) -> Page:
    return _compared(one_id, two_id)


@pages.post("/merges")
@allow(*MERGERS)
def merge() -> Response | Page:
    asked = form(MergeRequest)
    try:
        with transaction() as session:
            merge_id = operations.merge(session, actor(), **asked, at=clock.now()).id
    except Refused as refused:
        return _compared(asked["kept_id"], asked["other_id"], refused=refused)
    said: Any = {"text": gettext("已合并为一份登记。"), "undo_url": f"/merges/{merge_id}/undo"}
    flash(said, "success")
    return redirect("/duplicates", 303)


@pages.post("/merges/<int:merge_id>/undo")
@allow(*MERGERS)
def undo_merge(merge_id: int) -> Response:
    with transaction() as session:
        operations.undo_merge(session, actor(), merge_id=merge_id, at=clock.now())
    flash(gettext("合并已撤销，两份登记恢复原样。"), "success")
    return redirect("/duplicates", 303)


@pages.post("/distinct-pairs")
@allow(*MERGERS)
def tell_apart() -> Response | Page:
    asked = form(DistinctPairRequest)
    try:
        with transaction() as session:
            pair_id = operations.tell_apart(session, actor(), **asked, at=clock.now()).id
    except Refused as refused:
        return _compared(asked["one_id"], asked["two_id"], refused=refused)
    undo_url = f"/distinct-pairs/{pair_id}/withdrawal"
    said: Any = {"text": gettext("已记为不同的两个人，不再提示。"), "undo_url": undo_url}
    flash(said, "success")
    return redirect("/duplicates", 303)


@pages.post("/distinct-pairs/<int:pair_id>/withdrawal")
@allow(*MERGERS)
def take_back_apart(pair_id: int) -> Response:
    with transaction() as session:
        operations.take_back_apart(session, actor(), pair_id=pair_id, at=clock.now())
    flash(gettext("已撤回，这两份登记会再次提示。"), "success")
    return redirect("/duplicates", 303)


@pages.get("/members/<int:member_id>/departure")
@allow(*MERGERS)
def departure(member_id: int) -> Page:
    return _ending("persons/departure.html", member_id, MERGERS)


@pages.post("/members/<int:member_id>/departure")
@allow(*MERGERS)
def leave(member_id: int) -> Response | Page:
    try:
        asked = form(DepartureRequest)
        asked["leaving"] = Leaving(asked["leaving"])
        with transaction() as session:
            operations.leave(session, actor(), member_id=member_id, **asked, at=clock.now())
    except Refused as refused:
        return _ending("persons/departure.html", member_id, MERGERS, refused=refused)
    flash(gettext("已办理退出。"), "success")
    return redirect("/members", 303)


@pages.get("/me/departure")
@allow(Role.VOLUNTEER)
def my_departure() -> Page:
    return _ending("persons/my_departure.html", actor().member_id or 0, ())


@pages.post("/me/departure")
@allow(Role.VOLUNTEER)
def leave_myself() -> Response | Page:
    member_id, today = actor().member_id or 0, clock.today()
    try:
        asked = form(OwnDepartureForm)
        with transaction() as session:
            operations.leave(
                session, actor(), member_id=member_id, leaving=Leaving.LEFT, on=today, **asked,
                at=clock.now(),
            )  # fmt: skip
    except Refused as refused:
        return _ending("persons/my_departure.html", member_id, (), refused=refused)
    return redirect("/sign-in", 303)


@pages.get("/members/<int:member_id>/erasure")
@allow(*ERASERS)
def erasure(member_id: int) -> Page:
    return _ending("persons/erasure.html", member_id, ERASERS)


@pages.post("/members/<int:member_id>/erasure-questions")
@allow(*ERASERS)
def ask_erasure(member_id: int) -> Page:
    """The second question; nothing is done yet."""
    try:
        asked = form(ErasureQuestionRequest)
    except Invalid as refused:
        return _ending("persons/erasure.html", member_id, ERASERS, refused=refused)
    token = questions.put(actor(), member_id, Question(**asked), at=clock.now())
    return _ending("persons/erasure_question.html", member_id, ERASERS, question=token)


@pages.post("/members/<int:member_id>/erasure")
@allow(*ERASERS)
def erase(member_id: int) -> Response | Page:
    given = request.form.get("question", "")
    try:
        asked = form(ErasureRequest)
        told = questions.answered(actor(), member_id, asked.pop("question"), at=clock.now())
        how = {"asked": told.asked, "asked_on": told.asked_on, **asked}
        with transaction() as session:
            operations.erase(session, actor(), member_id=member_id, **how, at=clock.now())
    except Refused as refused:
        page = "persons/erasure_question.html"
        return _ending(page, member_id, ERASERS, refused=refused, question=given)
    flash(gettext("个人信息已删除，账本保留在编号之下。"), "success")
    return redirect("/members", 303)


@pages.get("/me/data")
@allow(Role.VOLUNTEER)
def my_data() -> Page:
    return _data_page()


@pages.post("/me/data")
@allow(Role.VOLUNTEER)
def take_my_data() -> Response | Page:
    """One file that opens in any browser; for programs the same stands in it as JSON."""
    try:
        asked = form(OwnPasswordRequest)
        entrance.prove_again(actor().id, asked["password"], address=actor().address)
        with transaction() as session:
            sections = operations.take_out(session, actor(), at=clock.now())
    except Refused as refused:
        return _data_page(refused=refused)
    return _file(sections)


def _file(sections: list[queries.Section]) -> Response:
    told = json.dumps(SectionView(many=True).dump(sections), ensure_ascii=False)
    # "<" would end the script that holds it, whatever somebody typed into a note
    data = told.replace("<", "\\u003c")
    page = render_template("persons/everything.html", sections=sections, data=data, at=clock.now())
    headers = {"Content-Disposition": f'attachment; filename="my-data-{clock.today()}.html"'}
    return Response(page, mimetype="text/html", headers=headers)


def _data_page(*, refused: Refused | None = None) -> Page:
    page = render_template("persons/my_data.html", **_told(refused))
    return page, status_of(refused) if refused else 200


def _compared(one_id: int, two_id: int, *, refused: Refused | None = None) -> Page:
    with snapshot() as session:
        now = clock.now()
        sides = queries.records_side_by_side(session, actor(), one_id, two_id, at=now)
        both = signups.doubles(session, one_id, two_id, now)
    page = render_template(
        "persons/compare.html", sides=sides, both=both, key=secrets.token_urlsafe(16),
        **_told(refused),
    )  # fmt: skip
    return page, status_of(refused) if refused else 200


def _ending(
    template: str,
    member_id: int,
    roles: tuple[Role, ...],
    *,
    refused: Refused | None = None,
    **shown: Any,
) -> Page:
    with snapshot() as session:
        found = queries.ending(session, actor(), member_id, roles, clock.today())
        points = queries.points_left(session, found)
    page = render_template(
        template, found=found, points=points, today=clock.today(), typed=request.form,
        key=secrets.token_urlsafe(16), **_told(refused), **shown,
    )  # fmt: skip
    return page, status_of(refused) if refused else 200


def _told(refused: Refused | None) -> dict[str, Any]:
    return {
        "refused": sentence_of(refused) if refused else "",
        "errors": refused.fields if isinstance(refused, Invalid) else {},
    }
