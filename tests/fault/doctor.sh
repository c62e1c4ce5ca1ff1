#!/usr/bin/env bash
# doctor.sh - earshot doctor names what is wrong, with the fix, and is silent about the rest: rights,
# links, offloads, disks, mirrors that deliver nothing, or no calls.
. "$(dirname "$0")/fault.sh"
enter net "$0" "$@"
wires
mkdir "$work/store"

"$TRAFFIC" -n 10 -r 20 -d 8 --seed 51 -o "$work/calls.pcap" --truth "$work/truth" 2>/dev/null || exit 1

# listen NAME CAPTURE OPTION...: the doctor hears that capture; its table is in $work/NAME.out. Of
# one named one_way it hears one direction.
listen() {
    local name=$1 capture=$2 split=() pid
    [ "$name" = one_way ] && split=(-t wire2)
    shift 2
    "$EARSHOT" doctor wire1 --seconds 4 --store "$work/store" "$@" >"$work/$name.out" 2>"$work/$name.err" &
    pid=$!
    started+=("$pid")
    # It listens once it has looked at the disk; as JSON it says nothing until the end.
    case " $* " in
    *" --json "*) sleep 3 ;;
    *) wait_for 20 grep -qs ' disk ' "$work/$name.out" || fail "$name: no word of the disk" ;;
    esac
    sleep 0.3
    [ -n "$capture" ] && send "$capture" -x 4 "${split[@]}" >/dev/null
    wait "$pid"
    left=$?
}
# about TOPIC FILE: the level that it gives a topic.
about() { awk -v topic="$1" '$2 == topic { print $1; exit }' "$2"; }

listen calls "$work/calls.pcap"
says "$work/calls.out" 'earshot doctor wire1' 'driver veth' 'Heard in 4 s' 'SIP messages' \
    'RTP of known streams' 'SIP and RTP are heard' '10 calls'
for topic in rights link offloads ring disk drops traffic; do
    [ "$(about $topic "$work/calls.out")" = ok ] || fail "$topic is $(about $topic "$work/calls.out")"
done
[ -z "$(ls -A "$work/store")" ] || fail "it left something in the store: $(ls -A "$work/store")"
# Whether this machine's clock is kept is its own business; all else is well.
[ "$left" -eq "$(grep -c 'WRONG  clock' "$work/calls.out")" ] || fail "exit status $left"

listen json "$work/calls.pcap" --seconds 7 --json
[ "$(wc -l <"$work/json.out")" -eq 1 ] || fail "not one object"
says "$work/json.out" '{"type":"doctor","interface":"wire1","complaints":' '"topic":"rights","level":"fine"' \
    '"kernel_dropped":0' '"bins":{"sip":'
[ "$left" -eq "$(grep -c '"topic":"clock","level":"complaint"' "$work/json.out")" ] || fail "exit status $left"

listen nothing ''
says "$work/nothing.out" 'nothing came in 4 s'
[ "$left" -eq 1 ] || fail "nothing: exit status $left"

# Mirrors: in a tunnel, twice, one direction alone, cut.
wrap() { "$REWRAP" "$work/calls.pcap" "$work/$1.pcap" "${@:2}" 2>/dev/null || fail "rewrap $1"; }
wrap tunnel gre=5 vlan=42
wrap doubled double=300
wrap cut snap=100
listen tunnel "$work/tunnel.pcap"
says "$work/tunnel.out" 'SIP and RTP are heard' '100.0 %  VLAN 42' '100.0 %  in gre' 'heard both ways'
listen doubled "$work/doubled.pcap"
says "$work/doubled.out" 'WRONG  doubled    50.0 % of the packets came twice'
more_wires 2
listen one_way "$work/calls.pcap" # the other direction goes where nobody listens
says "$work/one_way.out" 'WRONG  one way' 'heard in one direction only'
listen cut "$work/cut.pcap"
says "$work/cut.out" 'WRONG  cut' 'shorter than their headers say'

if command -v ethtool >/dev/null && ethtool -K wire1 gro on 2>/dev/null; then
    listen glued ''
    says "$work/glued.out" 'WRONG  offloads' 'fix: ethtool -K wire1 gro off'
    ethtool -K wire1 gro off
fi

expect 69 "$EARSHOT" doctor wire7 --store "$work/store"
says "$work/err" 'wire7: no such interface'
expect 2 "$EARSHOT" doctor
expect 2 "$EARSHOT" doctor wire1 wire0
expect 2 "$EARSHOT" doctor wire1 --seconds 0
expect 1 "$EARSHOT" doctor wire1 --seconds 1 --store "$work/calls.pcap"
says "$work/out" 'cannot be a store: Not a directory'
expect 1 "$EARSHOT" doctor wire1 --seconds 1 --store "$work/not/there/yet"
says "$work/out" 'the store is not there yet'
[ ! -e "$work/not" ] || fail "it made the store"

ip link set wire1 down
expect 1 "$EARSHOT" doctor wire1 --store "$work/store"
says "$work/out" 'WRONG  link' 'the interface is down' 'fix: ip link set wire1 up'

expect 77 setpriv --bounding-set=-net_raw,-net_admin "$EARSHOT" doctor wire0 --store "$work/store"
says "$work/out" 'WRONG  rights' \
    "fix: sudo setcap cap_net_raw,cap_net_admin=eip $(readlink -f "$EARSHOT")" 'WRONG  link'

finish "the doctor"
