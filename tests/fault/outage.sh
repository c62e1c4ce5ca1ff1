#!/usr/bin/env bash
# outage.sh - the receiver of alerts is down, and meanwhile the web process is killed and started again: when it is
# back, each alert is delivered in order within a minute, signed, under one id; and after that it takes two seconds
# at most from an alert in the store to the receiver.
#
# A few rounds; FAULT_LONG=yes: an hour's outage, with a kill each minute.
. "$(dirname "$0")/fault.sh"
command -v node >/dev/null || skip "node is not installed"
here=$(cd "$(dirname "$0")" && pwd)
rounds=2 pause=0.5
[ -n "${FAULT_LONG:-}" ] && rounds=60 pause=57
serve='' sink=''
# shellcheck disable=SC2317 # called by the trap
tidy() {
    [ -n "$serve" ] && kill -9 "$serve" 2>/dev/null
    [ -n "$sink" ] && kill "$sink" 2>/dev/null
    wait 2>/dev/null
    leave
}
trap tidy EXIT

mkdir "$work/rules" "$work/store"
printf 'whsec_%s\n' "$(head -c 24 /dev/urandom | base64)" >"$work/key"
chmod 600 "$work/key"
# An alert for each number that was refused: many, and each of them soon over.
cat >"$work/rules/refused.yaml" <<'YAML'
description: A number was refused.
severity: warning
on: call.settled
where: status:503
group_by: to_user
window: 10s
step: 1s
measure: count
threshold: 1
clear: { below: 1, for: 1s }
summary: "{group} was refused"
YAML

# wait_for SECONDS COMMAND...
wait_for() {
    local until=$((SECONDS + $1))
    shift
    while ! "$@" 2>/dev/null; do
        [ "$SECONDS" -ge "$until" ] && return 1
        sleep 0.05
    done
}

start_serve() {
    "$EARSHOT" serve --config "$work/web.yaml" >"$work/said" 2>>"$work/log" &
    serve=$!
    wait_for 20 grep -q dashboard "$work/said" || fail "it does not serve: $(tail -n 3 "$work/log")"
}

# round N: calls of the last hour, refused, each round some minutes later.
replay() {
    "$TRAFFIC" -n 30 -r 1 -d 1 --ring 0.05 --fail 503:60 --seed "$1" --start $(($(date +%s) - 7200 + 60 * $1)) \
        -o "$work/$1.pcap" 2>/dev/null || exit 1
    "$EARSHOT" replay --quiet --rules "$work/rules" --store "$work/store" "$work/$1.pcap" || fail "replay $1"
}

# What the store says is to be told: that each fires, and of those that are over that too.
# shellcheck disable=SC2317 # wait_for calls it
is_all_taken() {
    "$EARSHOT" alerts --json --store "$work/store" 2>/dev/null |
        sed -nE 's/.*"type":"alert","id":"([0-9a-f]*)".*"state":"([a-z]*)".*/\1 firing\n\1 \2/p' | sort -u >"$work/expected"
    awk '{ n = split($4, a, ","); for (i = 1; i <= n; i++) print a[i], $3 }' "$work/taken" | sort -u >"$work/told"
    [ -s "$work/expected" ] && [ -z "$(comm -23 "$work/expected" "$work/told")" ]
}

node "$here/webhook_sink.mjs" "$work" &
sink=$!
wait_for 20 test -s "$work/port" || fail "no receiver"
cat >"$work/web.yaml" <<YAML
store: { directory: $work/store }
web: { listen: '127.0.0.1:0' }
notify:
  allow: [127.0.0.1]
  receivers:
    - { name: oncall, url: 'http://127.0.0.1:$(cat "$work/port")/', key_file: $work/key }
YAML
touch "$work/down" "$work/taken"

start_serve
sleep 1 # it has seen that there is nothing as yet
for ((i = 1; i <= rounds; i++)); do
    replay "$i"
    wait_for 10 test -s "$work/refused" || fail "nobody tried"
    sleep "$pause"
    kill -9 "$serve"
    { wait "$serve"; } 2>/dev/null
    [ $((i % 2)) -eq 0 ] && replay $((100 + i)) # while nobody looks
    start_serve
done
[ -s "$work/taken" ] && fail "it was down and took something"
rm "$work/down"
back=$SECONDS
wait_for 60 is_all_taken || fail "not everything within a minute: $(wc -l <"$work/expected") to be told, $(wc -l <"$work/taken") messages"
took=$((SECONDS - back))

grep -q FORGED "$work/taken" && fail "a signature is wrong"
# Each id once: nothing was killed while it went out. Of each alert the beginning comes first.
[ "$(cut -d' ' -f2 "$work/taken" | sort | uniq -d | wc -l)" -eq 0 ] || fail "an id came twice"
awk '{ n = split($4, a, ","); for (i = 1; i <= n; i++) { if ($3 == "resolved" && !(a[i] in begun)) bad = 1; begun[a[i]] = 1 } }
    END { exit bad }' "$work/taken" || fail "an end came before its beginning"

# From then on it is quick: the replay's alerts are in the store when it is done.
before=$(wc -l <"$work/taken")
replay 200
stored=$(date +%s%3N)
wait_for 10 is_all_taken || fail "the last ones are missing"
latest=$(tail -n +$((before + 1)) "$work/taken" | cut -d' ' -f1 | sort -n | tail -n 1)
[ $((latest - stored)) -le 2000 ] || fail "it took $((latest - stored)) ms"

grep -q resolved "$work/expected" || fail "no alert is over"

echo "$(wc -l <"$work/expected") beginnings and ends of alerts in $(wc -l <"$work/taken") messages, $rounds kills: all within $took s of the return"
finish "an outage"
