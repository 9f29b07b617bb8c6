"""A database that cannot be asked: everybody is told in a sentence, and the next request works."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from community import Community, build, csrf_token, sign_in
from conftest import the_app
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from pointsbank.core.database import Database, snapshot, transaction
from tests.restartable import Server, bank_on, server
from tests.storage import empty_disk, fill_disk

SILENT = "系统暂时连不上数据库，请过一会儿再试。"
FULL = "服务器的磁盘已满，刚才的内容没有保存。"


class Counter:
    """A clerk at her counter, by page and by API."""

    def __init__(self, client: FlaskClient) -> None:
        with transaction() as session:
            self.place: Community = build(session)
        self.client = sign_in(client, self.place.clerk)
        self.token = csrf_token(client)
        self.goods_id = self.post("goods", name="大米", unit_name="袋", price_points=15).json["id"]

    def post(self, path: str, **body: Any) -> TestResponse:
        if path == "goods":
            body["org_id"] = self.place.community
        return self.client.post(f"/api/v1/{path}", json=body, headers={"X-CSRFToken": self.token})

    def deliver(self, key: str) -> TestResponse:
        return self.post(f"goods/{self.goods_id}/stock-movements", quantity=1, key=key)

    def submit(self, **headers: str) -> TestResponse:
        return self.client.post(
            f"/goods/{self.goods_id}/stock-movements",
            data={"csrf_token": self.token, "quantity": "1", "key": "delivery-by-page"},
            headers=headers,
        )


@pytest.fixture(scope="module")
def started() -> Iterator[Server]:
    with server() as ours:
        yield ours


@pytest.fixture
def restartable(dialect: str, started: Server, tmp_path: Path) -> Iterator[Server]:
    with bank_on(started, tmp_path):
        yield started


@pytest.mark.only("postgresql")
@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_while_the_database_is_down_everybody_is_told_and_after_that_served(
    restartable: Server, mode: str
) -> None:
    client = the_app().test_client()
    counter = Counter(client)
    stocked = counter.deliver("delivery-before").json
    restartable.stop(mode)
    assert client.get("/healthz").status_code == 503
    for page in (client.get("/goods"), client.get("/events"), counter.submit()):
        assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
        assert SILENT in page.text
        assert "<html" in page.text
    part = counter.submit(**{"HX-Request": "true"})
    assert part.status_code == 503
    assert SILENT in part.text
    assert "<html" not in part.text
    for answer in (client.get("/api/v1/me"), counter.deliver("delivery-meanwhile")):
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert answer.mimetype == "application/problem+json"
        assert answer.json["code"] == "unavailable"
        assert answer.json["title"].startswith(SILENT)
    client.set_cookie("language", "en")
    assert client.get("/api/v1/me").json["title"].startswith("The database cannot be reached")
    restartable.start()
    assert client.get("/healthz").status_code == 200
    assert counter.deliver("delivery-meanwhile").json["stock"] == stocked["stock"] + 1
    assert counter.deliver("delivery-meanwhile").json["stock"] == stocked["stock"] + 1
    assert client.get("/goods").status_code == 200


@pytest.mark.only("sqlite")
def test_a_full_disk_is_told_and_reading_goes_on(bank: Database, client: FlaskClient) -> None:
    counter = Counter(client)
    fill_disk(bank, left_pages=0)
    keys = [f"delivery-{number}" for number in range(400)]
    while (answer := counter.deliver(keys[0])).status_code == 201:
        keys.pop(0)
    assert answer.status_code == 507
    assert answer.mimetype == "application/problem+json"
    assert answer.json["code"] == "storage_full"
    assert answer.json["title"].startswith(FULL)
    assert "Retry-After" not in answer.headers
    with snapshot() as session:
        asked = text("SELECT count(*) FROM stock_movement WHERE key = :key")
        assert session.execute(asked, {"key": keys[0]}).scalar() == 0
    assert client.get("/goods").status_code == 200
    assert client.get("/healthz").status_code == 200
    empty_disk(bank)
    assert counter.deliver(keys[0]).status_code == 201
