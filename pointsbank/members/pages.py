"""The register: whom the reader may see, searched without a name in the address; their cards."""

import base64
from typing import Any

from cryptography.exceptions import InvalidTag
from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from pointsbank.core import clock
from pointsbank.core.database import Session, snapshot, transaction
from pointsbank.core.encryption import seal, unseal
from pointsbank.core.errors import say
from pointsbank.members import operations, queries
from pointsbank.members.cards import sheet
from pointsbank.members.models import Member
from pointsbank.members.rules import PARTY_STATUS_NAMES, SearchUnreadable
from pointsbank.members.schemas import MembersQuery, SearchRequest
from pointsbank.members.search import Page
from pointsbank.members.search import search as searched
from pointsbank.web import PageBlueprint, actor, allow, form, query
from pointsbank.web.navigation import Link

pages = PageBlueprint("members", __name__)
NAVIGATION = [Link("/members", say("成员名册"), 50, frozenset(queries.REGISTER_READERS))]
PAGE_SIZE = 30


@pages.get("/members")
@allow(*queries.REGISTER_READERS)
def members() -> str:
    asked = query(MembersQuery)
    with snapshot() as session:
        found = _found(session, asked)
        homes = queries.homes(session, found.members)
    return _listed(asked, found, homes)


@pages.post("/members/cards")
@allow(*operations.CARD_STAFF)
def make_cards() -> Response:
    """Give a card to those shown who have none, then print them: a repeat prints again."""
    asked = form(MembersQuery)
    with transaction() as session:
        ids = [holder.id for holder in _holders(_found(session, asked))]
        operations.issue_missing_cards(session, actor(), member_ids=ids, at=clock.now())
    place = {"sought": asked["sought"] or None, "page": asked["page"]}
    return redirect(url_for("members_pages.cards", **place), 303)


@pages.get("/members/cards.pdf")
@allow(*operations.CARD_STAFF)
def cards() -> Response:
    with snapshot() as session:
        holders = _holders(_found(session, query(MembersQuery)))
        content = sheet(queries.cards_to_print(session, holders))
    headers = {"Content-Disposition": 'inline; filename="cards.pdf"'}
    return Response(content, mimetype="application/pdf", headers=headers)


@pages.post("/members/searches")
@allow(*queries.REGISTER_READERS)
def search() -> Response:
    sought = form(SearchRequest)["sought"]
    return redirect(url_for("members_pages.members", sought=_sealed(sought) or None), 303)


def _found(session: Session, asked: dict[str, Any]) -> Page:
    sought = _opened(asked["sought"])
    return searched(session, actor(), text=sought, page=asked["page"], size=PAGE_SIZE)


def _holders(found: Page) -> list[Member]:
    """Those of a page whose cards the reader may make."""
    asking = actor()
    return [m for m in found.members if asking.may(*operations.CARD_STAFF, org_id=m.residence_id)]


def _listed(asked: dict[str, Any], found: Page, homes: dict[int, str]) -> str:
    return render_template(
        "members/members.html",
        found=found,
        homes=homes,
        party=PARTY_STATUS_NAMES if actor().reach(*queries.PARTY_READERS) else None,
        makes_cards=bool(_holders(found)),
        sought=_opened(asked["sought"]),
        sealed=asked["sought"],
        page=asked["page"],
        pages=-(-found.total // PAGE_SIZE),
    )


def _sealed(text: str) -> str:
    """A search that an address may carry: no name or phone in histories and logs."""
    return base64.urlsafe_b64encode(seal(text)).decode() if text else ""


def _opened(sealed: str) -> str:
    try:
        return unseal(base64.urlsafe_b64decode(sealed)) if sealed else ""
    except (ValueError, InvalidTag):
        raise SearchUnreadable from None
