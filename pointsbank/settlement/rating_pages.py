"""Pages of the quality rating: an event's paper and codes, and the one page of a printed code."""

from functools import partial

from flask import redirect
from flask_babel import gettext
from werkzeug.wrappers import Response

from pointsbank.core import clock
from pointsbank.core.database import Session, snapshot, transaction
from pointsbank.core.errors import Refused
from pointsbank.events.models import Event
from pointsbank.events.queries import event as event_seen
from pointsbank.orgs.queries import organisation
from pointsbank.settlement import operations, rated, slips
from pointsbank.settlement.rules import MARKS, MOST_CODES, SETTLERS
from pointsbank.settlement.schemas import PaperRatingsForm, RatingCodesForm, RatingForm
from pointsbank.web import ANYONE, PageBlueprint, actor, allow, form
from pointsbank.web.forms import Page, carried_out, form_page

pages = PageBlueprint("ratings", __name__)


def _seen(session: Session, event_id: int) -> Event:
    event = event_seen(session, actor(), event_id)
    actor().require(*SETTLERS, org_id=event.org_id)
    return event


@pages.get("/events/<int:event_id>/ratings")
@allow(*SETTLERS)
def ratings(event_id: int) -> Page:
    return _ratings_page(event_id)


def _ratings_page(event_id: int, refused: Refused | None = None) -> Page:
    with snapshot() as session:
        event = _seen(session, event_id)
        return form_page(
            "settlement/ratings.html",
            refused,
            event=event,
            found=rated.ratings(session, event_id),
            papers=rated.paper_ratings(session, event_id),
            marks=MARKS,
            most_codes=MOST_CODES,
        )


@pages.post("/events/<int:event_id>/ratings")
@allow(*SETTLERS)
def enter(event_id: int) -> Response | Page:
    return carried_out(
        operations.enter_paper_ratings, PaperRatingsForm, event_id=event_id,
        then=f"/events/{event_id}/ratings", told=gettext("评价已登记。"),
        again=partial(_ratings_page, event_id),
    )  # fmt: skip


@pages.post("/events/<int:event_id>/rating-codes")
@allow(*SETTLERS)
def print_codes(event_id: int) -> Response | Page:
    """As many slips as are asked for, with codes that nobody used yet."""
    try:
        with transaction() as session:
            codes = operations.make_rating_codes(
                session, actor(), event_id=event_id, **form(RatingCodesForm), at=clock.now()
            )
            event = _seen(session, event_id)
            title, place = event.title, organisation(session, event.org_id).name
    except Refused as refused:
        return _ratings_page(event_id, refused)
    headers = {"Content-Disposition": f"inline; filename=ratings-{event_id}.pdf"}
    return Response(slips.sheet(title, place, codes), mimetype="application/pdf", headers=headers)


@pages.get("/r/<code>")
@allow(ANYONE)
def rating(code: str) -> Page:
    return _rating_page(code)


def _rating_page(code: str, refused: Refused | None = None) -> Page:
    with snapshot() as session:
        event, found = rated.event_of_code(session, code)
        return form_page(
            "settlement/rating.html",
            refused,
            event=event,
            code=found.code,
            given=found.marks,
            marks=MARKS,
        )


@pages.post("/r/<code>")
@allow(ANYONE)
def rate(code: str) -> Response | Page:
    try:
        asked = form(RatingForm)
        with transaction() as session:
            operations.rate(session, code=code, **asked, at=clock.now())
    except Refused as refused:
        return _rating_page(code, refused)
    return redirect(f"/r/{code}", 303)
