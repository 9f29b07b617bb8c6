"""Local rules as JSON: for each kind what holds on a day, what was adopted, and the adopting."""

from typing import Any

from pointsbank.core import clock
from pointsbank.core.database import snapshot, transaction
from pointsbank.local_rules import operations, queries
from pointsbank.local_rules.models import LocalRule
from pointsbank.local_rules.rules import RuleKind
from pointsbank.local_rules.schemas import (
    RulesQuery,
    VersionsQuery,
    recall_of,
    request_of,
    return_of,
    view_of,
)
from pointsbank.orgs.queries import organisation
from pointsbank.web import SIGNED_IN, ApiBlueprint, actor, allow

api = ApiBlueprint("local_rules", __name__)


def _routes(kind: RuleKind) -> None:
    name = kind.path.replace("-", "_")
    shown = view_of(kind)

    @api.get(f"/{kind.path}", endpoint=name)
    @api.arguments(RulesQuery, location="query")
    @api.response(200, shown(many=True))
    @allow(SIGNED_IN)
    def in_force(asked: dict[str, Any]) -> list[dict[str, Any]]:
        """What decides for an organisation on a day: the nearest above's, or the standing rule."""
        with snapshot() as session:
            org = organisation(session, asked["org_id"])
            on = asked.get("on") or clock.today()
            return [_in_force(held) for held in queries.holdings_of(session, kind, org.id, on)]

    @api.get(f"/{kind.path}/versions", endpoint=f"{name}_versions")
    @api.arguments(VersionsQuery, location="query")
    @api.response(200, shown(many=True))
    @allow(SIGNED_IN)
    def versions(asked: dict[str, Any]) -> list[dict[str, Any]]:
        """What an organisation adopted itself, the last to begin first."""
        with snapshot() as session:
            org = organisation(session, asked["org_id"])
            return [_version(one) for one in queries.versions_of(session, kind, org.id)]

    @api.post(f"/{kind.path}", endpoint=f"adopt_{name}")
    @api.arguments(request_of(kind))
    @api.response(201, shown)
    @allow(*kind.adopters)
    def adopt(asked: dict[str, Any]) -> dict[str, Any]:
        """Put a new version into force from a day, today at the earliest; a repeat is an answer."""
        with transaction() as session:
            kind.adopt(session, actor(), **asked, at=clock.now())
            part = asked.get(kind.table.PART, "")
            return _version(
                queries.version_from(session, kind, part, asked["org_id"], asked["from_on"])
            )

    @api.post(f"/{kind.path}/recalls", endpoint=f"recall_{name}")
    @api.arguments(recall_of(kind))
    @api.response(204)
    @allow(*kind.adopters)
    def recall(asked: dict[str, Any]) -> None:
        """Take back a version that has not begun; a repeat is an answer."""
        part = asked.pop(kind.table.PART, "")
        with transaction() as session:
            operations.recall(session, actor(), kind, part=part, **asked, at=clock.now())

    @api.post(f"/{kind.path}/returns", endpoint=f"return_{name}")
    @api.arguments(return_of(kind))
    @api.response(201, shown)
    @allow(*kind.adopters)
    def follow_above(asked: dict[str, Any]) -> dict[str, Any]:
        """Go by the rule above again from a day, today at the earliest; a repeat is an answer."""
        part = asked.pop(kind.table.PART, "")
        with transaction() as session:
            return _version(
                operations.follow_above(session, actor(), kind, part=part, **asked, at=clock.now())
            )


def _version(rule: LocalRule) -> dict[str, Any]:
    given: dict[str, Any] = {
        "id": rule.id,
        "org_id": rule.org_id,
        "version": rule.version,
        "from_on": rule.from_on,
    }
    given["as_above"] = rule.as_above
    return {**given, **_part(rule.PART, rule.part), **rule.terms}


def _in_force(held: queries.Holding) -> dict[str, Any]:
    if held.rule:
        return _version(held.rule)
    standing = {"id": None, "org_id": None, "version": 0, "from_on": None, "as_above": False}
    return {**standing, **_part(held.kind.table.PART, held.part), **held.terms}


def _part(column: str, part: str) -> dict[str, str]:
    return {column: part} if column else {}


for _kind in queries.rule_kinds():
    _routes(_kind)
