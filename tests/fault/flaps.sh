#!/usr/bin/env bash
# flaps.sh - an interface that goes down and up twenty times, and one that is deleted and made anew
# ten times, under a probe that has no right left to open anything: calls before and after are there,
# the ledger is exact, nothing leaks.
#
# shellcheck disable=SC2317 # functions that others call by name
. "$(dirname "$0")/fault.sh"
enter net "$0" "$@"
wires

"$TRAFFIC" -n 10 -r 20 -d 2 --seed 31 -o "$work/before.pcap" --truth "$work/before.truth" 2>/dev/null || exit 1
"$TRAFFIC" -n 10 -r 20 -d 2 --seed 32 -o "$work/after.pcap" --truth "$work/after.truth" 2>/dev/null || exit 1
cat "$work/before.truth" "$work/after.truth" >"$work/truth"

descriptors() { find "/proc/$probe/fd" -mindepth 1 | wc -l; }
memory_kib() { awk '/^VmRSS/ { print $2 }' "/proc/$probe/status"; }
ticks() { awk '{ print $14 + $15 }' "/proc/$probe/stat"; }
has_count() { [ "$(grep -c "$1" "$2")" -ge "$3" ]; }

# around NAME FLAP TIMES: calls, TIMES times FLAP, calls again.
around() {
    local name=$1 flap=$2 times=$3 sent fds kib i
    start_probe "$name" -i wire1 --store "$work/$name" --no-web || exit 1
    sent=$(send "$work/before.pcap" -x 4)
    sleep 0.5
    fds=$(descriptors) kib=$(memory_kib)
    for ((i = 0; i < times; i++)); do
        "$flap" "$i" || { fail "$name: $flap $i" && break; }
    done
    wait_for 5 has_count 'wire1: is back' "$work/$name.err" 1 || fail "$name: no word of it being back"
    sleep 0.3
    sent=$((sent + $(send "$work/after.pcap" -x 4)))
    sleep 0.5
    # The store opens a file or two more as it grows.
    [ "$(descriptors)" -le $((fds + 4)) ] || fail "$name: $(descriptors) descriptors, before there were $fds"
    [ $(($(memory_kib) - kib)) -lt 8192 ] || fail "$name: grew by $(($(memory_kib) - kib)) KiB"
    stop_probe TERM
    [ "$left" -eq 0 ] || fail "$name: exit status $left: $(cat "$work/$name.err")"
    says "$work/$name.out" "$sent packets, 20 calls"
    "$STORE_CHECK" "$work/$name" received kernel_dropped interface_dropped >"$work/ledger"
    says "$work/ledger" "received $sent" 'kernel_dropped 0' 'interface_dropped 0'
    export_all "$work/$name" "$work/$name.calls" | cut -d ' ' -f 1,2 | sort |
        diff - <(truth_frames "$work/truth") >"$work/diff" ||
        { fail "$name: not every call is whole" && head -n 6 "$work/diff"; }
}

# Too quick for anybody to notice but the kernel, but for the last one.
down_and_up() {
    ip link set wire1 down
    if [ "$1" -eq 19 ]; then sleep 1.3; else sleep 0.02; fi
    ip link set wire1 up
}
around flaps down_and_up 20
says "$work/flaps.err" 'wire1: is down'

deleted_and_made() {
    local quiet
    ip link delete wire0 || return 1
    if [ "$1" -eq 9 ]; then
        wait_for 5 grep -q 'wire1: the interface is gone' "$work/deleted.err" || return 1
        quiet=$(ticks)
        sleep 1
        [ $(($(ticks) - quiet)) -le 20 ] || fail "the probe spins while its interface is gone"
    else
        sleep 0.15
    fi
    wires
    sleep 0.3
}
around deleted deleted_and_made 10
ip -d link show wire1 | grep -q 'promiscuity 0' || fail "still promiscuous after the probe has left"

# Of another kind, it is not the one that was asked for; alone, it ends the run.
start_probe other -i wire1 --store "$work/other" --no-web || exit 1
ip link delete wire0
wait_for 5 grep -q 'wire1: the interface is gone' "$work/other.err" || fail "no word of it being gone"
if ip tuntap add dev wire1 mode tun 2>/dev/null; then
    wait_for 10 is_gone "$probe" || fail "goes on with another kind of link"
    wait "$probe"
    [ $? -eq 69 ] || fail "another kind of link, and the exit status is not 69"
    says "$work/other.err" 'wire1: the interface was gone and came back as another kind of link'
else
    echo "not tried: another kind of link (this kernel has no tun)"
fi

finish "flaps"
