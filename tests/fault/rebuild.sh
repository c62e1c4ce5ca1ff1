#!/usr/bin/env bash
# rebuild.sh - a day whose database is gone, or damaged: 'store rebuild-index' makes it anew from the
# packets, and its calls and their exports are those of before.
. "$(dirname "$0")/fault.sh"
store=$work/store

# calls NAME: what the store says of its calls, but for what no packet tells; and an export of all.
calls() {
    expect 0 "$EARSHOT" calls --store "$store" --json
    sed -E 's/,"kept":[^,]*,"kept_by":[^,}]*//; s/"(trunk_in|trunk_out|leg_group)":[^,]*,//g' \
        "$work/out" | sort >"$work/$1.calls"
    expect 0 "$EARSHOT" export --store "$store" --where 'status:*' -o "$work/$1.pcap"
}

same() {
    diff "$work/before.calls" "$work/$1.calls" >"$work/diff" ||
        { fail "$1: other calls" && head -c 3000 "$work/diff"; }
    cmp "$work/before.pcap" "$work/$1.pcap" || fail "$1: other packets"
    expect 0 "$EARSHOT" store check --store "$store"
    says "$work/out" whole
}

"$TRAFFIC" -n 6 -r 3 -d 2 -c mix --auth 30 --fail 404:15,486:15 --dtmf 30 --vlan 7 --seed 5 \
    -o "$work/calls.pcap" 2>/dev/null || exit 1
expect 0 "$EARSHOT" replay "$work/calls.pcap" --store "$store" --keep full
day=$(basename "$store"/20*)
database=$store/$day/calls.sqlite
calls before
[ "$(wc -l <"$work/before.calls")" -eq 6 ] || fail 'not 6 calls'

expect 0 "$EARSHOT" store rebuild-index --store "$store"
calls again
same again

rm "$database"*
expect 65 "$EARSHOT" store check --store "$store"
says "$work/out" 'there are packets and no rows' 'rebuild-index'
expect 0 "$EARSHOT" store rebuild-index --store "$store" --day "$day"
calls gone
same gone

head -c 20000 /dev/urandom | dd of="$database" bs=4096 seek=1 conv=notrunc 2>/dev/null
rm -f "$database"-*
expect 65 "$EARSHOT" store check --store "$store"
expect 0 "$EARSHOT" store rebuild-index --store "$store"
says "$work/out" 'was damaged and is kept'
calls damaged
same damaged

# What was said is forgotten: the calls stay, their exports say so.
rm "$store/$day"/audio-*.seg
expect 0 "$EARSHOT" store check --store "$store"
says "$work/out" 'whose sound is no longer kept' whole
rm "$database"*
expect 0 "$EARSHOT" store rebuild-index --store "$store"
expect 0 "$EARSHOT" calls --store "$store" --json
[ "$(wc -l <"$work/out")" -eq 6 ] || fail 'not 6 calls without what was said'

expect 66 "$EARSHOT" store rebuild-index --store "$work/nowhere"
expect 66 "$EARSHOT" store rebuild-index --store "$store" --day 2001-01-01
expect 66 "$EARSHOT" store check --store "$work/nowhere"
expect 2 "$EARSHOT" store check
expect 2 "$EARSHOT" store rebuild-indx
says "$work/err" "did you mean 'rebuild-index'"

is_held() {
    # shellcheck disable=SC2317 # wait_for calls it
    ! flock -n "$store/VERSION" true
}

# Beside somebody who writes: a check may look, a rebuild may not.
(flock 9 && exec sleep 60) 9<"$store/VERSION" &
started+=($!)
wait_for 5 is_held
expect 69 "$EARSHOT" store rebuild-index --store "$store"
says "$work/err" 'stop it first'
expect 0 "$EARSHOT" store check --store "$store"
finish "the index made anew"
