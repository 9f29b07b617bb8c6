"""The first bank: every table, and the triggers that protect the book"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from pointsbank.core.database import protection

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


PROTECTED = (
    "audit_entry",
    "audit_pruning",
    "audit_seal",
    "cap_use",
    "consent_text",
    "erasure",
    "event_change",
    "evaluation_rule",
    "hold",
    "hold_resolution",
    "hour_rule",
    "leaving_rule",
    "organisation_change",
    "period",
    "period_balance",
    "points_rule",
    "redemption_line",
    "registration_rule",
    "scan",
    "seal",
    "sealed_row",
    "sealed_year",
    "star_ladder",
    "stock_movement",
    "transfer",
    "transfer_rule",
    "transfer_step",
    "unit",
    "verification",
)


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("actor_kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("roles", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("address", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("action", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("subject_kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entry_action"), ["action"], unique=False)
        batch_op.create_index("ix_audit_entry_actor_id", ["actor_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_org_id"), ["org_id"], unique=False)
        batch_op.create_index("ix_audit_entry_subject_id", ["subject_id", "id"], unique=False)

    op.create_table(
        "audit_seal",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first_entry_id", sa.BigInteger(), nullable=False),
        sa.Column("last_entry_id", sa.BigInteger(), nullable=False),
        sa.Column("entry_count", sa.BigInteger(), nullable=False),
        sa.Column("sealed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("rows_digest", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_seal")),
        sqlite_strict=True,
    )
    op.create_table(
        "audit_pruning",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("seal_id", sa.BigInteger(), nullable=False),
        sa.Column("entry_count", sa.BigInteger(), nullable=False),
        sa.Column("pruned_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["seal_id"], ["audit_seal.id"], name=op.f("fk_audit_pruning_seal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_pruning")),
        sqlite_strict=True,
    )

    op.create_table(
        "job_run",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("job", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("due_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("finished_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("failure", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_run")),
        sa.UniqueConstraint("job", "due_at", name=op.f("uq_job_run_job_due_at")),
        sqlite_strict=True,
    )
    op.create_table(
        "member_numbering",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_member_numbering")),
        sqlite_strict=True,
    )
    op.create_table(
        "organisation_kind",
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(length=30), nullable=False),
        sa.Column(
            "line",
            sa.Enum(
                "territory",
                "party",
                "team",
                "employer",
                "partner",
                name="line",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_organisation_kind")),
        sqlite_strict=True,
    )
    op.create_table(
        "period",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("first_later_id", sa.BigInteger(), nullable=False),
        sa.Column("last_transfer_id", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("actor_kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_period")),
        sa.UniqueConstraint("until_on", name=op.f("uq_period_until_on")),
        sqlite_strict=True,
    )
    op.create_table(
        "seal",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("first_transfer_id", sa.BigInteger(), nullable=False),
        sa.Column("last_transfer_id", sa.BigInteger(), nullable=False),
        sa.Column("transfer_count", sa.BigInteger(), nullable=False),
        sa.Column("last_account_id", sa.BigInteger(), nullable=False),
        sa.Column("account_count", sa.BigInteger(), nullable=False),
        sa.Column("last_unit_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_count", sa.BigInteger(), nullable=False),
        sa.Column("sealed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("marks", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal")),
        sa.UniqueConstraint("first_transfer_id", name=op.f("uq_seal_first_transfer_id")),
        sqlite_strict=True,
    )
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("account_digest", sa.LargeBinary(), nullable=False),
        sa.Column("address", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("sign_in_attempt", schema=None) as batch_op:
        batch_op.create_index(
            "ix_sign_in_attempt_account_digest", ["account_digest", "at"], unique=False
        )
        batch_op.create_index("ix_sign_in_attempt_address", ["address", "at"], unique=False)
        batch_op.create_index(batch_op.f("ix_sign_in_attempt_at"), ["at"], unique=False)

    op.create_table(
        "unit",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("spendable", sa.Boolean(), nullable=False),
        sa.Column("floor", sa.BigInteger(), nullable=False),
        sa.Column(
            "expiry",
            sa.Enum(
                "never",
                "end_of_year",
                "end_of_next_year",
                "months",
                name="expirypolicy",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("expiry_months", sa.Integer(), nullable=False),
        sa.Column(
            "spent_reversal",
            sa.Enum(
                "refuse",
                "debt",
                name="spentreversal",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("declared_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint("floor <= 0", name=op.f("ck_unit_floor")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("code", name=op.f("uq_unit_code")),
        sqlite_strict=True,
    )
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column(
            "owner_kind",
            sa.Enum(
                "member",
                "household",
                "organisation",
                "system",
                name="ownerkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("category", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("held >= 0", name=op.f("ck_account_held")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_account_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint(
            "owner_kind",
            "owner_id",
            "unit_id",
            "kind",
            "category",
            name=op.f("uq_account_owner_kind_owner_id_unit_id_kind_category"),
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "line",
            sa.Enum(
                "territory",
                "party",
                "team",
                "employer",
                "partner",
                name="line",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=30), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("region_code", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("credit_code", sqlmodel.sql.sqltypes.AutoString(length=30), nullable=False),
        sa.Column("address", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("contact_name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("contact_phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("successor_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["kind"], ["organisation_kind.code"], name=op.f("fk_organisation_kind")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["organisation.id"], name=op.f("fk_organisation_parent_id")
        ),
        sa.ForeignKeyConstraint(
            ["successor_id"], ["organisation.id"], name=op.f("fk_organisation_successor_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.create_index(
            "ix_organisation_parent_id_kind_name", ["parent_id", "kind", "name"], unique=False
        )

    op.create_table(
        "evaluation_rule",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("as_above", sa.Boolean(), nullable=False),
        sa.Column("recalls", sa.Integer(), nullable=True),
        sa.Column("seal_from_month", sa.Integer(), nullable=False),
        sa.Column("seal_from_day", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "seal_from_day BETWEEN 1 AND 28", name=op.f("ck_evaluation_rule_seal_from_day")
        ),
        sa.CheckConstraint(
            "seal_from_month BETWEEN 1 AND 12", name=op.f("ck_evaluation_rule_seal_from_month")
        ),
        sa.CheckConstraint("recalls < version", name=op.f("ck_evaluation_rule_recalls")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_evaluation_rule_version")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisation.id"], name=op.f("fk_evaluation_rule_org_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_rule")),
        sa.UniqueConstraint("org_id", "version", name=op.f("uq_evaluation_rule_org_id_version")),
        sqlite_strict=True,
    )
    op.create_table(
        "goods",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("unit_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("unit", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("price_points", sa.Integer(), nullable=False),
        sa.Column("stock", sa.Integer(), nullable=False),
        sa.Column("added_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("withdrawn_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint("price_points > 0", name=op.f("ck_goods_price_points")),
        sa.CheckConstraint("stock >= 0", name=op.f("ck_goods_stock")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_goods_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goods")),
        sa.UniqueConstraint("org_id", "name", name=op.f("uq_goods_org_id_name")),
        sqlite_strict=True,
    )
    op.create_table(
        "hold",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("destination_id", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("placed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("expires_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("actor_kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("origin_kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("origin_id", sa.BigInteger(), nullable=False),
        sa.Column("rule", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_hold_amount")),
        sa.ForeignKeyConstraint(
            ["destination_id"], ["account.id"], name=op.f("fk_hold_destination_id")
        ),
        sa.ForeignKeyConstraint(["source_id"], ["account.id"], name=op.f("fk_hold_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
        sa.UniqueConstraint("key", name=op.f("uq_hold_key")),
        sqlite_strict=True,
    )
    op.create_table(
        "hour_rule",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("as_above", sa.Boolean(), nullable=False),
        sa.Column("recalls", sa.Integer(), nullable=True),
        sa.Column(
            "rounding",
            sa.Enum(
                "minute",
                "tenth",
                "quarter",
                "half",
                "hour",
                name="rounding",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("least_minutes", sa.Integer(), nullable=False),
        sa.Column("most_minutes", sa.Integer(), nullable=False),
        sa.Column("early_minutes", sa.Integer(), nullable=False),
        sa.Column("late_minutes", sa.Integer(), nullable=False),
        sa.Column("repeat_minutes", sa.Integer(), nullable=False),
        sa.Column(
            "credit_static",
            sa.Enum(
                "at_check_out",
                "at_close",
                "after_confirmation",
                name="credit_static",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "credit_organiser",
            sa.Enum(
                "at_check_out",
                "at_close",
                "after_confirmation",
                name="credit_organiser",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "credit_roster",
            sa.Enum(
                "at_check_out",
                "at_close",
                "after_confirmation",
                name="credit_roster",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("least_percent", sa.Integer(), nullable=False),
        sa.Column("most_pairs", sa.Integer(), nullable=False),
        sa.Column("day_minutes", sa.Integer(), nullable=False),
        sa.Column("parent_minutes", sa.Integer(), nullable=False),
        sa.CheckConstraint("recalls < version", name=op.f("ck_hour_rule_recalls")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_hour_rule_version")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_hour_rule_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hour_rule")),
        sa.UniqueConstraint("org_id", "version", name=op.f("uq_hour_rule_org_id_version")),
        sqlite_strict=True,
    )
    op.create_table(
        "member",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column(
            "number",
            sa.String(length=20).with_variant(sa.String(length=20, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=50), nullable=False),
        sa.Column(
            "sex",
            sa.Enum(
                "female",
                "male",
                name="sex",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("birth_on", sa.Date(), nullable=True),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_digest", sa.LargeBinary(), nullable=True),
        sa.Column("phone_tail", sqlmodel.sql.sqltypes.AutoString(length=4), nullable=False),
        sa.Column(
            "document_kind",
            sa.Enum(
                "id_card",
                "residence_permit",
                "foreigner_card",
                "passport",
                "other",
                name="documentkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("document_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("document_digest", sa.LargeBinary(), nullable=True),
        sa.Column("document_tail", sqlmodel.sql.sqltypes.AutoString(length=4), nullable=False),
        sa.Column("residence_id", sa.BigInteger(), nullable=False),
        sa.Column("branch_id", sa.BigInteger(), nullable=True),
        sa.Column("employer_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "party_status",
            sa.Enum(
                "none",
                "applicant",
                "probationary",
                "full",
                name="partystatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("joined_party_on", sa.Date(), nullable=True),
        sa.Column("skills", sa.JSON(), nullable=False),
        sa.Column("available", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("registered_on", sa.Date(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column(
            "leaving",
            sa.Enum(
                "left",
                "died",
                "merged",
                "erased",
                name="leaving",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("merged_into_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["branch_id"], ["organisation.id"], name=op.f("fk_member_branch_id")
        ),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["organisation.id"], name=op.f("fk_member_employer_id")
        ),
        sa.ForeignKeyConstraint(
            ["merged_into_id"], ["member.id"], name=op.f("fk_member_merged_into_id")
        ),
        sa.ForeignKeyConstraint(
            ["residence_id"], ["organisation.id"], name=op.f("fk_member_residence_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
        sa.UniqueConstraint("document_digest", name=op.f("uq_member_document_digest")),
        sa.UniqueConstraint("number", name=op.f("uq_member_number")),
        sa.UniqueConstraint("phone_digest", name=op.f("uq_member_phone_digest")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.create_index(
            "ix_member_branch_id_number",
            ["branch_id", "number"],
            unique=False,
            postgresql_include=["id"],
        )
        batch_op.create_index(
            "ix_member_employer_id_number",
            ["employer_id", "number"],
            unique=False,
            postgresql_include=["id"],
        )
        batch_op.create_index(
            "ix_member_left_number",
            ["number"],
            unique=False,
            sqlite_where=sa.text("left_on IS NOT NULL"),
            postgresql_where=sa.text("left_on IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_member_merged_into_id",
            ["merged_into_id"],
            unique=False,
            sqlite_where=sa.text("merged_into_id IS NOT NULL"),
            postgresql_where=sa.text("merged_into_id IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_member_name"), ["name"], unique=False)
        batch_op.create_index(
            "ix_member_party_status_number", ["party_status", "number"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_member_phone_tail"), ["phone_tail"], unique=False)
        batch_op.create_index(
            "ix_member_residence_id_number",
            ["residence_id", "number"],
            unique=False,
            postgresql_include=["id"],
        )

    op.create_table(
        "registration_rule",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("as_above", sa.Boolean(), nullable=False),
        sa.Column("recalls", sa.Integer(), nullable=True),
        sa.Column("least_age", sa.Integer(), nullable=False),
        sa.CheckConstraint("recalls < version", name=op.f("ck_registration_rule_recalls")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_registration_rule_version")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisation.id"], name=op.f("fk_registration_rule_org_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration_rule")),
        sa.UniqueConstraint("org_id", "version", name=op.f("uq_registration_rule_org_id_version")),
        sqlite_strict=True,
    )
    op.create_table(
        "skill",
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_skill")),
        sqlite_strict=True,
    )
    op.create_table(
        "consent_text",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("as_above", sa.Boolean(), nullable=False),
        sa.Column("recalls", sa.Integer(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "registration",
                "publication",
                "sharing",
                name="consent",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("body", sqlmodel.sql.sqltypes.AutoString(length=2000), nullable=False),
        sa.CheckConstraint("recalls < version", name=op.f("ck_consent_text_recalls")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_consent_text_version")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisation.id"], name=op.f("fk_consent_text_org_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_text")),
        sa.UniqueConstraint(
            "org_id", "kind", "version", name=op.f("uq_consent_text_org_id_kind_version")
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "affiliation",
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "relation",
            sa.Enum(
                "residence",
                "branch",
                "employer",
                "team",
                name="relation",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_affiliation_member_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisation.id"], name=op.f("fk_affiliation_org_id")
        ),
        sa.PrimaryKeyConstraint(
            "member_id", "relation", "org_id", "from_on", name=op.f("pk_affiliation")
        ),
        sqlite_strict=True,
    )
    with op.batch_alter_table("affiliation", schema=None) as batch_op:
        batch_op.create_index("ix_affiliation_org_id", ["org_id", "relation"], unique=False)

    op.create_table(
        "household",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("head_id", sa.BigInteger(), nullable=False),
        sa.Column("founded_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["head_id"], ["member.id"], name=op.f("fk_household_head_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("household", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_household_head_id"), ["head_id"], unique=False)

    op.create_table(
        "household_member",
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name=op.f("fk_household_member_household_id")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_household_member_member_id")
        ),
        sa.PrimaryKeyConstraint("member_id", "from_on", name=op.f("pk_household_member")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("household_member", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_household_member_household_id"), ["household_id"], unique=False
        )

    op.create_table(
        "deputy_role",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "party_delegate",
                "peoples_deputy",
                "cppcc_member",
                name="deputykind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("body", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_deputy_role_member_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deputy_role")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("deputy_role", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deputy_role_member_id"), ["member_id"], unique=False)

    op.create_table(
        "training_record",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("provider", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_training_record_member_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_record")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("training_record", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_training_record_member_id"), ["member_id"], unique=False
        )

    op.create_table(
        "honour_record",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("awarded_by", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "community",
                "street",
                "county",
                "prefecture",
                "province",
                "national",
                name="honourlevel",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_honour_record_member_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_honour_record")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("honour_record", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_honour_record_member_id"), ["member_id"], unique=False)

    op.create_table(
        "member_consent",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "registration",
                "publication",
                "sharing",
                name="consent",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("text_version", sa.Integer(), nullable=False),
        sa.Column(
            "way",
            sa.Enum(
                "online",
                "paper",
                name="consentway",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("given_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("withdrawn_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_member_consent_member_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_consent")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("member_consent", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_member_consent_member_id"), ["member_id"], unique=False
        )

    op.create_table(
        "member_guardian",
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=50), nullable=False),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("relation", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("consented_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_member_guardian_member_id")
        ),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_member_guardian")),
        sqlite_strict=True,
    )
    op.create_table(
        "name_key",
        sa.Column(
            "key",
            sa.String(length=40).with_variant(sa.String(length=40, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_name_key_member_id")),
        sa.PrimaryKeyConstraint("key", "member_id", name=op.f("pk_name_key")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("name_key", schema=None) as batch_op:
        batch_op.create_index("ix_name_key_member_id_key", ["member_id", "key"], unique=False)

    op.create_table(
        "party_standing",
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "none",
                "applicant",
                "probationary",
                "full",
                name="partystatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_party_standing_member_id")
        ),
        sa.PrimaryKeyConstraint("member_id", "from_on", name=op.f("pk_party_standing")),
        sqlite_strict=True,
    )
    op.create_table(
        "former_organisation_name",
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.CheckConstraint("from_on <= until_on", name=op.f("ck_former_organisation_name_period")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_former_organisation_name_organisation_id"),
        ),
        sa.PrimaryKeyConstraint(
            "organisation_id", "from_on", name=op.f("pk_former_organisation_name")
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "former_organisation_reach",
        sa.Column("ancestor_id", sa.BigInteger(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.CheckConstraint("from_on <= until_on", name=op.f("ck_former_organisation_reach_period")),
        sa.ForeignKeyConstraint(
            ["ancestor_id"],
            ["organisation.id"],
            name=op.f("fk_former_organisation_reach_ancestor_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_former_organisation_reach_organisation_id"),
        ),
        sa.PrimaryKeyConstraint(
            "ancestor_id",
            "organisation_id",
            "from_on",
            name=op.f("pk_former_organisation_reach"),
        ),
        sqlite_strict=True,
    )
    with op.batch_alter_table("former_organisation_reach", schema=None) as batch_op:
        batch_op.create_index(
            "ix_former_organisation_reach_organisation_id", ["organisation_id"], unique=False
        )

    op.create_table(
        "organisation_change",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "verb",
            sa.Enum(
                "founded",
                "renamed",
                "moved",
                "merged",
                "split",
                "closed",
                name="verb",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("from_id", sa.BigInteger(), nullable=True),
        sa.Column("to_id", sa.BigInteger(), nullable=True),
        sa.Column("name_before", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("name_after", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=True),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["from_id"], ["organisation.id"], name=op.f("fk_organisation_change_from_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_organisation_change_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["to_id"], ["organisation.id"], name=op.f("fk_organisation_change_to_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_change")),
        sa.UniqueConstraint("key", name=op.f("uq_organisation_change_key")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("organisation_change", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_organisation_change_from_id"), ["from_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_organisation_change_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_organisation_change_to_id"), ["to_id"], unique=False)

    op.create_table(
        "organisation_reach",
        sa.Column("ancestor_id", sa.BigInteger(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ancestor_id"], ["organisation.id"], name=op.f("fk_organisation_reach_ancestor_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_organisation_reach_organisation_id"),
        ),
        sa.PrimaryKeyConstraint(
            "ancestor_id", "organisation_id", name=op.f("pk_organisation_reach")
        ),
        sqlite_strict=True,
    )
    with op.batch_alter_table("organisation_reach", schema=None) as batch_op:
        batch_op.create_index(
            "ix_organisation_reach_organisation_id", ["organisation_id", "depth"], unique=False
        )

    op.create_table(
        "period_balance",
        sa.Column("period_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_period_balance_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["period_id"], ["period.id"], name=op.f("fk_period_balance_period_id")
        ),
        sa.PrimaryKeyConstraint("period_id", "account_id", name=op.f("pk_period_balance")),
        sqlite_strict=True,
    )
    op.create_table(
        "points_rule",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("as_above", sa.Boolean(), nullable=False),
        sa.Column("recalls", sa.Integer(), nullable=True),
        sa.Column("unit", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("points_per_hour", sa.Integer(), nullable=False),
        sa.Column("by_category", sa.JSON(), nullable=False),
        sa.Column("each_time", sa.JSON(), nullable=False),
        sa.Column("most_minutes_an_activity", sa.Integer(), nullable=True),
        sa.Column("caps", sa.JSON(), nullable=False),
        sa.Column(
            "over_cap",
            sa.Enum(
                "refuse",
                "withhold",
                "clip",
                name="overcap",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "audience",
            sa.Enum(
                "all",
                "party",
                name="audience",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "rounding",
            sa.Enum(
                "down",
                "half_up",
                "up",
                name="rounding",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "credited",
            sa.Enum(
                "member",
                "household",
                name="credited",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.CheckConstraint(
            "credited = 'member' OR unit <> 'party'",
            name=op.f("ck_points_rule_party_credited"),
        ),
        sa.CheckConstraint(
            "most_minutes_an_activity BETWEEN 1 AND 1440",
            name=op.f("ck_points_rule_most_minutes_an_activity"),
        ),
        sa.CheckConstraint("over_cap <> 'refuse'", name=op.f("ck_points_rule_over_cap")),
        sa.CheckConstraint(
            "points_per_hour BETWEEN 0 AND 1000", name=op.f("ck_points_rule_points_per_hour")
        ),
        sa.CheckConstraint("recalls < version", name=op.f("ck_points_rule_recalls")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_points_rule_version")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisation.id"], name=op.f("fk_points_rule_org_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points_rule")),
        sa.UniqueConstraint(
            "org_id", "unit", "version", name=op.f("uq_points_rule_org_id_unit_version")
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "receipt_book",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("issued", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisation.id"], name=op.f("fk_receipt_book_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "on_day", name=op.f("pk_receipt_book")),
        sqlite_strict=True,
    )
    op.create_table(
        "sealed_year",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("relation", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("sealed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("sealed_by", sa.BigInteger(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("rows_count", sa.Integer(), nullable=False),
        sa.Column("previous_digest", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisation.id"], name=op.f("fk_sealed_year_org_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealed_year")),
        sa.UniqueConstraint("key", name=op.f("uq_sealed_year_key")),
        sa.UniqueConstraint("org_id", "year", name=op.f("uq_sealed_year_org_id_year")),
        sqlite_strict=True,
    )
    op.create_table(
        "star_ladder",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("as_above", sa.Boolean(), nullable=False),
        sa.Column("recalls", sa.Integer(), nullable=True),
        sa.Column(
            "window",
            sa.Enum(
                "lifetime",
                "calendar_year",
                name="window",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("levels", sa.JSON(), nullable=False),
        sa.CheckConstraint("recalls < version", name=op.f("ck_star_ladder_recalls")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_star_ladder_version")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisation.id"], name=op.f("fk_star_ladder_org_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_star_ladder")),
        sa.UniqueConstraint("org_id", "version", name=op.f("uq_star_ladder_org_id_version")),
        sqlite_strict=True,
    )
    op.create_table(
        "transfer",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("destination_id", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("source_balance", sa.BigInteger(), nullable=True),
        sa.Column("source_version", sa.BigInteger(), nullable=True),
        sa.Column("destination_balance", sa.BigInteger(), nullable=True),
        sa.Column("destination_version", sa.BigInteger(), nullable=True),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("recorded_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("actor_kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("origin_kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("origin_id", sa.BigInteger(), nullable=False),
        sa.Column("rule", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("text_hash", sa.LargeBinary(), nullable=True),
        sa.Column("reverses", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_transfer_amount")),
        sa.CheckConstraint("source_id <> destination_id", name=op.f("ck_transfer_two_accounts")),
        sa.ForeignKeyConstraint(
            ["destination_id"], ["account.id"], name=op.f("fk_transfer_destination_id")
        ),
        sa.ForeignKeyConstraint(["reverses"], ["transfer.id"], name=op.f("fk_transfer_reverses")),
        sa.ForeignKeyConstraint(["source_id"], ["account.id"], name=op.f("fk_transfer_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer")),
        sa.UniqueConstraint("key", name=op.f("uq_transfer_key")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("transfer", schema=None) as batch_op:
        batch_op.create_index("ix_transfer_effective_on", ["effective_on"], unique=False)
        batch_op.create_index(
            "ix_transfer_lapsing",
            ["destination_id", "expires_on"],
            unique=False,
            sqlite_where=sa.text("expires_on IS NOT NULL AND destination_version IS NOT NULL"),
            postgresql_where=sa.text("expires_on IS NOT NULL AND destination_version IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_transfer_lapsing_back",
            ["source_id", "expires_on"],
            unique=False,
            sqlite_where=sa.text("expires_on IS NOT NULL AND source_version IS NOT NULL"),
            postgresql_where=sa.text("expires_on IS NOT NULL AND source_version IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_transfer_origin",
            ["origin_kind", "origin_id"],
            unique=False,
            sqlite_where=sa.text("origin_kind <> ''"),
            postgresql_where=sa.text("origin_kind <> ''"),
        )
        batch_op.create_index(
            "ix_transfer_reverses",
            ["reverses"],
            unique=False,
            sqlite_where=sa.text("reverses IS NOT NULL"),
            postgresql_where=sa.text("reverses IS NOT NULL"),
        )
        batch_op.create_index(
            "uq_transfer_destination",
            ["destination_id", "destination_version"],
            unique=True,
            sqlite_where=sa.text("destination_version IS NOT NULL"),
            postgresql_where=sa.text("destination_version IS NOT NULL"),
        )
        batch_op.create_index(
            "uq_transfer_source",
            ["source_id", "source_version"],
            unique=True,
            sqlite_where=sa.text("source_version IS NOT NULL"),
            postgresql_where=sa.text("source_version IS NOT NULL"),
        )

    op.create_table(
        "card",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("digits", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("issued_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("lost_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_card_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card")),
        sa.UniqueConstraint("digits", name=op.f("uq_card_digits")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("card", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_card_member_id"), ["member_id"], unique=False)

    op.create_table(
        "event_series",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("weekdays", sa.JSON(), nullable=False),
        sa.Column("begins", sa.JSON(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("but", sa.JSON(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("ended_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint("from_on <= until_on", name=op.f("ck_event_series_period")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisation.id"], name=op.f("fk_event_series_org_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_series")),
        sa.UniqueConstraint("created_by", "key", name=op.f("uq_event_series_created_by_key")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("event_series", schema=None) as batch_op:
        batch_op.create_index("ix_event_series_org_id", ["org_id"], unique=False)

    op.create_table(
        "event_template",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("length_minutes", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("posts", sa.JSON(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("put_away_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint("length_minutes > 0", name=op.f("ck_event_template_length")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisation.id"], name=op.f("fk_event_template_org_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_template")),
        sa.UniqueConstraint("created_by", "key", name=op.f("uq_event_template_created_by_key")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("event_template", schema=None) as batch_op:
        batch_op.create_index("ix_event_template_org_id", ["org_id"], unique=False)

    op.create_table(
        "event",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "environment",
                "patrol",
                "help",
                "mediation",
                "publicity",
                "repairs",
                "culture",
                "other",
                name="deedcategory",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("place", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.Column("place_id", sa.BigInteger(), nullable=True),
        sa.Column("description", sqlmodel.sql.sqltypes.AutoString(length=2000), nullable=False),
        sa.Column("served", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("dangerous", sa.Boolean(), nullable=False),
        sa.Column("risks", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("insurance", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.Column("skill", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("least_age", sa.Integer(), nullable=True),
        sa.Column("in_charge_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("recorder_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("starts_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("ends_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "published",
                "open",
                "closed",
                "cancelled",
                name="eventstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(length=6), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("series_id", sa.BigInteger(), nullable=True),
        sa.Column("hour_rule_id", sa.BigInteger(), nullable=True),
        sa.Column("created_by", sa.Integer(), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("published_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("opened_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("closed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("cancel_reason", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.CheckConstraint("capacity > 0", name=op.f("ck_event_capacity")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_event_times")),
        sa.CheckConstraint("least_age > 0", name=op.f("ck_event_least_age")),
        sa.ForeignKeyConstraint(
            ["hour_rule_id"], ["hour_rule.id"], name=op.f("fk_event_hour_rule_id")
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_event_org_id")),
        sa.ForeignKeyConstraint(["place_id"], ["organisation.id"], name=op.f("fk_event_place_id")),
        sa.ForeignKeyConstraint(
            ["series_id"], ["event_series.id"], name=op.f("fk_event_series_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sa.UniqueConstraint("code", name=op.f("uq_event_code")),
        sa.UniqueConstraint("created_by", "key", name=op.f("uq_event_created_by_key")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index("ix_event_org_starts", ["org_id", "starts_at"], unique=False)
        batch_op.create_index("ix_event_place_id", ["place_id"], unique=False)
        batch_op.create_index("ix_event_series_id_starts", ["series_id", "starts_at"], unique=False)
        batch_op.create_index("ix_event_starts", ["starts_at"], unique=False)

    op.create_table(
        "post",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("duties", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("skill", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("least_age", sa.Integer(), nullable=True),
        sa.Column("place", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.CheckConstraint("capacity > 0", name=op.f("ck_post_capacity")),
        sa.CheckConstraint("least_age > 0", name=op.f("ck_post_least_age")),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_post_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.create_index("ix_post_event_id", ["event_id"], unique=False)

    op.create_table(
        "shift",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=True),
        sa.Column("starts_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("ends_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.CheckConstraint("capacity > 0", name=op.f("ck_shift_capacity")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_shift_times")),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_shift_event_id")),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_shift_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("shift", schema=None) as batch_op:
        batch_op.create_index("ix_shift_event_id", ["event_id"], unique=False)
        batch_op.create_index("ix_shift_post_id", ["post_id"], unique=False)

    op.create_table(
        "event_change",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_event_change_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_change")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("event_change", schema=None) as batch_op:
        batch_op.create_index("ix_event_change_event_id", ["event_id"], unique=False)

    op.create_table(
        "cap_use",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "window",
            sa.Enum(
                "day",
                "week",
                "month",
                "quarter",
                "year",
                name="capwindow",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("most", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("asked", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("transfer_id", sa.BigInteger(), nullable=True),
        sa.Column("recorded_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("origin_kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("origin_id", sa.BigInteger(), nullable=False),
        sa.Column("rule", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint(
            "(amount = 0) = (transfer_id IS NULL)", name=op.f("ck_cap_use_transfer")
        ),
        sa.CheckConstraint("amount <= 0 OR used + amount <= most", name=op.f("ck_cap_use_most")),
        sa.CheckConstraint("amount <= asked", name=op.f("ck_cap_use_amount")),
        sa.CheckConstraint("used + amount >= 0", name=op.f("ck_cap_use_used")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_cap_use_account_id")),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["transfer.id"], name=op.f("fk_cap_use_transfer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cap_use")),
        sa.UniqueConstraint(
            "transfer_id", "name", "window", name=op.f("uq_cap_use_transfer_id_name_window")
        ),
        sqlite_strict=True,
    )
    with op.batch_alter_table("cap_use", schema=None) as batch_op:
        batch_op.create_index(
            "ix_cap_use_account",
            ["account_id", "name", "window", "starts_on", "id"],
            unique=False,
        )
        batch_op.create_index(
            "ix_cap_use_clipped",
            ["origin_kind", "origin_id"],
            unique=False,
            sqlite_where=sa.text("amount < asked"),
            postgresql_where=sa.text("amount < asked"),
        )
        batch_op.create_index(
            "uq_cap_use_nothing",
            ["key", "name", "window"],
            unique=True,
            sqlite_where=sa.text("transfer_id IS NULL"),
            postgresql_where=sa.text("transfer_id IS NULL"),
        )

    op.create_table(
        "hold_resolution",
        sa.Column("hold_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "captured",
                "released",
                "expired",
                name="holdoutcome",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("transfer_id", sa.BigInteger(), nullable=True),
        sa.Column("resolved_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("actor_kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["hold_id"], ["hold.id"], name=op.f("fk_hold_resolution_hold_id")),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["transfer.id"], name=op.f("fk_hold_resolution_transfer_id")
        ),
        sa.PrimaryKeyConstraint("hold_id", name=op.f("pk_hold_resolution")),
        sqlite_strict=True,
    )
    op.create_table(
        "open_hold",
        sa.Column("hold_id", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["hold_id"], ["hold.id"], name=op.f("fk_open_hold_hold_id")),
        sa.PrimaryKeyConstraint("hold_id", name=op.f("pk_open_hold")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("open_hold", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_open_hold_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "redemption",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("unit", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("total_points", sa.Integer(), nullable=False),
        sa.Column("balance_after", sa.Integer(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("by_kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "handed_over",
                "taken_back",
                name="redemptionstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("taken_back_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("taken_back_by", sa.Integer(), nullable=True),
        sa.Column("taken_back_reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint("total_points > 0", name=op.f("ck_redemption_total_points")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_redemption_member_id")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_redemption_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redemption")),
        sa.UniqueConstraint("key", name=op.f("uq_redemption_key")),
        sa.UniqueConstraint("org_id", "number", name=op.f("uq_redemption_org_id_number")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("redemption", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_redemption_member_id_redemption_on_day"),
            ["member_id", "on_day"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_redemption_org_id_redemption_on_day"), ["org_id", "on_day"], unique=False
        )

    op.create_table(
        "sealed_row",
        sa.Column("sealed_year_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("residence_id", sa.BigInteger(), nullable=True),
        sa.Column("branch_id", sa.BigInteger(), nullable=True),
        sa.Column("employer_id", sa.BigInteger(), nullable=True),
        sa.Column("party_status", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sealed_year_id"], ["sealed_year.id"], name=op.f("fk_sealed_row_sealed_year_id")
        ),
        sa.PrimaryKeyConstraint("sealed_year_id", "position", name=op.f("pk_sealed_row")),
        sqlite_strict=True,
    )
    # enrolment
    op.create_table(
        "member_import",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("content_digest", sa.LargeBinary(), nullable=False),
        sa.Column("file_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("head_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "uploaded",
                "checking",
                "checked",
                "applying",
                "applied",
                "undoing",
                "undone",
                "discarded",
                name="importstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("chunk_count", sa.Integer(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("next_chunk", sa.Integer(), nullable=False),
        sa.Column("takes_doubtful", sa.Boolean(), nullable=False),
        sa.Column("consented", sa.Boolean(), nullable=False),
        sa.Column("registered_count", sa.Integer(), nullable=False),
        sa.Column("kept_count", sa.Integer(), nullable=False),
        sa.Column("begun_by", sa.BigInteger(), nullable=False),
        sa.Column("begun_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("moved_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisation.id"], name=op.f("fk_member_import_org_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_import")),
        sa.UniqueConstraint("key", name=op.f("uq_member_import_key")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("member_import", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_member_import_content_digest"), ["content_digest"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_member_import_org_id"), ["org_id"], unique=False)

    op.create_table(
        "application",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("code_digest", sa.LargeBinary(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "approved",
                "refused",
                name="applicationstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("address_digest", sa.LargeBinary(), nullable=False),
        sa.Column("text_versions", sa.JSON(), nullable=False),
        sa.Column("applied_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("decided_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_application_member_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisation.id"], name=op.f("fk_application_org_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application")),
        sa.UniqueConstraint("code_digest", name=op.f("uq_application_code_digest")),
        sa.UniqueConstraint("key", name=op.f("uq_application_key")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("application", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_application_applied_at"), ["applied_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_application_member_id"), ["member_id"], unique=False)
        batch_op.create_index("ix_application_org_id", ["org_id", "state"], unique=False)

    op.create_table(
        "desk_enrolment",
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("enrolled_by", sa.BigInteger(), nullable=False),
        sa.Column("enrolled_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_desk_enrolment_member_id")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_desk_enrolment")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("desk_enrolment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_desk_enrolment_member_id"), ["member_id"], unique=False
        )

    op.create_table(
        "import_chunk",
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("first_row", sa.Integer(), nullable=False),
        sa.Column("rows_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("findings_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("keys", sa.LargeBinary(), nullable=False),
        sa.Column("new_count", sa.Integer(), nullable=False),
        sa.Column("known_count", sa.Integer(), nullable=False),
        sa.Column("doubtful_count", sa.Integer(), nullable=False),
        sa.Column("bad_count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["member_import.id"], name=op.f("fk_import_chunk_import_id")
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_import_chunk")),
        sqlite_strict=True,
    )
    op.create_table(
        "imported_member",
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.Column("chunk", sa.Integer(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("former_number", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["member_import.id"], name=op.f("fk_imported_member_import_id")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_imported_member_member_id")
        ),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_imported_member")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("imported_member", schema=None) as batch_op:
        batch_op.create_index("ix_imported_member_import_id", ["import_id", "chunk"], unique=False)

    op.create_table(
        "report_in",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("community_id", sa.BigInteger(), nullable=False),
        sa.Column("grid_id", sa.BigInteger(), nullable=True),
        sa.Column("employer_id", sa.BigInteger(), nullable=False),
        sa.Column("branch_id", sa.BigInteger(), nullable=True),
        sa.Column("duty", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.Column("reported_on", sa.Date(), nullable=False),
        sa.Column("received_by", sa.BigInteger(), nullable=False),
        sa.Column("receipt_on", sa.Date(), nullable=True),
        sa.Column("receipt_to", sqlmodel.sql.sqltypes.AutoString(length=50), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["branch_id"], ["organisation.id"], name=op.f("fk_report_in_branch_id")
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["organisation.id"], name=op.f("fk_report_in_community_id")
        ),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["organisation.id"], name=op.f("fk_report_in_employer_id")
        ),
        sa.ForeignKeyConstraint(
            ["grid_id"], ["organisation.id"], name=op.f("fk_report_in_grid_id")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_report_in_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_in")),
        sa.UniqueConstraint("key", name=op.f("uq_report_in_key")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("report_in", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_report_in_community_id"), ["community_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_report_in_employer_id"), ["employer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_report_in_member_id"), ["member_id"], unique=False)
        batch_op.create_index(
            "uq_report_in_open",
            ["member_id"],
            unique=True,
            sqlite_where=sa.text("ended_on IS NULL"),
            postgresql_where=sa.text("ended_on IS NULL"),
        )
    # end of enrolment
    op.create_table(
        "transfer_text",
        sa.Column("transfer_id", sa.BigInteger(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("text", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["transfer.id"], name=op.f("fk_transfer_text_transfer_id")
        ),
        sa.PrimaryKeyConstraint("transfer_id", name=op.f("pk_transfer_text")),
        sqlite_strict=True,
    )
    op.create_table(
        "user",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=True),
        sa.Column("staff_name", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=True),
        sa.Column("display_name", sqlmodel.sql.sqltypes.AutoString(length=50), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=True),
        sa.Column("password_hash", sqlmodel.sql.sqltypes.AutoString(length=255), nullable=False),
        sa.Column("counter_pin_hash", sqlmodel.sql.sqltypes.AutoString(length=255), nullable=False),
        sa.Column("has_pin", sa.Boolean(), nullable=False),
        sa.Column("password_chosen_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("disabled_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_user_member_id")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_user_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("member_id", name=op.f("uq_user_member_id")),
        sa.UniqueConstraint("staff_name", name=op.f("uq_user_staff_name")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("user", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_user_org_id"), ["org_id"], unique=False)

    op.create_table(
        "authenticator",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("begun_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("confirmed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_authenticator_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_authenticator")),
        sqlite_strict=True,
    )
    op.create_table(
        "recovery_code",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_recovery_code_user_id")),
        sa.PrimaryKeyConstraint("user_id", "digest", name=op.f("pk_recovery_code")),
        sqlite_strict=True,
    )
    op.create_table(
        "linked_identity",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("issuer", sqlmodel.sql.sqltypes.AutoString(length=255), nullable=False),
        sa.Column("subject_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("subject_digest", sa.LargeBinary(), nullable=True),
        sa.Column("linked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("unlinked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_linked_identity_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_linked_identity")),
        sa.UniqueConstraint("subject_digest", name=op.f("uq_linked_identity_subject_digest")),
        sqlite_strict=True,
    )
    op.create_table(
        "spent_return",
        sa.Column("state_digest", sa.LargeBinary(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("state_digest", name=op.f("pk_spent_return")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("spent_return", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_spent_return_at"), ["at"], unique=False)

    op.create_table(
        "sign_up",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=True),
        sa.Column("shift_id", sa.BigInteger(), nullable=True),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("team_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "signed_up",
                "waiting",
                "withdrawn",
                name="signupstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "way",
            sa.Enum(
                "self",
                "team",
                "companion",
                "organiser",
                name="signupway",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("asked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("by_kind", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("moved_up_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("withdrawn_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column(
            "withdrawal_reason", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False
        ),
        sa.CheckConstraint(
            "(state = 'withdrawn') = (withdrawn_at IS NOT NULL)", name=op.f("ck_sign_up_withdrawn")
        ),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_sign_up_event_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_sign_up_member_id")),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_sign_up_post_id")),
        sa.ForeignKeyConstraint(["shift_id"], ["shift.id"], name=op.f("fk_sign_up_shift_id")),
        sa.ForeignKeyConstraint(["team_id"], ["organisation.id"], name=op.f("fk_sign_up_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_up")),
        sa.UniqueConstraint(
            "by_kind",
            "by_id",
            "key",
            "member_id",
            name=op.f("uq_sign_up_by_kind_by_id_key_member_id"),
        ),
        sqlite_strict=True,
    )
    with op.batch_alter_table("sign_up", schema=None) as batch_op:
        batch_op.create_index("ix_sign_up_event_id_state", ["event_id", "state"], unique=False)
        batch_op.create_index("ix_sign_up_member_id", ["member_id"], unique=False)

    op.create_table(
        "sign_up_terms",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=True),
        sa.Column("closes_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("party_only", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_sign_up_terms_event_id")),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_sign_up_terms_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_up_terms")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("sign_up_terms", schema=None) as batch_op:
        batch_op.create_index("ix_sign_up_terms_event_id", ["event_id"], unique=False)

    op.create_table(
        "calendar_address",
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_calendar_address_member_id")
        ),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_calendar_address")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_calendar_address_token_digest")),
        sqlite_strict=True,
    )
    op.create_table(
        "attendance",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "way",
            sa.Enum(
                "static",
                "rotating",
                "organiser",
                "roster",
                "sheet",
                "companion",
                "imported",
                "supplemented",
                name="way",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "present",
                "awaiting_close",
                "to_confirm",
                "credited",
                "nothing",
                "unsettled",
                "absent",
                name="attendancestate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("checked_in_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("returned_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("checked_out_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("pairs", sa.Integer(), nullable=False),
        sa.Column(
            "credit",
            sa.Enum(
                "at_check_out",
                "at_close",
                "after_confirmation",
                name="credit",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("held_minutes", sa.Integer(), nullable=False),
        sa.Column("why", sa.JSON(), nullable=False),
        sa.Column("hour_rule_id", sa.BigInteger(), nullable=True),
        sa.Column("credited_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("credits", sa.Integer(), nullable=False),
        sa.CheckConstraint("minutes >= 0", name=op.f("ck_attendance_minutes")),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_attendance_event_id")),
        sa.ForeignKeyConstraint(
            ["hour_rule_id"], ["hour_rule.id"], name=op.f("fk_attendance_hour_rule_id")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_attendance_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance")),
        sa.UniqueConstraint("event_id", "member_id", name=op.f("uq_attendance_event_id_member_id")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("attendance", schema=None) as batch_op:
        batch_op.create_index(
            "ix_attendance_held",
            ["event_id"],
            unique=False,
            postgresql_where=sa.text("held_minutes > 0"),
            sqlite_where=sa.text("held_minutes > 0"),
        )
        batch_op.create_index("ix_attendance_member", ["member_id"], unique=False)

    op.create_table(
        "redemption_line",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("redemption_id", sa.BigInteger(), nullable=False),
        sa.Column("goods_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("unit_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("price_points", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_redemption_line_quantity")),
        sa.ForeignKeyConstraint(
            ["goods_id"], ["goods.id"], name=op.f("fk_redemption_line_goods_id")
        ),
        sa.ForeignKeyConstraint(
            ["redemption_id"], ["redemption.id"], name=op.f("fk_redemption_line_redemption_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redemption_line")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("redemption_line", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_redemption_line_redemption_id"), ["redemption_id"], unique=False
        )

    op.create_table(
        "role_grant",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "volunteer",
                "organiser",
                "clerk",
                "reviewer",
                "secretary",
                "official",
                "administrator",
                "auditor",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_role_grant_org_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_role_grant_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_role_grant_org_id"), ["org_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_role_grant_user_id"), ["user_id"], unique=False)

    op.create_table(
        "scan",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "way",
            sa.Enum(
                "static",
                "rotating",
                "organiser",
                "roster",
                "sheet",
                "companion",
                "imported",
                "supplemented",
                name="way",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "kind",
            sa.Enum(
                "auto",
                "in",
                "out",
                "undo",
                name="scankind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "verdict",
            sa.Enum(
                "check_in",
                "already_in",
                "offer_check_out",
                "offer_return",
                "checked_in",
                "checked_out",
                "not_begun",
                "over",
                "cancelled",
                "already_out",
                "not_checked_in",
                "in_review",
                "undone",
                "code_invalid",
                "code_expired",
                "card_lost",
                "member_left",
                "not_on_roster",
                name="verdict",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("scanned_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("received_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("by_kind", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("device_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("offset_ms", sa.Integer(), nullable=True),
        sa.Column("undoes", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=True),
        sa.Column("since", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("device_mark", sa.LargeBinary(), nullable=True),
        sa.Column("post_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_scan_event_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_scan_member_id")),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_scan_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan")),
        sa.UniqueConstraint(
            "member_id", "event_id", "key", name=op.f("uq_scan_member_id_event_id_key")
        ),
        sqlite_strict=True,
    )
    with op.batch_alter_table("scan", schema=None) as batch_op:
        batch_op.create_index(
            "ix_scan_device_key",
            ["event_id", "key"],
            unique=True,
            sqlite_where=sa.text("device_at IS NOT NULL"),
            postgresql_where=sa.text("device_at IS NOT NULL"),
        )

    op.create_table(
        "late_scan",
        sa.Column("scan_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "after_close",
                "period_closed",
                "clock_moved",
                "points_spent",
                name="latereason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.Column("decided_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["user.id"], name=op.f("fk_late_scan_decided_by_id")
        ),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_late_scan_event_id")),
        sa.ForeignKeyConstraint(["scan_id"], ["scan.id"], name=op.f("fk_late_scan_scan_id")),
        sa.PrimaryKeyConstraint("scan_id", name=op.f("pk_late_scan")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("late_scan", schema=None) as batch_op:
        batch_op.create_index(
            "ix_late_scan_waiting",
            ["event_id"],
            unique=False,
            sqlite_where=sa.text("accepted IS NULL"),
            postgresql_where=sa.text("accepted IS NULL"),
        )

    op.create_table(
        "sign_in_sheet",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("printed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("printed_by_id", sa.BigInteger(), nullable=True),
        sa.Column("entered_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("entered_by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["entered_by_id"], ["user.id"], name=op.f("fk_sign_in_sheet_entered_by_id")
        ),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_sign_in_sheet_event_id")),
        sa.ForeignKeyConstraint(
            ["printed_by_id"], ["user.id"], name=op.f("fk_sign_in_sheet_printed_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_sheet")),
        sa.UniqueConstraint("event_id", "key", name=op.f("uq_sign_in_sheet_event_id_key")),
        sa.UniqueConstraint("event_id", "number", name=op.f("uq_sign_in_sheet_event_id_number")),
        sqlite_strict=True,
    )
    op.create_table(
        "sheet_line",
        sa.Column("sheet_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_sheet_line_member_id")),
        sa.ForeignKeyConstraint(
            ["sheet_id"], ["sign_in_sheet.id"], name=op.f("fk_sheet_line_sheet_id")
        ),
        sa.PrimaryKeyConstraint("sheet_id", "line", name=op.f("pk_sheet_line")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("sheet_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sheet_line_member_id"), ["member_id"], unique=False)

    op.create_table(
        "walk_in",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_digest", sa.LargeBinary(), nullable=True),
        sa.Column("came_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("left_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("noted_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("settled_by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_walk_in_event_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_walk_in_member_id")),
        sa.ForeignKeyConstraint(
            ["settled_by_id"], ["user.id"], name=op.f("fk_walk_in_settled_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_walk_in")),
        sa.UniqueConstraint("event_id", "key", name=op.f("uq_walk_in_event_id_key")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("walk_in", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_walk_in_member_id"), ["member_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_walk_in_phone_digest"), ["phone_digest"], unique=False)

    op.create_table(
        "scan_reason",
        sa.Column("scan_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.ForeignKeyConstraint(["scan_id"], ["scan.id"], name=op.f("fk_scan_reason_scan_id")),
        sa.PrimaryKeyConstraint("scan_id", name=op.f("pk_scan_reason")),
        sqlite_strict=True,
    )
    op.create_table(
        "device",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column(
            "scope",
            sa.Enum(
                "read_evaluations",
                "read_events",
                "read_organisations",
                "send_scans",
                "at_counter",
                "at_door",
                name="scope",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("event_id", sa.BigInteger(), nullable=True),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("paired_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("last_seen_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("address", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("revoked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_device_event_id")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_device_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_device_token_digest")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("device", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_device_org_id"), ["org_id"], unique=False)
    op.create_table(
        "pairing",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("code_digest", sa.LargeBinary(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column(
            "scope",
            sa.Enum(
                "read_evaluations",
                "read_events",
                "read_organisations",
                "send_scans",
                "at_counter",
                "at_door",
                name="scope",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("event_id", sa.BigInteger(), nullable=True),
        sa.Column("offered_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("offered_by_id", sa.BigInteger(), nullable=False),
        sa.Column("device_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_pairing_device_id")),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_pairing_event_id")),
        sa.ForeignKeyConstraint(
            ["offered_by_id"], ["user.id"], name=op.f("fk_pairing_offered_by_id")
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_pairing_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pairing")),
        sa.UniqueConstraint("code_digest", name=op.f("uq_pairing_code_digest")),
        sa.UniqueConstraint("key", name=op.f("uq_pairing_key")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("pairing", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pairing_org_id"), ["org_id"], unique=False)
    op.create_table(
        "machine",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("made_by_id", sa.BigInteger(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("revoked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["made_by_id"], ["user.id"], name=op.f("fk_machine_made_by_id")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_machine_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_machine")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_machine_token_digest")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("machine", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_machine_org_id"), ["org_id"], unique=False)
    op.create_table(
        "sign_in_session",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("expires_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("idle_minutes", sa.Integer(), nullable=False),
        sa.Column(
            "entry",
            sa.Enum(
                "password",
                "provider",
                "card",
                "counter_pin",
                name="entry",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("device_id", sa.BigInteger(), nullable=True),
        sa.Column("org_id", sa.BigInteger(), nullable=True),
        sa.Column("must_enrol", sa.Boolean(), nullable=False),
        sa.Column("seen_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("address", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("agent", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("revoked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name=op.f("fk_sign_in_session_device_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisation.id"], name=op.f("fk_sign_in_session_org_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_sign_in_session_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_session")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_sign_in_session_token_digest")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("sign_in_session", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_sign_in_session_device_id"), ["device_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_sign_in_session_expires_at"), ["expires_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_sign_in_session_user_id"), ["user_id"], unique=False)

    op.create_table(
        "stock_movement",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("goods_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "stocked",
                "redeemed",
                "taken_back",
                name="movementkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("stock_after", sa.Integer(), nullable=False),
        sa.Column("redemption_id", sa.BigInteger(), nullable=True),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("by_kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity <> 0", name=op.f("ck_stock_movement_quantity")),
        sa.ForeignKeyConstraint(
            ["goods_id"], ["goods.id"], name=op.f("fk_stock_movement_goods_id")
        ),
        sa.ForeignKeyConstraint(
            ["redemption_id"], ["redemption.id"], name=op.f("fk_stock_movement_redemption_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_movement")),
        sa.UniqueConstraint("key", name=op.f("uq_stock_movement_key")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("stock_movement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stock_movement_goods_id"), ["goods_id"], unique=False)
    op.create_table(
        "verification",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("since_seal_id", sa.BigInteger(), nullable=False),
        sa.Column("seal_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("last_unit_id", sa.BigInteger(), nullable=False),
        sa.Column("last_account_id", sa.BigInteger(), nullable=False),
        sa.Column("last_transfer_id", sa.BigInteger(), nullable=False),
        sa.Column("period_id", sa.BigInteger(), nullable=False),
        sa.Column("transfer_count", sa.BigInteger(), nullable=False),
        sa.Column("verified_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("fault", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("fault_table", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("fault_row_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verification")),
        sqlite_strict=True,
    )
    connection = op.get_bind()
    op.create_table(
        "leaving_rule",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("as_above", sa.Boolean(), nullable=False),
        sa.Column("recalls", sa.Integer(), nullable=True),
        sa.Column(
            "points",
            sa.Enum(
                "keep",
                "expire",
                name="pointsonleaving",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.CheckConstraint("recalls < version", name=op.f("ck_leaving_rule_recalls")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_leaving_rule_version")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisation.id"], name=op.f("fk_leaving_rule_org_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leaving_rule")),
        sa.UniqueConstraint("org_id", "version", name=op.f("uq_leaving_rule_org_id_version")),
        sqlite_strict=True,
    )
    op.create_table(
        "transfer_rule",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("as_above", sa.Boolean(), nullable=False),
        sa.Column("recalls", sa.Integer(), nullable=True),
        sa.Column(
            "points",
            sa.Enum(
                "keep",
                "expire",
                name="pointsontransfer",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.CheckConstraint("recalls < version", name=op.f("ck_transfer_rule_recalls")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_transfer_rule_version")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisation.id"], name=op.f("fk_transfer_rule_org_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_rule")),
        sa.UniqueConstraint("org_id", "version", name=op.f("uq_transfer_rule_org_id_version")),
        sqlite_strict=True,
    )
    op.create_table(
        "departure",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "leaving",
            sa.Enum(
                "left",
                "died",
                "merged",
                "erased",
                name="leaving",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("left_on", sa.Date(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("points_given_up", sa.JSON(), nullable=False),
        sa.Column("recorded_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_departure_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_departure")),
        sa.UniqueConstraint("key", name=op.f("uq_departure_key")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("departure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_departure_member_id"), ["member_id"], unique=False)

    op.create_table(
        "erasure",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "asked",
            sa.Enum(
                "in_person",
                "in_writing",
                "by_guardian",
                "by_family",
                name="erasureasked",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("points_given_up", sa.JSON(), nullable=False),
        sa.Column("erased_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("erased_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_erasure_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
        sa.UniqueConstraint("key", name=op.f("uq_erasure_key")),
        sa.UniqueConstraint("member_id", name=op.f("uq_erasure_member_id")),
        sqlite_strict=True,
    )
    op.create_table(
        "membership_transfer",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "relation",
            sa.Enum(
                "residence",
                "branch",
                "employer",
                "team",
                name="relation",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("from_org_id", sa.BigInteger(), nullable=True),
        sa.Column("to_org_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "awaiting_consent",
                "awaiting_acceptance",
                "accepted",
                "refused",
                "withdrawn",
                name="transferstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "asked_by",
            sa.Enum(
                "member",
                "source",
                "target",
                name="side",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("asked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("settled_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("points_lapsed", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["from_org_id"], ["organisation.id"], name=op.f("fk_membership_transfer_from_org_id")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_membership_transfer_member_id")
        ),
        sa.ForeignKeyConstraint(
            ["to_org_id"], ["organisation.id"], name=op.f("fk_membership_transfer_to_org_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership_transfer")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("membership_transfer", schema=None) as batch_op:
        batch_op.create_index("ix_membership_transfer_from_org_id", ["from_org_id"], unique=False)
        batch_op.create_index("ix_membership_transfer_member_id", ["member_id"], unique=False)
        batch_op.create_index("ix_membership_transfer_to_org_id", ["to_org_id"], unique=False)
        batch_op.create_index(
            "uq_membership_transfer_under_way",
            ["member_id", "relation"],
            unique=True,
            sqlite_where=sa.text("state IN ('awaiting_consent', 'awaiting_acceptance')"),
            postgresql_where=sa.text("state IN ('awaiting_consent', 'awaiting_acceptance')"),
        )

    op.create_table(
        "merge",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("kept_id", sa.BigInteger(), nullable=False),
        sa.Column("other_id", sa.BigInteger(), nullable=False),
        sa.Column("merged_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("merged_by", sa.Integer(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("undone_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("undone_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["kept_id"], ["member.id"], name=op.f("fk_merge_kept_id")),
        sa.ForeignKeyConstraint(["other_id"], ["member.id"], name=op.f("fk_merge_other_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merge")),
        sa.UniqueConstraint("key", name=op.f("uq_merge_key")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("merge", schema=None) as batch_op:
        batch_op.create_index("ix_merge_kept_id", ["kept_id"], unique=False)
        batch_op.create_index(
            "uq_merge_other_id_stands",
            ["other_id"],
            unique=True,
            sqlite_where=sa.text("undone_at IS NULL"),
            postgresql_where=sa.text("undone_at IS NULL"),
        )

    op.create_table(
        "distinct_pair",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("one_id", sa.BigInteger(), nullable=False),
        sa.Column("two_id", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("told_by", sa.Integer(), nullable=False),
        sa.Column("taken_back_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("taken_back_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("one_id < two_id", name=op.f("ck_distinct_pair_order")),
        sa.ForeignKeyConstraint(["one_id"], ["member.id"], name=op.f("fk_distinct_pair_one_id")),
        sa.ForeignKeyConstraint(["two_id"], ["member.id"], name=op.f("fk_distinct_pair_two_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distinct_pair")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("distinct_pair", schema=None) as batch_op:
        batch_op.create_index(
            "uq_distinct_pair_stands",
            ["one_id", "two_id"],
            unique=True,
            sqlite_where=sa.text("taken_back_at IS NULL"),
            postgresql_where=sa.text("taken_back_at IS NULL"),
        )

    op.create_table(
        "transfer_step",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("transfer_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "step",
            sa.Enum(
                "requested",
                "consented",
                "consented_on_paper",
                "accepted",
                "refused",
                "withdrawn",
                name="step",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("by_kind", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["membership_transfer.id"], name=op.f("fk_transfer_step_transfer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_step")),
        sa.UniqueConstraint("key", name=op.f("uq_transfer_step_key")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("transfer_step", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_transfer_step_transfer_id"), ["transfer_id"], unique=False
        )

    op.create_table(
        "paper_rating",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("marks", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.CheckConstraint("marks BETWEEN 1 AND 5", name=op.f("ck_paper_rating_marks")),
        sa.CheckConstraint("number >= 0", name=op.f("ck_paper_rating_number")),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_paper_rating_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_rating")),
        sa.UniqueConstraint("event_id", "marks", name=op.f("uq_paper_rating_event_id_marks")),
        sqlite_strict=True,
    )
    op.create_table(
        "rating_code",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("marks", sa.Integer(), nullable=True),
        sa.Column("rated_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint("marks BETWEEN 1 AND 5", name=op.f("ck_rating_code_marks")),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_rating_code_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating_code")),
        sa.UniqueConstraint("code", name=op.f("uq_rating_code_code")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("rating_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rating_code_event_id"), ["event_id"], unique=False)

    op.create_table(
        "review_word",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "overlap",
                "long_day",
                "self_credit",
                "late_scan",
                "shared_phone",
                name="findingkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("subject", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("word", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("by_kind", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_review_word_event_id")),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_review_word_member_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_word")),
        sa.UniqueConstraint("kind", "subject", name=op.f("uq_review_word_kind_subject")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("review_word", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_review_word_event_id"), ["event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_review_word_member_id"), ["member_id"], unique=False)

    op.create_table(
        "hour_change",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("attendance_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "settled",
                "corrected",
                "objection",
                "supplemented",
                "approved",
                name="changekind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("minutes_before", sa.Integer(), nullable=False),
        sa.Column("minutes_after", sa.Integer(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("by_kind", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.CheckConstraint(
            "minutes_before >= 0 AND minutes_after >= 0", name=op.f("ck_hour_change_minutes")
        ),
        sa.ForeignKeyConstraint(
            ["attendance_id"], ["attendance.id"], name=op.f("fk_hour_change_attendance_id")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_hour_change_member_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hour_change")),
        sa.UniqueConstraint(
            "by_kind",
            "by_id",
            "key",
            "attendance_id",
            name=op.f("uq_hour_change_by_kind_by_id_key_attendance_id"),
        ),
        sqlite_strict=True,
    )
    with op.batch_alter_table("hour_change", schema=None) as batch_op:
        batch_op.create_index("ix_hour_change_attendance_id", ["attendance_id"], unique=False)
        batch_op.create_index("ix_hour_change_member_id", ["member_id"], unique=False)

    op.create_table(
        "objection",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("attendance_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("wanted_minutes", sa.Integer(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "granted",
                "refused",
                name="answerstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("made_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("answer", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("answered_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("by_kind", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attendance_id"], ["attendance.id"], name=op.f("fk_objection_attendance_id")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_objection_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_objection")),
        sa.UniqueConstraint("member_id", "key", name=op.f("uq_objection_member_id_key")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("objection", schema=None) as batch_op:
        batch_op.create_index("ix_objection_attendance_id", ["attendance_id"], unique=False)
        batch_op.create_index(
            "uq_objection_open",
            ["attendance_id"],
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    op.create_table(
        "supplement",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("came_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("left_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("text", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "granted",
                "refused",
                name="answerstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("asked_by_kind", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("answer", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("answered_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("by_kind", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("attendance_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("left_at > came_at", name=op.f("ck_supplement_times")),
        sa.ForeignKeyConstraint(
            ["attendance_id"], ["attendance.id"], name=op.f("fk_supplement_attendance_id")
        ),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_supplement_event_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_supplement_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplement")),
        sa.UniqueConstraint(
            "asked_by_kind",
            "asked_by_id",
            "key",
            name=op.f("uq_supplement_asked_by_kind_asked_by_id_key"),
        ),
        sqlite_strict=True,
    )
    with op.batch_alter_table("supplement", schema=None) as batch_op:
        batch_op.create_index("ix_supplement_member_id", ["member_id"], unique=False)
        batch_op.create_index(
            "uq_supplement_open",
            ["event_id", "member_id"],
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    op.create_table(
        "evidence",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("supplement_id", sa.BigInteger(), nullable=False),
        sa.Column("image_sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["supplement_id"], ["supplement.id"], name=op.f("fk_evidence_supplement_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_evidence_supplement_id"), ["supplement_id"], unique=False
        )

    for name in PROTECTED:
        for statement in protection(name, connection.dialect.name):
            connection.exec_driver_sql(statement.replace("%", "%%"))
