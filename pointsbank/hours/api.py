"""/api/v1/hour-rules: how stays become minutes in an organisation."""

from typing import Any

from pointsbank.core import clock
from pointsbank.core.actor import Role
from pointsbank.core.database import snapshot, transaction
from pointsbank.hours import operations, queries
from pointsbank.hours.rules import HourRule
from pointsbank.hours.schemas import HourRuleQuery, HourRuleRequest, HourRuleView
from pointsbank.orgs.queries import organisation
from pointsbank.web import SIGNED_IN, ApiBlueprint, actor, allow

api = ApiBlueprint("hour_rules", __name__, url_prefix="/hour-rules")


@api.get("")
@api.arguments(HourRuleQuery, location="query")
@api.response(200, HourRuleView)
@allow(SIGNED_IN)
def hour_rule(asked: dict[str, Any]) -> HourRule:
    """The hour rule that decides for an organisation on a day."""
    with snapshot() as session:
        org = organisation(session, asked["org_id"])
        return queries.hour_rule_in_force(session, org.id, asked.get("on") or clock.today())


@api.post("")
@api.arguments(HourRuleRequest)
@api.response(201, HourRuleView)
@allow(Role.SECRETARY)
def adopt_hour_rule(asked: dict[str, Any]) -> HourRule:
    """Put a new version of an organisation's hour rule into force from a day."""
    with transaction() as session:
        return operations.adopt_hour_rule(session, actor(), **asked, at=clock.now())
