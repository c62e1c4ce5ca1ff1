#!/usr/bin/env bash
# kills.sh - kill -9 at any moment, over and over: what was committed is there, once, each call is closed, the
# store is whole, and of each call the last two seconds of packets are lost at most.
#
# A few rounds; FAULT_LONG=yes: 1,000.
. "$(dirname "$0")/fault.sh"
rounds=6
[ -n "${FAULT_LONG:-}" ] && rounds=1000
seed=${FAULT_SEED:-$RANDOM}
store=$work/store
[ -w /dev/shm ] && store=$(mktemp -d /dev/shm/earshot-fault-XXXXXX)/store
# shellcheck disable=SC2317 # called by the trap
tidy() { rm -rf "$(dirname "$store")"; leave; }
trap tidy EXIT

# Calls that go on while the probe is killed, each answered at once: it never waits for a packet.
"$TRAFFIC" -n 40 -r 60 -d 20 --ring 0.05 --seed 11 -o "$work/calls.pcap" 2>/dev/null || exit 1
printf 'store:\n  keep: full\n  sync: 200ms\n' >"$work/full.yaml"
"$KILL_ROUNDS" $rounds "$seed" "$store" "$work/calls.pcap" \
    "$EARSHOT" replay - --config "$work/full.yaml" --store "$store" --quiet || fail "FAULT_SEED=$seed"
finish "what was killed"
