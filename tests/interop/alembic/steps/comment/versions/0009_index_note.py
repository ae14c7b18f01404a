from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade():
    op.execute("/* zdm:allow create-index-not-concurrent OPS-1 */ CREATE INDEX users_note_index ON users (note)")


def downgrade():
    op.drop_index("users_note_index")
