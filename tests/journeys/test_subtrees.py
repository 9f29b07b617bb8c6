"""Whatever the tree and whoever asks: no route of the service shows or changes what is outside her
part of it. Trees, roles and places are generated; every route is asked, with what lies outside.
"""

import inspect
import itertools
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from community import SINCE, csrf_token, sign_in
from conftest import NOW
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from journeys.ground import nothing_happens
from marshmallow import fields
from sqlalchemy import update
from werkzeug.routing import Rule

from pointsbank.access import operations as access
from pointsbank.access.models import User
from pointsbank.attendance import operations as attendance
from pointsbank.core.actor import SYSTEM, Role, Scope
from pointsbank.core.database import Session, transaction
from pointsbank.devices import operations as devices
from pointsbank.earning.rules import DeedCategory
from pointsbank.events import operations as events
from pointsbank.exchange import operations as exchange
from pointsbank.ledger.operations import declare_default_units
from pointsbank.members import operations as members
from pointsbank.orgs import operations as orgs
from pointsbank.orgs.rules import NewOrganisation
from pointsbank.web import ANYONE

EXAMPLES = int(os.environ.get("SUBTREES", "6"))
STAFF = sorted(set(Role) - {Role.VOLUNTEER})
HER_OWN = ("/security", "/password", "/counter-pin", "/sign-out", "/api/v1/me/", "/api/v1/sessions")
"""What changes her own account only."""
_marks = itertools.count(1)


@dataclass
class Tree:
    """Organisations with something in each community, and a mark on everybody's name."""

    parents: dict[int, int | None] = field(default_factory=dict)
    marks: dict[str, int] = field(default_factory=dict)
    things: list[tuple[str, int, int]] = field(default_factory=list)

    def reach(self, org_id: int) -> set[int]:
        found = {org_id}
        for child, parent in self.parents.items():  # founded from the top down
            if parent in found:
                found.add(child)
        return found

    def outside(self, reach: set[int]) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for name, number, org_id in self.things:
            if org_id not in reach:
                found.setdefault(name, []).append(number)
        return found


def plant(session: Session, shape: list[list[int]]) -> Tree:
    """A city; for each list a street; for each number a community with so many grids."""
    tree = Tree()

    def found(kind: str, name: str, parent: int | None) -> int:
        row = NewOrganisation(kind, name, SINCE, parent_id=parent)
        org_id = orgs.found_many(session, SYSTEM, [row], at=NOW)[0]
        tree.parents[org_id] = parent
        tree.things.append(("org_id", org_id, org_id))
        return org_id

    city = found("city", f"市{next(_marks)}", None)
    for number, communities in enumerate(shape):
        street = found("street", f"街道{number}", city)
        for place, grids in enumerate(communities):
            community = found("community", f"社区{place}", street)
            homes = [community, *(found("grid", f"网格{n}", community) for n in range(grids))]
            furnish(session, tree, community, homes[-1])
    return tree


def furnish(session: Session, tree: Tree, org_id: int, home: int) -> None:
    """Somebody who lives there, somebody who works there, and what they have."""

    def mark() -> str:
        return f"秘{next(_marks):05d}号"

    name, phone = mark(), f"139{next(_marks):08d}"
    member = members.register(session, SYSTEM, name=name, residence_id=home, phone=phone, at=NOW).id
    tree.marks |= {name: home, phone: home}
    card = members.issue_card(session, SYSTEM, member_id=member, at=NOW)
    shown = mark()
    asked = {"staff_name": f"s{next(_marks)}", "display_name": shown, "org_id": org_id}
    user = access.open_user(session, SYSTEM, at=NOW, **asked)
    grant = access.grant_role(
        session, SYSTEM, user_id=user.id, role=Role.CLERK, org_id=org_id, from_on=SINCE, at=NOW
    )
    tree.marks[shown] = org_id
    event = events.plan(
        session, SYSTEM, org_id=org_id, title="清扫", kind=DeedCategory.ENVIRONMENT, place="广场",
        starts_at=NOW, ends_at=NOW + timedelta(hours=2), key=f"e{next(_marks)}", at=NOW,
    )  # fmt: skip
    for step in (events.publish, events.open_event):
        step(session, SYSTEM, event_id=event.id, at=NOW)
    attendance.check_in(
        session, SYSTEM, code=event.code, claimed_at=NOW, key="in", at=NOW, member_id=member
    )
    offer = exchange.add_goods(
        session, SYSTEM, org_id=org_id, name="香皂", unit_name="块", price_points=1, at=NOW
    )
    secretary = _secretary(session, org_id)
    pairing = devices.offer_pairing(
        session, secretary, org_id=org_id, name=mark(), scope=Scope.AT_COUNTER,
        key=f"p{next(_marks)}", at=NOW,
    )  # fmt: skip
    tree.marks[pairing.name] = org_id
    for what, number in (
        ("user_id", user.id), ("event_id", event.id),
        ("goods_id", offer.goods_id), ("pairing_id", pairing.id),
        ("grant_id", grant.id),
    ):  # fmt: skip
        tree.things.append((what, number, org_id))
    tree.things += [("member_id", member, home), ("card_id", card.id, home)]


def _secretary(session: Session, org_id: int) -> Any:
    asked = {"staff_name": f"s{next(_marks)}", "display_name": "书记", "org_id": org_id}
    return somebody(session, Role.SECRETARY, **asked)


def somebody(session: Session, role: Role, *, org_id: int, **asked: Any) -> Any:
    from pointsbank.access import queries

    user = access.open_user(session, SYSTEM, org_id=org_id, at=NOW, **asked)
    access.grant_role(
        session, SYSTEM, user_id=user.id, role=role, org_id=org_id, from_on=SINCE, at=NOW
    )
    opened = access.open_session(session, user_id=user.id, at=NOW)
    actor = queries.actor_of_token(session.connection(), opened.token, NOW)
    access.sign_out(session, token=opened.token, at=NOW)
    return actor


def asked_of(app: Flask, *verbs: str) -> Iterator[tuple[str, Rule]]:
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static" or rule.rule.startswith(HER_OWN):
            continue
        for verb in sorted((rule.methods or set()) & set(verbs)):
            if verb == "GET" or ANYONE not in app.view_functions[rule.endpoint].allowed:  # type: ignore[attr-defined]
                yield verb, rule


def addresses(rule: Rule, outside: dict[str, list[int]]) -> list[str]:
    """The route with things from outside in its places, twice over: the first and the last."""
    found = []
    for pick in (0, -1):

        def fill(place: re.Match[str], pick: int = pick) -> str:
            name = place[1]
            if name == "year":
                return "2026"
            if name == "file_type":
                return "xlsx"
            return str(outside.get(name, [10**9])[pick]) if name.endswith("_id") else "x"

        found.append(re.sub(r"<(?:[^<>]*:)?(\w+)>", fill, rule.rule))
    return sorted(set(found))


def body_of(app: Flask, rule: Rule, outside: dict[str, list[int]]) -> dict[str, Any]:
    """What the route's schema would take, naming what lies outside."""
    view = app.view_functions[rule.endpoint]
    source = inspect.unwrap(view)
    schemas = re.findall(r"(?:form|arguments)\((\w+)", inspect.getsource(source))
    schema = getattr(source, "__globals__", {}).get(schemas[0]) if schemas else None
    if not inspect.isclass(schema):
        return {}
    return {
        name: value(name, kind, outside)
        for name, kind in schema().fields.items()
        if kind.required or name.endswith("_id")
    }


def value(name: str, kind: fields.Field[Any], outside: dict[str, list[int]]) -> Any:
    if name in outside:
        return outside[name][0]
    if isinstance(kind, fields.Enum):
        return next(str(one.value) for one in kind.enum)
    if isinstance(kind, fields.Date):
        return "2026-11-22"
    if isinstance(kind, fields.DateTime):
        return "2026-11-22T09:00"
    if isinstance(kind, fields.Boolean):
        return "false"
    if isinstance(kind, fields.Integer):
        return outside["org_id"][0] if name.endswith("_id") or name == "org" else 1
    if isinstance(kind, fields.List):
        return []
    return f"文字{next(_marks)}"


@settings(
    max_examples=EXAMPLES, deadline=None, phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(
    shape=st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=2), min_size=2, max_size=2),
    role=st.sampled_from(STAFF),
    place=st.integers(1, 40),
)
@pytest.mark.only("sqlite")
def test_nothing_outside_is_seen_or_changed(
    app: Flask, shape: list[list[int]], role: Role, place: int
) -> None:
    with transaction() as session:
        declare_default_units(session, SYSTEM, at=NOW)
        tree = plant(session, shape)
        below = [org_id for org_id, parent in tree.parents.items() if parent is not None]
        org_id = below[place % len(below)]
        asked = {"staff_name": f"s{next(_marks)}", "display_name": "来人", "org_id": org_id}
        actor = somebody(session, role, **asked)
        session.execute(update(User).values(must_change=False))
    reach = tree.reach(org_id)
    outside = tree.outside(reach)
    client = sign_in(app.test_client(), actor)
    secrets = [mark for mark, where in tree.marks.items() if where not in reach]
    assert secrets
    sees_nothing(app, client, outside, secrets)
    changes_nothing(app, client, outside)


def sees_nothing(
    app: Flask, client: FlaskClient, outside: dict[str, list[int]], secrets: list[str]
) -> None:
    here = outside["org_id"][0]
    for _, rule in asked_of(app, "GET"):
        for path in addresses(rule, outside):
            for query in ("",) if rule.arguments else ("", f"?org_id={here}", f"?org={here}"):
                answer = client.get(path + query)
                assert answer.status_code < 500, path + query
                told = answer.get_data(as_text=True) if "pdf" not in path else ""
                assert not [secret for secret in secrets if secret in told], path + query


def changes_nothing(app: Flask, client: FlaskClient, outside: dict[str, list[int]]) -> None:
    token = csrf_token(client)
    with nothing_happens():
        for verb, rule in asked_of(app, "POST", "PUT", "DELETE"):
            body = body_of(app, rule, outside)
            for path in addresses(rule, outside):
                given_ = (
                    {"json": body, "headers": {"X-CSRFToken": token}}
                    if path.startswith("/api/")
                    else {"data": {"csrf_token": token, **body}}
                )
                answer = client.open(path, method=verb, **given_)
                assert answer.status_code < 500, (verb, path)
                if path.endswith("/searches") and answer.status_code == 200:
                    assert answer.json is None or answer.json["members"] == [], (path, body)
                elif path.startswith("/api/"):
                    assert answer.status_code >= 400, (verb, path, body)
