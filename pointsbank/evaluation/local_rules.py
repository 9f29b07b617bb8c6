"""The evaluation rule as a local rule: from which day of a year on it may be sealed."""

from dataclasses import asdict

from pointsbank.core.errors import say
from pointsbank.evaluation.models import EvaluationRuleVersion
from pointsbank.evaluation.operations import adopt_evaluation_rule
from pointsbank.evaluation.rules import EvaluationRule
from pointsbank.local_rules.rules import Number, RuleKind, Sample, Terms, Told


def _samples(terms: Terms) -> list[Sample]:
    facts = {"month": terms["seal_from_month"], "day": terms["seal_from_day"]}
    sealed = Told(say("当年%(month)s月%(day)s日起"), facts)
    return [Sample(Told(say("封存年度评议参考")), sealed)]


KINDS = (
    RuleKind(
        path="evaluation-rules",
        name=say("评议规则"),
        about=say("年度评议参考从哪一天起可以封存。"),
        place=70,
        table=EvaluationRuleVersion,
        terms=(
            Number("seal_from_month", say("起始月份"), 1, 12, say("月")),
            Number("seal_from_day", say("起始日"), 1, 28, say("日")),
        ),
        standing={"": asdict(EvaluationRule())},
        samples=_samples,
        adopt=adopt_evaluation_rule,
    ),
)
