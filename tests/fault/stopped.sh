#!/usr/bin/env bash
# stopped.sh - SIGTERM and SIGINT end a run within 5 s with status 0, nothing that was heard is lost:
# the ledger, its bins and what is stored agree with what was sent. So does a run under load, and one
# whose interface goes down or away.
. "$(dirname "$0")/fault.sh"
enter net "$0" "$@"
wires

"$TRAFFIC" -n 20 -r 20 -d 6 --background 20 --seed 7 -o "$work/calls.pcap" --truth "$work/truth" \
    2>/dev/null || exit 1

# stops SIGNAL SENT: it goes as it should, and everything is accounted for.
stops() {
    local bins
    stop_probe "$1"
    [ "$left" -eq 0 ] || fail "$1: exit status $left: $(cat "$work"/run.err)"
    [ "$took" -le 5000 ] || fail "$1: left after $took ms"
    is_gone "$web" || fail "$1: the web process is still there"
    "$STORE_CHECK" "$store" received kernel_dropped interface_dropped store_dropped stored >"$work/ledger"
    says "$work/ledger" "received $2" 'kernel_dropped 0' 'interface_dropped 0' 'store_dropped 0'
    says "$work/run.out" "$2 packets"
    bins=$("$STORE_CHECK" "$store" --sql "SELECT sum(value) FROM captures, json_each(captures.bins)
        WHERE captures.id = (SELECT id FROM captures ORDER BY end_time DESC LIMIT 1)")
    [ "$bins" = "$2" ] || fail "$1: the bins add up to $bins, not $2"
    expect 0 "$EARSHOT" store check --store "$store"
}

# The whole capture, then the signal at once: the last packets are still in the kernel's ring.
for signal in TERM INT; do
    store=$work/$signal
    start_probe run -i wire1 --store "$store" --listen 127.0.0.1:0 || exit 1
    web=$(web_of "$probe")
    sent=$(send "$work/calls.pcap" -x 4)
    stops $signal "$sent"
    [ "$(stored_calls "$store" | wc -l)" -eq 20 ] || fail "$signal: not all calls are stored"
    export_all "$store" "$work/$signal.out" | cut -d ' ' -f 1,2 | sort |
        diff - <(truth_frames "$work/truth") >"$work/diff" ||
        { fail "$signal: not every packet is stored" && head -n 6 "$work/diff"; }
done

# In the middle of calls, while packets go on coming: they are stored as far as they went.
store=$work/middle
start_probe run -i wire1 --store "$store" --listen 127.0.0.1:0 || exit 1
web=$(web_of "$probe")
"$VETH_SEND" wire0 "$work/calls.pcap" >/dev/null &
started+=($!)
sleep 2.5
stop_probe TERM
[ "$left" -eq 0 ] || fail "in the middle: exit status $left"
[ "$took" -le 5000 ] || fail "in the middle: left after $took ms"
wait "${started[-1]}"
received=$("$STORE_CHECK" "$store" received)
says "$work/run.out" "${received#received } packets, 20 calls"
[ "$(export_all "$store" "$work/middle.out" | wc -l)" -eq 20 ] || fail "in the middle: calls missing"

# A link that goes down and comes back is waited for, without a spin.
store=$work/down
start_probe run -i wire1 --store "$store" --listen 127.0.0.1:0 || exit 1
web=$(web_of "$probe")
sent=$(send "$work/calls.pcap" -n 500 -x 4)
ip link set wire1 down
ticks() { awk '{ print $14 + $15 }' "/proc/$probe/stat"; }
before=$(ticks)
sleep 1.5
[ $(($(ticks) - before)) -le 30 ] || fail "the probe spins while its interface is down"
says "$work/run.err" 'wire1: is down'
ip link set wire1 up
wait_for 5 grep -q 'wire1: is back' "$work/run.err" || fail "no word of the interface being back"
sent=$((sent + $(send "$work/calls.pcap" -n 500 -x 4)))
stops TERM "$sent"

# One that goes away is waited for, and the run can be stopped meanwhile.
store=$work/away
start_probe run -i wire1 --store "$store" --listen 127.0.0.1:0 || exit 1
web=$(web_of "$probe")
sent=$(send "$work/calls.pcap" -n 500 -x 4)
sleep 0.5
ip link delete wire0
wait_for 10 grep -q 'wire1: the interface is gone' "$work/run.err" || fail "no word of it being gone"
stops TERM "$sent"

finish "what was stopped"
