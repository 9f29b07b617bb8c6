"""Whole or not there, whatever happens."""

import os
from pathlib import Path

import pytest

from pointsbank.core.files import DiskFull, NotWritten, TargetBusy, TargetExists, whole


def test_a_file_takes_its_name_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "file"
    with whole(target) as place:
        place.write_text("half")
        assert not target.exists()
        place.write_text("whole")
    assert target.read_text() == "whole"
    assert target.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_takes_its_name_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    with whole(target) as place:
        place.mkdir()
        (place / "file").write_text("whole")
        assert not target.exists()
    assert (target / "file").read_text() == "whole"
    assert target.stat().st_mode & 0o777 == 0o700
    assert list(tmp_path.iterdir()) == [target]


def test_a_body_that_raises_leaves_nothing(tmp_path: Path) -> None:
    for make in (lambda place: place.write_text("half"), lambda place: place.mkdir()):
        with pytest.raises(LookupError), whole(tmp_path / "made") as place:
            make(place)
            raise LookupError
        assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_written_over(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_text("there")
    with pytest.raises(TargetExists), whole(target):
        pass
    assert target.read_text() == "there"


def test_one_at_a_time_writes_a_thing(tmp_path: Path) -> None:
    target = tmp_path / "file"
    with whole(target) as place:
        place.write_text("whole")
        with pytest.raises(TargetBusy), whole(target):
            pass
    assert target.read_text() == "whole"


def test_what_a_killed_process_left_is_cleared(tmp_path: Path) -> None:
    left = tmp_path / ".file.part"
    (left / "file").mkdir(parents=True)
    (left / "file" / "inside").write_text("half")
    (left / "file-wal").write_text("of another database")
    with whole(tmp_path / "file") as place:
        assert list(left.iterdir()) == []
        place.write_text("whole")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_full_disk_leaves_nothing_and_is_named(tmp_path: Path) -> None:
    with pytest.raises(DiskFull), whole(tmp_path / "file") as place:
        place.write_text("half")
        with Path("/dev/full").open("w") as full:
            full.write("x")
    assert list(tmp_path.iterdir()) == []


def test_another_fault_is_told_as_the_system_tells_it(tmp_path: Path) -> None:
    with pytest.raises(NotWritten) as refused, whole(tmp_path / "nowhere" / "file"):
        pass
    assert refused.value.facts["problem"] == os.strerror(2)
