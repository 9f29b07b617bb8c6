"""The trail is sealed run by run, verified, and pruned by whole runs with the digests kept."""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from community import Community
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from pointsbank.core import audit, clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.audit import AuditEntry
from pointsbank.core.database import Database, current, snapshot, transaction
from pointsbank.core.errors import Forbidden
from pointsbank.trail import jobs, operations, seals
from pointsbank.trail.commands import commands
from pointsbank.trail.models import AuditPruning, AuditSeal
from pointsbank.trail.rules import TrailFindings


def write(count: int, days_ago: int = 0) -> None:
    with transaction() as session:
        for number in range(count):
            audit.record(
                session, SYSTEM, "exchange.stock_in", ("goods", number),
                at=clock.now() - timedelta(days=days_ago), org_id=number % 3 or None,
                name="大米", before={"price_points": None}, after={"price_points": number},
            )  # fmt: skip


def sealed() -> int | None:
    with transaction() as session:
        return operations.seal_next(session, SYSTEM, at=clock.now())


def found(*published: str) -> TrailFindings:
    with snapshot() as session:
        return seals.verify(session, published=published)


def forge(statement: str) -> None:
    """Change a protected table as somebody with the owner's rights could."""
    with current().administer() as connection:
        seals._unprotect(connection, connection.dialect.name)
        connection.exec_driver_sql(statement)


def test_nothing_to_seal_is_no_seal(bank: Database) -> None:
    assert sealed() is None
    assert found() == TrailFindings(0, 0, 0, 0, "", None)


def test_what_is_written_is_sealed_and_holds(bank: Database) -> None:
    write(5)
    assert sealed() == 1
    assert sealed() is None
    write(2)
    assert (found().entries, found().seals, found().unsealed) == (5, 1, 2)
    assert sealed() == 2
    assert (found().entries, found().unsealed, found().fault) == (7, 0, None)


def test_long_trails_are_sealed_in_runs(bank: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seals, "MOST_A_RUN", 3)
    write(8)
    jobs.seal_trail(clock.now())
    assert (found().seals, found().entries) == (3, 8)


def test_only_the_program_seals(community: Community) -> None:
    with pytest.raises(Forbidden), transaction() as session:
        operations.seal_next(session, community.auditor, at=clock.now())


@pytest.mark.parametrize(
    "forgery",
    [
        "UPDATE audit_entry SET address = '10.0.0.1' WHERE id = 4",
        "UPDATE audit_entry SET actor_id = 9 WHERE id = 4",
        'UPDATE audit_entry SET facts = \'{"name": "x"}\' WHERE id = 4',
        "UPDATE audit_entry SET org_id = NULL WHERE id = 5",
        "DELETE FROM audit_entry WHERE id = 4",
    ],
)
def test_a_changed_entry_is_found_in_its_run(
    bank: Database, monkeypatch: pytest.MonkeyPatch, forgery: str
) -> None:
    monkeypatch.setattr(seals, "MOST_A_RUN", 3)
    write(8)
    jobs.seal_trail(clock.now())
    forge(forgery)
    fault = found().fault
    assert fault is not None
    assert (fault.what, fault.seal_id, fault.first_entry_id) == ("changed", 2, 4)


def test_a_forged_seal_breaks_the_chain_and_a_public_line_finds_a_forged_chain(
    bank: Database,
) -> None:
    write(3)
    sealed()
    line = found().line
    assert found(line).fault is None
    other = line[:-1] + ("0" if line[-1] != "0" else "1")
    fault = found(other).fault
    assert fault is not None
    assert fault.what == "published"
    missing = found("7:99:00").fault
    assert missing is not None
    assert missing.seal_id == 7
    with current().administer() as connection:
        name = "audit_seal"
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(f"DROP TRIGGER {name}_no_update")
        else:
            connection.exec_driver_sql(f"DROP TRIGGER {name}_no_change ON {name}")
        connection.exec_driver_sql("UPDATE audit_seal SET entry_count = 2")
    broken = found().fault
    assert broken is not None
    assert broken.what == "chain"


def test_an_entry_put_into_a_sealed_run_is_found(bank: Database) -> None:
    write(3)
    sealed()
    write(1)
    forge("UPDATE audit_entry SET id = 0 WHERE id = 4")
    fault = found().fault
    assert fault is not None
    assert fault.what == "changed"


@pytest.mark.only("postgresql")
def test_the_sealer_waits_for_who_is_writing(bank: Database) -> None:
    """An entry's number is drawn before it is committed: a later one must not be sealed first."""
    write(1)
    wrote, may_end = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction() as session:
            audit.record(session, SYSTEM, "exchange.stock_in", ("goods", 1), at=clock.now())
            wrote.set()
            may_end.wait(10)

    writer = threading.Thread(target=slow)
    writer.start()
    assert wrote.wait(10)
    assert sealed() == 0
    may_end.set()
    writer.join()
    assert sealed() == 1
    assert found().entries == 2


def run(*asked: str) -> tuple[int, str]:
    result = CliRunner().invoke(commands, asked)
    return result.exit_code, result.output


def test_pruning_removes_whole_runs_past_the_term_and_keeps_their_digests(bank: Database) -> None:
    write(3, days_ago=900)
    sealed()
    write(2, days_ago=800)
    sealed()
    write(4)
    sealed()
    line = found().line
    assert "已清理 5 条" in run("prune")[1]
    with snapshot() as session:
        kept = session.execute(select(AuditEntry.action).order_by(col(AuditEntry.id))).scalars()
        assert list(kept) == ["exchange.stock_in"] * 4 + ["trail.prune"]
        assert len(session.execute(select(AuditSeal.id)).all()) == 3
        assert session.execute(select(AuditPruning.seal_id)).scalar_one() == 2
    after = found(line)
    assert (after.fault, after.entries, after.pruned) == (None, 4, 2)
    assert run("verify")[0] == 0
    assert "已清理 0 条" in run("prune")[1]
    refusal = pytest.raises(DBAPIError, match=r"append-only|not authorized|permission denied")
    with refusal, transaction() as session:
        session.execute(text("DELETE FROM audit_entry"))


def test_a_young_trail_is_not_pruned(bank: Database) -> None:
    write(3, days_ago=400)
    sealed()
    assert "已清理 0 条" in run("prune")[1]
    assert found().entries == 3


def test_the_command_says_what_does_not_hold(bank: Database) -> None:
    write(3)
    assert run("seal")[1].startswith("1:3:")
    assert "✓ 相符" in run("verify")[1]
    forge("UPDATE audit_entry SET roles = 'auditor' WHERE id = 2")
    code, said = run("verify")
    assert code == 1
    assert "changed" in said
    assert "1–3" in said


def test_the_job_tells_the_log_of_a_fault(
    bank: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told: list[tuple[str, dict[str, object]]] = []
    log: Callable[..., None] = lambda event, **facts: told.append((event, facts))  # noqa: E731
    monkeypatch.setattr(jobs.log, "error", log, raising=False)
    write(3)
    sealed()
    jobs.verify_trail(clock.now())
    assert told == []
    forge("DELETE FROM audit_entry WHERE id = 1")
    jobs.verify_trail(clock.now())
    assert told[0][0] == "trail_does_not_hold"
