#!/usr/bin/env bash
# erase.sh EARSHOT TRAFFIC - an erased number is nowhere in the folder, all other calls are exported as
# before, byte for byte, and what is broken off is finished by the next try.
set -u
export LC_ALL=C
earshot=$1 traffic=$2
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0
store=$work/store

fail() {
    echo "FAILED: $*"
    failed=1
}

# Every other call, on its own.
export_others() {
    mkdir -p "$2"
    while read -r id; do
        "$earshot" export "$id" --store "$1" -o "$2/$id.pcap" >/dev/null 2>&1 || fail "export of $id"
    done <"$work/others"
}

printf 'numbers:\n  country: 44\n' >"$work/plan.yaml"
"$traffic" -n 8 -r 8 -d 1 --register 3 --seed 5 -o "$work/calls.pcap" 2>/dev/null || exit 1
"$earshot" replay "$work/calls.pcap" --store "$store" --keep full -q -c "$work/plan.yaml" || exit 1
"$earshot" calls --store "$store" --json >"$work/calls"
number=$(grep -oE '"to_user":"\+44[0-9]{8,}"' "$work/calls" | head -1 | grep -oE '[0-9]+')
[ -n "$number" ] || { echo "FAILED: no number to erase" && exit 1; }
grep -v "$number" "$work/calls" | grep -oE '^\{"type":"call","id":"[0-9a-f]{16}' | grep -oE '[0-9a-f]{16}' >"$work/others"
gone=$(grep -c "$number" "$work/calls")
pinned=$(grep "$number" "$work/calls" | grep -oE '"id":"[0-9a-f]{16}' | head -1 | grep -oE '[0-9a-f]{16}')
day=$(cd "$store" && echo 2*)
mkdir -p "$store/$day/pins" && echo "{\"by\":\"test\",\"reason\":\"+$number complained\"}" >"$store/$day/pins/$pinned"
echo "{\"action\":\"listen\",\"call_id\":\"0${number#44}@test\"}" >>"$store/audit.jsonl"
export_others "$store" "$work/before"
cp -r "$store" "$work/broken"

# In whichever form it is asked for; nothing is changed by looking.
"$earshot" erase --number "0${number#44}" -c "$work/plan.yaml" --store "$store" --dry-run --json >"$work/look" ||
    fail "a look alone"
grep -q "\"calls\":$gone," "$work/look" || fail "a look finds other calls: $(cat "$work/look")"
grep -qa "$number" "$store/$day/calls.sqlite" || fail "the look changed something"
"$earshot" erase --number "+$number" -c "$work/plan.yaml" --store "$store" --json >"$work/done" || fail "erase"
grep -q "\"calls\":$gone,.*\"pins\":1,.*\"audit\":1,.*\"proof\":{\"found\":0," "$work/done" ||
    fail "the report: $(cat "$work/done")"
grep -raq -e "$number" -e "0${number#44}" "$store" && fail "the number is in $(grep -ral "$number" "$store")"
[ "$("$earshot" calls --store "$store" --json | wc -l)" -eq "$(wc -l <"$work/others")" ] || fail "other calls went, too"
export_others "$store" "$work/after"
diff -r "$work/before" "$work/after" >/dev/null || fail "other calls are exported otherwise"
"$earshot" store check --store "$store" >"$work/check" || fail "store check: $(cat "$work/check")"
grep -q '"deed":"erase"' "$store/audit.jsonl" || fail "no line in audit.jsonl"

# Killed somewhere: the next try finishes, and says so.
for after in 0.02 0.05 0.1; do
    "$earshot" erase --number "+$number" -c "$work/plan.yaml" --store "$work/broken" >/dev/null 2>&1 &
    sleep $after
    kill -9 $! 2>/dev/null
    wait $! 2>/dev/null
done
"$earshot" erase --number "+$number" -c "$work/plan.yaml" --store "$work/broken" >"$work/again" ||
    fail "after being killed: $(cat "$work/again")"
grep -raq -e "$number" -e "0${number#44}" "$work/broken" && fail "killed: the number is still there"
"$earshot" store check --store "$work/broken" >"$work/check" || fail "killed: store check: $(cat "$work/check")"
export_others "$work/broken" "$work/killed"
diff -r "$work/before" "$work/killed" >/dev/null || fail "killed: other calls are exported otherwise"

# What cannot be done.
"$earshot" erase --number 1234 --store "$store" >/dev/null 2>&1
[ $? -eq 2 ] || fail "four digits are no number"
"$earshot" erase --number +4930123456 --store "$work/none" >/dev/null 2>&1
[ $? -eq 66 ] || fail "there is no store"
exec 9<>"$store/VERSION" && flock -n 9
"$earshot" erase --number "+$number" --store "$store" >/dev/null 2>"$work/err"
[ $? -eq 69 ] || fail "a store that is written to: $(cat "$work/err")"

[ $failed -eq 0 ] && echo "$gone calls erased, $(wc -l <"$work/others") others as they were"
exit $failed
