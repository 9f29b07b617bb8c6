"""Pages of what is printed: an event's posters, and the monthly recruitment notice."""

from datetime import timedelta
from typing import Any

from flask import redirect, render_template
from flask_babel import gettext
from werkzeug.wrappers import Response

from pointsbank.core import bank, clock, qr
from pointsbank.core.database import snapshot
from pointsbank.core.errors import say
from pointsbank.earning.rules import DEED_CATEGORIES
from pointsbank.events import posters, queries, recruitment
from pointsbank.events.models import Event
from pointsbank.events.rules import ORGANISERS, PER_SHEET, EventState, PosterOf
from pointsbank.events.schemas import PosterQuery
from pointsbank.orgs.queries import organisation
from pointsbank.web import ANYONE, SIGNED_IN, PageBlueprint, actor, allow, query
from pointsbank.web.access import person

pages = PageBlueprint("posters", __name__)
pages.context_processor(lambda: {"kind_names": DEED_CATEGORIES})
OF_NAMES = {
    PosterOf.EVENT: say("整个活动一张"), PosterOf.POST: say("每个岗位一张"),
    PosterOf.PLACE: say("每个地点一张"), PosterOf.STATION: say("站点长期张贴的一张"),
}  # fmt: skip


@pages.get("/events/<int:event_id>/poster")
@allow(*ORGANISERS)
def poster(event_id: int) -> str:
    found, organisation_name = _for_printing(event_id)
    return render_template(
        "events/poster.html",
        event=found,
        organisation_name_on_poster=organisation_name,
        address=posters.address(found.code),
        times=posters.times(found),
        drawing=qr.svg(posters.address(found.code), gettext("签到二维码")),
        is_local=posters.is_local(),
        **_choices(found),
    )


def _choices(found: Event) -> dict[str, Any]:
    there = [of for of in PosterOf if found.place_id or of is not PosterOf.STATION]
    return {
        "of_choices": [(str(of), gettext(OF_NAMES[of])) for of in there],
        "per_sheet_choices": [
            (number, gettext("A4 整页") if number == 1 else gettext("一页 %(n)s 张", n=number))
            for number in PER_SHEET
        ],
    }


@pages.get("/events/<int:event_id>/poster.pdf")
@allow(*ORGANISERS)
def poster_pdf(event_id: int) -> Response:
    asked = query(PosterQuery)
    found, organisation_name = _for_printing(event_id)
    with snapshot() as session:
        posts = queries.posts_of(session, event_id)
        shifts = queries.shifts_of(session, event_id)
    content = posters.pdf(found, organisation_name, posts=posts, shifts=shifts, **asked)
    return _pdf(content, f"poster-{found.code}")


@pages.get("/s/<int:org_id>")
@allow(ANYONE)
def station(org_id: int) -> Response | str:
    """What a station's own poster opens: the event that is open there, or a list."""
    with snapshot() as session:
        house = queries.house(session, org_id)
        found = queries.events_at(session, org_id, at=clock.now())
    now = [event for event in found if event.state is EventState.OPEN]
    if len(now) == 1:
        return redirect(f"/c/{now[0].code}", 303)
    later = [event for event in found if event.state is not EventState.OPEN]
    return render_template("events/station.html", house=house, now=now, later=later)


def _pdf(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"'}
    return Response(content, mimetype="application/pdf", headers=headers)


def _for_printing(event_id: int) -> tuple[Event, str]:
    with snapshot() as session:
        found = queries.event(session, actor(), event_id)
        actor().require(*ORGANISERS, org_id=found.org_id)
        return found, organisation(session, found.org_id).name


@pages.get("/recruitment")
@allow(SIGNED_IN)
def recruitment_here() -> Response:
    """This month's notice of the reader's own community."""
    with snapshot() as session:
        home = queries.home(session, actor())
    return redirect(f"/recruitment/{home}/{clock.today():%Y-%m}" if home else "/events", 303)


@pages.get("/recruitment/<int:org_id>/<month>")
@allow(ANYONE)
def recruitment_notice(org_id: int, month: str) -> str:
    first = recruitment.month_of(month)
    with snapshot() as session:
        found = recruitment.notice(session, org_id, first, at=clock.now())
    return render_template(
        "events/notice.html",
        found=found,
        name=bank.settings().recruitment_name,
        before=first - timedelta(days=1),
        after=recruitment.month_after(first),
        may_print=_may_print(),
        signed_in=person() is not None,
    )


def _may_print() -> bool:
    visitor = person()
    return visitor is not None and bool(visitor.reach(*ORGANISERS))


@pages.get("/recruitment/<int:org_id>/<month>.pdf")
@allow(*ORGANISERS)
def recruitment_pdf(org_id: int, month: str) -> Response:
    first = recruitment.month_of(month)
    with snapshot() as session:
        found = recruitment.notice(session, org_id, first, at=clock.now())
    return _pdf(recruitment.pdf(found), f"recruitment-{org_id}-{month}")
