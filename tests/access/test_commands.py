"""``pointsbank access``: the first administrator and passwords renewed at the server."""

import re

import pytest
from click.testing import CliRunner, Result

from pointsbank.access import operations, queries
from pointsbank.access.commands import commands
from pointsbank.access.rules import (
    NoAuthenticator,
    NoSuchUser,
    OpenedSession,
    StaffNameTaken,
)
from pointsbank.core import clock
from pointsbank.core.actor import Role
from pointsbank.core.database import Database, snapshot, transaction
from pointsbank.ledger.queries import balances
from pointsbank.ledger.rules import MINUTES, MORALITY, PARTY
from tests.access.doing import proof_of
from tests.community import Community


def run(*words: str) -> Result:
    """The command itself: the bank is open already."""
    return CliRunner().invoke(commands, words)


def password_in(result: Result) -> str:
    found = re.search(r"password: (\S+)", result.output)
    assert found, result.output
    return found[1]


def test_a_new_bank_gets_its_city_and_administrator(bank: Database) -> None:
    assert "--city" in run("add-administrator", "root").output
    password = password_in(run("add-administrator", "Root", "--city", "白城市"))
    with snapshot() as session:  # a new bank can credit hours and points at once
        assert set(balances(session, 0)) == {MINUTES, MORALITY, PARTY}
    proof = proof_of("root", password)
    with transaction() as session:
        opened = operations.sign_in(session, proof, address="", at=clock.now())
        assert isinstance(opened, OpenedSession)
        assert opened.must_change
        [city] = queries.topmost(session)
        [grant] = queries.grants_of(session, opened.user_id)
    assert city.name == "白城市"
    assert (grant.role, grant.org_id) == (Role.ADMINISTRATOR, city.id)


def test_a_second_administrator_needs_another_name(community: Community) -> None:
    assert run("add-administrator", "second").exit_code == 0
    result = run("add-administrator", "second", "--city", "別的市")
    assert isinstance(result.exception, StaffNameTaken)
    with snapshot() as session:
        assert len(queries.topmost(session)) == 1


@pytest.mark.parametrize(
    ("name", "shape"),
    [("clerk", r"[A-Z][a-z]{3}-\d{4}-[a-z]{4}"), ("13800000001", r"\d{6}")],
)
def test_a_password_is_renewed_by_staff_name_or_phone(
    community: Community, name: str, shape: str
) -> None:
    password = password_in(run("reset-password", name))
    assert re.fullmatch(shape, password)
    assert proof_of(name, password).right


def test_nobody_s_password_is_not_renewed(community: Community) -> None:
    assert isinstance(run("reset-password", "nobody").exception, NoSuchUser)


def test_a_lost_authenticator_is_taken_off_at_the_server(community: Community) -> None:
    from tests.access.test_authenticators import enrol

    assert isinstance(run("reset-authenticator", "administrator").exception, NoAuthenticator)
    enrol(community.administrator)
    assert run("reset-authenticator", "administrator").exit_code == 0
    with snapshot() as session:
        assert not operations.has_authenticator(session, community.administrator.id)
    assert isinstance(run("reset-authenticator", "nobody").exception, NoSuchUser)
