# Alembic: one transaction for all that is pending; autocommit_block() commits what came before and steps outside.
# shellcheck shell=bash disable=SC2034
name=Alembic
packages=(python3:python3 python3-venv:python3-venv)
bookkeeping=(alembic_version)
version() { pip_version alembic; }
migrate=(alembic upgrade head)
