"""Every route and who may call it: the committed table, the app, and what a refused person gets.

``access_table.txt`` is for the people who decide about access. After a change of routes write it
anew with ``WRITE_ACCESS_TABLE=1 pytest tests/architecture/test_access_table.py`` and read what
changed.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from community import build
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.routing.converters import AnyConverter, NumberConverter

from pointsbank.access import operations
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Role, Scope
from pointsbank.core.database import Database, transaction
from pointsbank.web import ANYONE, SIGNED_IN

TABLE = Path(__file__).with_name("access_table.txt")
CALLERS = (ANYONE, SIGNED_IN, *Role, *Scope)


def routes(app: Flask) -> Iterator[tuple[str, Rule]]:
    """Every method and address, HEAD and OPTIONS left out, in the order of the table."""
    found = [
        (method, rule)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    ]
    yield from sorted(found, key=lambda route: (route[1].rule, route[0]))


def allowed(app: Flask, rule: Rule) -> frozenset[object]:
    return app.view_functions[rule.endpoint].allowed  # type: ignore[attr-defined,no-any-return]


def line(app: Flask, method: str, rule: Rule) -> str:
    callers = [caller for caller in CALLERS if caller in allowed(app, rule)]
    return f"{method:<6} {rule.rule:<64} {' '.join(callers)}"


def test_the_table_says_of_every_route_who_may_call_it(app: Flask) -> None:
    lines = [line(app, method, rule) for method, rule in routes(app)]
    if os.environ.get("WRITE_ACCESS_TABLE"):
        TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    written = TABLE.read_text(encoding="utf-8").splitlines()
    assert sorted(set(lines) - set(written)) == [], "routes that the table does not have so"
    assert sorted(set(written) - set(lines)) == [], "lines of the table without such a route"
    assert written == lines


def test_nothing_that_changes_is_open_to_anyone_but_the_door(app: Flask) -> None:
    """Signing in and out, pairing by a code, choosing a language, asking to be registered, and
    rating a service by a printed code are all that a stranger may post.
    """
    written = {
        rule.rule
        for method, rule in routes(app)
        if method != "GET" and ANYONE in allowed(app, rule)
    }
    door = {"/sign-in", "/sign-in/code", "/sign-out", "/language", "/pair", "/api/v1/sessions"}
    door.add("/sign-in/provider")
    assert written <= door | {"/register", "/register/status", "/r/<code>"}


def test_auditors_change_nothing_but_their_own_session_and_password(app: Flask) -> None:
    written = {
        rule.rule
        for method, rule in routes(app)
        if method != "GET" and Role.AUDITOR in allowed(app, rule)
    }
    assert written == set()


@pytest.fixture
def tokens(bank: Database) -> dict[Role, str]:
    """A session for one person of each role, the staff's held for the whole city."""
    at = clock.now()
    with transaction() as session:
        community = build(session, with_rules=False)
        ids = {Role.VOLUNTEER: community.volunteer.id}
        for role in set(Role) - {Role.VOLUNTEER}:
            user = operations.open_user(
                session, SYSTEM, org_id=community.city, at=at,
                staff_name=f"only-{role}", display_name=role,
            )  # fmt: skip
            operations.grant_role(
                session, SYSTEM, user_id=user.id, role=role, org_id=community.city,
                from_on=clock.today(), at=at,
            )  # fmt: skip
            ids[role] = user.id
        return {
            role: operations.open_session(session, user_id=user_id, at=at).token
            for role, user_id in ids.items()
        }


def address(app: Flask, rule: Rule) -> str:
    """Some address of the route: what it names need not exist."""
    values: dict[str, object] = {}
    for name, converter in rule._converters.items():
        if isinstance(converter, NumberConverter):
            values[name] = converter.min or 1
        else:
            values[name] = min(converter.items) if isinstance(converter, AnyConverter) else "x"
    return app.url_map.bind("localhost").build(rule.endpoint, values)


def test_who_is_not_in_the_table_is_refused_everywhere(
    app: Flask, client: FlaskClient, tokens: dict[Role, str]
) -> None:
    for method, rule in routes(app):
        callers = allowed(app, rule)
        if callers & {ANYONE, SIGNED_IN}:
            continue
        for role in set(Role) - callers:
            answer = client.open(
                address(app, rule),
                method=method,
                headers={"Authorization": f"Bearer {tokens[role]}"},
            )
            assert answer.status_code == 403, f"{role}: {method} {rule.rule}"


def test_a_stranger_is_asked_to_sign_in_everywhere_else(app: Flask, client: FlaskClient) -> None:
    for method, rule in routes(app):
        if ANYONE in allowed(app, rule):
            continue
        answer = client.open(address(app, rule), method=method)
        if rule.rule.startswith("/api/"):
            assert answer.status_code == 401, f"{method} {rule.rule}"
        else:
            assert answer.status_code == 303, f"{method} {rule.rule}"
            assert answer.location.startswith("/sign-in?next=/"), f"{method} {rule.rule}"
