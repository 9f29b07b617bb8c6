"""The register's local rules: from which age, and the words of each consent."""

from dataclasses import asdict

from pointsbank.core.errors import say
from pointsbank.local_rules.rules import Number, RuleKind, Sample, Terms, Told, Words
from pointsbank.members.adoptions import (
    TEXT_ADOPTERS,
    adopt_consent_text,
    adopt_registration_rule,
)
from pointsbank.members.models import ConsentText, RegistrationRuleRow
from pointsbank.members.rules import (
    ADULT,
    CONSENT_NAMES,
    CONSENT_TEXTS,
    MOST_CONSENT_CHARACTERS,
    RegistrationRule,
)


def _ages(terms: Terms) -> list[Sample]:
    youngest = Told(say("年满 %(age)s 周岁"), {"age": terms["least_age"]})
    return [Sample(Told(say("登记为成员")), youngest)]


def _texts(terms: Terms) -> list[Sample]:
    return [Sample(Told(say("同意书写明")), Told("%(text)s", {"text": terms["body"]}))]


KINDS = (
    RuleKind(
        path="registration-rules",
        name=say("登记规则"),
        about=say("多大年龄可以登记；未满 18 周岁的须有监护人同意。"),
        place=40,
        table=RegistrationRuleRow,
        terms=(Number("least_age", say("最低登记年龄"), 0, ADULT, say("周岁")),),
        standing={"": asdict(RegistrationRule())},
        samples=_ages,
        adopt=adopt_registration_rule,
    ),
    RuleKind(
        path="consent-texts",
        name=say("同意书"),
        about=say("成员同意的内容。以前按旧文本表示的同意继续有效，可随时撤回。"),
        place=80,
        table=ConsentText,
        terms=(Words("body", say("同意书文本"), MOST_CONSENT_CHARACTERS),),
        standing={kind: {"body": CONSENT_TEXTS[kind]} for kind in CONSENT_TEXTS},
        samples=_texts,
        adopt=adopt_consent_text,
        part_names={kind: CONSENT_NAMES[kind] for kind in CONSENT_TEXTS},
        adopters=TEXT_ADOPTERS,
        bank_wide=True,
    ),
)
