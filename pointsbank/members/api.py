"""Members as JSON: listed, searched, read and changed by staff whose reach they are in."""

from collections.abc import Sequence
from typing import Any

from pointsbank.core import clock
from pointsbank.core.database import snapshot, transaction
from pointsbank.members import operations, queries, search
from pointsbank.members.models import Member
from pointsbank.members.schemas import (
    ChangeRequest,
    ConsentRequest,
    FoundView,
    MemberMoveRequest,
    MemberPageQuery,
    MemberSearchRequest,
    MembersView,
    MemberView,
    SkillRequest,
    SkillsView,
    WithdrawalRequest,
)
from pointsbank.members.search import Filters
from pointsbank.web import ApiBlueprint, actor, allow

api = ApiBlueprint("members", __name__, url_prefix="/members")


@api.get("")
@api.arguments(MemberPageQuery, location="query")
@api.response(200, MembersView)
@allow(*queries.REGISTER_READERS)
def members(asked: dict[str, Any]) -> dict[str, Any]:
    """The members within reach by their numbers, a page at a time."""
    after, most = asked.pop("after", None), asked.pop("most")
    with snapshot() as session:
        page = search.listed(
            session, actor(), filters=Filters(**asked, on=clock.today()), after=after, size=most
        )
    return {"members": _shown(page.members), "next": page.members[-1].id if page.after else None}


@api.post("/searches")
@api.arguments(MemberSearchRequest)
@api.response(200, FoundView)
@allow(*queries.REGISTER_READERS)
def find(asked: dict[str, Any]) -> dict[str, Any]:
    """The members within reach who match; posted, for what is typed belongs in no address."""
    typed = asked.pop("sought")
    with snapshot() as session:
        page = search.search(
            session, actor(), typed=typed, filters=Filters(**asked, on=clock.today())
        )
    return {"members": _shown(page.members), "more": page.after}


@api.get("/<int:member_id>")
@api.response(200, MemberView)
@allow(*queries.REGISTER_READERS)
def member(member_id: int) -> dict[str, Any]:
    """The member with her phone masked; party status for those whose work it is."""
    with snapshot() as session:
        seen = queries.member_seen_by(session, actor(), member_id)
    return _shown([seen])[0]


@api.post("/<int:member_id>/changes")
@api.arguments(ChangeRequest)
@api.response(200, MemberView)
@allow(*operations.REGISTRARS)
def change(asked: dict[str, Any], member_id: int) -> dict[str, Any]:
    """Change what is named of the record; 409 where it was changed since it was read."""
    with transaction() as session:
        changed = operations.change_member(
            session, actor(), member_id=member_id, **asked, at=clock.now()
        )
        return _shown([changed])[0]


@api.post("/<int:member_id>/moves")
@api.arguments(MemberMoveRequest)
@api.response(200, MemberView)
@allow(*operations.REGISTRARS)
def move(asked: dict[str, Any], member_id: int) -> dict[str, Any]:
    """Give her another residence, branch or employer from a day on; a repeat is an answer."""
    with transaction() as session:
        moved = operations.move_member(
            session, actor(), member_id=member_id, **asked, at=clock.now()
        )
        return _shown([moved])[0]


@api.post("/<int:member_id>/consents")
@api.arguments(ConsentRequest)
@api.response(204)
@allow(*operations.REGISTRARS)
def give_consent(asked: dict[str, Any], member_id: int) -> None:
    """Note that she agrees to the text in use today; a repeat is an answer."""
    with transaction() as session:
        operations.give_consent(session, actor(), member_id=member_id, **asked, at=clock.now())


@api.post("/<int:member_id>/consents/withdrawal")
@api.arguments(WithdrawalRequest)
@api.response(204)
@allow(*operations.REGISTRARS)
def withdraw_consent(asked: dict[str, Any], member_id: int) -> None:
    """Note that she no longer agrees; 409 where she does not."""
    with transaction() as session:
        operations.withdraw_consent(session, actor(), member_id=member_id, **asked, at=clock.now())


@api.get("/skills")
@api.response(200, SkillsView)
@allow(*queries.REGISTER_READERS)
def skills() -> dict[str, Any]:
    """The skills that a member may have."""
    with snapshot() as session:
        return {"skills": queries.skills(session)}


@api.post("/skills")
@api.arguments(SkillRequest)
@api.response(200, SkillsView)
@allow(*operations.REGISTRARS)
def add_skill(asked: dict[str, Any]) -> dict[str, Any]:
    """Add a skill to the bank's list; a repeat is an answer."""
    with transaction() as session:
        operations.add_skill(session, actor(), **asked, at=clock.now())
        return {"skills": queries.skills(session)}


def _shown(found: Sequence[Member]) -> list[dict[str, Any]]:
    asking = actor()
    return [
        {
            **seen.model_dump(),
            "phone": queries.shown_phone(seen),
            **(
                {}
                if queries.may_see(asking, seen, *queries.PARTY_READERS)
                else {"branch_id": None, "party_status": None}
            ),
        }
        for seen in found
    ]
