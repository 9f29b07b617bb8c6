"""Pages of the organiser's other ways: ticking names, walk-ins, and sign-in sheets on paper."""

import secrets
from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from pointsbank.attendance import operations, queries, sheets, walkins
from pointsbank.attendance.door_pages import held, tell
from pointsbank.attendance.operations import Sent
from pointsbank.attendance.results import results
from pointsbank.attendance.rules import EnteredLine
from pointsbank.attendance.schemas import (
    MatchForm,
    NamesQuery,
    SearchForm,
    SheetForm,
    SheetLinesForm,
    TickForm,
    WalkInForm,
)
from pointsbank.attendance.words import SCREENS
from pointsbank.core import clock
from pointsbank.core.actor import Scope
from pointsbank.core.database import snapshot, transaction
from pointsbank.core.errors import Refused
from pointsbank.events.rules import ORGANISERS
from pointsbank.hours.rules import Way
from pointsbank.web import PageBlueprint, actor, allow, form, query
from pointsbank.web.errors import sentence_of, status_of
from pointsbank.web.requests import opened_text, sealed_text

pages = PageBlueprint("sheets", __name__)


@pages.context_processor
def _words() -> dict[str, Any]:
    return {"screens": SCREENS}


@pages.get("/events/<int:event_id>/names")
@allow(*ORGANISERS, Scope.AT_DOOR)
def names(event_id: int) -> str:
    """Everybody who may be ticked, who signed up first; sought by part of a name or the number."""
    asked = query(NamesQuery)
    sought = opened_text(asked.get("q", ""))
    with snapshot() as session:
        found = held(session, event_id)
        return render_template(
            "attendance/names.html",
            event=found,
            rows=queries.names(session, found, sought=sought),
            most=queries.MOST_NAMES,
            sought=sought,
            q=asked.get("q", ""),
            walk_ins=walkins.unmatched(session, event_id),
            key=secrets.token_urlsafe(18),
        )


@pages.post("/events/<int:event_id>/names")
@allow(*ORGANISERS, Scope.AT_DOOR)
def search_names(event_id: int) -> Response:
    """A search, whose words stand in no address."""
    sought = form(SearchForm).get("sought", "")
    with snapshot() as session:
        held(session, event_id)
    return redirect(f"/events/{event_id}/names?q={sealed_text(sought)}", 303)


@pages.post("/events/<int:event_id>/ticks")
@allow(*ORGANISERS, Scope.AT_DOOR)
def tick(event_id: int) -> Response:
    """One tap: she is in, or out. With a reason it is a companion who says so."""
    asked, now = form(TickForm), clock.now()
    way = Way.COMPANION if asked.get("reason") else Way.ROSTER
    sent = Sent(
        asked["key"], now, asked["kind"], way, "", asked["member_id"], 0, asked.get("reason", "")
    )
    with transaction() as session:
        [taken] = operations.take_scans(
            session, actor(), event_id=event_id, sent_at=now, scans=[sent], at=now
        )
        [told] = results(session, event_id, [taken])
    tell(event_id, told)
    return redirect(f"/events/{event_id}/names?q={asked.get('q', '')}", 303)


@pages.post("/events/<int:event_id>/scans/<scan_id>/undo")
@allow(*ORGANISERS, Scope.AT_DOOR)
def undo(event_id: int, scan_id: str) -> Response:
    try:
        with transaction() as session:
            operations.undo_scan(
                session, actor(), event_id=event_id, scan_id=scan_id, at=clock.now()
            )
        flash(gettext("已撤销"), "success")
    except Refused as refused:
        _told(refused)
    return redirect(f"/events/{event_id}/attendance", 303)


@pages.post("/events/<int:event_id>/walk-ins")
@allow(*ORGANISERS, Scope.AT_DOOR)
def note_walk_in(event_id: int) -> Response:
    try:
        asked = form(WalkInForm)
        with transaction() as session:
            operations.note_walk_in(session, actor(), event_id=event_id, **asked, at=clock.now())
        flash(gettext("已登记为临时参加，以后可对应到志愿者。"), "success")
    except Refused as refused:
        _told(refused)
    return redirect(f"/events/{event_id}/names", 303)


@pages.post("/events/<int:event_id>/walk-ins/<int:walk_in_id>/leaving")
@allow(*ORGANISERS, Scope.AT_DOOR)
def walk_in_left(event_id: int, walk_in_id: int) -> Response:
    return _settle(event_id, operations.walk_in_left, walk_in_id, gettext("签退成功"))


@pages.post("/events/<int:event_id>/walk-ins/<int:walk_in_id>/match")
@allow(*ORGANISERS)
def match_walk_in(event_id: int, walk_in_id: int) -> Response:
    """What her times count, the page says: after the event's close they wait for review."""
    try:
        asked = form(MatchForm)
        with transaction() as session:
            taken = operations.match_walk_in(
                session, actor(), walk_in_id=walk_in_id, **asked, at=clock.now()
            )
    except Refused as refused:
        _told(refused)
    else:
        screen = SCREENS[taken[-1].verdict]
        told = gettext("已对应到志愿者：%(headline)s", headline=gettext(screen.headline))
        flash(told, "success" if screen.tone == "green" else "warning")
    return redirect(f"/events/{event_id}/names", 303)


@pages.post("/events/<int:event_id>/walk-ins/<int:walk_in_id>/dismissal")
@allow(*ORGANISERS)
def dismiss_walk_in(event_id: int, walk_in_id: int) -> Response:
    told = gettext("已删除这条登记的姓名和手机号。")
    return _settle(event_id, operations.dismiss_walk_in, walk_in_id, told)


def _settle(event_id: int, verb: Any, walk_in_id: int, told: str) -> Response:
    try:
        with transaction() as session:
            verb(session, actor(), walk_in_id=walk_in_id, at=clock.now())
        flash(told, "success")
    except Refused as refused:
        _told(refused)
    return redirect(f"/events/{event_id}/names", 303)


@pages.get("/events/<int:event_id>/sheets")
@allow(*ORGANISERS)
def all_sheets(event_id: int) -> str:
    with snapshot() as session:
        return render_template(
            "attendance/sheets.html",
            event=held(session, event_id),
            rows=sheets.sheets_of(session, event_id),
            key=secrets.token_urlsafe(12),
        )


@pages.post("/events/<int:event_id>/sheets")
@allow(*ORGANISERS)
def make_sheet(event_id: int) -> Response:
    try:
        asked = form(SheetForm)
        with transaction() as session:
            made = operations.make_sheet(
                session, actor(), event_id=event_id, **asked, at=clock.now()
            )
        told = gettext("第 %(number)s 号签到表可以打印了。", number=made.number)
        flash(told, "success")
    except Refused as refused:
        _told(refused)
    return redirect(f"/events/{event_id}/sheets", 303)


@pages.get("/events/<int:event_id>/sheets/<int:number>.pdf")
@allow(*ORGANISERS)
def sheet_pdf(event_id: int, number: int) -> Response:
    with snapshot() as session:
        found = held(session, event_id)
        content = sheets.pdf(session, found, sheets.sheet_of(session, event_id, number))
    headers = {"Content-Disposition": f'inline; filename="sheet-{found.code}-{number}.pdf"'}
    return Response(content, mimetype="application/pdf", headers=headers)


@pages.get("/events/<int:event_id>/sheets/<int:number>")
@allow(*ORGANISERS)
def sheet(event_id: int, number: int) -> str:
    """The page on which a sheet is entered: its QR code opens it."""
    return _sheet_page(event_id, number, {}, "")


@pages.post("/events/<int:event_id>/sheets/<int:number>")
@allow(*ORGANISERS)
def enter_sheet(event_id: int, number: int) -> Response | tuple[str, int]:
    try:
        lines = SheetLinesForm().lines(request.form)
        with transaction() as session:
            told = operations.enter_sheet(
                session, actor(), event_id=event_id, number=number, lines=lines, at=clock.now()
            )
    except Refused as refused:
        if status_of(refused) in {403, 404}:
            raise
        page = _sheet_page(event_id, number, request.form.to_dict(), sentence_of(refused))
        return page, status_of(refused)
    _tell_of_sheet(number, told)
    return redirect(f"/events/{event_id}/sheets", 303)


def _tell_of_sheet(number: int, told: Sequence[EnteredLine]) -> None:
    done = gettext(
        "第 %(number)s 号签到表已录入，共 %(count)s 行。", number=number, count=len(told)
    )
    flash(done, "success")
    missed = "、".join(str(one.line) for one in told if SCREENS[one.verdict].tone == "red")
    if missed:
        flash(gettext("这些行没有计入，请核对：%(lines)s", lines=missed), "warning")


def _sheet_page(event_id: int, number: int, typed: dict[str, str], sentence: str) -> str:
    with snapshot() as session:
        found = held(session, event_id)
        shown = sheets.sheet_of(session, event_id, number)
        return render_template(
            "attendance/sheet.html",
            event=found,
            sheet=shown,
            named=sheets.named_lines(session, shown),
            typed=typed,
            sentence=sentence,
        )


def _told(refused: Refused) -> None:
    if status_of(refused) == 403:
        raise refused
    flash(sentence_of(refused), "error")
