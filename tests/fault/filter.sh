#!/usr/bin/env bash
# filter.sh - a capture filter in the kernel: what it was meant to let pass does, behind tags, in
# fragments and in tunnels, and nothing else; as it was typed, if one insists.
. "$(dirname "$0")/fault.sh"
enter net "$0" "$@"
wires

"$TRAFFIC" -n 6 -r 12 -d 2 --seed 41 -o "$work/plain.pcap" --truth "$work/truth" 2>/dev/null || exit 1
messages=$(sed -nE 's/^\{"type":"call".*"sip_messages":([0-9]+).*/\1/p' "$work/truth" |
    awk '{ n += $1 } END { print n }')
[ "$messages" -gt 30 ] || fail "only $messages messages"
wrap() { "$REWRAP" "$work/plain.pcap" "$work/$1.pcap" "${@:2}" 2>/dev/null || fail "rewrap $1"; }
wrap vlan vlan=42
wrap qinq qinq=42.7
wrap mpls mpls=99
wrap pppoe pppoe=5
wrap gre gre=1
wrap vxlan vxlan=5001
wrap tagged_vxlan vxlan=5001 vlan=42
wrap ipip ipip
wrap fragments fragment=300
frames() { "$EARSHOT" analyze --json "$work/$1.pcap" | grep -o '"received":[0-9]*' | cut -d : -f 2; }

# heard NAME OPTION...: every capture through that filter; the ledger is in $work/ledger.
heard() {
    local name=$1 kind
    shift
    start_probe "$name" -i wire1 --store "$work/$name" --no-web "$@" || exit 1
    for kind in $kinds; do
        "$VETH_SEND" -x 8 wire0 "$work/$kind.pcap" >/dev/null || fail "veth_send $kind"
        sleep 0.1 # a copy in another wrapping is a packet of its own
    done
    stop_probe TERM
    # A store that heard nothing has no ledger.
    "$STORE_CHECK" "$work/$name" received bins.sip bins.rtp >"$work/ledger" 2>/dev/null ||
        grep -o '^0 packets' "$work/$name.out" >"$work/ledger"
}

# Tags: what passes is what passes without them. What the kernel's filter cannot look into passes whole.
kinds='plain vlan qinq'
heard tags -f 'udp port 5060'
says "$work/ledger" "received $((3 * messages))" "bins.sip $((3 * messages))" 'bins.rtp 0'
heard untouched -f 'udp port 5060' --no-wrap # the kernel takes the first tag out, and no second one
says "$work/ledger" "received $((2 * messages))"
heard without -f 'not udp port 5060'
says "$work/ledger" 'bins.sip 0'
grep -qx 'bins.rtp 0' "$work/ledger" && fail "all but SIP is no packet at all"
for kind in mpls pppoe gre vxlan tagged_vxlan ipip; do
    kinds=$kind
    heard "$kind" -f 'udp port 5060'
    says "$work/ledger" "received $(frames "$kind")" "bins.sip $messages"
    heard "no_$kind" -f 'udp port 5060' --no-wrap
    says "$work/ledger" '0 packets'
done

# Fragments: the messages are whole.
kinds=fragments
heard fragments -f 'udp port 5060'
says "$work/ledger" "bins.sip $messages" 'bins.rtp 0'
heard no_fragments -f 'udp port 5060' --no-wrap
grep -qx "bins.sip $messages" "$work/ledger" && fail "the plain filter lets later fragments pass"

expect 0 "$EARSHOT" run -f 'udp port 5060' --print-filter
says "$work/out" '(udp port 5060)' 'vlan and' 'udp dst port 4789'
expect 0 "$EARSHOT" run -f 'udp port 5060' --print-filter --no-wrap
[ "$(cat "$work/out")" = 'udp port 5060' ] || fail "not as it was given: $(cat "$work/out")"
expect 2 "$EARSHOT" run -f 'udp prot 5060' --print-filter
says "$work/err" "column 5, at 'prot'"

finish "filters"
