#!/usr/bin/env bash
# killed.sh replay|run - kill -9 at any moment: the store opens, every call that it lists can be
# exported undamaged, and the next to write to it goes on. What was being replayed is completed by
# the next replay.
. "$(dirname "$0")/fault.sh"
what=$1
[ "$what" = run ] && enter net "$0" "$@"
ulimit -c 0

# whole STORE: what is there is sound.
whole() {
    local list=$work/whole.list
    expect 0 "$EARSHOT" store check --store "$1"
    expect 0 "$EARSHOT" calls --store "$1" --json
    rm -rf "$work/whole"
    export_all "$1" "$work/whole" >"$list" 2>"$work/damaged"
    cat "$work/damaged"
    [ -s "$work/damaged" ] && failed=1
    calls=$(stored_calls "$1" | wc -l)
    exported=$(wc -l <"$list")
}

# random FROM TO: seconds.
random() {
    awk -v from="$1" -v to="$2" -v r="$RANDOM" 'BEGIN { print from + (to - from) * r / 32768 }'
}

# feed: the capture through a pipe, in pieces, so that there is time to be killed in.
feed() {
    local i size
    size=$(($(stat -c %s "$work/calls.pcap") / 20 + 1))
    for ((i = 0; i < 20; i++)); do
        tail -c +$((i * size + 1)) "$work/calls.pcap" | head -c $size
        sleep 0.08
    done 2>/dev/null
}

kill_replays() {
    local rounds=3 seen=0
    # kills.sh has the many rounds; here each is looked at as a whole, exports and all.
    "$TRAFFIC" -n 12 -r 12 -d 25 --dtmf 30 --seed 3 -o "$work/calls.pcap" --truth "$work/truth" \
        2>/dev/null || exit 1
    truth_frames "$work/truth" >"$work/all.list"
    for ((round = 0; round < rounds || (seen == 0 && round < 4 * rounds); round++)); do
        rm -rf "$work/store"
        "$EARSHOT" replay - --store "$work/store" --keep full < <(feed) >/dev/null 2>"$work/err" &
        probe=$!
        sleep "$(random 0.4 2)"
        kill -KILL $probe 2>/dev/null
        wait $probe 2>/dev/null
        [ -e "$work/store/VERSION" ] || continue # not even begun
        whole "$work/store"
        [ "$exported" -eq 0 ] || "$CHECK_EXPORT" "$work/calls.pcap" "$work"/whole/*.pcap >"$work/frames" ||
            fail "round $round: exports that are not the capture's frames"
        [ "$exported" -gt 0 ] && seen=$((seen + 1))
        [ $((round % 3)) -eq 0 ] || continue
        expect 0 "$EARSHOT" replay "$work/calls.pcap" --store "$work/store" --keep full
        whole "$work/store"
        cut -d ' ' -f 1,2 "$work/whole.list" | sort | diff - "$work/all.list" >"$work/diff" ||
            { fail "round $round: not completed by the next replay" && head -n 6 "$work/diff"; }
    done
    [ $seen -gt 0 ] || fail "no round was killed in the middle of its calls"
    echo "$rounds replays killed, $seen of them with calls in the store;"
}

kill_runs() {
    local rounds=1 seen=0 web
    # On a busy machine it may be killed too early: then some more.
    wires
    "$TRAFFIC" -n 30 -r 10 -d 5 --seed 4 -o "$work/calls.pcap" 2>/dev/null || exit 1
    for ((round = 0; round < rounds || (seen == 0 && round < 6 * rounds); round++)); do
        start_probe run -i wire1 --store "$work/store" --listen 127.0.0.1:0 || return
        web=$(web_of "$probe")
        [ -n "$web" ] || fail "no web process"
        "$VETH_SEND" wire0 "$work/calls.pcap" >/dev/null &
        started+=($!)
        sleep "$(random 1.5 5)"
        kill -KILL "$probe"
        wait "$probe" 2>/dev/null
        wait_for 5 is_gone "$web" || fail "round $round: the web process outlives the probe"
        kill "${started[-1]}" 2>/dev/null
        wait "${started[-1]}" 2>/dev/null
        whole "$work/store"
        [ "$exported" -gt 0 ] && seen=$((seen + 1))
    done
    [ $seen -gt 0 ] || fail "no round was killed in the middle of its calls"
    start_probe last -i wire1 --store "$work/store" --no-web || return
    sent=$(send "$work/calls.pcap" -x 4)
    stop_probe TERM >/dev/null
    says "$work/last.out" "$sent packets, 30 calls"
    before=$calls
    whole "$work/store"
    [ "$calls" -eq $((before + 30)) ] || fail "$calls calls, not 30 more than $before"
    echo "$round probes killed, $calls calls exported;"
}

case $what in
replay) kill_replays ;;
run) kill_runs ;;
esac
finish "what was killed"
