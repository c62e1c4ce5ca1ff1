#!/bin/sh
# traffic_tshark.sh EARSHOT-TRAFFIC - captures and truth, held against tshark.
#
# Loss and jitter are compared where tshark means the same by them: no duplicates, no reordering,
# no telephone-events, no comfort noise.
set -eu
export LC_ALL=C
traffic=$1
if ! command -v tshark >/dev/null 2>&1; then
    echo "SKIPPED: tshark is not installed (apt install tshark)" >&2
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

fail() {
    echo "FAIL: $*" >&2
    failures=$((failures + 1))
}

field() {
    tail -n 1 "$1" | sed -n "s/.*\"$2\":\([0-9.]*\).*/\1/p"
}

# frames FILE FILTER: how many match, checksums validated.
frames() {
    tshark -r "$1" -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE \
        -o tcp.check_checksum:TRUE -Y "$2" -T fields -e frame.number 2>/dev/null | wc -l
}

# hold FILE TRUTH WHAT FILTER: as many frames as the truth says.
hold() {
    found=$(frames "$1" "$4")
    [ "$found" -eq "$(field "$2" "$3")" ] || fail "$1: $3: tshark has $found"
}

# check NAME OPTION...: counts, form and sums of a capture.
check() {
    name=$1
    shift
    file=$work/$name
    truth=$work/$name.jsonl
    "$traffic" "$@" -o "$file" -t "$truth" 2>/dev/null || fail "$name: exit status $?"
    hold "$file" "$truth" packets frame
    hold "$file" "$truth" sip_messages sip
    hold "$file" "$truth" rtp_packets 'rtp && !rtcp'
    hold "$file" "$truth" rtcp_packets rtcp
    hold "$file" "$truth" dns_packets dns
    hold "$file" "$truth" arp_packets arp
    # Reports match their datagram; every sum is verified, none is bad.
    bad=$(frames "$file" '_ws.malformed || rtcp.length_check == 0 || ip.checksum.status == 0 ||
        udp.checksum.status == 0 || tcp.checksum.status == 0 || icmp.checksum.status == 0')
    [ "$bad" -eq 0 ] || fail "$name: $bad frames malformed or with a wrong sum"
}

# statuses NAME: each final status of the truth, as often as tshark has such a final response.
statuses() {
    for status in 404 408 486 487 503; do
        want=$(grep -c "\"type\":\"call\".*\"final_status\":$status" "$work/$1.jsonl" || true)
        have=$(frames "$work/$1" "sip.Status-Code == $status && sip.CSeq.method == INVITE")
        [ "$want" -eq "$have" ] || fail "$1: $status: truth $want, tshark $have"
        [ "$want" -gt 0 ] || fail "$1: no call with $status"
    done
}

# streams NAME: packets, loss and jitter of every stream.
streams() {
    sed 's/{"ssrc":/\n&/g' "$work/$1.jsonl" | grep '^{"ssrc"' |
        sed -E 's/^\{"ssrc":"0x([0-9a-f]*)".*"packets":([0-9]*).*"lost":([0-9]*),"dup.*"jitter_ms":\{"mean":([0-9.]*),"p95":[0-9.]*,"max":([0-9.]*).*/\1 \2 \3 \4 \5/' |
        tr 'a-f' 'A-F' | sort >"$work/truth.txt"
    tshark -r "$work/$1" -q -z rtp,streams 2>/dev/null | sed -n 's/ *X *$//; / 0x/p' |
        awk '{ for (i = 1; i <= NF; i++) if ($i ~ /^0x/) ssrc = substr($i, 3)
               print ssrc, $(NF - 8), $(NF - 7), $(NF - 1), $NF }' | sort >"$work/tshark.txt"
    [ "$(wc -l <"$work/truth.txt")" -gt 0 ] || fail "$1: no streams"
    join -a 1 -a 2 "$work/truth.txt" "$work/tshark.txt" | awk '
        function off(a, b) { return a - b > 0.01 || b - a > 0.01 }
        NF != 9 { print "only one of both has", $0; bad = 1; next }
        $2 != $6 || $3 != $7 || off($4, $8) || off($5, $9) { print "differ:", $0; bad = 1 }
        END { exit bad }' || fail "$1: streams differ"
}

check plain -n 10 -r 2 -d 8 -c mix --jitter 6 --loss 3 --nanoseconds --inbound 50
streams plain
check bursts -n 6 -r 2 -d 8 --gilbert 2,20 --jitter 2 --format pcapng --link sll --ptime 30
streams bursts
check failing -n 60 -r 10 -d 2 --no-media --fail 404:15,486:15,487:15,503:15,408:15
statuses failing
check everything -n 12 -r 2 -d 6 -c mix --loss 2 --jitter 8 --reorder 2 --duplicate 1 --dtmf 40 \
    --reinvite 40 --auth 30 --early-media 30 --sip-loss 10 --one-way 20 --dtx 20 --ipv6 30 \
    --fail 404:8,0:4 --spike 503:2:10:3:1 --register 8 --options 8 --background 20 --vlan 7
check cooked -n 4 -d 5 --link sll2 --ipv6 50 --register 5
check raw -n 4 -d 5 --link raw --ipv6 50 -c gsm --ptime 40 --background 5

# Of every scene: SIP is SIP, and nothing is malformed (INFO is what some scenes break on purpose).
file=$work/scenes
"$traffic" --scenes all -n 150 -r 50 -o "$file" -t "$file.jsonl" 2>/dev/null || fail "scenes: exit status $?"
hold "$file" "$file.jsonl" sip_messages sip
bad=$(frames "$file" '_ws.malformed || ip.checksum.status == 0 || udp.checksum.status == 0 ||
    (sip.Method && sip.Method != "INFO" && !(sip.Via && sip.From.tag && sip.To && sip.Call-ID && sip.CSeq && sip.Max-Forwards))')
[ "$bad" -eq 0 ] || fail "scenes: $bad frames malformed, with a wrong sum, or without a header that they must have"

[ "$failures" -eq 0 ] || exit 1
echo "traffic: tshark agrees"
