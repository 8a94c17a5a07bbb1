"""A signed-in browser has an id, by which a session remembers that it was let in. It is no secret."""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_LOGINS = sa.table("logins", sa.column("token_hash", sa.LargeBinary), sa.column("id", sa.String))


def upgrade() -> None:
    """Browsers that are signed in get one as well: whoever is in a session stays in it."""
    op.add_column("logins", sa.Column("id", sa.String(32), nullable=False, server_default=""))
    connection = op.get_bind()
    for token_hash in connection.scalars(sa.select(_LOGINS.c.token_hash)).all():
        id = hashlib.sha256(b"browser" + token_hash).hexdigest()[:32]
        connection.execute(sa.update(_LOGINS).where(_LOGINS.c.token_hash == token_hash).values(id=id))


def downgrade() -> None:
    op.drop_column("logins", "id")
