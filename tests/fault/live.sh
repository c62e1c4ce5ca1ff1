#!/usr/bin/env bash
# live.sh - earshot run as it is used: several interfaces, a filter, a filter that is none, garbage on
# a SIP port, two probes on one store, the dashboard beside it.
. "$(dirname "$0")/fault.sh"
enter net "$0" "$@"
wires
more_wires 2

"$TRAFFIC" -n 6 -r 12 -d 3 --seed 11 -o "$work/a.pcap" --truth "$work/a.truth" 2>/dev/null || exit 1
"$TRAFFIC" -n 4 -r 12 -d 3 --ipv6 100 --seed 12 -o "$work/b.pcap" --truth "$work/b.truth" 2>/dev/null || exit 1

# Two wires, at the same time.
start_probe two -i wire1 -i wire3 --store "$work/two" --no-web || exit 1
"$VETH_SEND" -x 2 wire2 "$work/b.pcap" >"$work/sent_b" &
other=$!
sent=$(send "$work/a.pcap" -x 2)
wait $other
sent=$((sent + $(awk '{ print $2 }' "$work/sent_b")))
expect 73 "$EARSHOT" run -i wire1 --store "$work/two" --no-web # it is in use
says "$work/err" "$work/two"
stop_probe TERM
says "$work/two.out" "$sent packets, 10 calls" 'from wire1,wire3'
cat "$work/a.truth" "$work/b.truth" >"$work/both.truth"
export_all "$work/two" "$work/two.exports" | cut -d ' ' -f 1,2 | sort |
    diff - <(truth_frames "$work/both.truth") || fail "not every call of both wires is whole"

# A filter keeps the rest out of the kernel's ring.
start_probe filtered -i wire1 -f 'udp port 5060' --store "$work/filtered" --no-web || exit 1
send "$work/a.pcap" -x 2 >/dev/null
stop_probe TERM
messages=$(sed -nE 's/^\{"type":"call".*"sip_messages":([0-9]+).*/\1/p' "$work/a.truth" |
    awk '{ n += $1 } END { print n }')
"$STORE_CHECK" "$work/filtered" received bins.sip bins.rtp >"$work/ledger"
says "$work/ledger" "received $messages" "bins.sip $messages" 'bins.rtp 0'
# Offloads that glue packets, and a snap length that cuts messages, are warned of.
if command -v ethtool >/dev/null && ethtool -K wire1 gro on 2>/dev/null; then
    start_probe glued -i wire1 --snaplen 200 --store "$work/glued" --no-web || exit 1
    stop_probe TERM
    says "$work/glued.err" 'wire1: gro is on' 'ethtool -K wire1 gro off' 'only 200 bytes'
fi
start_probe stamps -i wire1 --timestamps adapter --store "$work/stamps" --no-web || exit 1
stop_probe TERM
says "$work/stamps.err" "wire1: the adapter gives no time stamps; the system's are used"
expect 2 "$EARSHOT" run -i wire1 --timestamps sundial --store "$work/none" --no-web
says "$work/err" "'sundial' is not host or adapter"

expect 2 "$EARSHOT" run -i wire1 -f 'udp prot 5060' --store "$work/none" --no-web
says "$work/err" "'prot'"

# bytes OCTAL...
bytes() {
    # shellcheck disable=SC2059 # the format is the bytes
    printf "$(printf '\\%s' "$@")"
}
datagrams=0
octal() { printf '%03o ' $(($1 >> 8 & 255)) $(($1 & 255)); }
# datagram TEXT: a frame of its own (by its identification) from 192.0.2.1:5060 to 192.0.2.2:5060, as a record of a pcap.
datagram() {
    local len=${#1} total
    total=$((len + 42)) datagrams=$((datagrams + 1))
    # shellcheck disable=SC2046 # two words
    bytes 0 0 0 0 0 0 0 0 $(printf '%03o %03o' $((total & 255)) $((total >> 8))) 0 0 \
        $(printf '%03o %03o' $((total & 255)) $((total >> 8))) 0 0 \
        2 0 0 0 0 2 2 0 0 0 0 1 010 0 105 0 $(octal $((len + 28))) $(octal $datagrams) 0 0 100 021 0 0 \
        300 0 2 1 300 0 2 2 $(octal 5060) $(octal 5060) $(octal $((len + 8))) 0 0
    printf '%s' "$1"
}
{
    bytes 324 303 262 241 2 0 4 0 0 0 0 0 0 0 0 0 0 0 4 0 1 0 0 0
    for ((i = 0; i < 40; i++)); do
        datagram $'INVITE sip:x SIP/2.0\r\nno header at all'$i
        datagram $'SIP/2.0 200 OK\r\nCall-ID: x\r\nCSeq: nonsense\r\n\r\n'
        datagram $'\r\n\r\n'
        datagram "$(head -c 99 /dev/urandom | base64 -w 0)"
    done
    # One that is fine among them.
    datagram $'OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:b@a>\r\nCall-ID: fine\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n'
} >"$work/garbage.pcap"
expect 0 "$EARSHOT" analyze --json "$work/garbage.pcap"
says "$work/out" '"sip_malformed":80' '"sip_keepalive":40' '"sip":41' '"sip_no_call":40' '"received":161'
start_probe garbage -i wire1 --store "$work/garbage" --listen 127.0.0.1:0 || exit 1
sent=$(send "$work/garbage.pcap" -r 2000)
stop_probe TERM
"$STORE_CHECK" "$work/garbage" received bins.sip_malformed bins.sip_keepalive bins.sip \
    malformed.sip_malformed refusals.sip_no_call >"$work/ledger"
says "$work/ledger" "received $sent" 'sip_malformed 80' 'sip_keepalive 40' 'bins.sip 41' \
    'malformed.sip_malformed 80' 'sip_no_call 40'

finish "live captures"
