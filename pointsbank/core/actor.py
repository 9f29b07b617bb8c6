"""Who is asking, in which role, for which part of the organisation tree."""

from dataclasses import dataclass, field
from enum import StrEnum

from pointsbank.core.errors import Forbidden, say


class Role(StrEnum):
    """A power held for an organisation and everything below it."""

    VOLUNTEER = "volunteer"
    ORGANISER = "organiser"
    CLERK = "clerk"
    REVIEWER = "reviewer"
    SECRETARY = "secretary"
    OFFICIAL = "official"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


class Scope(StrEnum):
    """What a machine's token or a shared device is let do, instead of a role."""

    READ_EVALUATIONS = "read_evaluations"
    READ_EVENTS = "read_events"
    READ_ORGANISATIONS = "read_organisations"
    SEND_SCANS = "send_scans"
    AT_COUNTER = "at_counter"
    AT_DOOR = "at_door"


ROLE_NAMES = {
    Role.VOLUNTEER: say("志愿者"),
    Role.ORGANISER: say("活动组织者"),
    Role.CLERK: say("兑换点工作人员"),
    Role.REVIEWER: say("审核员"),
    Role.SECRETARY: say("书记"),
    Role.OFFICIAL: say("上级部门"),
    Role.ADMINISTRATOR: say("管理员"),
    Role.AUDITOR: say("监督员"),
}


SCOPE_NAMES = {
    Scope.READ_EVALUATIONS: say("读取年度评议"),
    Scope.READ_EVENTS: say("读取活动"),
    Scope.READ_ORGANISATIONS: say("读取组织与汇总"),
    Scope.SEND_SCANS: say("上传签到扫码"),
    Scope.AT_COUNTER: say("兑换点"),
    Scope.AT_DOOR: say("活动签到"),
}


@dataclass(frozen=True, slots=True)
class Grant:
    """A role with the organisations that it reaches: the one it is held for and all below."""

    role: Role
    org_id: int
    reach: frozenset[int]


@dataclass(frozen=True, slots=True)
class Actor:
    """``kind`` is ``user`` for a person, ``system`` for the program itself, ``device`` for a shared
    tablet and ``machine`` for another program; the last two have scopes in place of roles.

    ``member_id`` is the volunteer that the person is, where she is one; ``name`` is for her own
    page only. ``event_id`` is the only event that a device at a door may touch.
    """

    kind: str
    id: int
    member_id: int | None = None
    name: str = ""
    grants: tuple[Grant, ...] = field(default=())
    address: str = ""
    scopes: frozenset[Scope] = frozenset()
    event_id: int | None = None

    @property
    def roles(self) -> frozenset[Role]:
        if self.scopes:
            return frozenset()
        held = {grant.role for grant in self.grants}
        return frozenset(held | {Role.VOLUNTEER} if self.member_id else held)

    def reach(self, *roles: Role) -> frozenset[int]:
        """The organisations in which this actor holds one of these roles."""
        return frozenset().union(*(g.reach for g in self.grants if g.role in roles))

    def may(self, *roles: Role, org_id: int) -> bool:
        return self.kind == "system" or any(
            g.role in roles and org_id in g.reach for g in self.grants
        )

    def require(self, *roles: Role, org_id: int) -> None:
        """Refuse with ``Forbidden`` unless one of the roles is held for this organisation."""
        if not self.may(*roles, org_id=org_id):
            raise Forbidden


SYSTEM = Actor(kind="system", id=0)
