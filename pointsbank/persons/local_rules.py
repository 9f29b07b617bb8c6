"""The leaving rule as a local rule."""

from pointsbank.core.errors import say
from pointsbank.local_rules.rules import Choice, RuleKind, Sample, Terms, Told
from pointsbank.persons.models import LeavingRuleRow
from pointsbank.persons.operations import adopt_leaving_rule
from pointsbank.persons.rules import POINTS_ON_LEAVING, STANDING_RULE


def _samples(terms: Terms) -> list[Sample]:
    return [Sample(Told(say("退出登记")), Told(POINTS_ON_LEAVING[terms["points"]]))]


KINDS = (
    RuleKind(
        path="leaving-rules",
        name=say("退出规则"),
        about=say("成员退出或去世后，积分怎么办。"),
        place=60,
        table=LeavingRuleRow,
        terms=(Choice("points", say("退出成员的积分"), POINTS_ON_LEAVING),),
        standing={"": {"points": STANDING_RULE.points}},
        samples=_samples,
        adopt=adopt_leaving_rule,
    ),
)
