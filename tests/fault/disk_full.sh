#!/usr/bin/env bash
# disk_full.sh [tmpfs] - no room in the middle of a replay: it goes on to the end of the capture, says
# what is missing, and leaves alone what was stored before. By a limit on the length of files, or on
# a file system that really is full.
. "$(dirname "$0")/fault.sh"
really=${1:-}
[ -n "$really" ] && enter mount "$0" "$@"

"$TRAFFIC" -n 10 -r 5 -d 2 --seed 1 --start 1770000000 -o "$work/first.pcap" 2>/dev/null || exit 1
"$TRAFFIC" -n 60 -r 30 -d 8 --seed 2 --start 1770000300 -o "$work/second.pcap" \
    --truth "$work/second.truth" 2>/dev/null || exit 1
packets=$("$EARSHOT" analyze --json "$work/second.pcap" | tee "$work/out" >/dev/null && ledger received)
store=$work/store

if [ -n "$really" ]; then
    mkdir "$work/small" && mount -t tmpfs -o size=48m tmpfs "$work/small" 2>/dev/null ||
        skip "no tmpfs can be mounted here"
    head -c 42M /dev/zero >"$work/small/ballast" || exit 1
    store=$work/small/store
fi

# As a full disk would have it: writes end with an error, not with a signal.
# shellcheck disable=SC2317 # expect calls it
limited() (
    if [ -z "$really" ]; then
        trap '' XFSZ
        ulimit -f 1500 || exit 1
    fi
    exec "$@"
)

expect 0 "$EARSHOT" replay "$work/first.pcap" --store "$store" --keep full
export_all "$store" "$work/before" >"$work/before.list"
[ "$(wc -l <"$work/before.list")" -eq 10 ] || fail "the first ten calls are not all there"

expect 73 limited "$EARSHOT" replay "$work/second.pcap" --store "$store" --keep full
says "$work/out" "$packets packets, 60 calls"
says "$work/err" "$store" 'not everything could be stored'
grep -qE 'File too large|No space left' "$work/err" || fail "no word of why: $(cat "$work/err")"
lost=$(sed -nE 's/.*: ([0-9]+) packets and ([0-9]+) records are missing.*/\1 \2/p' "$work/err")
[ "${lost% *}" -gt 0 ] || fail "no count of packets: '$lost'"

# Nothing that was stored before is damaged; what is listed of the new ones can be exported.
expect 0 "$EARSHOT" store check --store "$store"
export_all "$store" "$work/after" >"$work/after.list" 2>"$work/damaged"
cat "$work/damaged"
[ -s "$work/damaged" ] && failed=1
while read -r call _ id; do
    cmp "$work/before/$id.pcap" "$work/after/$id.pcap" || fail "$call is not what it was"
done <"$work/before.list"
kept=$(awk -v old="$work/before.list" '
    BEGIN { while ((getline line < old) > 0) { split(line, f, " "); before[f[1]] = 1 } }
    !($1 in before) { n += $2 } END { print n + 0 }' "$work/after.list")
# On a full file system there may be no room for a row any more, however many packets came first.
[ "$kept" -gt 0 ] || [ -n "$really" ] || fail "nothing at all of the second capture was kept"

# With room again the same capture completes it.
if [ -n "$really" ]; then
    rm "$work/small/ballast"
fi
expect 0 "$EARSHOT" replay "$work/second.pcap" --store "$store" --keep full
export_all "$store" "$work/last" | cut -d ' ' -f 1,2 | sort >"$work/last.list"
{ cut -d ' ' -f 1,2 "$work/before.list" && truth_frames "$work/second.truth"; } | sort |
    diff - "$work/last.list" | head -n 10 >"$work/diff"
[ -s "$work/diff" ] && fail "not complete in the end:" && cat "$work/diff"

finish "${lost% *} packets for which there was no room:"
