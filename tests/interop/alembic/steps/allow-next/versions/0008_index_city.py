from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade():
    op.create_index("users_city_index", "users", ["city"])


def downgrade():
    op.drop_index("users_city_index")
