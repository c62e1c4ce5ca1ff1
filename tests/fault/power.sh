#!/usr/bin/env bash
# power.sh - the power goes at some moment of a replay: what was synced is there, of the rest chance says what
# is. The store opens, is whole, and has every row and packet that was safe by then.
#
# A few moments; FAULT_LONG=yes: 500.
. "$(dirname "$0")/fault.sh"
rounds=10
[ -n "${FAULT_LONG:-}" ] && rounds=500
seed=${FAULT_SEED:-$RANDOM}
RANDOM=$seed
stores=$work
[ -w /dev/shm ] && stores=$(mktemp -d /dev/shm/earshot-fault-XXXXXX)
# shellcheck disable=SC2317 # called by the trap
tidy() { [ "$stores" = "$work" ] || rm -rf "$stores"; leave; }
trap tidy EXIT
export ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0

# Slow enough that there are many syncs, and much between them.
feed() {
    local i size
    size=$(($(stat -c %s "$work/calls.pcap") / 40 + 1))
    for ((i = 0; i < 40; i++)); do
        tail -c +$((i * size + 1)) "$work/calls.pcap" | head -c $size
        sleep 0.04
    done
}

# safe STORE: what is there, and points to something.
safe() {
    "$STORE_CHECK" "$1" --sql "SELECT 'call', id FROM calls UNION ALL SELECT 'chunk', place FROM chunks \
        WHERE first_time % 86400000000000 <> 0" |
        sort
}

"$TRAFFIC" -n 20 -r 8 -d 3 --seed 5 -o "$work/calls.pcap" 2>/dev/null || exit 1
printf 'store:\n  keep: full\n  sync: 700ms\n' >"$work/full.yaml"
feed | FAULT_STORE=$stores/store FAULT_LOG=$work/log LD_PRELOAD=$FAULT_SHIM "$EARSHOT" replay - \
    --store "$stores/store" --config "$work/full.yaml" --quiet 2>"$work/err" ||
    { fail "the replay" && cat "$work/err"; }
records=$("$POWER_CUT" "$work/log")
[ "$records" -gt 200 ] || fail "a log of $records records"

opened=0 safe_rows=0
for ((round = 0; round < rounds; round++)); do
    # All over it; the last one is the whole of it, still without its last syncs.
    n=$(((RANDOM * 32768 + RANDOM) % records + 1))
    [ $round -eq $((rounds - 1)) ] && n=$records
    rm -rf "$stores/cut" "$stores/sure"
    "$POWER_CUT" "$work/log" "$stores/cut" "$n" $((seed + round)) || fail "power_cut"
    "$POWER_CUT" "$work/log" "$stores/sure" "$n" synced || fail "power_cut"
    for dir in cut sure; do
        said=$("$STORE_RECOVER" "$stores/$dir" 2>&1)
        [ "$said" = ok ] || fail "after $n of $records records, seed $((seed + round)), $dir: $said"
    done
    safe "$stores/sure" >"$work/sure"
    safe "$stores/cut" >"$work/cut"
    lost=$(comm -23 "$work/sure" "$work/cut")
    [ -z "$lost" ] || fail "after $n of $records, seed $((seed + round)): lost, though synced: $lost"
    opened=$((opened + 1))
    safe_rows=$((safe_rows + $(wc -l <"$work/sure")))
    [ $((round % 50)) -eq 49 ] && echo "  power cut $((round + 1)) of $rounds"
done
echo "$opened of $rounds power cuts opened, $safe_rows synced rows in them, none lost;"
finish "what the power took"
