"""Personal data at rest: unreadable without the key, different each time, found by its digest."""

from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag

from pointsbank.core import encryption


def test_sealed_text_comes_back_and_shows_nothing(tmp_path: Path) -> None:
    encryption.make_keys(tmp_path / "keys")
    encryption.use_keys(tmp_path / "keys")
    sealed = encryption.seal("13800000001")
    assert encryption.unseal(sealed) == "13800000001"
    assert b"13800000001" not in sealed
    assert encryption.seal("13800000001") != sealed


def test_an_altered_or_foreign_field_does_not_open() -> None:
    encryption.use_secret(b"a" * 32)
    sealed = encryption.seal("13800000001")
    with pytest.raises(InvalidTag):
        encryption.unseal(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    encryption.use_secret(b"b" * 32)
    with pytest.raises(InvalidTag):
        encryption.unseal(sealed)


def test_equal_values_have_equal_digests_for_one_purpose_only() -> None:
    encryption.use_secret(b"a" * 32)
    digest = encryption.digest("13800000001", "phone")
    assert digest == encryption.digest("13800000001", "phone")
    assert digest != encryption.digest("13800000001", "id")
    encryption.use_secret(b"b" * 32)
    assert digest != encryption.digest("13800000001", "phone")


def test_keys_are_the_owners_alone_and_never_overwritten(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    encryption.make_keys(keys)
    assert keys.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        encryption.make_keys(keys)
    keys.chmod(0o644)
    with pytest.raises(PermissionError):
        encryption.use_keys(keys)
