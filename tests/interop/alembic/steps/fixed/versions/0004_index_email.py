from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade():
    with op.get_context().autocommit_block():
        op.create_index("users_email_index", "users", ["email"], postgresql_concurrently=True)


def downgrade():
    with op.get_context().autocommit_block():
        op.drop_index("users_email_index", postgresql_concurrently=True)
