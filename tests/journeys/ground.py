"""Ground for bad input: something in every table, people who send what they like, and an eye on
every row and every line of the log.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from community import Community, build, csrf_token, sign_in
from conftest import NOW
from flask import Flask
from flask.testing import FlaskClient
from journeys.ground_enrolment import Enrolments, lay_enrolments
from sqlalchemy import select
from structlog.testing import capture_logs
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from pointsbank.attendance import operations as attendance
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import Session, Table, snapshot, transaction
from pointsbank.earning.rules import DeedCategory
from pointsbank.events import operations as events
from pointsbank.events.repetition import SeriesRule
from pointsbank.exchange import operations as exchange
from pointsbank.exchange.rules import Wish
from pointsbank.ledger.operations import post_all
from pointsbank.ledger.rules import Posting, SystemKind, member_account, system_account
from pointsbank.members import operations as members
from pointsbank.members.rules import Relation
from pointsbank.transfers import operations as transfers

ROLES = (
    "volunteer", "other_volunteer", "organiser", "clerk", "secretary", "official",
    "administrator", "auditor", "stranger",
)  # fmt: skip
# Wrong passwords, refused scans and what comes after the close are kept on purpose.
KEPT_APART = {"sign_in_attempt", "scan", "late_scan"}
PRIVATE = ("王桂芳", "李建国", "周明", "13800000001", "测试", "不可外传")


@dataclass(frozen=True, slots=True)
class Ground:
    """A community with something in every table that bad input could spoil."""

    place: Community
    open_event: int
    code: str
    draft: int
    post: int  # of the draft, with its shift
    shift: int
    series: int  # of the draft
    elsewhere: int  # an event of 光明社区, also open
    code_elsewhere: str
    goods: int
    goods_elsewhere: int
    redemption: int
    redemption_elsewhere: int
    card: str
    lost_card: str
    transfer: int  # 李建国, asked for by the secretary of 幸福社区
    household: int  # of 王桂芳
    walk_in: int  # at the open event, which has a sheet of two lines too
    enrolments: Enrolments


def lay() -> Ground:
    """Write it through the real operations."""
    with transaction() as session:
        place = build(session)
        here, there = place.community, place.other_community
        mine, codes = zip(
            *(_event(session, org, n) for n, org in enumerate((here, there))), strict=True
        )
        draft, _ = _event(session, here, 9, opens=False)
        post, shift = _post(session, draft)
        series = _series(session, draft)
        goods = [_goods(session, org_id, n) for n, org_id in enumerate((here, there))]
        for member_id in (place.wang, place.zhou):
            _give(session, member_id)
        sold = [
            exchange.redeem(
                session, SYSTEM, org_id=org_id, member_id=member_id, lines=[Wish(one, 1)],
                key=f"earlier-{org_id}", at=NOW,
            ).redemption_id
            for org_id, member_id, one in zip(
                (here, there), (place.wang, place.zhou), goods, strict=True
            )
        ]  # fmt: skip
        lost = members.issue_card(session, SYSTEM, member_id=place.li, at=NOW)
        lost_digits = lost.digits
        members.report_card_lost(session, SYSTEM, card_id=lost.id, at=NOW)
        card = members.issue_card(session, SYSTEM, member_id=place.chen, at=NOW).digits
        transfer = transfers.request(
            session, place.secretary, member_id=place.li, relation=Relation.RESIDENCE,
            to_org_id=place.other_grid, key="asked-earlier", at=NOW,
        ).id  # fmt: skip
        household = members.found_household(
            session, SYSTEM, head_id=place.wang, on=clock.today(), at=NOW
        ).id
        walk_in = attendance.note_walk_in(
            session, place.organiser, event_id=mine[0], name="不可外传", phone="13900000009",
            key="walked-in", at=NOW,
        ).id or 0  # fmt: skip
        attendance.make_sheet(
            session, place.organiser, event_id=mine[0], with_names=False, blank=2, key="sheet",
            at=NOW,
        )  # fmt: skip
        enrolments = lay_enrolments(session, place)
    return Ground(
        place, mine[0], codes[0], draft, post, shift, series, mine[1], codes[1], *goods, *sold,
        card, lost_digits, transfer, household, walk_in, enrolments,
    )  # fmt: skip


def _event(session: Session, org_id: int, number: int, *, opens: bool = True) -> tuple[int, str]:
    event = events.plan(
        session, SYSTEM, org_id=org_id, title=f"清扫{number}", kind=DeedCategory.ENVIRONMENT,
        place="广场", starts_at=NOW, ends_at=NOW + timedelta(hours=2), key=f"plan-{number}", at=NOW,
    )  # fmt: skip
    if opens:
        events.publish(session, SYSTEM, event_id=event.id, at=NOW)
        events.open_event(session, SYSTEM, event_id=event.id, at=NOW)
    return event.id, event.code


def _post(session: Session, event_id: int) -> tuple[int, int]:
    post = events.add_post(
        session, SYSTEM, event_id=event_id, name="楼道", duties="", capacity=3, skill="",
        least_age=None, place="", at=NOW,
    )  # fmt: skip
    shift = events.add_shift(
        session, SYSTEM, event_id=event_id, post_id=post.id, starts_at=NOW,
        ends_at=NOW + timedelta(hours=1), capacity=3, at=NOW,
    )  # fmt: skip
    return post.id, shift.id


def _series(session: Session, event_id: int) -> int:
    next_day = clock.today() + timedelta(days=1)
    rule = SeriesRule.written([next_day.isoweekday()], ["09:00"], next_day, next_day)
    return events.repeat(
        session, SYSTEM, event_id=event_id, rule=rule, publish=False, key="series", at=NOW
    ).id


def _goods(session: Session, org_id: int, number: int) -> int:
    offer = exchange.add_goods(
        session, SYSTEM, org_id=org_id, name="大米", unit_name="袋", price_points=15, at=NOW
    )
    exchange.stock_in(
        session, SYSTEM, goods_id=offer.goods_id, quantity=9, key=f"delivery-{number}", at=NOW
    )
    return offer.goods_id


def _give(session: Session, member_id: int) -> None:
    given = Posting(
        key=f"opening-{member_id}", source=system_account("morality", SystemKind.ADJUSTED),
        destination=member_account(member_id, "morality"), amount=100,
        effective_on=clock.today(), reason="opening",
    )  # fmt: skip
    post_all(session, SYSTEM, [given], at=NOW)


@contextmanager
def nothing_happens() -> Iterator[None]:
    """Every row of every table is as before, and the log says nothing about anybody."""
    before = _rows()
    with capture_logs() as lines:
        yield
    after = _rows()
    changed = {name for name in before if before[name] != after[name]}
    assert not changed, f"written: {sorted(changed)}"
    told = json.dumps(lines, ensure_ascii=False, default=str)
    assert not [word for word in PRIVATE if word in told]


def _rows() -> dict[str, list[str]]:
    with snapshot() as session:
        return {
            table.name: sorted(map(repr, session.execute(select(table)).all()))
            for table in Table.metadata.sorted_tables
            if table.name not in KEPT_APART
        }


class Visitor:
    """Somebody signed in who sends what she likes."""

    def __init__(self, app: Flask, ground: Ground, role: str) -> None:
        self.client: FlaskClient = sign_in(app.test_client(), getattr(ground.place, role))
        self.token = csrf_token(self.client)

    def send(self, verb: str, path: str, body: Any) -> TestResponse:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"X-CSRFToken": self.token}
        return self.client.open(
            path, method=verb, data=raw, content_type="application/json", headers=headers
        )

    def submit(self, path: str, form: dict[str, Any]) -> TestResponse:
        return self.client.post(path, data={"csrf_token": self.token, **form})


def is_refused(answer: TestResponse, what: Any) -> None:
    """A refusal in the form of its side, in words."""
    assert 400 <= answer.status_code < 500, (answer.status_code, what)
    if answer.request.path.startswith("/api/"):
        assert answer.mimetype == "application/problem+json", what
        assert answer.json is not None
        assert answer.json["status"] == answer.status_code
        sentence = answer.json["title"]
    else:
        assert answer.mimetype == "text/html", what
        sentence = answer.text
    assert re.search(r"[一-鿿]{3,}.*。", sentence), what


def filled(rule: Rule, number: int | str = 1) -> str:
    """A route's address with this in each place."""
    address = rule.rule.replace("<any(xlsx, csv):file_type>", "xlsx")
    address = re.sub(r"<[^>]*year>", "2025", address)
    return re.sub(r"<[^>]*>", str(number), address)


def routes(app: Flask, *verbs: str) -> list[tuple[str, Rule]]:
    return [
        (verb, rule)
        for rule in app.url_map.iter_rules()
        for verb in sorted((rule.methods or set()) & set(verbs))
        if rule.endpoint != "static"
    ]
