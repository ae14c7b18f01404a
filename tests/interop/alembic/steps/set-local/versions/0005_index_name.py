from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade():
    op.execute("SET LOCAL zdm.allow = 'create-index-not-concurrent:public.users (OPS-1)'")
    op.create_index("users_name_index", "users", ["name"])


def downgrade():
    op.drop_index("users_name_index")
