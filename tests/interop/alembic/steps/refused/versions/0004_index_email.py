from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade():
    op.create_index("users_email_index", "users", ["email"])


def downgrade():
    op.drop_index("users_email_index")
