#!/usr/bin/env bash
# live.sh STORE CAPTURE IDLE_S WARM_S WINDOW_S - earshot run on a veth pair; run it in a network
# namespace of its own: unshare --net tests/bench/live.sh …
#
# Leaves the probe alone for IDLE_S, plays CAPTURE at its own pace, measures the CPU of WINDOW_S from
# WARM_S on, and stops when the capture is over. Prints "KEY VALUE" lines: CPU in percent of a core.
# $EARSHOT, $VETH_SEND and $STORE_CHECK are the programs.
set -u
export LC_ALL=C
store=$1 capture=$2 idle_s=$3 warm_s=$4 window_s=$5

die() {
    echo "live.sh: $1" >&2
    [ -n "${probe:-}" ] && kill "$probe" 2>/dev/null
    exit 1
}

ip link set lo up &&
    ip link add wire0 type veth peer name wire1 || die "no veth pair can be made"
for wire in wire0 wire1; do
    # Nobody but the sender says a word: no neighbour discovery, no ARP.
    echo 1 >"/proc/sys/net/ipv6/conf/$wire/disable_ipv6"
    ip link set "$wire" arp off up || die "$wire"
done

"$EARSHOT" run -i wire1 --store "$store" --keep full --listen 127.0.0.1:0 >"$store.out" 2>"$store.err" &
probe=$!
for ((i = 0; i < 200; i++)); do
    grep -q '^listening' "$store.out" && grep -q '^dashboard' "$store.out" && break
    sleep 0.05
done
web=$(cat "/proc/$probe/task/$probe/children") || die "earshot run: $(cat "$store.err")"
web=${web// /}

# ticks PID: user and system time so far, in 1/100 s.
ticks() {
    sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'
}

arrived() {
    awk '$1 == "wire1:" { print $3 }' /proc/net/dev
}

# busy PREFIX SECONDS: the load of both processes over that time, and the packets that came.
busy() {
    local a b from to packets
    a=$(ticks "$probe") b=$(ticks "$web") packets=$(arrived) from=${EPOCHREALTIME/./}
    sleep "$2"
    to=${EPOCHREALTIME/./}
    echo "$1_rate $((($(arrived) - packets) * 1000000 / (to - from)))"
    awk -v prefix="$1" -v a=$(($(ticks "$probe") - a)) -v b=$(($(ticks "$web") - b)) -v us=$((to - from)) \
        -v hz="$(getconf CLK_TCK)" 'BEGIN {
            printf "%s_probe %.3f\n%s_web %.3f\n", prefix, a / hz / us * 1e8, prefix, b / hz / us * 1e8 }'
}

sleep 1
[ "$idle_s" -eq 0 ] || busy idle "$idle_s"
"$VETH_SEND" wire0 "$capture" >"$store.sent" &
sender=$!
sleep "$warm_s"
busy busy "$window_s"
wait $sender || die "the sender failed"
echo "rss_kib $(awk '/^VmHWM/ { print $2 }' "/proc/$probe/status")"
kill -TERM "$probe"
wait "$probe"
echo "status $?"
awk '{ print "sent", $2 } { for (i = 1; i < NF; i++) {
    if ($(i + 1) == "ms") print "late_ms", $i } }' "$store.sent"
"$STORE_CHECK" "$store" received kernel_dropped interface_dropped stored store_dropped || die "no ledger"
# The bins of the newest ledger, all of them and those that belong to calls.
echo "bins $("$STORE_CHECK" "$store" --sql "SELECT sum(value) FROM captures, json_each(captures.bins)")"
echo "of_calls $("$STORE_CHECK" "$store" --sql "SELECT sum(value) FROM captures, json_each(captures.bins)
    WHERE key IN ('sip', 'rtp', 'rtcp')")"
