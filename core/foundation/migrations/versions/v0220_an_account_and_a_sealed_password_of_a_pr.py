"""an account and a sealed password of a printer"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0220"
down_revision = '0180'

# Triggers and constraints beside the tables, as they were declared when this was written.
BESIDE: dict[str, tuple[str, ...]] = {
    "sqlite": (
    ),
    "postgresql": (
    ),
}


def upgrade() -> None:
    op.add_column('printer', sa.Column('account', sa.String(), server_default='', nullable=False))
    op.add_column('printer', sa.Column('secret', sa.String(), server_default='', nullable=False))
    connection = op.get_bind()
    for statement in BESIDE[connection.dialect.name]:
        connection.exec_driver_sql(statement)
