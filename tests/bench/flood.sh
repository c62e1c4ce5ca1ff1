#!/usr/bin/env bash
# flood.sh - a flood of new Call-IDs beside calls that are talked in: memory over time, calls lost.
#
#   tests/bench/flood.sh [--build DIR] [--live N] [--rate N] [--seconds N] [--idle N]
#
# Prints the RSS of 'earshot analyze' while 50,000 new Call-IDs a second pass for 60 s of packet time
# beside 1,000 live calls, and how many of these were lost; then what an idle call costs.
set -u
export LC_ALL=C TZ=UTC
here=$(cd "$(dirname "$0")" && pwd)
build=$here/../../build/bench live=1000 rate=50000 seconds=60 idle=100000

while [ $# -gt 1 ]; do
    case $1 in
    --build) build=$2 ;;
    --live) live=$2 ;;
    --rate) rate=$2 ;;
    --seconds) seconds=$2 ;;
    --idle) idle=$2 ;;
    *) echo "flood.sh: unknown option '$1'" >&2 && exit 2 ;;
    esac
    shift 2
done
earshot=$build/probe/earshot writer=$build/tests/bench/call_flood
[ -x "$earshot" ] && [ -x "$writer" ] || {
    echo "flood.sh: no binaries in $build; cmake --preset release -B build/bench && cmake --build build/bench" >&2
    exit 2
}
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT

# watch PID FILE: its resident memory in KiB, twice a second, as long as it lives.
watch() {
    local rss
    while rss=$(awk '/^VmRSS/ { print $2 }' "/proc/$1/status" 2>/dev/null) && [ -n "$rss" ]; do
        echo "$rss" >>"$2"
        sleep 0.5
    done
}

# analyze LIVE RATE SECONDS NAME: what it says goes to NAME.json, its memory to NAME.rss.
analyze() {
    : >"$work/$4.rss"
    mkfifo "$work/pipe.$4"
    "$writer" "$1" "$2" "$3" >"$work/pipe.$4" &
    "$earshot" analyze --json - <"$work/pipe.$4" 2>"$work/$4.err" |
        grep -aE '"type":"capture"|"call_id":"live-' >"$work/$4.json" &
    sleep 0.1
    watch "$(pgrep -n -P $$ -x earshot)" "$work/$4.rss"
    wait
    [ -s "$work/$4.err" ] && cat "$work/$4.err" >&2
}

begun=$(date +%s.%N)
analyze "$live" "$rate" "$seconds" flood
took=$(echo "$(date +%s.%N) $begun" | awk '{ printf "%.1f", $1 - $2 }')
lost=$(grep -a '"call_id":"live-' "$work/flood.json" | grep -avc '"state":"completed"')
seen=$(grep -ac '"call_id":"live-' "$work/flood.json")
echo "flood: $rate new Call-IDs a second for $seconds s beside $live live calls, analysed in $took s"
echo "live calls: $seen told of, $lost lost (not completed)"
awk '{ a[NR] = $1 / 1024 } END {
    printf "RSS in MB, in ten steps of the run:"
    for (i = 1; i <= 10; i++) printf " %.0f", a[int((NR - 1) * i / 10) + 1]
    print ""
}' "$work/flood.rss"
grep -ao '"refusals":{[^}]*}' "$work/flood.json"

analyze 1000 0 0 few
analyze "$idle" 0 0 many
paste <(sort -n "$work/few.rss" | tail -n 1) <(sort -n "$work/many.rss" | tail -n 1) |
    awk -v n="$idle" '{ printf "idle calls: %.0f MB at %d, %.0f MB at 1000: %.0f bytes a call\n", $2 / 1024, n, $1 / 1024, ($2 - $1) * 1024 / (n - 1000) }'
[ "$lost" -eq 0 ] && [ "$seen" -eq "$live" ]
