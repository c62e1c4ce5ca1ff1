#!/usr/bin/env bash
# wrapped.sh EARSHOT TRAFFIC REWRAP CHECK_TRUTH GROUP - calls as a mirror port delivers them are still
# the calls that were made: each layer alone and nested, in pieces, as streams, doubled, cut.
set -u
export LC_ALL=C
earshot=$1 traffic=$2 rewrap=$3 check=$4 group=$5
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0 cases=0

# generate NAME OPTION...: calls and their truth.
generate() {
    local name=$1
    shift
    "$traffic" "$@" -o "$work/$name" --truth "$work/$name.truth" 2>/dev/null || exit 1
}

# did WHAT: how much of that rewrap says it did.
did() {
    sed -nE "s/.* ([0-9]+) $1(,.*)?\$/\1/p" "$work/said"
}

# hold NAME [OPTION-OF-CHECK_TRUTH]... -- STEP...
hold() {
    local name=$1 options=()
    shift
    while [ "$1" != -- ]; do options+=("$1") && shift; done
    shift
    cases=$((cases + 1))
    "$rewrap" "$work/$name" "$work/wrapped" "$@" 2>"$work/said" || { cat "$work/said" && exit 1; }
    [[ " ${options[*]} " == *' --duplicates '* ]] || options+=(--duplicates 0)
    "$earshot" analyze --json "$work/wrapped" >"$work/analyzed" 2>"$work/err" &&
        "$check" --frames "$(did frames)" "${options[@]}" "$work/$name.truth" "$work/analyzed" \
            >"$work/checked" 2>&1 && return 0
    echo "FAILED: $name: $*" && head -n 6 "$work/checked" "$work/err"
    failed=1
}

# some WHAT [AT-LEAST]: the capture last held has that, or the case proves nothing.
some() {
    [ "$(did "$1")" -ge "${2:-1}" ] || { echo "FAILED: $(did "$1") $1 in the last case" && failed=1; }
}

group_layers() {
    generate a -n 5 -r 4 -d 4 --ipv6 40 --register 3 --auth 30 --loss 1 --jitter 4 --seed 31
    hold a -- sll
    hold a -- sll2
    hold a -- raw
    hold a -- null
    hold a -- loop
    hold a --vlan 7 -- vlan=7
    hold a --vlan 0 -- vlan=0
    hold a --vlan 100.7 -- qinq=100.7
    hold a --vlan 100.7 -- qinq=100.7,type=37120
    hold a --vlan 3.4094 -- 8021ad=3.4094
    hold a --vlan 7 -- vlan=7 sll
    hold a --tunnel 'vntag 5' -- vntag=5
    hold a --vlan 7 --tunnel 'vntag 5' -- vlan=7 vntag=5
    hold a --tunnel 'mpls 18' -- mpls=18
    hold a --tunnel 'mpls 18' -- mpls=16.17.18
    hold a --tunnel 'mpls 20' -- pseudowire=20
    hold a --tunnel 'mpls 21' -- pseudowire=20.21,control
    hold a --tunnel 'pppoe 9' -- pppoe=9
    hold a --tunnel gre -- gre
    hold a --tunnel gre -- gre,seq
    hold a --tunnel 'gre 77' -- gre=77,seq,csum
    hold a --tunnel 'gre 3' -- gre=3,ethernet
    hold a --tunnel erspan1 -- erspan1
    hold a --tunnel 'erspan2 5' -- erspan2=5
    hold a --tunnel 'erspan3 6' -- erspan3=6
    hold a --tunnel 'erspan3 6' -- erspan3=6,subheader,v6
    hold a --tunnel 'vxlan 5001' -- vxlan=5001
    hold a --tunnel 'vxlan 5001' -- vxlan=5001,port=8472,v6
    hold a --tunnel 'vxlan 3' -- gpe=3,port=4789
    hold a --tunnel 'geneve 4' -- geneve=4
    hold a --tunnel 'geneve 4' -- geneve=4,options=64
    hold a --tunnel 'geneve 4' -- geneve=4,ip,v6
    hold a --tunnel 'ipip|6in4' -- ipip
    hold a --tunnel 'ipip|6in4' -- 6in4,v6
    hold a --tunnel 'gtpu 1000|gtpu 1001' -- gtpu=1000
    hold a --tunnel 'gtpu 1000|gtpu 1001' -- gtpu=1000,extension,seq
    hold a --tunnel tzsp -- tzsp
    hold a --tunnel 'l2tp 196612' -- l2tp=3.4
    hold a --tunnel 'l2tp 196612' -- l2tp=3.4,seq
}

group_nested() {
    generate a -n 5 -r 4 -d 4 --ipv6 40 --background 20 --loss 1 --jitter 4 --seed 32
    hold a --vlan 7 --tunnel 'vxlan 5001' -- vlan=7 vxlan=5001 vlan=9
    hold a --tunnel 'gre/mpls 17' -- mpls=16.17 gre
    hold a --tunnel 'gtpu 8/vxlan 5|gtpu 9/vxlan 5' -- vxlan=5 gtpu=8
    hold a --vlan 9 --tunnel 'erspan2 3' -- vlan=9 erspan2=3 sll2
    hold a --tunnel 'gre/gre' -- gre gre
    hold a --tunnel 'vxlan 2/vxlan 1' -- vxlan=1 vxlan=2
    hold a --tunnel 'mpls 40/pppoe 6' -- pppoe=6 pseudowire=40,control
    generate b -n 5 -r 4 -d 4 --ipv6 40 --seed 38
    hold b --tunnel 'ipip|6in4' -- ipip raw
    hold b --tunnel 'ipip/gre 4' -- gre=4 ipip null
    hold a --vlan 3.5 --tunnel 'gre 7/l2tp 65538' -- l2tp=1.2 gre=7 8021ad=3.5
    hold a --tunnel 'erspan3 8/gtpu 2|erspan3 8/gtpu 3' -- gtpu=2,extension geneve=3 gre,v6 erspan3=8
    hold a --tunnel 'tzsp/geneve 1' -- geneve=1,options=8 tzsp sll
}

group_fragments() {
    local order
    generate a -n 8 -r 4 -d 4 --ipv6 40 --register 3 --auth 50 --reinvite 40 --seed 33
    for order in in reverse random; do
        hold a -- fragment=600,order=$order
        some fragmented 20
        hold a -- fragment=400,order=$order
        hold a -- fragment=128,order=$order # RTP as well
        some fragmented 2000
    done
    hold a --vlan 5 -- vlan=5 fragment=400,order=random
    # A piece that the mirror delivers again is a copy of a frame as any other.
    hold a --duplicates -1 -- fragment=500,order=random,repeat=30
    # Pieces within a tunnel, a tunnel in pieces, and both.
    hold a --tunnel 'vxlan 6' -- fragment=400,order=reverse vxlan=6
    hold a --tunnel 'vxlan 6' -- vxlan=6 fragment=400,order=random
    hold a --tunnel 'gre' -- fragment=600,order=random gre,v6 fragment=300,order=reverse
    some fragmented 50
    # SIP and RTP of streams in pieces.
    hold a --transport tcp -- tcp,segment=700-1400 fragment=500,order=random
}

group_streams() {
    local kind
    generate a -n 8 -r 4 -d 3 --ipv6 40 --register 5 --auth 50 --reinvite 40 --options 5 --seed 34
    # So many calls that messages lie close together.
    generate b -n 400 -r 800 -d 1 --no-media --trunks 1 --fail 486:20,404:10 --seed 35
    for kind in tcp ws; do
        hold a --transport $kind -- $kind
        hold a --transport $kind -- $kind,segment=100-300
        hold a --transport $kind -- $kind,segment=1-40
        hold a --transport $kind -- $kind,segment=20-200,reorder=30
        hold a --transport $kind -- $kind,segment=20-200,repeat=20
        hold a --transport $kind -- $kind,segment=20-200,overlap=40
        hold a --transport $kind -- $kind,segment=10-90,reorder=20,repeat=10,overlap=20,several=900
        hold b --transport $kind -- $kind,several=900
        some shared 100
        hold b --transport $kind -- $kind,several=900,segment=200-1400,reorder=10,repeat=10
        some shared 100
        hold a --transport $kind --vlan 8 --tunnel 'vxlan 1' -- $kind,segment=500 vlan=8 vxlan=1 fragment=300
    done
    hold a --transport tcp -- tcp,keepalive=50
    hold a --transport tcp -- tcp,keepalive=50,segment=10-90,reorder=20,several=900
    hold a --transport tcp -- tcp,mid-stream
    hold a --transport tcp -- tcp,mid-stream,segment=50-200,repeat=20
    hold a --transport ws -- ws,binary
    hold a --transport ws -- ws,continuation=80,ping=50
    hold a --transport ws -- ws,continuation=80,ping=50,segment=10-90,reorder=20,repeat=10,overlap=20
}

group_copies() {
    # RTP and SIP that are sent twice are facts about the call; what the mirror doubles is not.
    # (Over IPv6 nothing tells the two apart: a packet has no identification there.)
    generate a -n 8 -r 4 -d 5 --duplicate 4 --sip-loss 20 --register 4 --loss 1 --seed 36
    local frames
    hold a -- shuffle=1
    frames=$(did frames)
    hold a --duplicates "$frames" -- double=20
    hold a --duplicates "$frames" -- double=0
    hold a --duplicates "$frames" -- double=30000,ttl=-1
    hold a --duplicates "$frames" -- double=300,ttl=-1,macs
    hold a --duplicates $((3 * frames)) -- double=50,ttl=-1 double=2000 snap=65535
    hold a --duplicates "$frames" --vlan 7 -- vlan=7 double=300,untag
    hold a --duplicates "$frames" --tunnel 'erspan2 1' -- double=100,ttl=-1 erspan2=1
    hold a --duplicates "$frames" --tunnel 'vxlan 9' -- vxlan=9 double=100,ttl=-1
    hold a --duplicates -1 -- fragment=400,order=random double=200,ttl=-1
    hold a --duplicates -1 --transport tcp -- tcp,segment=100-600 double=150,ttl=-1
    # In disorder. Then cut short: RTP is all there, SIP is not.
    generate b -n 5 -r 4 -d 6 --loss 2 --jitter 3 --seed 37
    hold b -- shuffle=400
    hold b --duplicates -1 -- double=800 shuffle=300
    hold b --media-alone -- snap=60
    hold b --media-alone -- snap=96
    hold b --media-alone -- vxlan=4 snap=120
}

# counted NAME LOW HIGH: a number of the ledger of the case last held.
counted() {
    local n
    n=$(grep '^{"type":"capture"' "$work/analyzed" | grep -o "\"$1\":[0-9]*" | head -n 1 | cut -d : -f 2)
    [ "${n:-0}" -ge "$2" ] && [ "${n:-0}" -le "$3" ] ||
        { echo "FAILED: $1 is ${n:-0}, not $2 to $3" && failed=1; }
}

group_losses() {
    generate a -n 200 -r 100 -d 2 --no-media --ipv6 30 --seed 38
    hold a --ledger-alone --duplicates -1 -- fragment=400,order=random,lose=10
    counted calls 180 200
    counted fragments_expired "$(did lost)" 1000
    hold a --ledger-alone --duplicates -1 -- fragment=128,headless
    counted calls 0 0
    hold a --ledger-alone --duplicates -1 --transport tcp -- tcp,segment=100-300,lose=40
    counted calls 180 200
    counted tcp_gaps 20 "$(did lost)"
    hold a --ledger-alone --duplicates -1 --transport ws -- ws,segment=100-300,lose=40
    counted calls 150 200
    counted tcp_gaps 20 "$(did lost)"
}

case $group in
losses) group_losses ;;
layers) group_layers ;;
nested) group_nested ;;
fragments) group_fragments ;;
streams) group_streams ;;
copies) group_copies ;;
*) echo "no group $group" && exit 2 ;;
esac
echo "$cases captures, $group: $([ $failed -eq 0 ] && echo the truth in each || echo not all of them true)"
exit $failed
