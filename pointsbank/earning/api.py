"""GET /api/v1/points-rules: what service is worth in an organisation."""

from typing import Any

from pointsbank.core import clock
from pointsbank.core.database import snapshot
from pointsbank.earning.queries import points_rules_in_force
from pointsbank.earning.rules import PointsRule
from pointsbank.earning.schemas import PointsRulesQuery, PointsRuleView
from pointsbank.orgs.queries import organisation
from pointsbank.web import SIGNED_IN, ApiBlueprint, allow

api = ApiBlueprint("points_rules", __name__, url_prefix="/points-rules")


@api.get("")
@api.arguments(PointsRulesQuery, location="query")
@api.response(200, PointsRuleView(many=True))
@allow(SIGNED_IN)
def points_rules(asked: dict[str, Any]) -> list[PointsRule]:
    """The rule of each unit of points that decides for an organisation on a day."""
    with snapshot() as session:
        org = organisation(session, asked["org_id"])
        return points_rules_in_force(session, org.id, asked.get("on") or clock.today())
