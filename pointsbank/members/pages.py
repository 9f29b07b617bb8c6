"""The member list: whom the reader may see, searched without a name in the address."""

import base64

from cryptography.exceptions import InvalidTag
from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from pointsbank.core.database import snapshot
from pointsbank.core.encryption import seal, unseal
from pointsbank.core.errors import say
from pointsbank.members import queries
from pointsbank.members.rules import PARTY_STATUS_NAMES, SearchUnreadable
from pointsbank.members.schemas import MembersQuery, SearchRequest
from pointsbank.web import PageBlueprint, actor, allow, form, query
from pointsbank.web.navigation import Link

pages = PageBlueprint("members", __name__)
NAVIGATION = [Link("/members", say("成员名册"), 50, frozenset(queries.REGISTER_READERS))]
PAGE_SIZE = 30


@pages.get("/members")
@allow(*queries.REGISTER_READERS)
def members() -> str:
    asked = query(MembersQuery)
    sought = _opened(asked["sought"])
    with snapshot() as session:
        found = queries.search(session, actor(), text=sought, page=asked["page"], size=PAGE_SIZE)
        homes = queries.homes(session, found.members)
    return render_template(
        "members/members.html",
        found=found,
        homes=homes,
        party=PARTY_STATUS_NAMES if actor().reach(*queries.PARTY_READERS) else None,
        sought=sought,
        sealed=asked["sought"],
        page=asked["page"],
        pages=-(-found.total // PAGE_SIZE),
    )


@pages.post("/members/searches")
@allow(*queries.REGISTER_READERS)
def search() -> Response:
    sought = form(SearchRequest)["sought"]
    return redirect(url_for("members_pages.members", sought=_sealed(sought) or None), 303)


def _sealed(text: str) -> str:
    """A search that an address may carry: no name or phone in histories and logs."""
    return base64.urlsafe_b64encode(seal(text)).decode() if text else ""


def _opened(sealed: str) -> str:
    try:
        return unseal(base64.urlsafe_b64decode(sealed)) if sealed else ""
    except (ValueError, InvalidTag):
        raise SearchUnreadable from None
