"""The audit trail is in words: every action and subject that the program records has its own."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pointsbank
from pointsbank.local_rules.queries import rule_kinds
from pointsbank.trail import words

PACKAGE = Path(pointsbank.__file__).parent


def recorded() -> Iterator[tuple[str, str]]:
    """Action and subject of every ``audit.record(…)`` that names both in so many words."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit.record":
                action, subject = node.args[2], node.args[3]
                if isinstance(action, ast.Constant) and isinstance(subject, ast.Tuple):
                    yield str(action.value), ast.unparse(subject.elts[0]).strip("'")


def test_every_action_that_is_recorded_has_words() -> None:
    actions = {action for action, _ in recorded()}
    assert len(actions) > 10
    assert sorted(actions - set(words.ACTION_NAMES)) == []


def test_every_subject_that_is_recorded_has_a_word() -> None:
    assert sorted({subject for _, subject in recorded()} - set(words.SUBJECT_NAMES)) == []


def test_every_fact_that_is_recorded_has_a_word() -> None:
    known = set(words.FACT_NAMES) | {"at", "org_id", "before", "after", None}
    named = {
        keyword.arg
        for path in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit.record"
        for keyword in node.keywords
    }
    assert len(named) > 20
    assert sorted(named - known) == []


def test_every_kind_of_local_rule_has_words() -> None:
    kinds = rule_kinds()
    assert sorted({kind.action for kind in kinds} - set(words.ACTION_NAMES)) == []
    assert sorted({kind.subject for kind in kinds} - set(words.SUBJECT_NAMES)) == []
