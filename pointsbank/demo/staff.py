"""Opens the accounts whose sign-ins are printed: one person for each role."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from pointsbank.access import operations as access
from pointsbank.access import queries
from pointsbank.access.rules import Proof, first_password
from pointsbank.core.actor import SYSTEM, Actor, Role
from pointsbank.demo.tree import SINCE, Territory

ADDRESS = ""
"""Nobody signs in from anywhere while the example is written."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """What somebody types to try a role; ``actor`` is who she then is."""

    role: Role
    login: str
    password: str
    actor: Actor


_STAFF = (
    (Role.ORGANISER, "organiser", "刘洋"),
    (Role.CLERK, "clerk", "孙丽娜"),
    (Role.REVIEWER, "reviewer", "陈敏"),
    (Role.SECRETARY, "secretary", "赵立新"),
    (Role.OFFICIAL, "official", "高志强"),
    (Role.AUDITOR, "auditor", "吕秀荣"),
    (Role.ADMINISTRATOR, "admin", "于海涛"),
)


def open_sign_ins(
    session: Session, territory: Territory, *, volunteer_id: int, phone: str, at: datetime,
    now: datetime,
) -> dict[Role, SignIn]:  # fmt: skip
    """A volunteer by her phone and PIN, and staff of the first community, its street, the city;
    their passwords are chosen now, and so not worn out.
    """
    user = access.open_user(session, SYSTEM, member_id=volunteer_id, at=at)
    opened = [_ready(session, user.id, Role.VOLUNTEER, phone, at=now)]
    first = territory.communities[0]
    places = {Role.OFFICIAL: first.street_id}
    places |= dict.fromkeys((Role.AUDITOR, Role.ADMINISTRATOR), territory.city_id)
    for role, login, name in _STAFF:
        org_id = places.get(role, first.id)
        user = access.open_user(
            session, SYSTEM, org_id=org_id, staff_name=login, display_name=name, at=at
        )
        access.grant_role(
            session, SYSTEM, user_id=user.id, role=role, org_id=org_id, from_on=SINCE, at=at
        )
        opened.append(_ready(session, user.id, role, login, at=now))
    return {sign_in.role: sign_in for sign_in in opened}


def _ready(session: Session, user_id: int, role: Role, login: str, *, at: datetime) -> SignIn:
    """Choose the account's first password, as she would on first use: it need not be changed."""
    password = first_password(secrets.randbelow, staff=role is not Role.VOLUNTEER)
    user = queries.user(session, user_id)
    proof = Proof(
        account=queries.account_digest(user, login),
        user_id=user_id,
        password_hash=user.password_hash,
        right=True,
    )
    opened = access.change_password(session, proof, password=password, address=ADDRESS, at=at)
    if isinstance(opened, Exception):
        raise opened
    actor = queries.actor_of_token(session.connection(), opened.token, at)
    if actor is None:
        raise RuntimeError("a session just opened names nobody")
    access.sign_out(session, token=opened.token, at=at)
    return SignIn(role, login, password, actor)
