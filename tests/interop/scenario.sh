# What every tool is put through: sourced by run. A step lays the files of steps/NAME over the project and starts the tool.
# shellcheck shell=bash

RULE='zdm[create-index-not-concurrent]'
FIX='CREATE INDEX CONCURRENTLY '
ALLOW="SET LOCAL zdm.allow = 'create-index-not-concurrent:public.users"
ALLOWED=create-index-not-concurrent:public.users

npm_version() { node -p "require('$cache/node_modules/$1/package.json').version"; }
pip_version() { "$cache/venv/bin/pip" list --format=freeze 2>/dev/null | sed -nE "s/^$1==//Ip"; }

# check WHAT COMMAND... : when the command fails, it did not do WHAT; with the end of what the tool printed, once
check() {
  local what=$1; shift
  if "$@"; then pass; return; fi
  fail "not so: $what"
  [ "$out" != "$quoted" ] || return 0
  echo "  the end of $out:"; tail -n 15 "$out" | cut -c1-300 | sed 's/^/    /'; quoted=$out
}
looked() { [ "$(sql "$database" "$1")" = "$2" ]; }   # looked QUERY ANSWER
has_table() { looked "SELECT tableowner FROM pg_tables WHERE '$1' IN (tablename, schemaname || '.' || tablename) LIMIT 1" deploy; }
has_column() { looked "SELECT count(*) FROM pg_attribute WHERE attrelid = 'public.users'::regclass AND attname = '$1'" 1; }
has_index() {
  looked "SELECT count(*) FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
    WHERE i.indrelid = 'public.users'::regclass AND i.indisvalid AND a.attname = '$1'" 1
}
no() { if "$@"; then return 1; fi; }
# Whatever the tool's way to break, quote and capitalize the lines.
printed() { tr -s ' \t\n' ' ' <"$out" | sed "s/\\\\'/'/g; s/\\\\n/ /g" | grep -qiF -- "$1"; }
ended_well() { [ "$status" = 0 ]; }

# start COMMAND... : in the project, as a user of the tool would; sets status, and out to the file of what was printed
start() {
  status=0
  local url=postgresql://deploy:$password@127.0.0.1:$port/$database
  (
    cd "$project"
    export HOME=$work/home PGHOST=127.0.0.1 PGPORT=$port PGUSER=deploy PGPASSWORD=$password PGDATABASE=$database
    export DATABASE_URL=$url$url_suffix URL_OPTIONS=$url_suffix
    export NO_COLOR=1 CI=1 LANG=C.UTF-8 PATH=$cache/node_modules/.bin:$cache/venv/bin:$cache/bin:${psql%/*}:$PATH
    [ -z "$options" ] || export PGOPTIONS=$options
    timeout -k 5 180 "$@"
  ) >"$out" 2>&1 </dev/null || status=$?
  sed -i 's/\x1b\[[0-9;?]*[A-Za-z]//g' "$out"
}

# step NAME [LOG] : the files of a step, then the tool
step() {
  out=$results/$tool/${2:-$1}.log
  if [ -d "$folder/steps/$1" ] && [ "$1" != "$laid" ]; then
    rm -rf "$work/before"; cp -a "$project" "$work/before"
    cp -r "$folder/steps/$1/." "$project"
    laid=$1
    # What the tool's advice has the user run by psql first, for what the tool itself has no place for.
    if [ -f "$project/before.sql" ]; then
      start "$psql" -X -q -v ON_ERROR_STOP=1 -f before.sql
      check "$1: psql runs before.sql" ended_well
      rm "$project/before.sql"; by_psql=yes
    fi
  fi
  start "${migrate[@]}"
}
# The files of a step that did not work are taken away again, and the tool is told, if it has to be.
give_up() {
  cleared
  rm -rf "$project"; mv "$work/before" "$project"; laid=""
}
cleared() {
  [ ${#recover[@]} -gt 0 ] || return 0
  local log=$out; out=$results/$tool/recover.log; start "${recover[@]}"; out=$log
}

scenario() {
  folder=$ROOT/tests/interop/$tool project=$work/$tool database=interop_${tool//-/_}
  laid="" quoted="" options="" url_suffix="" by_psql=no cells=()
  rm -rf "${results:?}/$tool"; mkdir -p "$results/$tool"
  cp -r "$folder/project" "$project"
  [ ! -d "$cache/node_modules" ] || { ln -s "$cache/node_modules" "$project/node_modules"; cp "$folder/package.json" "$project"; }
  sql postgres "CREATE DATABASE $database OWNER deploy" || return 1
  sql "$database" "CREATE EXTENSION pg_zdm; SELECT zdm.set_guard('enforce')" >/dev/null || return 1

  out=$results/$tool/install.log; cells+=("$(version)")
  safe && refusal && with_set_local && with_options && backfill && with_allow_next && with_comment
}

# A safe history is applied as it is, and the tool makes its bookkeeping.
safe() {
  local table
  step safe
  check "applies safe migrations under guard" ended_well
  for table in users "${bookkeeping[@]}"; do check "makes its table $table" has_table "$table"; done
  check "applies all safe migrations" has_column country
  [ "$failed" = 0 ] || return 1
  sql "$database" "INSERT INTO users (email, name, note)
    SELECT 'u' || i || '@example.org', 'n' || i, repeat('x', 200) FROM generate_series(1, 40000) i; ANALYZE users" >/dev/null
}

# One harmless migration and one dangerous one are pending.
refusal() {
  local shows state again
  step refused
  check "ends with an error when a migration is refused" no ended_well
  check "the refused index is not there" no has_index email
  shows=$(shown)
  if [ -z "$shows" ]; then
    check "something prints why" [ ${#explain[@]} -gt 0 ]
    cp "$out" "$out.silent"; start "${explain[@]}"
    shows="nothing; \`${explain[*]}\`: $(shown)"
  fi
  check "prints the rule" printed "$RULE"
  check "prints what to run instead" printed "$FIX"
  check "prints the line that allows it" printed "$ALLOW"
  if has_column city; then state="applied"; else state="undone"; fi

  step refused again
  if printed "$RULE" || [ ${#explain[@]} -gt 0 ]; then again="the same"; else
    check "says how to run again" [ ${#recover[@]} -gt 0 ]
    cleared; step refused again
    check "is refused again once it is told to" printed "$RULE"
    again="after \`$recover_says\`"
  fi
  if declare -F refused_otherwise >/dev/null; then refused_otherwise; fi
  cells+=("$shows" "$state" "$again")

  cleared; step fixed
  check "applies the migration as it should be" ended_well
  check "the index is there" has_index email
  check "the harmless migration is there" has_column city
  if [ $by_psql = yes ]; then cells+=("psql before it"); else cells+=("yes"); fi
}
# Which parts of the server's message are printed: message, DETAIL, HINT, SQLSTATE.
shown() {
  local parts=()
  if printed "$RULE"; then parts+=(message); fi
  if printed "keeps writes waiting until the transaction ends"; then parts+=(detail); fi
  if printed "To run it all the same, in the same transaction before it"; then parts+=(hint); fi
  if printed "ZDM01"; then parts+=(code); fi
  local IFS=,; echo "${parts[*]}" | sed 's/,/, /g'
}

# Keeps what a form of allowance came to: yes, or no.
allowance() { # allowance COLUMN [WORD]
  if ended_well && has_index "$1"; then cells+=("${2:-yes}"); pass; else cells+=(no); give_up; fi
}

with_set_local() { step set-local; allowance name; }

# By the connection: the same file is refused without, and passes with.
with_options() {
  step pgoptions pgoptions-without
  check "is refused without the option" no has_index country
  cleared
  if [ -n "$url_options" ]; then url_suffix=$url_options; else options="-c zdm.allow=$ALLOWED"; fi
  step pgoptions
  allowance country "$([ -n "$url_options" ] && echo "in the URL" || echo yes)"
  options="" url_suffix=""
}

# CALL where the tool can stay out of a transaction; else its error says what to do, and psql does it.
backfill() {
  step backfill
  if ended_well && filled; then cells+=(CALL); pass; return; fi
  if [ ${#explain[@]} -gt 0 ]; then start "${explain[@]}"; fi
  check "says why the backfill cannot run" printed "cannot run inside a transaction block"
  give_up
  out=$results/$tool/backfill-psql.log
  start "$psql" -X -q -c "CALL zdm.backfill('users', 'country = ''nz''', 'country IS NULL')"
  check "psql runs the backfill" filled
  cells+=("by psql")
}
filled() { looked "SELECT count(*) FROM users WHERE country IS NULL" 0; }

# By a stored allowance, for the next statement: one use.
with_allow_next() {
  looked "SELECT count(*) > 0 FROM pg_proc WHERE proname = 'allow_next' AND pronamespace = 'zdm'::regnamespace" t || { cells+=("?"); return; }
  step allow-next allow-next-without
  check "is refused without an allowance" no has_index city
  cleared
  sql "$database" "SELECT zdm.allow_next('create-index-not-concurrent', 'public.users',
    reason => 'OPS-1', valid_for => '10 minutes', for_role => 'deploy')" >/dev/null
  step allow-next
  allowance city
  out=$results/$tool/allow-next-used.log
  start "$psql" -X -c "CREATE INDEX ON users (city, id)"
  check "an allowance is for one use" printed "$RULE"
}

# By a comment in the migration, where the administrator lets comments count.
with_comment() {
  looked "LOAD 'pg_zdm'; SELECT count(*) FROM pg_settings WHERE name = 'zdm.comment_allow'" 1 || { cells+=("?"); return; }
  sql "$database" "ALTER DATABASE $database SET zdm.comment_allow = on" >/dev/null
  step comment
  allowance note
}
