"""The first schema."""

from alembic import op

from core.foundation import database

revision = "0001"
down_revision = None


def upgrade() -> None:
    database.build_schema(op.get_bind())
