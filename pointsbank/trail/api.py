"""JSON: the audit trail, for auditors."""

from typing import Any

from pointsbank.core.actor import Role
from pointsbank.core.database import snapshot
from pointsbank.trail import queries
from pointsbank.trail.schemas import TrailQuery, TrailView
from pointsbank.web import ApiBlueprint, actor, allow

PAGE = 50

api = ApiBlueprint("trail", __name__, description="审计记录 / audit trail")


@api.get("/audit-entries")
@api.arguments(TrailQuery, location="query")
@api.response(200, TrailView)
@allow(Role.AUDITOR)
def audit_entries(asked: dict[str, Any]) -> dict[str, Any]:
    """The audit trail of the auditor's organisations, newest first, 50 at a time."""
    with snapshot() as session:
        entries = queries.trail(session, actor(), **asked, most=PAGE)
    return {"entries": entries, "next_before": entries[-1].id if len(entries) == PAGE else None}
