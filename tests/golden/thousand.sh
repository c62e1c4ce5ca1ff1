#!/usr/bin/env bash
# thousand.sh EARSHOT TRAFFIC CHECK_TRUTH - 1,000 impaired calls, ten kinds of impairment, against the truth.
#
# Packets, losses, duplicates, reordering, runs and bursts of losses, late packets of the five fixed
# playout buffers exact; jitter within 0.1 ms, round trips within 1 ms: check_truth.c has all of it.
set -u
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
earshot=$1 traffic=$2 check=$3
failed=0 calls=0 streams=0 compared=0 seed=100

while read -r options; do
    seed=$((seed + 1))
    # shellcheck disable=SC2086 # several words
    if ! said=$("$here/truth.sh" "$earshot" "$traffic" "$check" -n 100 -r 25 -d 12 --seed $seed $options 2>&1); then
        printf 'FAILED: --seed %s %s\n%s\n' "$seed" "$options" "$(grep -v '^earshot-traffic' <<<"$said" | head -n 20)"
        failed=1
    fi
    read -r c s v < <(sed -nE 's/^([0-9]+) calls, ([0-9]+) streams, .*: ([0-9]+) values.*/\1 \2 \3/p' <<<"$said")
    calls=$((calls + ${c:-0})) streams=$((streams + ${s:-0})) compared=$((compared + ${v:-0}))
done <<'END'
-c mix --loss 1
-c mix --loss 8
--gilbert 1,30 --jitter 3
--gilbert 5,15 --loss 1
-c mix --jitter 15 --loss 0.5
--jitter 45 --loss 1 --duplicate 1
-c mix --jitter 9 --reorder 3 --loss 2
--jitter 60 --reorder 2 --duplicate 2 --gilbert 1,25
-c mix --dtx 60 --jitter 12 --loss 2 --reorder 1
-c mix --loss 2 --gilbert 1,30 --jitter 8 --reorder 1 --duplicate 1 --loss-after 2 --dtmf 30 --dtx 20 --ptime 30
END
echo "$calls calls, $streams streams, $compared values compared"
[ "$calls" -eq 1000 ] || { echo "FAILED: not 1000 calls" && failed=1; }
exit $failed
