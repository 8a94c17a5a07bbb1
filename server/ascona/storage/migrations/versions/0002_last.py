"""When something last happened in a session: what nobody has ended and everybody has left is over, too."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("last_ms", sa.BigInteger(), nullable=True))
    op.execute(
        "UPDATE sessions SET last_ms ="
        " COALESCE((SELECT MAX(at_ms) FROM events WHERE events.session_id = sessions.id), created_ms)"
    )
    with op.batch_alter_table("sessions") as sessions:
        sessions.alter_column("last_ms", existing_type=sa.BigInteger(), nullable=False)


def downgrade() -> None:
    op.drop_column("sessions", "last_ms")
