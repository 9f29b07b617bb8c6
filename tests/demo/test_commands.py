"""``pointsbank demo`` as it is typed."""

import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from pointsbank.core import config
from pointsbank.demo.commands import SIGN_INS, command


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> str:
    answer = CliRunner().invoke(command, ["--no-serve", *arguments], catch_exceptions=False)
    return f"{answer.exit_code}\n{answer.output}"


def test_it_makes_a_fresh_folder_and_prints_how_to_get_in(here: Path) -> None:
    said = run("--host", "127.0.0.1", "--port", "0")
    assert said.startswith("0\n")
    folder = here / "pointsbank-demo"
    settings = config.load(data=folder)
    assert settings.public_url == f"http://127.0.0.1:{settings.port}"
    assert settings.public_url in said
    assert str(folder) in said
    for line in (folder / SIGN_INS).read_text().splitlines():
        assert all(word in said for word in line.split("\t"))
    assert (folder / SIGN_INS).stat().st_mode & 0o077 == 0
    assert "成员 members" in said


def test_a_folder_that_is_used_is_left_alone(here: Path) -> None:
    (here / "kept").mkdir()
    (here / "kept" / "something").write_text("of value")
    said = run("--data", "kept")
    assert said.startswith("1\n")
    assert "不是空文件夹" in said
    assert [path.name for path in (here / "kept").iterdir()] == ["something"]


def test_a_port_in_use_is_said(here: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = run("--host", "127.0.0.1", "--port", str(taken.getsockname()[1]))
    assert said.startswith("1\n")
    assert "已被占用" in said
    assert not (here / "pointsbank-demo").exists()
