"""``pointsbank ledger …`` and the job that seals."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from pointsbank.core import bank as bank_module
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import Database, snapshot, transaction
from pointsbank.ledger import jobs, journal, operations, queries
from pointsbank.ledger.commands import commands
from pointsbank.ledger.manifest import BookNotEmpty
from pointsbank.ledger.rules import PeriodNotOver
from pointsbank.ledger.units import UnitDeclared, UnitMalformed
from tests.ledger.accounts import ANA, declare, earns, posted, spends
from tests.ledger.copies import new_bank
from tests.ledger.test_verify import changed, unprotected

HOUR = timedelta(hours=1)


def ran(*words: str, typed: str = "") -> Result:
    return CliRunner().invoke(commands, list(words), input=typed)


@pytest.fixture(autouse=True)
def _book(bank: Database) -> None:
    declare(bank)
    posted(*(earns(f"e{n}") for n in range(3)))


def test_a_whole_book_is_said_to_hold() -> None:
    ran("seal")
    found = ran("verify")
    assert found.exit_code == 0
    assert "✓ 账本完好：3 笔，2 个账户，1 次封存，未封存 0 笔。" in found.stdout


def test_a_fault_ends_with_code_1_and_a_name(bank: Database) -> None:
    ran("seal")
    with unprotected(bank, "transfer") as raw:
        raw.execute(text("UPDATE transfer SET amount = 9 WHERE id = 2"))
    found = ran("verify")
    assert found.exit_code == 1
    assert "transfer 2: changed" in found.stdout


def test_only_what_came_after_the_last_verification_is_read_again() -> None:
    assert "这次核验了整本账" in ran("verify", "--since-last").stdout
    ran("seal")
    assert "这次核验了整本账" in ran("verify", "--since-last").stdout  # no seal had been reached
    posted(earns("more"))
    found = ran("verify", "--since-last")
    assert found.exit_code == 0
    assert "第 1 次封存及以前的账在 2026-11-21 09:02 已核验，没有重读" in found.stdout
    assert "✓ 此后的账完好：读了 1 笔，对了 2 个账户的余额，到第 1 次封存" in found.stdout
    assert "What came after holds: 1 transfers read" in found.stdout


def test_what_was_changed_before_is_found_in_the_whole_book_and_then_until_it_is_mended(
    bank: Database,
) -> None:
    ran("seal")
    ran("verify")
    with changed(bank, "transfer", "rule", "'mine'", 2):
        assert ran("verify", "--since-last").exit_code == 0
        assert "transfer 2: changed" in ran("verify").stdout
        assert "transfer 2: changed" in ran("verify", "--since-last").stdout
    assert "这次核验了整本账" in ran("verify", "--since-last").stdout
    assert "这次核验了整本账" not in ran("verify", "--since-last").stdout


def test_a_tail_longer_than_is_set_ends_with_code_1_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bank_module.settings(), "unsealed_most", 2)
    found = ran("verify")
    assert found.exit_code == 1
    assert "✗ 账目相符，但未封存的账有 3 笔，超过设定的 2 笔" in found.stdout
    assert "unsealed_most: the figures agree, but 3 transfers are not sealed" in found.stdout
    posted(earns("late"), earns("later"))
    ran("seal")
    posted(*(earns(f"tail{n}") for n in range(2)))
    assert ran("verify").exit_code == 0  # as many as are allowed


def test_a_changed_row_is_named_before_a_long_tail(
    bank: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bank_module.settings(), "unsealed_most", 2)
    with unprotected(bank, "transfer") as raw:
        raw.execute(text("UPDATE transfer SET amount = 9 WHERE id = 2"))
    assert "transfer 2: balance" in ran("verify").stdout


def test_a_printed_line_proves_the_book_later() -> None:
    assert ran("seal", "--print").exit_code == 1
    line = ran("seal").stdout.strip()
    assert line.startswith("pointsbank-seal 1 3 ")
    posted(earns("more"))
    assert ran("seal", "--print").stdout.strip() == line
    assert ran("verify", "--published", line).exit_code == 0
    forged = line[:-1] + ("0" if line[-1] != "0" else "1")
    assert ran("verify", "--published", forged).exit_code == 1


def test_lines_of_one_seal_that_differ_are_not_both_believed() -> None:
    line = ran("seal").stdout.strip()
    forged = line[:-1] + ("0" if line[-1] != "0" else "1")
    for lines in ((line, forged), (forged, line)):
        found = ran("verify", "--published", lines[0], "--published", lines[1])
        assert found.exit_code == 1
        assert "The two lines of seal 1 differ" in found.output
    assert ran("verify", "--published", line, "--published", line).exit_code == 0


def test_how_far_it_has_read_is_drawn_as_a_bar() -> None:
    found = ran("verify")
    assert "核验 / verifying" in found.stderr
    assert "3/3" in found.stderr
    assert "verifying" not in found.stdout


def test_a_period_is_closed_from_the_command_line_after_a_question() -> None:
    def closed() -> list[str]:
        with snapshot() as session:
            return [str(period.until_on) for period in journal.periods(session)]

    day = ("close", "--until", "2026-10-31")
    assert ran(*day, typed="n\n").exit_code == 1
    assert ran(*day).exit_code == 1
    assert closed() == []
    assert ran(*day, typed="y\n").exit_code == 0
    assert ran("close", "--until", "2026-11-20", "--yes").exit_code == 0
    assert closed() == ["2026-11-20", "2026-10-31"]
    assert isinstance(ran("close", "--until", "2026-11-21", "--yes").exception, PeriodNotOver)


def test_points_are_declared_on_a_town_s_own_terms(
    bank: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    terms = ("declare", "morality", "--expiry", "months", "--months", "6")
    assert isinstance(ran(*terms).exception, UnitDeclared)
    with new_bank(bank.dialect, tmp_path / "new", request):
        owed = ran(*terms, "--spent-reversal", "debt")
        assert owed.exit_code == 0, owed.output
        assert isinstance(ran("declare", "party", "--months", "6").exception, UnitMalformed)
        assert ran("declare", "minutes").exit_code == 2
        declare(bank)
        assert ran("units").stdout.splitlines() == [
            "道德积分 morality · 满若干月后的月底到期 months 6"
            " · 冲正后记为欠分，以后的积分先还 debt",
            "服务时长 minutes",
            "党员积分 party · 长期有效 never · 已花掉的不能冲正 refuse",
        ]


def test_who_is_about_to_lose_points_is_listed(
    bank: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    assert ran("lapsing").stdout == ""
    with new_bank(bank.dialect, tmp_path / "new", request):
        ran("declare", "morality", "--expiry", "end_of_year")
        declare(bank)
        posted(earns("a", amount=70), earns("b", effective_on=date(2027, 1, 2)))
        assert ran("lapsing").stdout == ""  # 31 December is 40 days away
        bank_module.settings().expiry_notice_days = 40
        for found in (ran("lapsing"), ran("lapsing", "--days", "40")):
            assert found.stdout == "个人 #1\tmorality\t70\n"
            assert "到 2026-12-31 为止，1 个账户" in found.stderr


def test_a_book_is_copied_out_and_into_a_new_bank(
    bank: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    line = ran("seal").stdout.strip()
    out = ran("export", str(tmp_path / "book"))
    assert out.exit_code == 0
    assert out.stdout.splitlines()[-1] == line
    assert actions() == ["ledger.export_book"]
    assert isinstance(ran("import", str(tmp_path / "book")).exception, BookNotEmpty)
    with new_bank(bank.dialect, tmp_path / "new", request):
        into = ran("import", str(tmp_path / "book"))
        assert into.stdout.splitlines()[-1] == line
        assert actions() == ["ledger.import_book"]
        assert ran("verify", "--published", line).exit_code == 0


def test_free_texts_are_left_out_when_asked(tmp_path: Path) -> None:
    posted(earns("t", text="与张阿姨一起巡逻"))
    ran("export", str(tmp_path / "all"))
    ran("export", str(tmp_path / "book"), "--without-texts")
    assert "张阿姨" in (tmp_path / "all/transfer_text.jsonl").read_text()
    assert not (tmp_path / "book/transfer_text.jsonl").exists()


def actions() -> list[str]:
    with snapshot() as session:
        return list(session.execute(text("SELECT action FROM audit_entry ORDER BY id")).scalars())


def test_the_job_seals_all_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs.seal_book(clock.now())
    jobs.seal_book(clock.now())
    assert ran("seal", "--print").stdout.startswith("pointsbank-seal 1 3 ")


def test_the_job_lets_go_of_holds_that_have_run_out() -> None:
    at = clock.now()
    with transaction() as session:
        for key in ("h", "h2"):
            operations.place_hold(
                session, SYSTEM, wanted=spends(key, amount=1), expires_at=at + HOUR, at=at
            )
    jobs.expire_holds(at + HOUR)
    with snapshot() as session:
        assert queries.account(session, ANA).held == 0


def test_the_job_verifies_what_is_new_and_on_sundays_the_whole_book(
    bank: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    def last() -> tuple[int, bool]:
        with snapshot() as session:
            entry = journal.last_verification(session)
        assert entry is not None
        return entry.transfer_count, entry.fault is not None

    saturday = clock.now()
    jobs.seal_book(saturday)
    jobs.verify_book(saturday)
    assert last() == (3, False)
    posted(earns("more"))
    jobs.verify_book(saturday)
    assert last() == (1, False)
    with changed(bank, "transfer", "rule", "'mine'", 2):
        jobs.verify_book(saturday)
        assert last() == (1, False)
        assert "book_does_not_hold" not in capsys.readouterr().out
        jobs.verify_book(saturday + timedelta(days=1))
        assert last() == (3, True)
        assert "book_does_not_hold" in capsys.readouterr().out
    jobs.verify_book(saturday + timedelta(days=2))
    assert last() == (4, False)


@pytest.mark.parametrize(
    ("minutes", "cron"),
    [(5, "*/5 * * * *"), (17, "*/17 * * * *"), (120, "0 */2 * * *"), (1440, "0 0 * * *")],
)
def test_the_job_seals_as_often_as_is_set_when_the_bank_is_opened(
    monkeypatch: pytest.MonkeyPatch, minutes: int, cron: str
) -> None:
    monkeypatch.setattr(bank_module.settings(), "seal_minutes", minutes)
    (sealing,) = [job for job in jobs.JOBS if job.run is jobs.seal_book]
    assert sealing.line == cron
