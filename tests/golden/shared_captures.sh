#!/usr/bin/env bash
# shared_captures.sh EARSHOT CHECK_CAPTURE - captures that others made, against what tshark says.
#
# They are not part of the project: EARSHOT_SHARED names their folder's parent (default: ../shared
# beside the project). Left out, and said so, are those that need a layer that is not read yet, and
# those of which tshark is no truth.
set -u
export LC_ALL=C
earshot=$1 check=$2
cd "$(dirname "$0")/../.." || exit 1
captures=${EARSHOT_SHARED:-../shared}/captures
if [ ! -r "$captures/TRUTH.tsv" ]; then
    echo "skipped: no captures of others in $captures (EARSHOT_SHARED names another place)"
    exit 77
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# Why a file is not compared; nothing when it is.
left_out() {
    case $1 in
    *__sip-over-tcp.pcap | *__sip-body-large.pcap | *__sip-tcp.pcap) echo "SIP over TCP" ;;
    lab__sip_over_websocket_*) echo "SIP over WebSocket" ;;
    *__DTMFsipinfo.pcap | *__discord_mid_flow.pcap) echo "PPPoE" ;;
    *__ipv6frag.pcap) echo "IP fragments" ;;
    lab__enc_gre_* | lab__enc_vxlan_* | *__gre.pcapng | *__ipip0.pcap | *__gtp-iphone.pcap | \
        *__arkime_synthetic.pcap) echo "a tunnel" ;;
    *__h263-over-rtp.pcap) echo "a BSD loopback link layer" ;;
    lab__span_duplicates_*) echo "mirrored twice: tshark counts each packet twice" ;;
    esac
}

failed=0 compared=0
while IFS= read -r name; do
    why=$(left_out "$name")
    if [ -n "$why" ]; then
        echo "left out: $name: $why"
        continue
    fi
    "$earshot" analyze --json "$captures/$name" >"$work/analyzed" 2>"$work/err"
    status=$?
    if [ "$status" -ne 0 ]; then
        echo "$name: analyze ended with $status" && cat "$work/err" && failed=$((failed + 1))
    elif ! "$check" "$captures/TRUTH.tsv" "$name" "$work/analyzed"; then
        failed=$((failed + 1))
    fi
    compared=$((compared + 1))
done < <(awk -F '\t' '$1 == "FILE" { print $2 }' "$captures/TRUTH.tsv")
echo "$compared captures compared, $failed of them differ"
[ "$failed" -eq 0 ] && [ "$compared" -gt 0 ]
