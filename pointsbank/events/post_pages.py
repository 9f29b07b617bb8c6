"""The page on which an event's posts and shifts are arranged: one form for each."""

from collections.abc import Callable

from flask import flash, redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from pointsbank.core import clock
from pointsbank.core.database import Session, snapshot, transaction
from pointsbank.core.errors import Conflict, Invalid, Refused
from pointsbank.events import operations, parts, posts, queries
from pointsbank.events.rules import ORGANISERS
from pointsbank.events.schemas import NewShiftForm, NotedForm, PostForm, ShiftForm
from pointsbank.members.queries import skills
from pointsbank.web import PageBlueprint, actor, allow, form
from pointsbank.web.errors import sentence_of, status_of

pages = PageBlueprint("posts", __name__)
Page = tuple[str, int]
Work = Callable[[Session], object]


@pages.get("/events/<int:event_id>/posts")
@allow(*ORGANISERS)
def arranged(event_id: int) -> Page:
    return _page(event_id)


@pages.post("/events/<int:event_id>/posts")
@allow(*ORGANISERS)
def add_post(event_id: int) -> Response | Page:
    return _done(
        event_id,
        "post-new",
        lambda session: operations.add_post(
            session, actor(), event_id=event_id, **form(PostForm), at=clock.now()
        ),
    )


@pages.post("/events/<int:event_id>/posts/and-later")
@allow(*ORGANISERS)
def arrange_later(event_id: int) -> Response | Page:
    return _done(
        event_id,
        "later",
        lambda session: operations.arrange_later(
            session, actor(), event_id=event_id, **form(NotedForm), at=clock.now()
        ),
    )


@pages.post("/posts/<int:post_id>")
@allow(*ORGANISERS)
def change_post(post_id: int) -> Response | Page:
    return _done(
        _event_of_post(post_id),
        f"post-{post_id}",
        lambda session: operations.change_post(
            session, actor(), post_id=post_id, **form(PostForm), at=clock.now()
        ),
    )


@pages.post("/posts/<int:post_id>/removal")
@allow(*ORGANISERS)
def remove_post(post_id: int) -> Response | Page:
    return _done(
        _event_of_post(post_id),
        f"post-{post_id}",
        lambda session: operations.remove_post(session, actor(), post_id=post_id, at=clock.now()),
    )


@pages.post("/events/<int:event_id>/shifts")
@allow(*ORGANISERS)
def add_shift(event_id: int) -> Response | Page:
    return _done(
        event_id,
        f"shift-new-{request.form.get('post_id') or 0}",
        lambda session: operations.add_shift(
            session, actor(), event_id=event_id, **form(NewShiftForm), at=clock.now()
        ),
    )


@pages.post("/shifts/<int:shift_id>")
@allow(*ORGANISERS)
def change_shift(shift_id: int) -> Response | Page:
    return _done(
        _event_of_shift(shift_id),
        f"shift-{shift_id}",
        lambda session: operations.change_shift(
            session, actor(), shift_id=shift_id, **form(ShiftForm), at=clock.now()
        ),
    )


@pages.post("/shifts/<int:shift_id>/removal")
@allow(*ORGANISERS)
def remove_shift(shift_id: int) -> Response | Page:
    return _done(
        _event_of_shift(shift_id),
        f"shift-{shift_id}",
        lambda session: operations.remove_shift(
            session, actor(), shift_id=shift_id, at=clock.now()
        ),
    )


def _event_of_post(post_id: int) -> int:
    with snapshot() as session:
        return queries.post(session, post_id).event_id


def _event_of_shift(shift_id: int) -> int:
    with snapshot() as session:
        return queries.shift(session, shift_id).event_id


def _done(event_id: int, where: str, work: Work) -> Response | Page:
    """What one form asked for; refused, the page again with that form as it was typed."""
    try:
        with transaction() as session:
            work(session)
    except (Invalid, Conflict) as refused:
        return _page(event_id, where, request.form.to_dict(), refused)
    flash(gettext("已保存。"), "success")
    return redirect(f"/events/{event_id}/posts", 303)


def _page(
    event_id: int,
    where: str = "",
    typed: dict[str, str] | None = None,
    refused: Refused | None = None,
) -> Page:
    with snapshot() as session:
        event = queries.event(session, actor(), event_id)
        actor().require(*ORGANISERS, org_id=event.org_id)
        page = render_template(
            "events/posts.html",
            event=event,
            posts=queries.posts_of(session, event_id),
            shifts=queries.shifts_of(session, event_id),
            taken=parts.taken_of(session, [event_id])[event_id],
            skills=[(name, gettext(name)) for name in skills(session)],
            editable=event.state in posts.EDITABLE,
            where=where,
            typed=typed or {},
            errors=refused.fields if isinstance(refused, Invalid) else {},
            sentence=sentence_of(refused) if refused else "",
        )
    return page, status_of(refused) if refused else 200
