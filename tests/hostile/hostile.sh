#!/usr/bin/env bash
# hostile.sh - the hostile corpus: made, read by `earshot analyze --json`, and held against what must be seen.
#
# CMakeLists.txt gives $EARSHOT, $BENCH_CPU and $NODE. HOSTILE_KEEP names a folder that stays.
set -u
export LC_ALL=C TZ=UTC
cd "$(dirname "$0")" || exit 1
work=${HOSTILE_KEEP:-$(mktemp -d)} || exit 1
[ -n "${HOSTILE_KEEP:-}" ] || trap 'rm -rf "$work"' EXIT

# Wall time only stops what hangs: the machine may be busy. CPU time is what check.mjs looks at.
"$NODE" make.mjs "$work" >"$work/names" || exit 1
while read -r name; do
    "$BENCH_CPU" "$work/$name.cost" timeout -s KILL 30 "$EARSHOT" analyze --json "$work/$name.pcap" \
        >"$work/$name.json" 2>"$work/$name.err"
    echo $? >"$work/$name.status"
done <"$work/names"
exec "$NODE" check.mjs "$work"
