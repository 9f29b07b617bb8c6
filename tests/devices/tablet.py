"""A tablet that was paired, for the tests of devices and of access."""

from typing import Any

from pointsbank.core import clock
from pointsbank.core.actor import Actor, Scope
from pointsbank.core.database import snapshot, transaction
from pointsbank.devices import operations, queries
from pointsbank.devices.models import Device, Pairing
from tests.community import Community


def offered(actor: Actor, **asked: Any) -> Pairing:
    with transaction() as session:
        return operations.offer_pairing(session, actor, **asked, at=clock.now())


def paired(actor: Actor, **asked: Any) -> tuple[Device, str]:
    """A device that took up what this actor offered; and its token."""
    code = queries.code_of(offered(actor, **asked))
    with transaction() as session:
        return operations.pair(session, code=code, address="10.0.0.5", at=clock.now())


def paired_counter(place: Community, key: str = "tablet-1") -> tuple[Device, str]:
    return paired(
        place.secretary, org_id=place.community, name="兑换点平板", scope=Scope.AT_COUNTER, key=key
    )


def actor_of(token: str) -> Actor | None:
    with snapshot() as session:
        return queries.actor_of_token(session.connection(), token, clock.now(), address="10.0.0.5")
