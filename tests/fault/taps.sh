#!/usr/bin/env bash
# taps.sh - each direction of the calls on an interface of its own, as a tap delivers them, and a
# stream spread over two: one order of time, whole calls, nothing out of order. A third interface that is silent, and one that goes away,
# hold nothing up.
. "$(dirname "$0")/fault.sh"
enter net "$0" "$@"
wires
more_wires 2 4

"$TRAFFIC" -n 20 -r 20 -d 4 --seed 21 -o "$work/calls.pcap" --truth "$work/truth" 2>/dev/null || exit 1

# whole NAME SENT: every packet in its bin, every call with its packets, in the order they were sent.
whole() {
    local store=$work/$1 bins
    says "$work/$1.out" "$2 packets, 20 calls"
    "$STORE_CHECK" "$store" received kernel_dropped >"$work/ledger"
    says "$work/ledger" "received $2" 'kernel_dropped 0'
    bins=$("$STORE_CHECK" "$store" --sql "SELECT sum(value) FROM captures, json_each(captures.bins)
        WHERE captures.id = (SELECT id FROM captures ORDER BY end_time DESC LIMIT 1)")
    [ "$bins" = "$2" ] || fail "$1: the bins add up to $bins, not $2"
    export_all "$store" "$work/$1.calls" | cut -d ' ' -f 1,2 | sort |
        diff - <(truth_frames "$work/truth") >"$work/diff" ||
        { fail "$1: not every call is whole" && head -n 6 "$work/diff"; }
    [ "$("$STORE_CHECK" "$store" --sql "SELECT sum(out_of_order) FROM streams")" = 0 ] ||
        fail "$1: streams are out of order"
    [ "$("$STORE_CHECK" "$store" --sql "SELECT count(*) FROM calls WHERE state = 'completed'")" = \
        "$("$STORE_CHECK" "$work/one" --sql "SELECT count(*) FROM calls WHERE state = 'completed'")" ] ||
        fail "$1: other ends of calls than on one wire"
}

# On one wire first: what the others are held against.
start_probe one -i wire1 --store "$work/one" --no-web || exit 1
sent=$(send "$work/calls.pcap" -x 2)
stop_probe TERM
whole one "$sent"

# Each direction on its own; the third one says nothing.
start_probe two -i wire1 -i wire3 -i wire5 --store "$work/two" --no-web || exit 1
sent=$(send "$work/calls.pcap" -x 2 -t wire2)
stop_probe TERM
[ "$left" -eq 0 ] && [ "$took" -le 5000 ] || fail "two: exit status $left after $took ms"
whole two "$sent"
# A response is not heard before its request, nor the other way round.
"$STORE_CHECK" "$work/two" --sql "SELECT count(*) FROM calls WHERE answer_time < invite_time
    OR first_18x_time < invite_time OR end_time < answer_time" >"$work/early"
says "$work/early" 0

# Two links that were bonded: a stream's packets come on both in turn.
start_probe bond -i wire1 -i wire3 --store "$work/bond" --no-web || exit 1
sent=$(send "$work/calls.pcap" -x 2 -a wire2)
stop_probe TERM
whole bond "$sent"

# One of three goes away in the middle, which is said; the others go on.
start_probe away -i wire1 -i wire3 -i wire5 --store "$work/away" --no-web || exit 1
("$VETH_SEND" -x 2 -t wire2 wire0 "$work/calls.pcap" >"$work/sent") &
sending=$!
sleep 1
ip link delete wire5
wait $sending
wait_for 5 grep -q 'wire5: the interface is gone' "$work/away.err" || fail "no word of wire5"
stop_probe TERM
[ "$left" -eq 0 ] || fail "away: exit status $left"
whole away "$(awk '{ print $2 }' "$work/sent")"

finish "taps"
