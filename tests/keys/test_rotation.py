"""A change of keys: every sealed field anew, digests too, taken up again after an interruption."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.exceptions import InvalidTag
from sqlalchemy import func, select

from pointsbank.access import queries as users
from pointsbank.access.authenticators import unconfirmed
from pointsbank.access.models import SignInAttempt
from pointsbank.access.operations import begin_authenticator
from pointsbank.core import bank, clock, encryption
from pointsbank.core.database import APPEND_ONLY, Table, snapshot, transaction
from pointsbank.keys import commands as commands_module
from pointsbank.keys import rotation
from pointsbank.keys.commands import commands
from pointsbank.members import queries as members
from pointsbank.members.models import Member
from pointsbank.server import run
from tests.community import Community, build


@pytest.fixture
def place(bank: object) -> Community:
    with transaction() as session:
        return build(session, with_rules=False, with_passwords=True)


def rotate() -> str:
    result = CliRunner().invoke(commands, ["rotate"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def phones() -> dict[str, str]:
    """Each member's phone, as it opens now, and whether it is found by its digest."""
    with snapshot() as session:
        rows = session.execute(select(Member).where(Member.phone_sealed.is_not(None))).scalars()  # type: ignore[union-attr]
        found = {row.name: encryption.unseal(row.phone_sealed) for row in rows}
        for name, phone in found.items():
            member = members.member_by_phone(session, phone)
            assert member is not None
            assert member.name == name
        return found


def test_every_sealed_column_is_declared_and_may_be_sealed_anew() -> None:
    declared = {
        (held.table.name, name) for held in rotation.sealed_tables() for name in held.sealed
    }
    named = {
        (table.name, column.name)
        for table in Table.metadata.tables.values()
        for column in table.c
        if column.name.endswith("_sealed")
    }
    assert declared == named
    assert ("member", "phone_sealed") in declared
    assert not {table for table, _ in declared} & APPEND_ONLY
    for held in rotation.sealed_tables():
        for name in held.digested:
            assert held.table.c[name].info["digest_of"] in held.sealed


def test_all_is_sealed_by_the_new_key_alone(place: Community) -> None:
    path = bank.settings().keys_file
    before, old = phones(), encryption.keys_in(path)
    with transaction() as session:
        begin_authenticator(session, place.clerk, at=clock.now())
        secret = unconfirmed(session, place.clerk)[0]
        session.add(SignInAttempt(account_digest=b"x", address="", at=clock.now()))
    said = rotate()
    assert "密钥已更换" in said
    assert phones() == before
    [new] = encryption.keys_in(path)
    assert new != old[0]
    assert path.stat().st_mode & 0o777 == 0o600
    with snapshot() as session:
        assert unconfirmed(session, place.clerk)[0] == secret
        sealed = session.execute(select(Member.phone_sealed)).scalars().all()
        assert session.execute(select(func.count()).select_from(SignInAttempt)).scalar() == 0
        assert users.user_by_name(session, "13800000001") is not None
    encryption.use_secret(*old)
    for text in filter(None, sealed):
        with pytest.raises(InvalidTag):
            encryption.unseal(text)
    encryption.use_secret(new)


def test_an_interrupted_change_is_taken_up_again(
    place: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = bank.settings().keys_file
    before = phones()
    monkeypatch.setattr(rotation, "MOST_A_BATCH", 2)
    batches = iter([True, True])
    reseal = rotation.reseal_batch

    def some(*given: object) -> object:
        if next(batches, None) is None:
            raise KeyboardInterrupt
        return reseal(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(commands_module.rotation, "reseal_batch", some)
    CliRunner().invoke(commands, ["rotate"])
    held = encryption.keys_in(path)
    assert len(held) == 2
    with pytest.raises(Exception, match="密钥更换尚未完成"):
        run(bank.settings())
    monkeypatch.setattr(commands_module.rotation, "reseal_batch", reseal)
    assert "继续上次的更换" in rotate()
    assert encryption.keys_in(path) == held[:1]
    assert phones() == before


def test_a_bank_that_serves_is_not_touched(
    place: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    from contextlib import contextmanager

    @contextmanager
    def led():  # type: ignore[no-untyped-def]
        yield False

    monkeypatch.setattr(commands_module, "leadership", led)
    before = encryption.keys_in(bank.settings().keys_file)
    result = CliRunner().invoke(commands, ["rotate"])
    assert result.exit_code == 1
    assert encryption.keys_in(bank.settings().keys_file) == before


def test_keys_are_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    encryption.make_keys(path)
    first = encryption.keys_in(path)
    encryption.write_keys(path, [b"a" * 32, *first])
    assert encryption.keys_in(path) == [b"a" * 32, *first]
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]
