"""The rotating code: forged, replayed, truncated, foreign, expired and guessed ones."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from community import sign_in, submit
from flask import Flask
from sqlmodel import select

from pointsbank.access.operations import check_guesses
from pointsbank.access.rules import TooManyGuesses
from pointsbank.attendance import claims, rotating
from pointsbank.attendance.models import Scan
from pointsbank.attendance.rules import RotatingExpired, RotatingInvalid
from pointsbank.core import clock
from pointsbank.core.database import Database, snapshot
from pointsbank.hours.rules import Way

SEEN = datetime.fromisoformat("2026-11-21T09:02:14.900+08:00")  # the end of a step


@pytest.mark.parametrize(
    ("seconds", "refusal"),
    [
        (-15, RotatingInvalid),  # from the future
        (0, None),
        (0.2, None),
        (30.09, None),
        (30.11, RotatingExpired),
        (500, RotatingExpired),
        (15 * 40, RotatingInvalid),
    ],
)
@pytest.mark.parametrize("shown", [rotating.token, rotating.digits])
def test_a_code_is_good_for_its_step_and_two_more(
    bank: Database, shown: Any, seconds: float, refusal: Any
) -> None:
    later = SEEN + timedelta(seconds=seconds)
    if refusal is None:
        rotating.check("ABC234", shown("ABC234", SEEN), later)
        return
    with pytest.raises(refusal):
        rotating.check("ABC234", shown("ABC234", SEEN), later)


@pytest.mark.parametrize(
    "bend",
    [
        lambda good: good[:-1],
        lambda good: good + "2",
        lambda good: good.lower() + "a",
        lambda good: ("B" if good[0] == "A" else "A") + good[1:],
        lambda _: "",
        lambda _: "0" * 8,
        lambda _: rotating.token("XYZ234", SEEN),
        lambda _: rotating.digits("XYZ234", SEEN),
    ],
)
def test_forged_truncated_and_foreign_codes_are_refused(bank: Database, bend: Any) -> None:
    with pytest.raises(RotatingInvalid):
        rotating.check("ABC234", bend(rotating.token("ABC234", SEEN)), SEEN)


def test_a_code_claimed_before_signing_in_lets_in_later_as_of_the_scan(
    app: Flask, people: Any
) -> None:
    client = app.test_client()
    with people.at(2):
        address = urlsplit(rotating.address(people.code, clock.now()))
        away = client.get(f"{address.path}?{address.query}")
        assert away.status_code == 303
        back = away.location.partition("next=")[2]
    sign_in(client, people.community.volunteer)
    with people.at(7):  # the code is long over, the claim is not
        page = client.get(back)
        assert "正在签到" in page.text
        claim = back.partition("claim=")[2]
        done = submit(client, f"/c/{people.code}/check-in", claim=claim)
        assert done.status_code == 303
    with snapshot() as session:
        row = session.execute(select(Scan)).scalar_one()
    assert (row.way, row.scanned_at) == (Way.ROTATING, people.scene.at(2))


def test_an_expired_code_says_so_at_the_first_look(app: Flask, people: Any) -> None:
    client = app.test_client()
    with people.at(2):
        token = rotating.token(people.code, clock.now())
    with people.at(3):
        page = client.get(f"/c/{people.code}?r={token}")
        assert (page.status_code, "动态码已过期" in page.text) == (409, True)
        for foreign in ("AAAA", "动态码", "１２３４５６７８"):
            page = client.get(f"/c/{people.code}", query_string={"r": foreign})
            assert (page.status_code, "动态码不对" in page.text) == (404, True)


def test_digits_can_be_typed_and_guessing_them_is_stopped(app: Flask, people: Any) -> None:
    client = app.test_client()
    volunteer = people.community.volunteer
    sign_in(client, volunteer)
    with people.at(2):
        where = f"/c/{people.code}/digits"
        good = rotating.digits(people.code, clock.now())
        told = submit(client, where, digits=f" {good[:4]} {good[4:]}")
        assert told.status_code == 303
        claim = told.location.partition("claim=")[2]
        assert claims.read(claim, people.code, at=clock.now()).way is Way.ROTATING
        assert submit(client, where, digits="abc").status_code == 404
        for guess in range(30):
            answer = submit(client, where, digits=f"{guess:08d}")
            if answer.status_code == 409:
                break
        assert 5 <= guess < 30
        with snapshot() as session, pytest.raises(TooManyGuesses):
            check_guesses(session, volunteer, at=clock.now())
        assert submit(client, where, digits=good).status_code == 409


def test_a_claim_of_a_screen_is_not_made_from_one_of_a_poster(bank: Database) -> None:
    signed = claims.sign("ABC234", at=clock.now())
    assert claims.read(signed, "ABC234", at=clock.now()).way is Way.STATIC
