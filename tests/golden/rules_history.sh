#!/usr/bin/env bash
# rules_history.sh EARSHOT TRAFFIC SAMPLES - 'earshot rules': what it says of rules that are wrong, and that the
# history of a store, told once more, raises the alerts that were raised when it was written.
set -u
export LC_ALL=C TZ=UTC
earshot=$(realpath "$1") traffic=$(realpath "$2") samples=$(realpath "$3")
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

fail() {
    echo "FAILED: $*"
    exit 1
}

# is STATUS COMMAND...: what it says is in out and err.
is() {
    local want=$1 status
    shift
    "$@" >out 2>err
    status=$?
    [ "$status" = "$want" ] || fail "$* ended with $status, not $want: $(cat out err)"
}

says() { grep -qF -- "$2" "$1" || fail "'$2' is not in: $(cat "$1")"; }

# --- check and list -----------------------------------------------------------------------------

is 0 "$earshot" rules check
says out 'rules are fine'
mkdir rules
cat >rules/spike.yaml <<'YAML'
description: A destination refuses calls.
severity: warning
on: call.settled
where: status:503
group_by: dst.ip
window: 60s
step: 10s
measure: ratio
threshold: 20%
min_matching: 10
min_samples: 20
clear: { below: 5%, for: 2m }
summary: "{group}: {matching} of {samples} refused"
YAML
is 0 "$earshot" rules check rules
says out '1 rule is fine'
is 0 "$earshot" rules list rules
says out 'spike warning  call.settled dst.ip   ratio 20 % or more in 60 s'
is 0 "$earshot" rules list --json rules/spike.yaml
says out '"group_by":["dst.ip"],"unit":"ratio","threshold":0.200000,'
sed -e 's/status:503/status:503 stats:2/' -e 's/severity: warning/severity: wrning/' rules/spike.yaml >rules/bad.yaml
is 65 "$earshot" rules check rules
says out '1 rule is fine'
says err "rules/bad.yaml:2:11: 'severity' is not 'wrning', did you mean 'warning'?"
says err "rules/bad.yaml:4:19: no field is called 'stats', did you mean 'status'?"
[ "$(wc -l <err)" = 2 ] || fail "more than two mistakes: $(cat err)"
rm rules/bad.yaml
is 66 "$earshot" rules check nowhere

# --- test ---------------------------------------------------------------------------------------

is 0 "$earshot" replay --quiet --rules rules --store store "$samples/spike-503.pcap"
is 0 "$earshot" alerts --json --store store
mv out raised
is 0 "$earshot" rules test --rules rules spike --store store --since 2026-01-01 --json
grep '"state":"resolved"' out >told

# of FILE NAME: the value of that member, or of two of them.
of() { grep -o "\"$2\":[^,}]*" "$1" | head -n 1 | cut -d : -f 2-; }

[ "$(wc -l <raised)" = 1 ] || fail "not one alert was raised: $(cat raised)"
[ "$(wc -l <told)" = 1 ] || fail "not one alert is told: $(cat out)"
for name in rule severity group value matching samples; do
    [ "$(of raised $name)" = "$(of told $name)" ] || fail "$name: raised $(of raised $name), told $(of told $name)"
done
# A live probe looks at its clock once a second, so a step may be another one.
for name in fired_time ended_time; do
    awk -v a="$(of raised $name)" -v b="$(of told $name)" 'BEGIN { exit a - b > 11 || b - a > 11 }' ||
        fail "$name: raised $(of raised $name), told $(of told $name)"
done

is 0 "$earshot" rules test ./rules/spike.yaml --store store --since 2026-01-01
says out 'warning   spike                198.51.100.1'
says out '1 fired, 1 cleared; 1 rule, 70 records'
sed 's/threshold: 20%/threshold: 99%/' rules/spike.yaml >rules/higher.yaml
is 0 "$earshot" rules test rules/higher.yaml --store store --since 2026-01-01
says out '0 fired, 0 cleared; 1 rule, 70 records'
is 0 "$earshot" rules test rules/spike.yaml --store store --since 2026-03-02 --until 2026-03-02T09:51:10
says out '0 fired, 0 cleared'
is 0 "$earshot" rules test rules/spike.yaml --store store --since 2020-01-01 --until 2020-02-01
says out 'the calls of this store are from 2026-03-02'
is 66 "$earshot" rules test nothing --rules rules --store store
says err "rules has no rule 'nothing'"
is 2 "$earshot" rules test spike --rules rules --store store --since soon
says err "'soon' is no time"

# The shipped rules, on peers, which are told again and again.
cat >hosts.yaml <<'YAML'
trunks:
  - { name: carrier-a, addresses: [198.18.32.0/20] }
numbers: { country: 44 }
YAML
"$traffic" --scenes pings_outage,plain -n 30 -r 1 -o pings.pcap 2>err || fail "$(cat err)"
"$traffic" --no-media -n 1 --start 1770000600 -o later.pcap 2>err || fail "$(cat err)"
is 0 "$earshot" replay --quiet --config hosts.yaml --store hosts pings.pcap later.pcap
# who FILE: "RULE GROUP" of each alert.
who() { sed -nE 's/.*"rule":"([^"]*)".*"state":"(firing|resolved)","group":"([^"]*)".*/\1 \3/p' "$1" | sort -u; }
is 0 "$earshot" alerts --json --store hosts
who out >raised
is 0 "$earshot" rules test --store hosts --since 2026-01-01 --json
who out >told
grep -q '^trunk-down ' raised || fail "trunk-down did not fire: $(cat raised)"
diff raised told >differs || fail "raised < and told >: $(cat differs)"
echo 'rules history: ok'
