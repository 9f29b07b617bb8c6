"""GET /api/v1/members/<id>: one member, for staff whose reach she is in."""

from typing import Any

from pointsbank.core.database import snapshot
from pointsbank.members import queries
from pointsbank.members.schemas import MemberView
from pointsbank.web import ApiBlueprint, actor, allow

api = ApiBlueprint("members", __name__, url_prefix="/members")


@api.get("/<int:member_id>")
@api.response(200, MemberView)
@allow(*queries.REGISTER_READERS)
def member(member_id: int) -> dict[str, Any]:
    """The member with her phone masked; party status for those whose work it is."""
    with snapshot() as session:
        seen = queries.member_seen_by(session, actor(), member_id)
        shows_party = queries.may_see(actor(), seen, *queries.PARTY_READERS)
        return {
            **seen.model_dump(),
            "phone": queries.shown_phone(seen),
            "party_status": seen.party_status if shows_party else None,
        }
