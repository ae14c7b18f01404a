from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade():
    op.create_index("users_country_index", "users", ["country"])


def downgrade():
    op.drop_index("users_country_index")
