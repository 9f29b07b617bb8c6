"""Page: the auditor's ledger. It only shows."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import render_template
from flask_babel import gettext

from pointsbank.core import bank, clock
from pointsbank.core.actor import Role
from pointsbank.core.database import Session, snapshot
from pointsbank.core.errors import say
from pointsbank.ledger import journal
from pointsbank.ledger.faults import SENTENCES, Fault
from pointsbank.ledger.rules import OWNER_NAMES, REASON_NAMES, SYSTEM_NAMES, OwnerKind
from pointsbank.ledger.schemas import TransfersQuery
from pointsbank.ledger.words import CATEGORY_NAMES, ORIGIN_NAMES, RULE_NAMES, numbered
from pointsbank.web import PageBlueprint, allow, query
from pointsbank.web.navigation import Link

PAGE = 50
NAVIGATION = (Link("/ledger", say("账本"), 75, frozenset({Role.AUDITOR})),)
NAMES = {
    "owner": OWNER_NAMES,
    "system": SYSTEM_NAMES,
    "reason": REASON_NAMES,
    "origin": ORIGIN_NAMES,
    "rule": RULE_NAMES,
    "category": CATEGORY_NAMES,
}

pages = PageBlueprint("ledger", __name__)


@pages.get("/ledger")
@allow(Role.AUDITOR)
def ledger() -> str:
    asked = query(TransfersQuery)
    with snapshot() as session:
        shown = _shown(session, asked)
    return render_template("ledger/ledger.html", asked=asked, **shown)


def _shown(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """A page of the book, its last seals, and what it amounts to."""
    found = journal.transfers(session, **asked, most=PAGE + 1)
    older = found[PAGE - 1].id if len(found) > PAGE else None
    units = journal.unit_figures(session)
    verified = journal.last_verification(session)
    return {
        "transfers": found[:PAGE],
        "seals": journal.seals(session, most=3),
        "periods": journal.periods(session, most=3),
        "units": units,
        "unsealed_count": journal.unsealed_count(session),
        "unsealed_most": bank.settings().unsealed_most,
        "verified": verified,
        "fault": _told(verified.fault) if verified and verified.fault else "",
        "verified_whole": journal.last_verification(session, whole=True),
        "transfer_count": journal.transfer_count(session),
        "names": NAMES | {"unit": {one.unit: one.name for one in units}},
        "numbered": lambda names, code: numbered(names, code, gettext),
        "owner_kinds": list(OwnerKind),
        "local_day": clock.local_day,
        "older_url": _address(asked, before=older) if older else "",
        "newest_url": _address(asked) if "before" in asked else "",
    }


def _told(fault: Fault) -> str:
    return str(gettext(SENTENCES[fault.what], table=fault.table, row_id=fault.row_id))


def _address(asked: dict[str, Any], **more: int) -> str:
    """This page with its filters, as an address."""
    given = {name: _text(value) for name, value in asked.items() if name != "before"}
    return f"/ledger?{urlencode(given | more)}" if given or more else "/ledger"


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
