#!/usr/bin/env bash
# nth.sh [KIND...] - the n-th call fails: memory, writing, syncing, naming a file. Whatever n, the replay ends
# by itself, the store opens again and is whole, and the next replay completes it.
#
# A sample of n, drawn anew each time; FAULT_LONG=yes: every n.
. "$(dirname "$0")/fault.sh"
[ $# -gt 0 ] || set -- write sync name alloc
long=${FAULT_LONG:-}
seed=${FAULT_SEED:-$RANDOM}
RANDOM=$seed
store=$work/store

# What is in memory first: hundreds of stores are made.
[ -w /dev/shm ] && store=$(mktemp -d /dev/shm/earshot-fault-XXXXXX)/store
# shellcheck disable=SC2317 # called by the trap
tidy() { rm -rf "$(dirname "$store")"; leave; }
trap tidy EXIT

# Its own leaks count in the runs without faults; a run that gives up owes nobody its memory.
export ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0:exitcode=99 UBSAN_OPTIONS=exitcode=99

replay() {
    "$EARSHOT" replay "$work/calls.pcap" --store "$store" --config "$work/full.yaml" --quiet \
        >"$work/out" 2>"$work/err"
}

# faulty KIND N ERROR MORE
faulty() {
    FAULT_STORE=$store FAULT_KIND=$1 FAULT_AT=$2 FAULT_ERROR=$3 FAULT_MORE=$4 LD_PRELOAD=$FAULT_SHIM \
        replay
}

in_store() {
    "$STORE_CHECK" "$store" --sql "SELECT id, state, packets FROM calls ORDER BY id"
    "$STORE_CHECK" "$store" --sql "SELECT id, sum(frames) FROM chunks GROUP BY id ORDER BY id"
}

# one KIND N ERROR MORE COMPLETE
one() {
    local status said what="$3 at $1 $2, and $4 more (FAULT_SEED=$seed)"
    rm -rf "$store"
    faulty "$1" "$2" "$3" "$4"
    status=$?
    case $status in
    0 | 1 | 65 | 66 | 69 | 73 | 77 | 78) ;; # those of earshot(8)
    *) fail "$what: exit status $status" && tail -n 5 "$work/err" ;;
    esac
    [ $status -eq 0 ] || gave_up=$((gave_up + 1))
    [ -e "$store/VERSION" ] || return
    stores=$((stores + 1))
    said=$("$STORE_RECOVER" "$store" 2>&1)
    [ "$said" = ok ] || fail "$what: $said"
    [ -n "$5" ] || return
    rm -rf "$store.before" && replay || fail "$what: the next replay fails: $(cat "$work/err")"
    in_store | grep -v "^$recovered" >"$work/again"
    diff "$work/whole" "$work/again" >"$work/diff" || fail "$what: not completed: $(head -n 4 "$work/diff")"
    completed=$((completed + 1))
}

"$TRAFFIC" -n 3 -r 6 -d 0.4 --seed 7 -o "$work/calls.pcap" 2>/dev/null || exit 1
printf 'store:\n  keep: full\n  sync: 20ms\n' >"$work/full.yaml"
rm -rf "$store"
FAULT_STORE=$store FAULT_COUNT=$work/count LD_PRELOAD=$FAULT_SHIM replay ||
    { fail "the replay without faults" && cat "$work/err"; }
# What store_recover adds.
in_store >"$work/whole"
"$STORE_RECOVER" "$store" >/dev/null
recovered=$(in_store | diff "$work/whole" - | sed -nE 's/^> ([0-9]+).*/\1/p' | head -n 1)

for kind in "$@"; do
    calls=$(awk -v kind="$kind" '$1 == kind { print $2 }' "$work/count")
    runs=0 gave_up=0 stores=0 completed=0
    ends=$((calls + 2)) # behind the last: nothing fails
    if [ -n "$long" ]; then
        rounds=$(seq 1 $ends)
    else
        rounds=$(for ((i = 0; i < 4; i++)); do echo $((1 + (RANDOM * 32768 + RANDOM) % ends)); done)
    fi
    for n in $rounds; do
        case $kind in
        write) error=(ENOSPC EIO short) ;;
        sync) error=(EIO) ;;
        name) error=(ENOSPC EIO) ;;
        alloc) error=(ENOMEM) ;;
        esac
        [ -n "$long" ] && [ "$kind" != alloc ] || error=("${error[RANDOM % ${#error[@]}]}")
        for e in "${error[@]}"; do
            # Once; and from then on, as a disk that stays full.
            complete=yes
            [ "$kind" = alloc ] && [ -n "$long" ] && [ $((n % 20)) -ne 0 ] && complete=
            one "$kind" "$n" "$e" 0 "$complete"
            runs=$((runs + 1))
            if [ -n "$long" ] && { [ "$kind" != alloc ] || [ $((n % 20)) -eq 0 ]; }; then
                one "$kind" "$n" "$e" all "$complete"
                runs=$((runs + 1))
            fi
        done
        [ -n "$long" ] && [ $((n % 100)) -eq 0 ] && printf '  %s %d of %d\n' "$kind" "$n" "$ends"
    done
    echo "$kind: $calls calls, $runs runs, $gave_up said that they failed, $stores stores whole, $completed completed"
done
finish "what failed"
