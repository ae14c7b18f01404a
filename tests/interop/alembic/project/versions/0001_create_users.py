import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("email", sa.Text),
        sa.Column("name", sa.Text),
        sa.Column("note", sa.Text),
        sa.Column("created_at", sa.DateTime, index=True),
    )


def downgrade():
    op.drop_table("users")
