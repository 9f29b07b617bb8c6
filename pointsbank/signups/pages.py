"""Pages of sign-ups: my activities, an event's list, signing up others; calendars."""

import secrets
from typing import Any

from flask import Response as FlaskResponse
from flask import flash, redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from pointsbank.access.entrance import reading_codes
from pointsbank.access.queries import token_digest
from pointsbank.core import bank, clock
from pointsbank.core.actor import Role
from pointsbank.core.database import snapshot, transaction
from pointsbank.core.errors import Refused, say
from pointsbank.events.queries import event as event_seen
from pointsbank.events.rules import ORGANISERS, STATE_NAMES
from pointsbank.members.queries import own_ids
from pointsbank.signups import calendars, mine, operations, queries, roster
from pointsbank.signups.feed import MIME
from pointsbank.signups.operations import Answer, Asked
from pointsbank.signups.rules import (
    SIGN_UP_NAMES,
    SIGN_UP_STATES,
    SIGNERS,
    WAY_NAMES,
    Full,
    SignUpNotFound,
    SignUpState,
    TheirTimesClash,
    TimesClash,
)
from pointsbank.signups.schemas import (
    MineQuery,
    OtherForm,
    OthersQuery,
    SignUpWithdrawalRequest,
    SpotForm,
    TeamForm,
    TermsForm,
)
from pointsbank.signups.shown import shown_spots
from pointsbank.web import ANYONE, SIGNED_IN, PageBlueprint, actor, allow, form, query
from pointsbank.web.errors import sentence_of, status_of
from pointsbank.web.navigation import Link

pages = PageBlueprint("signups", __name__)
NAVIGATION = (Link("/sign-ups", say("我的报名"), 21, frozenset({Role.VOLUNTEER})),)
Page = tuple[str, int]


@pages.context_processor
def _words() -> dict[str, Any]:
    return {"state_names": SIGN_UP_NAMES, "way_names": WAY_NAMES, "event_states": STATE_NAMES}


@pages.get("/sign-ups")
@allow(Role.VOLUNTEER)
def sign_ups() -> str:
    asked, me, now = query(MineQuery), actor().member_id or 0, clock.now()
    with snapshot() as session:
        past = mine.past(session, me, now, **asked)
        return render_template(
            "signups/mine.html",
            coming=mine.coming(session, me, now),
            past=past,
            paged=bool(asked),
            more=len(past) == mine.PAGE,
            address=queries.calendar_address(session, me),
            token="",
        )


@pages.post("/events/<int:event_id>/sign-ups")
@allow(*SIGNERS)
def sign_up(event_id: int) -> Response | Page:
    asked = Asked(event_id, **form(SpotForm))
    try:
        with transaction() as session:
            answer = operations.sign_up(session, actor(), asked=asked, at=clock.now())
        _tell(answer)
    except Refused as refused:
        return _not_yet(event_id, refused)
    return redirect(f"/events/{event_id}", 303)


def _tell(answer: Answer) -> None:
    assert answer.sign_up  # noqa: S101 - what was refused was raised
    seated = answer.sign_up.state is SignUpState.SIGNED_UP
    told = (
        gettext("报名成功，到时请来。") if seated else gettext("已列入候补，有空位会自动转为报名。")
    )
    flash(gettext("已经报过名了。") if answer.repeated else told, "success")


def _not_yet(event_id: int, refused: Refused) -> Response | Page:
    """Why not, and, where she may know better, the same form with her word that she does."""
    if status_of(refused) not in {409, 422}:
        raise refused
    again = {TimesClash: "despite_clash", TheirTimesClash: "despite_clash", Full: "wait"}
    known = again.get(type(refused))
    if known is None:
        flash(sentence_of(refused), "error")
        return redirect(f"/events/{event_id}", 303)
    page = render_template(
        "signups/knowingly.html",
        event_id=event_id,
        sentence=sentence_of(refused),
        known=known,
        action=request.path,
        typed={name: value for name, value in request.form.items() if name != "csrf_token"},
        key=secrets.token_urlsafe(9),
    )
    return page, status_of(refused)


@pages.post("/sign-ups/<int:sign_up_id>/withdrawal")
@allow(*SIGNERS)
def withdraw(sign_up_id: int) -> Response:
    asked = form(SignUpWithdrawalRequest)
    with snapshot() as session:
        event, whose = queries.event_of(session, sign_up_id)
        hers = whose in own_ids(session, actor())
    try:
        with transaction() as session:
            operations.withdraw(session, actor(), sign_up_id=sign_up_id, **asked, at=clock.now())
        flash(gettext("已退出报名。"), "success")
    except Refused as refused:
        if status_of(refused) != 409:
            raise
        flash(sentence_of(refused), "error")
    runs = actor().may(*ORGANISERS, org_id=event.org_id)
    page = "" if hers else "/sign-ups" if runs else "/sign-ups/new"
    return redirect(f"/events/{event.id}{page}", 303)


@pages.get("/events/<int:event_id>/sign-ups")
@allow(*ORGANISERS)
def of_event(event_id: int) -> str:
    with snapshot() as session:
        found = event_seen(session, actor(), event_id)
        actor().require(*ORGANISERS, org_id=found.org_id)
        offered = queries.offer(session, found)
        return render_template(
            "signups/event_sign_ups.html",
            event=found,
            groups=roster.groups(session, found),
            expected=queries.expected(session, event_id),
            open=found.state in SIGN_UP_STATES,
            posts=list(offered.posts.values()),
            terms=offered.terms,
            asked={"closes_at": _typed(offered.terms)},
        )


def _typed(terms: Any) -> str:
    own = terms.get(None)
    return f"{clock.local(own.closes_at):%Y-%m-%dT%H:%M}" if own and own.closes_at else ""


@pages.post("/events/<int:event_id>/sign-up-terms")
@allow(*ORGANISERS)
def set_terms(event_id: int) -> Response:
    asked = form(TermsForm)
    try:
        with transaction() as session:
            operations.set_terms(session, actor(), event_id=event_id, **asked, at=clock.now())
        flash(gettext("报名要求已保存。"), "success")
    except Refused as refused:
        if status_of(refused) not in {409, 422}:
            raise
        flash(sentence_of(refused), "error")
    return redirect(f"/events/{event_id}/sign-ups", 303)


@pages.post("/events/<int:event_id>/roster")
@allow(*ORGANISERS)
def print_roster(event_id: int) -> Response:
    with transaction() as session:
        content = roster.print_roster(session, actor(), event_id=event_id, at=clock.now())
    headers = {"Content-Disposition": 'inline; filename="roster.pdf"'}
    return FlaskResponse(content, mimetype="application/pdf", headers=headers)


@pages.get("/events/<int:event_id>/sign-ups/new")
@allow(*SIGNERS)
def others(event_id: int) -> str:
    return _others_page(event_id, query(OthersQuery))


def _others_page(event_id: int, asked: dict[str, Any], answers: list[Answer] | None = None) -> str:
    """Whom one may sign up: a team of one's own, one's household, or as an organiser by card."""
    now = clock.now()
    with snapshot() as session:
        found = event_seen(session, actor(), event_id)
        teams = queries.team_choices(session, actor())
        team_id = asked.get("team")
        may_have = {one for one, _ in teams}
        people = queries.of_team(session, team_id, now) if team_id in may_have else []
        relatives = queries.relatives(session, actor().member_id)
        may_run = actor().may(*ORGANISERS, org_id=found.org_id)
        # Who runs the event has the whole list.
        whose = {} if may_run else {"member_ids": [r.id for r in relatives], "team_ids": may_have}
        return render_template(
            "signups/others.html",
            event=found,
            open=found.state in SIGN_UP_STATES,
            spots=shown_spots(session, queries.offer(session, found), (), now),
            spot=asked.get("spot", ""),
            teams=teams,
            team_id=team_id if team_id in may_have else None,
            people=people,
            answers={one.member_id: one for one in answers or []},
            relatives=relatives,
            signed_up=queries.listed_for(session, event_id, **whose) if whose else [],
            may_run=may_run,
            key=secrets.token_urlsafe(9),
        )


@pages.post("/events/<int:event_id>/companion-sign-ups")
@allow(*SIGNERS)
def sign_up_other(event_id: int) -> Response | Page:
    given, now = form(OtherForm), clock.now()
    member_id, code = given.pop("member_id", 0), given.pop("member_code", "")
    try:
        with reading_codes(actor()), transaction() as session:
            who, shown = queries.member_meant(session, actor(), member_id, code, at=now)
            answer = operations.sign_up_other(
                session, actor(), member_id=who, asked=Asked(event_id, **given), at=now,
                shown=shown,
            )  # fmt: skip
        _tell(answer)
    except Refused as refused:
        return _not_yet(event_id, refused)
    return redirect(f"/events/{event_id}/sign-ups/new", 303)


@pages.post("/events/<int:event_id>/team-sign-ups")
@allow(*ORGANISERS)
def sign_up_team(event_id: int) -> Response | str:
    given = form(TeamForm)
    member_ids = given.pop("member_ids")
    try:
        with transaction() as session:
            answers = operations.sign_up_team(
                session, actor(), member_ids=member_ids, asked=Asked(event_id, **given),
                at=clock.now(),
            )  # fmt: skip
    except Refused as refused:
        if status_of(refused) not in {409, 422}:
            raise
        flash(sentence_of(refused), "error")
        return redirect(f"/events/{event_id}/sign-ups/new?team={given['team_id']}", 303)
    return _others_page(event_id, {"team": given["team_id"]}, answers)


@pages.post("/sign-ups/calendar")
@allow(Role.VOLUNTEER)
def make_calendar() -> str:
    """The address is shown once, by the answer itself: the bank keeps only its digest."""
    with transaction() as session:
        token = operations.make_calendar_address(session, actor(), at=clock.now())
    site = bank.settings().public_url.rstrip("/")
    return render_template("signups/calendar.html", address=f"{site}/calendars/{token}.ics")


@pages.post("/sign-ups/calendar/revocation")
@allow(Role.VOLUNTEER)
def drop_calendar() -> Response:
    with transaction() as session:
        operations.drop_calendar_address(session, actor(), at=clock.now())
    flash(gettext("日历地址已停用。"), "success")
    return redirect("/sign-ups", 303)


@pages.get("/calendars/<token>.ics")
@allow(ANYONE)
def calendar(token: str) -> Response:
    """What a calendar program reads; whoever has the address may."""
    with snapshot() as session:
        member_id = queries.member_of_calendar(session, token_digest(token))
        if member_id is None:
            raise SignUpNotFound
        return _ics(calendars.of_member(session, member_id, clock.now()))


@pages.get("/organisations/<int:org_id>/events.ics")
@allow(ANYONE)
def community_calendar(org_id: int) -> Response:
    """What a community has made known, for anyone's calendar."""
    with snapshot() as session:
        return _ics(calendars.of_community(session, org_id, clock.now()))


@pages.get("/events/<int:event_id>/event.ics")
@allow(SIGNED_IN)
def event_calendar(event_id: int) -> Response:
    with snapshot() as session:
        found = event_seen(session, actor(), event_id)
        return _ics(calendars.of_event(session, found, clock.now()))


def _ics(content: bytes) -> Response:
    headers = {"Content-Disposition": 'attachment; filename="events.ics"'}
    return FlaskResponse(content, mimetype=MIME, headers=headers)
