"""One member's card 志愿者卡: made and printed; reported lost, by staff or by its holder."""

from flask import flash, redirect, render_template
from flask_babel import gettext
from werkzeug.wrappers import Response

from pointsbank.core import clock
from pointsbank.core.actor import Role
from pointsbank.core.database import snapshot, transaction
from pointsbank.members import operations, queries
from pointsbank.members.cards import sheet
from pointsbank.web import PageBlueprint, actor, allow

pages = PageBlueprint("one_card", __name__)
ONE = "/members/<int:member_id>"


@pages.post(f"{ONE}/card")
@allow(*operations.CARD_STAFF)
def make(member_id: int) -> Response:
    """Give her a card if she has no good one, then print it: a repeat prints again."""
    with transaction() as session:
        queries.member_seen_by(session, actor(), member_id)
        operations.issue_missing_cards(session, actor(), member_ids=[member_id], at=clock.now())
    return redirect(f"/members/{member_id}/card.pdf", 303)


@pages.get(f"{ONE}/card.pdf")
@allow(*operations.CARD_STAFF)
def printed(member_id: int) -> Response:
    with snapshot() as session:
        holder = queries.member_seen_by(session, actor(), member_id)
        actor().require(*operations.CARD_STAFF, org_id=holder.residence_id)
        found = queries.cards_to_print(session, [holder])
    headers = {"Content-Disposition": 'inline; filename="card.pdf"'}
    return Response(sheet(found), mimetype="application/pdf", headers=headers)


@pages.post(f"{ONE}/card/loss")
@allow(*operations.CARD_STAFF)
def lose(member_id: int) -> Response:
    with transaction() as session:
        queries.member_seen_by(session, actor(), member_id)
        operations.report_cards_lost(session, actor(), member_id=member_id, at=clock.now())
    flash(gettext("卡已挂失，需要时请制作新卡。"), "success")
    return redirect(f"/members/{member_id}", 303)


@pages.get("/me/card")
@allow(Role.VOLUNTEER)
def mine() -> str:
    with snapshot() as session:
        good = queries.good_card_ids(session, queries.own_ids(session, actor()))
        tail = queries.card(session, good[0]).digits[-4:] if good else ""
    return render_template("members/my_card.html", tail=tail)


@pages.post("/me/card/loss")
@allow(Role.VOLUNTEER)
def lose_mine() -> Response:
    member_id = actor().member_id or 0
    with transaction() as session:
        operations.report_cards_lost(session, actor(), member_id=member_id, at=clock.now())
    flash(gettext("卡已挂失，需要新卡请到社区办理。"), "success")
    return redirect("/me/card", 303)
