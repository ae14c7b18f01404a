# Django: a transaction for each migration, taken off by `atomic = False`.
# shellcheck shell=bash disable=SC2034
name=Django
packages=(python3:python3 python3-venv:python3-venv)
bookkeeping=(django_migrations)
version() { pip_version Django; }
migrate=(python manage.py migrate)
