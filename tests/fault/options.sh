#!/usr/bin/env bash
# options.sh - words that nobody knows, values that make no sense, stores of another time.
. "$(dirname "$0")/fault.sh"

expect 2 "$EARSHOT" && says "$work/err" 'analyze' 'serve'
expect 2 "$EARSHOT" analyse x.pcap && says "$work/err" "'analyse'" "'analyze'"
expect 2 "$EARSHOT" frobnicate && says "$work/err" "'frobnicate'" '--help'
expect 0 "$EARSHOT" --help && says "$work/out" analyze replay run serve calls show export alerts

# COMMAND, an option with a slip in it, and what was meant.
while read -r command slip meant; do
    expect 2 "$EARSHOT" "$command" "$slip" && says "$work/err" "earshot $command" "'$slip'" "'$meant'"
    expect 0 "$EARSHOT" "$command" --help && says "$work/out" "earshot $command"
    expect 2 "$EARSHOT" "$command" --qqqqqqqq && says "$work/err" --help
done <<END
analyze --jsno --json
replay --stoer --store
run --interfaec --interface
serve --lisden --listen
calls --call-idd --call-id
show --stroe --store
export --ouput --output
alerts --jason --json
END

expect 2 "$EARSHOT" analyze && says "$work/err" 'which capture'
expect 2 "$EARSHOT" replay x.pcap && says "$work/err" '--store'
expect 2 "$EARSHOT" run && says "$work/err" '-i'
expect 2 "$EARSHOT" calls --store "$work" --status 9xx && says "$work/err" '--status' '5xx' '  status:9xx' '         ^^^'
expect 2 "$EARSHOT" calls --store "$work" --limit many && says "$work/err" "'many'"
expect 2 "$EARSHOT" calls --store "$work" --since whenever && says "$work/err" "'whenever'" 'yesterday'
expect 2 "$EARSHOT" calls --store "$work" 'from:+49*' stauts:5xx &&
    says "$work/err" "'stauts'" "'status'" '  from:+49* stauts:5xx' '            ^^^^^^'
expect 2 "$EARSHOT" calls --store "$work" --sort durtion && says "$work/err" "'durtion'" "'duration'"
expect 2 "$EARSHOT" calls --store "$work" --sort number && says "$work/err" "'number'" '--fields'
expect 2 "$EARSHOT" calls --store "$work" --ascending --descending && says "$work/err" '--ascending'
expect 0 "$EARSHOT" calls --fields && says "$work/out" 'mos<3.5' 'leg_group' 'How it sounded'
expect 2 "$EARSHOT" calls --store "$work" --ip 10.0.0.256 && says "$work/err" "'10.0.0.256'"
expect 2 "$EARSHOT" run -i lo --ring-mib 0 --store "$work/s" && says "$work/err" '--ring-mib'
expect 2 "$EARSHOT" serve --store "$work/s" --listen nowhere && says "$work/err" 'nowhere'
expect 66 "$EARSHOT" calls --store "$work/missing" && says "$work/err" "$work/missing"
expect 66 "$EARSHOT" export x --store "$work/missing" -o "$work/x" && says "$work/err" "$work/missing"
expect 78 "$EARSHOT" serve --config "$work/missing.yaml" && says "$work/err" "$work/missing.yaml"

# A store that a newer version made, as a whole or in one of its days, is refused by name.
"$TRAFFIC" -n 3 -r 3 -d 1 -o "$work/calls.pcap" 2>/dev/null || exit 1
expect 0 "$EARSHOT" replay "$work/calls.pcap" --store "$work/newer"
expect 1 "$EARSHOT" export no-such-call --store "$work/newer" -o "$work/x" &&
    says "$work/err" no-such-call
expect 1 "$EARSHOT" show no-such-call --store "$work/newer" && says "$work/err" no-such-call

# refused NAME: by whoever only reads; nothing is changed, and so it is by a replay.
refused() {
    local command before
    before=$(cksum "$work"/newer/*/calls.sqlite)
    for command in calls alerts 'serve --listen 127.0.0.1:0'; do
        # shellcheck disable=SC2086 # a command and its options
        expect 65 timeout 20 "$EARSHOT" $command --store "$work/newer"
        says "$work/err" "$1" 'newer'
    done
    expect 73 "$EARSHOT" replay "$work/calls.pcap" --store "$work/newer"
    says "$work/err" "$1" 'newer'
    [ "$before" = "$(cksum "$work"/newer/*/calls.sqlite)" ] || fail "the newer store is not what it was"
}
echo 'earshot store 2' >"$work/newer/VERSION" && refused "$work/newer"
echo 'earshot store 1' >"$work/newer/VERSION"
expect 0 "$EARSHOT" calls --store "$work/newer"
"$STORE_CHECK" "$work/newer" --sql 'PRAGMA user_version = 99' >/dev/null && refused 2026-02-02

finish "words and versions"
