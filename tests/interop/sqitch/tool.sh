# Sqitch: psql runs the scripts; BEGIN and COMMIT are theirs, so a script without them runs outside of a transaction. After an error
# `sqitch deploy` runs the revert scripts of all that this run had deployed, unless `--mode change` is given.
# shellcheck shell=bash disable=SC2034
name=Sqitch
packages=(sqitch:sqitch perl-DBD::Pg:libdbd-pg-perl psql:postgresql-client)
bookkeeping=(sqitch.changes sqitch.events)
pinned=no
version() { sqitch --version | grep -oE '[0-9]+\.[0-9.]+'; }
migrate=(sqitch deploy "db:pg:")

# With `--mode change` nothing is reverted.
refused_otherwise() {
  migrate+=(--mode change); step refused change
  check "--mode change keeps what went well" has_column city
  unset 'migrate[-1]' 'migrate[-1]'
}
