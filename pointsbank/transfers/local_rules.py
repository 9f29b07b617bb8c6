"""The transfer rule as a local rule."""

from pointsbank.core.errors import say
from pointsbank.local_rules.rules import Choice, RuleKind, Sample, Terms, Told
from pointsbank.transfers.models import TransferRuleRow
from pointsbank.transfers.operations import adopt_transfer_rule
from pointsbank.transfers.rules import POINTS_ON_TRANSFER, STANDING_RULE


def _samples(terms: Terms) -> list[Sample]:
    return [Sample(Told(say("转到管辖范围以外")), Told(POINTS_ON_TRANSFER[terms["points"]]))]


KINDS = (
    RuleKind(
        path="transfer-rules",
        name=say("转接规则"),
        about=say("成员转到别处时，积分怎么办。"),
        place=50,
        table=TransferRuleRow,
        terms=(Choice("points", say("转出成员的积分"), POINTS_ON_TRANSFER),),
        standing={"": {"points": STANDING_RULE.points}},
        samples=_samples,
        adopt=adopt_transfer_rule,
    ),
)
