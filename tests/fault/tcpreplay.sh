#!/usr/bin/env bash
# tcpreplay.sh - earshot run on a wire on which tcpreplay plays 50,000 packets a second: plain calls,
# calls in VLAN and VXLAN, in GRE and in fragments, over TCP. None is lost, and the ledger is exact.
. "$(dirname "$0")/fault.sh"
command -v tcpreplay >/dev/null || skip "tcpreplay is not installed (apt install tcpreplay)"
enter net "$0" "$@"
wires
for wire in wire0 wire1; do ip link set "$wire" mtu 2000 || exit 1; done

# 500 calls at the same time, 100 packets/s each, from four sources.
seconds=5
for part in 1 2 3 4; do
    "$TRAFFIC" -n 125 --concurrent --ramp 1 -d $seconds --ring 0.3 -c pcma --ipv6 30 --seed $((60 + part)) \
        -o "$work/$part" --truth "$work/$part.truth" 2>/dev/null || exit 1
done
# wrap PART STEP...
wrap() {
    "$REWRAP" "$work/$1" "$work/$1.wrapped" "${@:2}" 2>"$work/said" || { cat "$work/said" && exit 1; }
}
wrap 1 vlan=7 vxlan=5001 vlan=9
wrap 2 fragment=400,order=random gre=3,seq
wrap 3 tcp,segment=100-700,reorder=10
"$REWRAP" "$work/4" "$work/all" join="$work/1.wrapped" join="$work/2.wrapped" join="$work/3.wrapped" \
    2>"$work/said" || { cat "$work/said" && exit 1; }
frames=$(sed -nE 's/.*: ([0-9]+) frames.*/\1/p' "$work/said")

start_probe replayed -i wire1 --store "$work/store" --no-web || exit 1
tcpreplay --intf1=wire0 --pps=50000 --preload-pcap "$work/all" >"$work/sent" 2>&1 ||
    { fail tcpreplay && tail -n 5 "$work/sent"; }
sed -n '/^Actual\|^Rated/p' "$work/sent"
sent=$(sed -nE 's/^[[:space:]]*Successful packets:[[:space:]]*([0-9]+).*/\1/p' "$work/sent")
stop_probe TERM
[ "$left" -eq 0 ] || fail "earshot run left with $left"
[ "${sent:-0}" -eq "$frames" ] || fail "tcpreplay sent ${sent:-nothing} of $frames packets"

# truth KEY: the sum of the four.
truth() {
    cat "$work"/?.truth | grep '^{"type":"totals"' | sed -nE "s/.*\"$1\":([0-9]+).*/\1/p" | awk '{ n += $1 } END { print n }'
}
"$STORE_CHECK" "$work/store" received kernel_dropped interface_dropped store_dropped calls bins.sip \
    bins.rtp bins.rtcp >"$work/ledger" || fail "no ledger"
says "$work/ledger" "received $frames" 'kernel_dropped 0' 'store_dropped 0' 'calls 500' \
    "bins.sip $(truth sip_messages)" "bins.rtp $(truth rtp_packets)" "bins.rtcp $(truth rtcp_packets)"
grep -qE '^interface_dropped (0|null)$' "$work/ledger" || fail "$(grep interface "$work/ledger")"
sum=$("$STORE_CHECK" "$work/store" --sql 'SELECT sum(value) FROM captures, json_each(captures.bins)')
[ "$sum" -eq "$frames" ] || fail "the bins add up to $sum, not to $frames"
stored_calls "$work/store" | cut -d ' ' -f 2 | sort >"$work/found"
cat "$work"/?.truth | sed -nE 's/^\{"type":"call","call_id":"([^"]*)".*/\1/p' | sort |
    diff - "$work/found" >"$work/missing" || fail "not the calls that were made: $(head -n 3 "$work/missing")"
finish "500 calls in $frames packets at 50,000/s, wrapped in four ways"
