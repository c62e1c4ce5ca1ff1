#!/usr/bin/env bash
# kpi.sh EARSHOT TRAFFIC CHECK_KPI - the minutes of trunks and destinations are what a count over the
# rows of the calls gives: an hour of traffic, and scenes of every kind (forks, transfers, hops).
#
# A replay that was killed and begun anew counts nothing twice; what is told without a store is the same.
set -u
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
earshot=$1 traffic=$2 check=$3
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0

cat >plan.yaml <<'YAML'
trunks:
  - { name: one, addresses: [198.51.100.0/31], channels: 10 }
  - { name: two, addresses: [198.51.100.2, "[2001:db8:2::2]"], channels: 3 }
  - { name: pbx, addresses: [192.0.2.0/24] }
numbers:
  country: 44
  rules: ["- 4-4 +44207946"]
destinations:
  file: prefixes.csv
YAML
printf 'prefix,name\n447700,"Fiction, mobile"\n' >prefixes.csv

# holds WHAT STORE: what is stored is what is counted again.
holds() {
    local day
    for day in "$2"/20*; do
        if said=$("$check" "$here/kpi.sql" "$day/calls.sqlite"); then
            echo "$1: $said"
        else
            printf 'FAILED: %s\n%s\n' "$1" "$said" && failed=1
        fi
    done
}

# Half an hour with sound, and half an hour of many short calls with a trunk that refuses in between.
"$traffic" -n 900 -r 0.5 -d 8 --ptime 60 -c g729 --no-rtcp --trunks 4 --cancel 4 --auth 20 --one-way 4 --loss 4 \
    --fail 404:5,486:10,487:5,503:4,480:3,408:2,603:2,302:1,0:1 --impaired 40 --sip-loss 2 --early-media 20 \
    --start 1770004800 --seed 61 -o first.pcap 2>said &&
    "$traffic" -n 3000 -r 1.7 -d 4 --ring 4 --no-media --trunks 4 --cancel 6 --auth 20 --sip-loss 2 \
        --fail 404:5,486:10,503:10,480:3,408:2,0:1 --spike 503:600:300:60:1 --start 1770006600 --seed 62 \
        -o second.pcap 2>>said &&
    "$traffic" --scenes all -n 900 -r 3 --seed 5 -o scenes.pcap 2>>said || { cat said && exit 1; }

"$earshot" replay first.pcap second.pcap --store hour -c plan.yaml --quiet || failed=1
holds 'an hour' hour

{ timeout -s KILL 1 "$earshot" replay first.pcap second.pcap --store again -c plan.yaml --quiet; } 2>/dev/null
"$earshot" replay first.pcap second.pcap --store again -c plan.yaml --quiet || failed=1
echo 'SELECT * FROM kpis ORDER BY id;' >dump.sql
for store in hour again; do
    "$check" dump.sql "$store"/20*/calls.sqlite >"$store.rows" || failed=1
done
cmp hour.rows again.rows || { echo 'FAILED: killed and begun anew' && failed=1; }

"$earshot" replay scenes.pcap --store scenes -c plan.yaml --quiet || failed=1
holds 'scenes' scenes

# Without a store each minute is told once.
"$earshot" analyze --json -c plan.yaml first.pcap second.pcap | grep '^{"type":"kpi"' >told
stored=$(wc -l <hour.rows)
[ "$(wc -l <told)" = "$stored" ] || { echo "FAILED: $(wc -l <told) minutes told, $stored stored" && failed=1; }
[ "$(sed -E 's/.*"id":"([^"]*)".*/\1/' told | sort -u | wc -l)" = "$stored" ] ||
    { echo 'FAILED: a minute was told twice' && failed=1; }
exit $failed
