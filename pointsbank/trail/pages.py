"""The auditor's page: the trail, with filters that stay in the address."""

from typing import Any
from urllib.parse import urlencode

from flask import render_template
from flask_babel import gettext

from pointsbank.core.actor import Role
from pointsbank.core.database import snapshot
from pointsbank.core.errors import say
from pointsbank.local_rules.queries import rule_kinds
from pointsbank.trail import queries, words
from pointsbank.trail.schemas import TrailQuery
from pointsbank.web import PageBlueprint, actor, allow, query
from pointsbank.web.navigation import Link

PAGE = 50
NAVIGATION = (Link("/audit", say("审计记录"), 80, frozenset({Role.AUDITOR})),)

pages = PageBlueprint("trail", __name__)


@pages.context_processor
def _rules() -> dict[str, object]:
    return {"rules": {kind.subject: kind for kind in rule_kinds()}}


@pages.get("/audit")
@allow(Role.AUDITOR)
def audit_trail() -> str:
    asked = query(TrailQuery)
    with snapshot() as session:
        lines = queries.trail(session, actor(), **asked, most=PAGE + 1)
        places = queries.places(session, actor())
    older = lines[PAGE - 1].id if len(lines) > PAGE else None
    return render_template(
        "trail/audit.html",
        lines=lines[:PAGE],
        asked=asked,
        places=places,
        actions=sorted((code, gettext(name)) for code, name in words.ACTION_NAMES.items()),
        words=words,
        older_url=f"/audit?{urlencode(_given(asked) | {'before': older})}" if older else "",
        newest_url=f"/audit?{urlencode(_given(asked))}" if "before" in asked else "",
    )


def _given(asked: dict[str, Any]) -> dict[str, str]:
    """The filters as they stand in the address, without the page."""
    return {name: str(value) for name, value in asked.items() if name != "before"}
