#!/usr/bin/env bash
# export_wrapped.sh EARSHOT TRAFFIC REWRAP CHECK_EXPORT - the pcap of a call that came in pieces holds
# every fragment of its packets and every segment of its messages, and nothing else.
#
# Calls are exported from a plain capture and from the same one wrapped; earshot-rewrap says which
# frame of the one each frame of the other carries.
set -u
export LC_ALL=C TZ=UTC
earshot=$1 traffic=$2 rewrap=$3 check=$4
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0 cases=0 calls=0

# export_calls CAPTURE DIR: each call into a file that its Call-ID names.
export_calls() {
    local id call
    rm -rf "$work/store" "$2" && mkdir "$2"
    "$earshot" replay "$1" --store "$work/store" --keep full --quiet || { echo "FAILED: replay" && exit 1; }
    while read -r id call; do
        "$earshot" export "$id" --store "$work/store" -o "$2/$call" >"$work/said" 2>&1 ||
            { cat "$work/said" && exit 1; }
    done < <("$earshot" calls --store "$work/store" --json |
        sed -nE 's/.*"id":"([0-9a-f]{16})".*"call_id":"([^"]*)".*/\1 \2/p')
}

# compare STEP...
compare() {
    local pairs=() call
    cases=$((cases + 1))
    "$rewrap" --map "$work/map" "$work/plain" "$work/wrapped" "$@" 2>"$work/said" ||
        { cat "$work/said" && exit 1; }
    export_calls "$work/wrapped" "$work/of_wrapped"
    for call in "$work/of_plain"/*; do
        [ -f "$work/of_wrapped/${call##*/}" ] || { echo "FAILED: $*: no ${call##*/}" && failed=1 && return; }
        pairs+=("$call" "$work/of_wrapped/${call##*/}")
    done
    "$check" --wrapped "$work/map" "$work/plain" "$work/wrapped" "${pairs[@]}" >"$work/checked" 2>"$work/err" ||
        { echo "FAILED: $*" && head -n 5 "$work/err" && failed=1; }
}

"$traffic" -n 10 -r 5 -d 3 --ipv6 40 --auth 40 --reinvite 30 --register 4 --background 10 --seed 51 \
    -o "$work/plain" 2>/dev/null || exit 1
export_calls "$work/plain" "$work/of_plain"
calls=$(find "$work/of_plain" -type f | wc -l)
[ "$calls" -eq 10 ] || { echo "FAILED: $calls calls of 10" && exit 1; }
compare vlan=4 vxlan=3
compare fragment=500
compare fragment=500,order=reverse
compare fragment=128,order=random
compare fragment=300,order=random vxlan=9 fragment=400,order=reverse
compare tcp
compare tcp,segment=100-400
compare tcp,segment=20-90,reorder=25
compare tcp,segment=100-300,overlap=40,keepalive=40
compare tcp,segment=200-700 fragment=300,order=random gre=7
compare ws
compare ws,segment=50-300,continuation=50,reorder=20
[ $failed -eq 0 ] || exit 1
echo "$calls calls, wrapped in $cases ways: each exported as captured"
