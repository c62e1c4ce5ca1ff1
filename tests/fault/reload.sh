#!/usr/bin/env bash
# reload.sh - SIGHUP: the rules are read anew; where one is wrong those of before stay in force.
. "$(dirname "$0")/fault.sh"
enter net "$0" "$@"
wires

mkdir "$work/rules"
# rule NAME SEVERITY: an alert with the first call.
rule() {
    cat >"$work/rules/$1.yaml" <<YAML
description: A call began.
severity: $2
on: call.opened
window: 10s
step: 10s
measure: count
threshold: 1
clear: { for: 0s }
summary: "$1 says $2"
YAML
}

# reload FILE TEXT...: after a signal these stand in that output.
reload() {
    local file="$work/probe.$1" before text
    shift
    before=$(wc -l <"$file")
    kill -HUP "$probe"
    wait_for 10 more_than "$file" "$before" || fail "nothing is said of the rules"
    tail -n "+$((before + 1))" "$file" >"$work/said"
    [ "$(wc -l <"$work/said")" = 1 ] || fail "more than a line: $(cat "$work/said")"
    says "$work/said" "$@"
}
# shellcheck disable=SC2317 # wait_for calls it
more_than() { [ "$(wc -l <"$1")" -gt "$2" ]; }

rule one warning
rule two warning
start_probe probe -i wire1 --store "$work/store" --rules "$work/rules" --listen 127.0.0.1:0 || exit 1
web=$(web_of "$probe")
wait_for 20 grep -q '^dashboard' "$work/probe.out" || fail "the web process does not come up"
reload out 'rules read anew: 2 rules; nothing changed'
rule one critical
rule three warning
rm "$work/rules/two.yaml"
reload out 'rules read anew: 2 rules; new: three; changed: one; gone: two'
rule three info
echo 'treshold: 2' >>"$work/rules/three.yaml"
rm "$work/rules/one.yaml"
reload err "$work/rules/three.yaml:10:1: unknown key 'treshold', did you mean 'threshold'?" \
    'the rules of before stay in force'
kill -HUP "$web" # a terminal tells the whole group
"$TRAFFIC" -n 2 -r 10 -d 1 --seed 5 -o "$work/calls.pcap" 2>/dev/null || exit 1
send "$work/calls.pcap" -x 8 >/dev/null
sleep 0.2
is_gone "$web" && fail "SIGHUP ends the web process"
sed -i '$d' "$work/rules/three.yaml"
reload out 'rules read anew: 1 rule; changed: three; gone: one'
stop_probe TERM
[ "$left" = 0 ] || fail "it left with $left: $(cat "$work/probe.err")"
expect 0 "$EARSHOT" alerts --store "$work/store" --json
grep '"rule":"one"' "$work/out" >"$work/one"
says "$work/one" 'one says critical' 'because its rule was taken away'
grep -q '"rule":"two"' "$work/out" && fail "a rule that was gone has fired"
grep '"rule":"three"' "$work/out" >"$work/three"
says "$work/three" 'three says warning' # what was wrong was never in force

finish "rules read anew"
