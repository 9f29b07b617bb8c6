"""Every setting of a bank, with its default; ``config.example.toml`` explains each to the one who
installs it.
"""

import os
from pathlib import Path
from typing import Any, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)  # fmt: skip

from pointsbank.core.errors import Refused, say

CONFIG_NAME = "config.toml"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class BadConfiguration(Refused):
    """The configuration cannot be used; the program does not start."""

    sentence = say("配置文件 %(path)s 有误：%(problem)s")

    def __str__(self) -> str:
        return self.sentence % self.facts


class Settings(BaseSettings):
    """Read from a TOML file, then from ``POINTSBANK_…`` in the environment, which wins."""

    model_config = SettingsConfigDict(env_prefix="POINTSBANK_", extra="forbid")
    file: ClassVar[Path | None] = None

    data: Path = Path("pointsbank-data")
    database_url: str = ""
    migration_url: str = ""
    public_url: str = ""
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    threads: int = Field(16, ge=1, le=256)
    workers: int = Field(1, ge=1, le=64)
    time_zone: str = "Asia/Shanghai"
    trusted_proxies: int = Field(0, ge=0, le=5)
    volunteer_session_days: int = Field(90, ge=1, le=400)
    staff_idle_minutes: int = Field(30, ge=1, le=600)
    device_idle_minutes: int = Field(5, ge=1, le=60)
    administrators_use_totp: bool = True
    staff_password_days: int = Field(180, ge=0, le=730)
    failures_of_account: int = Field(5, ge=3, le=20)
    failures_of_address: int = Field(30, ge=5, le=10_000)
    lockout_minutes: int = Field(10, ge=1, le=1440)
    oidc_issuer: str = Field("", max_length=255)
    oidc_client_id: str = ""
    oidc_client_secret_file: str = ""
    oidc_name: str = Field("统一身份认证", min_length=1, max_length=20)
    oidc_account_by: Literal["link", "staff_name", "phone"] = "link"
    oidc_claim: str = ""
    oidc_two_factors: tuple[str, ...] = ()
    recruitment_name: str = Field("党员帮客", max_length=20)
    claim_minutes: int = Field(10, ge=1, le=60)
    seal_minutes: int = Field(5, ge=1, le=1440)
    unsealed_most: int = Field(100_000, ge=1)
    expiry_notice_days: int = Field(30, ge=1, le=366)
    audit_months: int = Field(24, ge=6, le=240)
    upload_bytes: int = Field(2_000_000, ge=10_000)
    import_bytes: int = Field(20_000_000, ge=10_000, le=100_000_000)
    evidence_bytes: int = Field(15_000_000, ge=10_000, le=100_000_000)
    evidence_days: int = Field(365, ge=30, le=3_650)
    import_days: int = Field(30, ge=1, le=400)
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource, dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:  # fmt: skip
        if cls.file is None:
            return init_settings, env_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, cls.file)

    @model_validator(mode="after")
    def _check_provider(self) -> Self:
        if not self.oidc_issuer:
            return self
        if not is_safe_address(self.oidc_issuer):
            raise ValueError(
                "oidc_issuer 须以 https:// 开头 / oidc_issuer must begin with https://"
            )
        if not self.oidc_client_id:
            raise ValueError("缺少 oidc_client_id / oidc_client_id is missing")
        if not self.public_url:
            raise ValueError("使用 oidc_issuer 须设置 public_url / oidc_issuer needs public_url")
        self.oidc_secret()
        return self

    def oidc_secret(self) -> str:
        """The secret by which the bank is known to the identity provider; empty without a file.

        ``ValueError`` where the file is not there, or others than its owner may read it.
        """
        if not self.oidc_client_secret_file:
            return ""
        file = Path(self.oidc_client_secret_file)
        if not file.is_file():
            raise ValueError(f"没有密钥文件 {file} / no such file")
        if file.stat().st_mode & 0o077:
            raise ValueError(f"{file} 的权限过宽，请执行 chmod 600 / only its owner may read it")
        return file.read_text(encoding="utf-8").strip()

    @property
    def database(self) -> str:
        """SQLAlchemy's address of the database; without one set, SQLite in ``data``."""
        return self.database_url or f"sqlite:///{self.embedded}"

    @property
    def embedded(self) -> Path:
        return self.data.resolve() / "pointsbank.db"

    @property
    def keys_file(self) -> Path:
        return self.data / "keys"


def is_safe_address(url: str) -> bool:
    """Whether nobody can listen in on what is said there: https, or this very machine."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    )


def load(*, data: Path | None = None, file: Path | None = None) -> Settings:
    """Settings of the bank in folder ``data`` or with the configuration ``file``.

    Without either, ``POINTSBANK_CONFIG`` names the file. Refuses with ``BadConfiguration``: no such
    file, not TOML,
    unknown key, value out of range.
    """
    if file is None and data is None and (named := os.environ.get("POINTSBANK_CONFIG")):
        file = Path(named)
    if file is None and data is not None and (data / CONFIG_NAME).is_file():
        file = data / CONFIG_NAME
    if file is not None and not file.is_file():
        raise BadConfiguration(path=file, problem="没有这个文件 / no such file")

    class Loaded(Settings):
        pass

    Loaded.file = file
    given: dict[str, Any] = {} if data is None else {"data": data}
    try:
        return Loaded(**given)
    except ValidationError as failure:
        raise BadConfiguration(path=file or "环境变量", problem=_explain(failure)) from None
    except ValueError as failure:
        raise BadConfiguration(path=file, problem=str(failure)) from None


def _explain(failure: ValidationError) -> str:
    problems = []
    for error in failure.errors():
        name = ".".join(str(part) for part in error["loc"])
        if error["type"] == "extra_forbidden":
            problems.append(f"不认识的设置 {name} / unknown setting {name}")
        else:
            problems.append(f"{name}: {error['msg']}" if name else error["msg"])
    return "; ".join(problems)
