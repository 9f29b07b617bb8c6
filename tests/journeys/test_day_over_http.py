"""One day and one year over the JSON API, by programs that know nothing but addresses."""

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import openpyxl
import pytest
from flask import Flask
from journeys.cast import ZONE, Person, Story, Town, read_qr

from pointsbank.attendance.operations import PastAttendance, record_attendances
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import snapshot, transaction
from pointsbank.earning.rules import DeedCategory
from pointsbank.events.operations import PastEvent, record_events
from pointsbank.ledger.verify import verify

WANG = "13800000001"
HER_OWN = {  # her session, her password, her language: nothing of the bank's
    "/api/v1/sessions", "/api/v1/sessions/current", "/api/v1/me/password",
    "/sign-in", "/sign-out", "/password", "/language",
}  # fmt: skip


@dataclass
class Day:
    """What the steps of the day hand on."""

    story: Story
    town: Town
    person: Callable[[str], Person]
    event: dict[str, Any] = field(default_factory=dict)
    code: str = ""
    goods: dict[str, int] = field(default_factory=dict)


@pytest.fixture
def day(story: Story, town: Town, person: Callable[[str], Person]) -> Day:
    return Day(story, town, person)


def test_one_day_and_one_year_over_http(day: Day, app: Flask) -> None:
    an_organiser_publishes_and_prints_a_poster(day)
    a_volunteer_is_checked_in_and_out_once(day)
    somebody_without_a_phone_is_let_in_by_her_card(day)
    the_organiser_confirms_and_her_page_shows_it(day)
    the_counter_is_stocked(day)
    rice_and_soap_are_exchanged_refused_and_taken_back(day)
    the_year_is_evaluated_exported_and_sealed(day)
    an_official_sees_below_and_nothing_beside(day)
    an_auditor_sees_and_changes_nothing(day, app)
    the_book_is_whole()


def an_organiser_publishes_and_prints_a_poster(day: Day) -> None:
    day.story.at("08:30")
    organiser, volunteer = day.person("organiser"), day.person(WANG)
    plan = {
        "org_id": day.town.place.community, "title": "周末清洁家园", "kind": "environment",
        "place": "幸福社区广场", "starts_at": "2026-11-21T09:00:00+08:00",
        "ends_at": "2026-11-21T11:30:00+08:00", "key": "plan-1",
    }  # fmt: skip
    event = organiser.post("/api/v1/events", 201, **plan)
    assert organiser.post("/api/v1/events", 201, **plan)["id"] == event["id"]
    path = f"/api/v1/events/{event['id']}"
    volunteer.get(path, 404)
    assert organiser.post(f"{path}/publication", 200)["state"] == "published"
    assert volunteer.get(path)["title"] == "周末清洁家园"
    address = read_qr(organiser.take(f"/events/{event['id']}/poster.pdf").content)
    assert address.startswith("http://bank.test/c/")
    day.event, day.code = event, address.rpartition("/")[2]
    early = volunteer.post("/api/v1/check-ins", 409, code=day.code, key="too-early")
    assert early["code"] == "not_begun"
    day.story.at("08:50")
    assert organiser.post(f"{path}/opening", 200)["state"] == "open"


def a_volunteer_is_checked_in_and_out_once(day: Day) -> None:
    day.story.at("09:02")
    volunteer = day.person(WANG)
    assert volunteer.post("/api/v1/check-ins", 404, code="ACDEFG", key="other")["code"] == (
        "code_unknown"
    )
    first = volunteer.post("/api/v1/check-ins", 201, code=day.code, key="scan-1")
    assert (first["verdict"], first["repeated"]) == ("checked_in", False)
    assert first["checked_in_at"] == "2026-11-21T09:02:00+08:00"
    again = volunteer.post("/api/v1/check-ins", 201, code=day.code, key="scan-1")
    assert (again["checked_in_at"], again["repeated"]) == (first["checked_in_at"], True)
    day.story.at("09:05")
    later = volunteer.post("/api/v1/check-ins", 201, code=day.code, key="scan-2")
    assert (later["attendance_id"], later["repeated"]) == (first["attendance_id"], True)

    day.story.at("11:00")
    out = volunteer.post("/api/v1/check-outs", 201, code=day.code, key="scan-3")
    assert (out["minutes"], out["state"], out["repeated"]) == (118, "to_confirm", False)
    day.story.at("11:01")
    repeat = volunteer.post("/api/v1/check-outs", 201, code=day.code, key="scan-4")
    assert (repeat["minutes"], repeat["repeated"]) == (118, True)
    assert _balances(volunteer) == {"minutes": 0, "morality": 0, "party": 0}


def somebody_without_a_phone_is_let_in_by_her_card(day: Day) -> None:
    organiser, path = day.person("organiser"), f"/api/v1/events/{day.event['id']}"

    def scan(time: str) -> dict[str, Any]:
        day.story.at(time)
        now = clock.now().isoformat()
        one = {"id": f"scan-by-the-desk-{time[:2]}-{time[3:]}", "code": day.town.card_of_li}
        asked = {"sent_at": now, "scans": [{**one, "scanned_at": now, "offset_ms": 0}]}
        [told] = organiser.post(f"{path}/scans", 200, **asked)["results"]
        return dict(told)

    mistaken = scan("09:08")
    assert mistaken["undo"]
    assert organiser.post(f"{path}/scans/{mistaken['id']}/undo", 200)["verdict"] == "undone"
    assert scan("09:10")["verdict"] == "checked_in"
    assert scan("11:10")["verdict"] == "checked_out"
    left = organiser.get(f"{path}/attendances")["attendances"][0]
    assert (left["name"], left["minutes"], left["state"]) == ("李建国", 120, "credited")


def the_organiser_confirms_and_her_page_shows_it(day: Day) -> None:
    day.story.at("11:35")
    organiser, volunteer = day.person("organiser"), day.person(WANG)
    path = f"/api/v1/events/{day.event['id']}"
    assert organiser.get(f"{path}/attendances")["counts"] == {
        "came": 2, "present": 0, "to_confirm": 1, "credited": 1,
    }  # fmt: skip
    assert organiser.post(f"{path}/confirmations", 200) == {"people": 1, "minutes": 118}
    assert organiser.post(f"{path}/confirmations", 200) == {"people": 0, "minutes": 0}
    assert organiser.post(f"{path}/closing", 200)["present"] == 0

    assert _balances(volunteer) == {"minutes": 118, "morality": 19, "party": 0}
    standing = volunteer.get("/api/v1/me/balances")["standing"]
    assert (standing["next_star"], standing["minutes_to_next"]) == (1, 6000 - 118)
    [line] = volunteer.get("/api/v1/me/statement", unit="morality")["lines"]
    assert line["story"]["title"] == "周末清洁家园"
    assert (line["category"], line["rule"].partition(":")[0]) == ("environment", "points_rule")
    [hours] = volunteer.get("/api/v1/me/statement", unit="minutes")["lines"]
    assert (hours["amount"], hours["category"]) == (118, "scanned")


def the_counter_is_stocked(day: Day) -> None:
    day.story.at("14:00")
    clerk = day.person("clerk")
    offers = [("大米", "袋", 15, 3), ("香皂", "块", 4, 1)]
    for name, unit_name, price, stock in offers:
        goods = clerk.post(
            "/api/v1/goods", 201, org_id=day.town.place.community, name=name,
            unit_name=unit_name, price_points=price,
        )  # fmt: skip
        path = f"/api/v1/goods/{goods['id']}/stock-movements"
        clerk.post(path, 201, quantity=stock, key=f"delivery-{name}")
        clerk.post(path, 201, quantity=stock, key=f"delivery-{name}")
        day.goods[name] = goods["id"]
    assert _stock(day, clerk) == {"大米": 3, "香皂": 1}


def rice_and_soap_are_exchanged_refused_and_taken_back(day: Day) -> None:
    day.story.at("15:00")
    clerk, volunteer = day.person("clerk"), day.person(WANG)
    shown = volunteer.get("/api/v1/me/code")["digits"]
    customer = clerk.post(
        "/api/v1/member-lookups", 200, org_id=day.town.place.community, code=shown
    )
    assert (customer["name"], customer["phone_tail"]) == ("王桂芳", "0001")
    assert customer["balances"]["morality"] == 19

    def redeem(key: str, status: int, **counts: int) -> Any:
        lines = [{"goods_id": day.goods[name], "quantity": n} for name, n in counts.items()]
        return clerk.post(
            "/api/v1/redemptions", status, customer=customer["customer"], lines=lines, key=key,
        )  # fmt: skip

    refused = redeem("basket-1", 409, 大米=2)
    assert refused["code"] == "too_few_points"
    assert redeem("basket-2", 409, 香皂=2)["code"] == "out_of_stock"
    assert _stock(day, clerk) == {"大米": 3, "香皂": 1}
    receipt = redeem("basket-3", 201, 大米=1, 香皂=1)
    assert (receipt["total_points"], receipt["balance_points"]) == (19, 0)
    assert redeem("basket-3", 201, 大米=1, 香皂=1)["number"] == receipt["number"]
    assert redeem("basket-3", 409, 大米=1)["code"] == "key_taken"
    assert _stock(day, clerk) == {"大米": 2, "香皂": 0}
    assert _balances(volunteer) == {"minutes": 118, "morality": 0, "party": 0}

    undo = f"/api/v1/redemptions/{receipt['id']}/reversal"
    assert clerk.post(undo, 200, reason="拿错了")["state"] == "taken_back"
    assert clerk.post(undo, 200, reason="拿错了")["state"] == "taken_back"
    assert _stock(day, clerk) == {"大米": 3, "香皂": 1}
    assert _balances(volunteer)["morality"] == 19
    kept = redeem("basket-4", 201, 大米=1)
    assert kept["balance_points"] == 4
    statement = volunteer.get("/api/v1/me/statement", unit="morality")["lines"]
    assert [line["amount"] for line in statement] == [-15, 19, -19, 19]


def the_year_is_evaluated_exported_and_sealed(day: Day) -> None:
    org_id = day.town.place.community
    asked = {"org_id": org_id}
    secretary = day.person("secretary")
    too_early = secretary.post("/api/v1/evaluations/2026/seal", 409, key="seal-0", **asked)
    assert too_early["code"] == "too_early_to_seal"

    day.story.at("10:00", "2027-01-05")
    secretary = day.person("secretary")
    found = secretary.get("/api/v1/evaluations/2026", **asked)
    people = {person["name"]: person["figures"] for person in found["people"]}
    assert len(people) == 5
    wang, li = people["王桂芳"], people["李建国"]
    assert (wang["hours"], wang["activities"], wang["star"]) == (118, 1, 0)
    assert wang["redeemed"] == 15
    assert li["hours"] == 120
    before = _sheets(secretary, org_id)
    assert [row[1] for row in before["xlsx"]] == ["王桂芳", "李建国", "赵晓梅", "孙立军", "陈玉兰"]
    assert before["csv"][0][1:3] == [found["people"][0]["number"], "王桂芳"]

    seal = secretary.post("/api/v1/evaluations/2026/seal", 201, key="seal-1", **asked)
    repeat = secretary.post("/api/v1/evaluations/2026/seal", 201, key="seal-1", **asked)
    assert repeat["digest"] == seal["digest"]
    second = secretary.post("/api/v1/evaluations/2026/seal", 409, key="seal-2", **asked)
    assert second["code"] == "year_already_sealed"

    a_forgotten_activity_of_last_year_is_entered(day)
    assert _balances(day.person(WANG))["minutes"] == 118 + 120
    after = secretary.get("/api/v1/evaluations/2026", **asked)
    assert after["people"] == found["people"]
    assert after["seal"]["digest"] == seal["digest"]
    assert _sheets(secretary, org_id) == before


def a_forgotten_activity_of_last_year_is_entered(day: Day) -> None:
    begin = datetime(2026, 12, 30, 9, tzinfo=ZONE)
    end = begin + timedelta(hours=2)
    forgotten = PastEvent(
        day.town.place.community, "年末扫雪", DeedCategory.ENVIRONMENT, "小区门口", begin, end
    )
    with transaction() as session:
        [event_id] = record_events(session, SYSTEM, [forgotten], at=clock.now())
        stay = PastAttendance(event_id, day.town.place.wang, begin, end)
        assert record_attendances(session, SYSTEM, [stay], at=clock.now()) == 1


def an_official_sees_below_and_nothing_beside(day: Day) -> None:
    place, official = day.town.place, day.person("official")
    rolled = official.get(f"/api/v1/organisations/{place.street}/roll-up", year=2026)
    assert {child["name"] for child in rolled["children"]} >= {"幸福社区", "光明社区"}
    assert rolled["whole"]["members"] == 6
    assert official.get("/api/v1/evaluations/2026", org_id=place.community)["total"] == 5
    official.get("/api/v1/evaluations/2026", 404, org_id=place.city)
    official.get(f"/api/v1/organisations/{place.city}/roll-up", 404)
    neighbour = day.person("stranger")
    assert neighbour.get("/api/v1/evaluations/2026", org_id=place.other_community)["total"] == 1
    neighbour.get("/api/v1/evaluations/2026", 404, org_id=place.community)
    day.person(WANG).get("/api/v1/evaluations/2026", 403, org_id=place.community)


def an_auditor_sees_and_changes_nothing(day: Day, app: Flask) -> None:
    auditor = day.person("auditor")
    book = auditor.get("/api/v1/ledger/transfers")["transfers"]
    assert {entry["reason"] for entry in book} == {"service", "redemption", "take_back"}
    trail = [e["action"] for e in auditor.get("/api/v1/audit-entries")["entries"]]
    wanted = {"events.publish", "attendance.confirm", "exchange.redeem", "evaluation.seal_year"}
    assert wanted <= set(trail)
    tried = {
        path: auditor.client.request(verb, path).status_code
        for rule in app.url_map.iter_rules()
        for verb in rule.methods & {"POST", "PUT", "PATCH", "DELETE"}
        for path in [_filled(rule.rule)]
        if path not in HER_OWN and not path.startswith(("/security", "/api/v1/me/sessions"))
    }
    assert len(tried) > 30
    assert all(400 <= status < 500 for status in tried.values()), tried
    api = {path: status for path, status in tried.items() if path.startswith("/api/")}
    assert {path: status for path, status in api.items() if status != 403} == {}
    assert auditor.get("/api/v1/ledger/transfers")["transfers"] == book
    after = [e["action"] for e in auditor.get("/api/v1/audit-entries")["entries"]]
    assert after == trail


def the_book_is_whole() -> None:
    with snapshot() as session:
        verification = verify(session)
    assert verification.fault is None
    assert verification.transfers > 0


def _filled(rule: str) -> str:
    """A route's address with something in each place."""
    rule = rule.replace("<any(xlsx, csv):file_type>", "xlsx")
    return re.sub(r"<[^>]*>", "1", re.sub(r"<[^>]*year>", "2026", rule))


def _balances(person: Person) -> dict[str, int]:
    return dict(person.get("/api/v1/me/balances")["balances"])


def _stock(day: Day, clerk: Person) -> dict[str, int]:
    offers = clerk.get("/api/v1/goods", org_id=day.town.place.community)
    return {offer["name"]: offer["stock"] for offer in offers}


def _sheets(secretary: Person, org_id: int) -> dict[str, list[list[Any]]]:
    """The rows of people in both exports, by name and figures, opened with other programs."""
    workbook = openpyxl.load_workbook(
        io.BytesIO(secretary.export("/evaluations/2026.xlsx", org=org_id))
    )
    rows = [list(row) for row in workbook.active.iter_rows(values_only=True)]
    plain = secretary.export("/evaluations/2026.csv", org=org_id).decode("utf-8-sig")
    return {
        "xlsx": [row[1:] for row in rows if isinstance(row[0], int)],
        "csv": list(csv.reader(io.StringIO(plain)))[1:],
    }
