#!/usr/bin/env bash
# slow.sh - every sync of the disk takes half a second (FAULT_LONG=yes: two): capture and rows do not wait for it.
. "$(dirname "$0")/fault.sh"
enter net "$0" "$@"
delay=500
[ -n "${FAULT_LONG:-}" ] && delay=2000
export ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0
wires
"$TRAFFIC" -n 30 -r 15 -d 2 --ring 0.2 --seed 8 -o "$work/calls.pcap" 2>/dev/null || exit 1
printf 'store:\n  sync: 100ms\n  keep: full\n' >"$work/slow.yaml"
FAULT_STORE=$work/store FAULT_DELAY_MS=$delay LD_PRELOAD=$FAULT_SHIM \
    start_probe slow -i wire1 --config "$work/slow.yaml" --store "$work/store" --no-web || exit 1
sent=$(send "$work/calls.pcap" -x 2)
# The day's database waits for the disk once when it is made. From then on a row is at most a second behind.
# shellcheck disable=SC2317 # called by wait_for
rows() { [ "$("$STORE_CHECK" "$work/store" --sql "SELECT count(*) FROM calls")" = "$1" ]; }
wait_for 4 rows 30 || fail "not 30 rows while the disk is slow"
stop_probe TERM
says "$work/slow.out" "$sent packets, 30 calls"
"$STORE_CHECK" "$work/store" kernel_dropped store_dropped >"$work/ledger"
grep -vqE ' (0|null)$' "$work/ledger" && fail "$(cat "$work/ledger")"
stored=$("$STORE_CHECK" "$work/store" --sql "SELECT sum(frames) FROM chunks")
[ "$stored" = "$sent" ] || fail "$stored packets stored, not $sent"
expect 0 "$EARSHOT" store check --store "$work/store"
echo "$sent packets and 30 calls with syncs of $delay ms, none lost;"
finish "what the disk was slow with"
