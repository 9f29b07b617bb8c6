"""Tables: imports with their rows, applications, report-ins."""

from datetime import date, datetime

from sqlalchemy import JSON, BigInteger, Index, LargeBinary, text
from sqlmodel import Field

from pointsbank.core.database import Table, choice, key, reference
from pointsbank.core.encryption import sealed
from pointsbank.enrolment.rules import ApplicationState, ImportState

_OPEN = text("ended_on IS NULL")


class MemberImport(Table, table=True):
    """A workbook brought in. ``file_sealed`` holds its name, ``head_sealed`` what stands down to
    its headings; both go with the rows after their term.
    """

    __tablename__ = "member_import"

    id: int = key()
    key: str = Field(max_length=64, unique=True)
    org_id: int = reference("organisation.id", index=True)
    content_digest: bytes = Field(sa_type=LargeBinary, index=True)
    file_sealed: bytes | None = sealed(optional=True)
    head_sealed: bytes | None = sealed(optional=True)
    columns: list[str] = Field(sa_type=JSON)
    state: ImportState = Field(sa_type=choice(ImportState))
    chunk_count: int
    row_count: int
    next_chunk: int = 0
    takes_doubtful: bool = False
    consented: bool = False
    registered_count: int = 0
    kept_count: int = 0
    begun_by: int = Field(sa_type=BigInteger)
    begun_at: datetime
    moved_at: datetime


class ImportChunk(Table, table=True):
    """Some rows of an import. ``keys`` are keyed digests by which a later row finds itself there
    before; ``findings_sealed`` says what is wrong with which row.
    """

    __tablename__ = "import_chunk"

    import_id: int = reference("member_import.id", primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    first_row: int
    rows_sealed: bytes | None = sealed(optional=True)
    findings_sealed: bytes | None = sealed(optional=True)
    keys: bytes = Field(default=b"", sa_type=LargeBinary)
    new_count: int = 0
    known_count: int = 0
    doubtful_count: int = 0
    bad_count: int = 0


class ImportedMember(Table, table=True):
    """Who was registered by which row of an import; ``former_number`` is hers elsewhere."""

    __tablename__ = "imported_member"
    __table_args__ = (Index("ix_imported_member_import_id", "import_id", "chunk"),)

    member_id: int = reference("member.id", primary_key=True)
    import_id: int = reference("member_import.id")
    chunk: int
    row: int
    former_number: str = Field(default="", max_length=40)


class Application(Table, table=True):
    """Somebody's own request to be registered. What she wrote is sealed until it is decided, and
    goes with its term.
    """

    __tablename__ = "application"
    __table_args__ = (Index("ix_application_org_id", "org_id", "state"),)

    id: int = key()
    key: str = Field(max_length=64, unique=True)
    code_digest: bytes = Field(sa_type=LargeBinary, unique=True)
    org_id: int = reference("organisation.id")
    state: ApplicationState = Field(sa_type=choice(ApplicationState))
    content_sealed: bytes | None = sealed(optional=True)
    address_digest: bytes = Field(sa_type=LargeBinary)
    text_versions: dict[str, int] = Field(sa_type=JSON)
    applied_at: datetime = Field(index=True)
    decided_at: datetime | None = None
    decided_by: int | None = Field(default=None, sa_type=BigInteger)
    reason: str = Field(default="", max_length=200)
    member_id: int | None = reference("member.id", optional=True, index=True)


class DeskEnrolment(Table, table=True):
    """Who was registered at a desk, by whom."""

    __tablename__ = "desk_enrolment"

    key: str = Field(primary_key=True, max_length=64)
    member_id: int = reference("member.id", index=True)
    enrolled_by: int = Field(sa_type=BigInteger)
    enrolled_at: datetime


class ReportIn(Table, table=True):
    """An in-service party member reported to the community where she lives 双报到."""

    __tablename__ = "report_in"
    __table_args__ = (
        Index(
            "uq_report_in_open", "member_id",
            unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN,
        ),
    )  # fmt: skip

    id: int = key()
    key: str = Field(max_length=64, unique=True)
    member_id: int = reference("member.id", index=True)
    community_id: int = reference("organisation.id", index=True)
    grid_id: int | None = reference("organisation.id", optional=True)
    employer_id: int = reference("organisation.id", index=True)
    branch_id: int | None = reference("organisation.id", optional=True)
    duty: str = Field(default="", max_length=100)
    reported_on: date
    received_by: int = Field(sa_type=BigInteger)
    receipt_on: date | None = None
    receipt_to: str = Field(default="", max_length=50)
    ended_on: date | None = None

    @property
    def number(self) -> str:
        """What stands on the slip."""
        return f"{self.reported_on.year}-{self.id:05d}"
