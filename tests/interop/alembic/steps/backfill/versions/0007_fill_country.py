from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade():
    with op.get_context().autocommit_block():
        op.execute("CALL zdm.backfill('users', 'country = ''nz''', 'country IS NULL')")


def downgrade():
    pass
