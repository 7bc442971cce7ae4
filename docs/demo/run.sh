#!/usr/bin/env bash
# Sluice on the Abilene backbone: 64 flows ask for more than eleven cities' links can carry.
# Usage: docs/demo/run.sh [DIRECTORY OF THE PROGRAMS]
set -euo pipefail
cd "$(dirname "$0")/../.."
programs=${1:-.build/release}
work=$(mktemp -d)
daemon=
stop() {
    [ -n "$daemon" ] && kill "$daemon" 2>/dev/null && wait "$daemon" || true
    rm -rf "$work"
}
trap stop EXIT
export SLUICE_SOCKET=$work/control.sock

say() { printf '\n\033[1m# %s\033[0m\n' "$*"; }
run() {
    printf '$ sluice %s\n' "$*"
    "$programs/sluice" "$@"
}

say "Start the daemon on a real backbone"
echo '$ sluiced --topology topologies/abilene.json --policy policies/default.yaml &'
"$programs/sluiced" --topology topologies/abilene.json --policy policies/default.yaml --socket "$SLUICE_SOCKET" \
    2> "$work/log" &
daemon=$!
for _ in $(seq 100); do
    "$programs/sluice" status > "$work/status" 2>&1 && break
    kill -0 "$daemon" 2>/dev/null || { cat "$work/log" >&2; exit 1; }
    sleep 0.1
done
cat "$work/log"

say "64 flows ask for more than the network can carry"
run submit --file docs/demo/abilene-demands.json | tee "$work/submitted"

say "Why was one refused?"
refused=$(awk '$2 == "rejected" { print $1; exit }' "$work/submitted")
[ -z "$refused" ] || run explain "$refused"

say "Look for a better joint placement of what is live, for at most a second"
run optimize --budget 1

say "What the best joint admission of all 64 would be, offline"
run solve topologies/abilene.json --demands docs/demo/abilene-demands.json --priority-from policies/default.yaml \
    --budget 1s

say "What is reserved on each link"
run links

say "The rules of one switch"
run rules kansas-city

say "Stop"
kill "$daemon"
wait "$daemon"
status=$?
daemon=
tail -1 "$work/log"
echo "sluiced ended with exit status $status"
