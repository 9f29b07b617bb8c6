"""Membership transfers as JSON: /api/v1/membership-transfers."""

from collections.abc import Callable
from typing import Any

from pointsbank.core import clock
from pointsbank.core.actor import Role
from pointsbank.core.database import snapshot, transaction
from pointsbank.members.rules import Relation
from pointsbank.transfers import operations, queries
from pointsbank.transfers.models import MembershipTransfer
from pointsbank.transfers.queries import Box, Listed
from pointsbank.transfers.rules import STAFF
from pointsbank.transfers.schemas import (
    BoxQuery,
    BoxView,
    MembershipTransferView,
    StepRequest,
    TransferRefusalRequest,
    TransferRequest,
)
from pointsbank.web import ApiBlueprint, actor, allow

api = ApiBlueprint("transfers", __name__, url_prefix="/membership-transfers")


@api.get("")
@api.arguments(BoxQuery, location="query")
@api.response(200, BoxView)
@allow(Role.VOLUNTEER, *STAFF)
def transfers(asked: dict[str, Any]) -> Box:
    """To one's organisations (incoming), from them (outgoing), or one's own (mine)."""
    with snapshot() as session:
        return queries.box(session, actor(), asked.get("box", "mine"), page=asked["page"])


@api.post("")
@api.arguments(TransferRequest)
@api.response(201, MembershipTransferView)
@allow(Role.VOLUNTEER, *STAFF)
def request(asked: dict[str, Any]) -> Listed:
    """Ask for a transfer: of oneself, or as either organisation by her number and name."""
    number, name = asked.pop("number"), asked.pop("name")
    asked["relation"] = Relation(asked["relation"])
    with transaction() as session:
        member_id = queries.whom(session, actor(), number, name)
        made = operations.request(session, actor(), member_id=member_id, **asked, at=clock.now())
        return queries.transfer_seen_by(session, actor(), made.id)


@api.get("/<int:transfer_id>")
@api.response(200, MembershipTransferView)
@allow(Role.VOLUNTEER, *STAFF)
def transfer(transfer_id: int) -> Listed:
    """One transfer, for the member and the staff of either side."""
    with snapshot() as session:
        return queries.transfer_seen_by(session, actor(), transfer_id)


@api.post("/<int:transfer_id>/consent")
@api.arguments(StepRequest)
@api.response(200, MembershipTransferView)
@allow(Role.VOLUNTEER, *STAFF)
def consent(asked: dict[str, Any], transfer_id: int) -> Listed:
    """The member agrees; or staff record that they hold her signed consent."""
    return _step(operations.consent, transfer_id, asked)


@api.post("/<int:transfer_id>/acceptance")
@api.arguments(StepRequest)
@api.response(200, MembershipTransferView)
@allow(*STAFF)
def accept(asked: dict[str, Any], transfer_id: int) -> Listed:
    """The receiving organisation takes the member in."""
    return _step(operations.accept, transfer_id, asked)


@api.post("/<int:transfer_id>/refusal")
@api.arguments(TransferRefusalRequest)
@api.response(200, MembershipTransferView)
@allow(Role.VOLUNTEER, *STAFF)
def refuse(asked: dict[str, Any], transfer_id: int) -> Listed:
    """The receiving organisation does not take her in, or she does not agree."""
    return _step(operations.refuse, transfer_id, asked)


@api.post("/<int:transfer_id>/withdrawal")
@api.arguments(StepRequest)
@api.response(200, MembershipTransferView)
@allow(Role.VOLUNTEER, *STAFF)
def withdraw(asked: dict[str, Any], transfer_id: int) -> Listed:
    """Who asked for it asks no more."""
    return _step(operations.withdraw, transfer_id, asked)


def _step(
    verb: Callable[..., MembershipTransfer], transfer_id: int, asked: dict[str, Any]
) -> Listed:
    with transaction() as session:
        verb(session, actor(), transfer_id=transfer_id, **asked, at=clock.now())
        return queries.transfer_seen_by(session, actor(), transfer_id)
