#!/usr/bin/env bash
# rewrap_test.sh EARSHOT-TRAFFIC EARSHOT-REWRAP - what is wrapped anew is still the same, and tshark
# reads it: the same SIP messages and as many RTP packets, nothing malformed, no wrong sum.
set -u
export LC_ALL=C
traffic=$1 rewrap=$2
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0 cases=0

fail() {
    echo "FAILED: $*"
    failed=1
}

# refused WORD ARGUMENT...: it leaves with 2 and names what is wrong.
refused() {
    local word=$1 status
    shift
    "$rewrap" "$@" 2>"$work/err"
    status=$?
    [ $status -eq 2 ] || fail "$*: exit status $status, not 2"
    grep -qF -e "$word" "$work/err" || fail "$*: the message has no $word: $(cat "$work/err")"
}

"$traffic" -n 5 -r 4 -d 2 --ipv6 40 --register 3 --auth 40 --seed 3 -o "$work/plain" 2>/dev/null || exit 1
for seed in 1 1 2; do
    "$rewrap" --seed $seed "$work/plain" "$work/seeded.$((cases += 1))" \
        tcp,segment=50-400,reorder=20 vxlan=7 fragment=300,order=random 2>/dev/null || fail "seed $seed"
done
cmp "$work/seeded.1" "$work/seeded.2" || fail "one seed, two captures"
cmp -s "$work/seeded.1" "$work/seeded.3" && fail "two seeds, one capture"
refused 'no step' "$work/plain" "$work/x" nosuch
refused 'takes no' "$work/plain" "$work/x" vlan=3,key=3
refused "'x' is no number" "$work/plain" "$work/x" vlan=x
refused 'wants =VNI' "$work/plain" "$work/x" vxlan
refused 'usage' "$work/plain" "$work/x"

if ! command -v tshark >/dev/null; then
    [ $failed -eq 0 ] || exit 1
    echo "skipped: tshark is not installed (apt install tshark)"
    exit 77
fi

# look FILE: its messages, one a line, in $work/messages; how many RTP packets there are in $rtp, and
# what tshark dislikes in $bad.
look() {
    # shellcheck disable=SC2086 # several words, or none
    tshark -r "$1" $as -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE -o tcp.check_checksum:TRUE \
        -o tcp.reassemble_out_of_order:TRUE -T fields -e sip.Call-ID -e sip.CSeq -e rtp.ssrc \
        -e _ws.malformed -e ip.checksum.status -e udp.checksum.status -e tcp.checksum.status \
        -e gre.checksum.status >"$work/fields" 2>"$work/err" || fail "tshark: $(tail -n 1 "$work/err")"
    awk -F '\t' '$1 != "" { n = split($1, call, ","); split($2, cseq, ",")
        for (i = 1; i <= n; i++) print call[i], cseq[i] }' "$work/fields" | sort >"$work/messages"
    rtp=$(awk -F '\t' '$3 != ""' "$work/fields" | wc -l)
    bad=$(awk -F '\t' '$4 != "" || ($5 "," $6 "," $7 "," $8) ~ /(^|,)0(,|$)/' "$work/fields" | wc -l)
}

as=''
look "$work/plain"
cp "$work/messages" "$work/want"
want_rtp=$rtp
[ "$want_rtp" -gt 500 ] && [ "$(wc -l <"$work/want")" -gt 30 ] || fail "too little to compare"

# same FILTER STEP...: tshark must see the filter's frames, too.
same() {
    local filter=$1
    shift
    cases=$((cases + 1))
    "$rewrap" "$work/plain" "$work/wrapped" "$@" 2>"$work/err" || { fail "$*: $(cat "$work/err")" && return; }
    look "$work/wrapped"
    cmp -s "$work/want" "$work/messages" || fail "$*: other messages: $(wc -l <"$work/messages")"
    [ "$rtp" -eq "$want_rtp" ] || fail "$*: $rtp RTP packets, not $want_rtp"
    [ "$bad" -eq 0 ] || fail "$*: $bad frames malformed or with a wrong sum"
    [ -z "$filter" ] || [ -n "$(tshark -r "$work/wrapped" ${as:+-d tcp.port==5060,http} -c 40 -Y "$filter" 2>/dev/null)" ] ||
        fail "$*: no frame of '$filter'"
}

same 'vlan.id == 7' vlan=7
same 'vlan.id == 100 && vlan.id == 7' qinq=100.7
same 'ieee8021ad.id == 100' 8021ad=100.7
same 'vntag' vntag=5
same 'mpls.label == 17' mpls=16.17.18
same 'pwethcw && mpls.label == 20' pseudowire=20,control
same 'pppoe.session_id == 9' pppoe=9
same 'sll' sll
same 'sll.ifindex' vlan=7 sll2
same '' raw
same 'null' null
same 'gre.key == 77 && gre.sequence_number' gre=77,seq,csum
same 'gre && mpls' mpls=16 gre
same 'gre.proto == 0x6558' vlan=4 gre=3,ethernet,v6
same 'gre.proto == 0x88be && !gre.flags.sequence_number == 1' erspan1
same 'erspan.spanid == 5' erspan2=5
same 'erspan.spanid == 6 && erspan.version == 2' erspan3=6,subheader
same 'vxlan.vni == 5001' vxlan=5001
same 'vxlan.next_proto' gpe=3
same 'geneve.option.length' geneve=4,options=20
same 'geneve.proto_type == 0x0800' geneve=4,ip
same 'ip.proto == 4' ipip
same 'ipv6.nxt == 41' 6in4,v6
same 'gtp.teid == 1001 && gtp.ext_hdr' gtpu=1000,extension,seq
same 'tzsp' tzsp
same 'l2tp.session == 4' l2tp=3.4,seq
same 'vlan.id == 9 && vlan.id == 7' vlan=7 vxlan=5001 vlan=9
same 'gtp && vxlan' vxlan=5 gtpu=9 sll
same 'ip.reassembled.length' fragment=500
same 'ip.reassembled.length' fragment=128,order=reverse
same 'gre' fragment=400,order=random,repeat=20 gre
same 'tcp.flags.syn == 1' tcp
same 'tcp' tcp,segment=10-90,reorder=20,repeat=10,overlap=20
same 'tcp' tcp,several=5000,segment=200-900
as='-d tcp.port==5060,http'
same 'websocket.mask' ws
# tshark loses its place in WebSocket frames that lie over several segments.
same 'websocket.opcode == 0 && websocket.opcode == 9' ws,continuation=60,ping=30
as=''
same 'tcp' tcp,segment=900 vxlan=1 fragment=600,order=reverse

# A clean connection has no flaw that tshark knows, and no datagram of SIP is left.
"$rewrap" "$work/plain" "$work/wrapped" tcp,segment=100-300 2>/dev/null
[ -z "$(tshark -r "$work/wrapped" -Y 'tcp.analysis.flags || (sip && udp)' 2>/dev/null)" ] ||
    fail "tcp: flaws where none were asked for"
# Copies, cuts, disorder.
count=$(tshark -r "$work/plain" 2>/dev/null | wc -l)
"$rewrap" "$work/plain" "$work/wrapped" vlan=3 double=100,ttl=-1,untag 2>/dev/null
[ "$(tshark -r "$work/wrapped" 2>/dev/null | wc -l)" -eq $((2 * count)) ] || fail "double: not twice"
[ "$(tshark -r "$work/wrapped" -Y '!vlan' 2>/dev/null | wc -l)" -eq "$count" ] || fail "double: untag"
"$rewrap" "$work/plain" "$work/wrapped" snap=60 2>/dev/null
[ -z "$(tshark -r "$work/wrapped" -Y 'frame.cap_len > 60 || frame.len <= 60' 2>/dev/null)" ] || fail "snap"
"$rewrap" "$work/plain" "$work/wrapped" shuffle=20000 2>/dev/null
[ -n "$(tshark -r "$work/wrapped" -Y 'frame.time_delta < 0' 2>/dev/null)" ] || fail "shuffle"

[ $failed -eq 0 ] || exit 1
echo "rewrap: $cases captures, tshark reads the same in all of them"
