#!/usr/bin/env bash
# same_call.sh EARSHOT TRAFFIC REWRAP - the same calls, mirrored plainly and through tunnels, give the
# same records byte for byte, but for the ids of the tunnels and tags that led to them.
set -u
export LC_ALL=C
earshot=$1 traffic=$2 rewrap=$3
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0

# records NAME STEP...: calls, their streams, transactions; without vlan and tunnel.
records() {
    local name=$1
    shift
    "$rewrap" "$work/calls" "$work/wrapped" "$@" 2>"$work/err" &&
        "$earshot" analyze --json "$work/wrapped" >"$work/all" 2>"$work/err" || { cat "$work/err" && exit 1; }
    grep -vE '^\{"type":"(capture|mirror)"' "$work/all" >"$work/$name.ids"
    sed -E 's/"(vlan|tunnel)":("[^"]*"|null),?//g' "$work/$name.ids" >"$work/$name"
}

"$traffic" -n 12 -r 4 -d 5 --ipv6 30 --loss 2 --jitter 5 --register 4 --auth 30 --fail 486:20 \
    --background 10 --seed 41 -o "$work/calls" 2>/dev/null || exit 1
records plain shuffle=1
[ "$(grep -c '^{"type":"call"' "$work/plain")" -eq 12 ] || { echo "FAILED: not 12 calls" && failed=1; }
while read -r name steps; do
    # shellcheck disable=SC2086 # several words
    records "$name" $steps
    cmp "$work/plain" "$work/$name" || { echo "FAILED: $name: other records than without it" && failed=1; }
    cmp -s "$work/plain.ids" "$work/$name.ids" && echo "FAILED: $name: nothing tells where it came from" && failed=1
done <<END
vxlan vxlan=5001
vxlan_tagged vlan=7 vxlan=5001,v6 vlan=9
erspan2 erspan2=5
erspan3 erspan3=6,subheader
gre gre
gre_key gre=77,seq,csum
gtpu gtpu=4,extension
geneve geneve=9,options=12
END
[ $failed -eq 0 ] && echo "8 tunnels: the same records"
exit $failed
