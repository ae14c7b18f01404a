# Sourced by tools/demo and bench/run: an application beside a migration, and what it felt.
#
# The application is pgbench with a fixed rate: each transaction has a moment at which it is due, and its latency counts from there. A transaction that
# could not even start because all connections were stuck behind a lock counts with its whole wait; without a rate it would not have been sent, and
# would be missing in the figures.
#
# Needs: $bindir, $work, $server (the folder of a private server).
# shellcheck shell=bash disable=SC2154

traffic_pid=""

start_traffic() { # start_traffic NAME DATABASE RATE CLIENTS [PGBENCH_OPTION...] : sets traffic_pid
  local name=$1 database=$2 rate=$3 clients=$4; shift 4
  "$bindir/pgbench" -h "$server" -U postgres -n -c "$clients" -j 1 -R "$rate" -T 3600 -P 1 -l --log-prefix="$work/$name" "$@" "$database" \
    >"$work/$name.out" 2>"$work/$name.progress" </dev/null &
  traffic_pid=$!
}

stop_traffic() {
  [ -n "$traffic_pid" ] || return 0
  kill "$traffic_pid" 2>/dev/null || true
  wait "$traffic_pid" 2>/dev/null || true
  traffic_pid=""
}

# Waits until the log holds all transactions that were due before a moment (pgbench writes it in blocks), and fails when pgbench has lost a connection.
logged() { # logged NAME MOMENT
  local name=$1 moment=$2 tries=0 seen
  while :; do
    if ! kill -0 "$traffic_pid" 2>/dev/null || grep -qE 'aborted|fatal|error' "$work/$name.progress"; then
      cat "$work/$name.progress" >&2; echo "the application (pgbench) has failed" >&2; return 1
    fi
    # The last line may be half of one.
    seen=$(tail -q -n 2 "$work/$name".[0-9]* 2>/dev/null | awk 'NR == 1 { printf "%.3f", $5 + ($6 - $3) / 1e6 }')
    if awk -v seen="${seen:-0}" -v moment="$moment" 'BEGIN { exit !(seen > moment + 0.3) }'; then return 0; fi
    tries=$((tries + 1))
    [ $tries -lt 600 ] || { echo "the application (pgbench) does not get on" >&2; return 1; }
    sleep 0.1
  done
}

# Prints "COUNT P50 P99 MAX SLOW" of the transactions that were due between two moments: times in ms, SLOW is how many took more than 100 ms.
latency() { # latency NAME FROM TO
  logged "$1" "$3" || return 1
  # Fields: client, number, latency in us (from the moment it was due), script, end in s and us.
  cat "$work/$1".[0-9]* | awk -v from="$2" -v to="$3" 'NF >= 7 { due = $5 + ($6 - $3) / 1e6; if (due >= from && due < to) print $3 }' | sort -n | awk '
    { t[NR] = $1; if ($1 > 100000) slow++ }
    function rank(p) { return t[int(p * (NR - 1)) + 1] / 1000 }
    END { if (NR == 0) print "0 0 0 0 0"; else printf "%d %.1f %.1f %.1f %d\n", NR, rank(0.5), rank(0.99), t[NR] / 1000, slow }'
}

now() { echo "${EPOCHREALTIME/,/.}"; }
