#!/usr/bin/env bash
# clock.sh - the packets' clock jumps: a day back, a year ahead, a single packet of another year. Rows and packets
# lie in the right days, nothing else is damaged, no duration is negative.
. "$(dirname "$0")/fault.sh"
day=86400 year=31536000 start=1770000000

# part SECONDS SEED: calls that begin so much later.
part() {
    "$TRAFFIC" -n 4 -r 4 -d 2 --ring 0.1 --seed "$2" --start $((start + $1)) -o "$work/part.$2" 2>/dev/null || exit 1
}
body() { tail -c +25 "$work/part.$1"; }
# The first packet of a capture, with its head.
first() {
    local bytes
    bytes=$(od -An -tu4 -j 8 -N 4 <(body "$1") | tr -d ' ')
    body "$1" | head -c $((bytes + 16))
}

# jumps NAME CALLS DAY:CALLS...: into a store of its own; then a look at it.
jumps() {
    local name=$1 calls=$2 packets stored row folders
    shift 2
    rm -rf "$work/store"
    expect 0 "$EARSHOT" replay "$work/$name.pcap" --store "$work/store" --keep full
    expect 0 "$EARSHOT" store check --store "$work/store"
    [ "$("$STORE_CHECK" "$work/store" --sql "SELECT count(*) FROM calls" | awk '{ n += $1 } END { print n }')" = "$calls" ] ||
        fail "$name: not $calls calls"
    for row in "$@"; do
        stored=$("$STORE_CHECK" "$work/store" --sql "SELECT date(invite_time / 1000000000, 'unixepoch') AS day,
            count(*) FROM calls_shown GROUP BY day" | tr '\t' : | grep -cx "$row")
        [ "$stored" = 1 ] || fail "$name: not $row"
    done
    folders=("$work"/store/20*/)
    [ ${#folders[@]} -eq $# ] || fail "$name: folders: ${folders[*]}"
    "$STORE_CHECK" "$work/store" --sql "SELECT 'negative ' || id FROM calls_shown WHERE duration_ms < 0 OR setup_ms < 0 OR
        ring_ms < 0 OR hold_ms < 0 OR closed_time < invite_time OR end_time < answer_time
        UNION ALL SELECT 'negative stream ' || id FROM streams WHERE end_time < start_time
        UNION ALL SELECT 'negative chunk ' || place FROM chunks WHERE last_time < first_time" >"$work/negative"
    [ -s "$work/negative" ] && fail "$name: $(head -n 3 "$work/negative")"
    # Every packet of a call is there, whatever its clock said.
    packets=$(grep -oE '[0-9]+ packets' "$work/packets.$name" | cut -d ' ' -f 1 | awk '{ n += $1 } END { print n }')
    stored=$("$STORE_CHECK" "$work/store" --sql "SELECT ifnull(sum(frames), 0) FROM chunks" | awk '{ n += $1 } END { print n }')
    [ "$stored" -eq "$packets" ] || fail "$name: $stored packets stored, not $packets"
    echo "$name: $calls calls and $packets packets in $# days;"
}

# packets NAME SEED...: how many the parts have.
packets() {
    local name=$1 seed
    shift
    for seed in "$@"; do
        "$TRAFFIC" -n 4 -r 4 -d 2 --ring 0.1 --seed "$seed" -o /dev/null 2>&1 | grep -oE '^[^ ]+ [0-9]+ packets'
    done >"$work/packets.$name"
}

part 0 1 && part -$day 2 && part $year 3 && part 10 4
{ cat "$work/part.1" && body 2; } >"$work/back.pcap"
packets back 1 2
jumps back 8 2026-02-01:4 2026-02-02:4
{ cat "$work/part.1" && body 3; } >"$work/ahead.pcap"
packets ahead 1 3
jumps ahead 8 2026-02-02:4 2027-02-02:4
# One INVITE of next year between two lots of this one.
{ cat "$work/part.1" && first 3 && body 4; } >"$work/wild.pcap"
packets wild 1 4
echo "1 packets" >>"$work/packets.wild"
jumps wild 9 2026-02-02:8 2027-02-02:1
finish "what the clock did"
