"""Pages of what is printed of an event: its posters."""

from flask import render_template
from flask_babel import gettext
from werkzeug.wrappers import Response

from pointsbank.core import qr
from pointsbank.core.database import snapshot
from pointsbank.events import posters, queries
from pointsbank.events.models import Event
from pointsbank.events.rules import ORGANISERS
from pointsbank.orgs.queries import organisation
from pointsbank.web import PageBlueprint, actor, allow

pages = PageBlueprint("posters", __name__)


@pages.get("/events/<int:event_id>/poster")
@allow(*ORGANISERS)
def poster(event_id: int) -> str:
    found, organisation_name = _for_printing(event_id)
    return render_template(
        "events/poster.html",
        event=found,
        organisation_name_on_poster=organisation_name,
        address=posters.address(found),
        times=posters.times(found),
        drawing=qr.svg(posters.address(found), gettext("签到二维码")),
        is_local=posters.is_local(),
    )


@pages.get("/events/<int:event_id>/poster.pdf")
@allow(*ORGANISERS)
def poster_pdf(event_id: int) -> Response:
    found, organisation_name = _for_printing(event_id)
    headers = {"Content-Disposition": f'inline; filename="poster-{found.code}.pdf"'}
    content = posters.pdf(found, organisation_name)
    return Response(content, mimetype="application/pdf", headers=headers)


def _for_printing(event_id: int) -> tuple[Event, str]:
    with snapshot() as session:
        found = queries.event(session, actor(), event_id)
        actor().require(*ORGANISERS, org_id=found.org_id)
        return found, organisation(session, found.org_id).name
