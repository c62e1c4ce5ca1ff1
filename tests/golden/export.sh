#!/usr/bin/env bash
# export.sh EARSHOT TRAFFIC CHECK_EXPORT - an exported call is every frame of it, as captured.
#
# Of each sample and of two generated captures: each call's export holds as many frames as the truth
# says, each frame's bytes and time are those of a frame of the capture, and tshark reads it: as
# many frames, and in them nothing malformed and no Call-ID but the call's own.
set -u
export LC_ALL=C TZ=UTC
earshot=$1 traffic=$2 check=$3
cd "$(dirname "$0")/../.." || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
shopt -s nullglob
tshark=$(command -v tshark)

failed=0 calls=0 captures=0
fail() {
    echo "FAILED: $*"
    failed=1
}

# "CALL-ID FRAMES" of each call.
truth_frames() {
    sed -nE 's/^\{"type":"call","call_id":"([^"]*)".*"frames":([0-9]+).*/\1 \2/p' "$1"
}

# look CALL-ID FRAMES EXPORT: with tshark's eyes.
look() {
    local seen
    "$tshark" -r "$3" -T fields -e frame.number -e sip.Call-ID -e sip.Method -e _ws.malformed \
        >"$work/seen" 2>"$work/err" || fail "tshark -r $1: $(tail -n 1 "$work/err")"
    seen=$(wc -l <"$work/seen")
    [ "$seen" -eq "$2" ] || fail "$1: tshark reads $seen frames, the truth has $2"
    # A phone's report of the call has a Call-ID of its own.
    awk -F '\t' -v call="$1" '$2 != "" && $2 != call && $3 != "PUBLISH" { exit 1 }' "$work/seen" ||
        fail "$1: its export has messages of another call"
    grep -qi malformed "$work/seen" && fail "$1: tshark finds malformed frames in its export"
}

# compare CAPTURE TRUTH
compare() {
    local capture=$1 call frames exports=() n=0
    rm -rf "$work/store" "$work/out" && mkdir "$work/out"
    "$earshot" replay "$capture" --store "$work/store" --keep full --quiet || fail "replay $capture"
    # Some twice: the second time replaces the first, and nothing is there twice.
    [ $((captures++ % 4)) -ne 0 ] ||
        "$earshot" replay "$capture" --store "$work/store" --keep full --quiet || fail "replay $capture anew"
    while read -r call frames; do
        n=$((n + 1))
        "$earshot" export "$call" --store "$work/store" -o "$work/out/$n.pcap" >"$work/said" ||
            { fail "export of $call from $capture" && continue; }
        grep -q "^$frames packets" "$work/said" ||
            fail "$capture: $call: '$(cat "$work/said")', the truth has $frames frames"
        exports+=("$work/out/$n.pcap")
        # tshark takes half a second each: the first two, and of many one in twenty.
        [ -n "$tshark" ] && { [ $n -le 2 ] || [ $((n % 20)) -eq 0 ]; } &&
            look "$call" "$frames" "$work/out/$n.pcap"
    done < <(truth_frames "$2")
    "$check" "$capture" "${exports[@]}" >/dev/null || fail "$capture: exports that are not it"
    # By the id that the calls are listed with, it is the same.
    if [ "$n" -gt 0 ]; then
        call=$(truth_frames "$2" | head -n 1 | cut -d ' ' -f 1)
        "$earshot" export "$("$earshot" calls --call-id "$call" --json --store "$work/store" |
            sed -nE 's/.*"id":"([0-9a-f]{16})".*/\1/p' | head -n 1)" \
            --store "$work/store" -o - | cmp - "$work/out/1.pcap" || fail "$call by its id"
    fi
    calls=$((calls + n))
}

for capture in samples/*.pcap samples/*.pcapng; do
    compare "$capture" "${capture%.*}.truth.jsonl"
done
"$traffic" -n 40 -r 6 -d 5 -c mix --jitter 8 --loss 1 --reorder 1 --duplicate 1 --dtmf 20 --reinvite 20 \
    --early-media 20 --auth 30 --fail 404:10,486:10 --one-way 10 --register 20 --options 20 \
    --background 30 --seed 5 -o "$work/a" --truth "$work/a.truth" 2>/dev/null || exit 1
compare "$work/a" "$work/a.truth"
"$traffic" -n 10 -r 5 -d 4 --link sll2 --ipv6 50 --format pcapng --nanoseconds --seed 6 \
    -o "$work/b" --truth "$work/b.truth" 2>/dev/null || exit 1
compare "$work/b" "$work/b.truth"

# formats: a search, and the two legs of a call, in each format that has packets; capinfos (it is with
# tshark) opens them all, and tshark shows what a pcapng says of its packets.
formats() {
    local store=$work/formats frames format said
    rm -rf "$store" && mkdir "$work/f"
    "$earshot" replay samples/loss-burst.pcap samples/one-way.pcap samples/codec-change.pcap \
        samples/sbc-legs.pcap --store "$store" --keep full --quiet || fail "replay of four samples"
    # All 2311 frames of sbc-legs are of its two calls.
    frames=$(cat samples/{loss-burst,one-way,codec-change}.truth.jsonl |
        sed -nE 's/^\{"type":"call".*"frames":([0-9]+).*/\1/p' | awk '{ n += $1 } END { print n + 2311 }')
    for format in pcap pcapng pcap.lz4 pcapng.lz4; do
        said=$("$earshot" export --where 'since:2026-03-01' --store "$store" -o "$work/f/all.$format") ||
            fail "export of a search as $format"
        [ "$said" = "$frames packets of 5 calls into $work/f/all.$format" ] || fail "said '$said', not $frames"
        [ -z "$tshark" ] || capinfos -c -M "$work/f/all.$format" 2>&1 | grep -q "^Number of packets: *$frames\$" ||
            fail "$format: capinfos reads '$(capinfos -c "$work/f/all.$format" 2>&1 | tail -n 1)', not $frames"
    done
    [ -z "$tshark" ] && return
    "$tshark" -r "$work/f/all.pcapng.lz4" -T fields -E occurrence=a -E 'aggregator=|' -e frame.number \
        -e frame.comment -e frame.interface_name 2>/dev/null >"$work/f/seen"
    [ "$(wc -l <"$work/f/seen")" -eq "$frames" ] || fail "tshark reads $(wc -l <"$work/f/seen") frames, not $frames"
    # Runs of three and more as the truth of loss-burst has them, and one in a leg.
    [ "$(grep -c 'loss burst: ' "$work/f/seen")" -eq 6 ] || fail "$(grep -c 'loss burst' "$work/f/seen") bursts, not 6"
    [ "$(grep -c 'Call-ID: .*media: ' "$work/f/seen")" -eq 5 ] || fail "not every call says its Call-ID"
    grep -q 'one-way audio begins: the caller is not heard' "$work/f/seen" || fail "no begin of one-way audio"
    grep -q 'codec changes from G729/18 to G722/9' "$work/f/seen" || fail "no change of codec"
    grep -q 'loss-burst.pcap and 3 more$' "$work/f/seen" || fail "the interface has no name"
    # What is not kept is said, and what is there is cut, not changed.
    "$earshot" replay samples/loss-burst.pcap --store "$store" --keep headers --quiet || fail "replay of headers"
    "$earshot" export --where 'since:2026-03-01 mos<3.8 mos>3.7' --store "$store" -o "$work/f/cut.pcap" >"$work/said" 2>&1
    grep -q '^779 packets into' "$work/said" && grep -q '766 packets end behind their headers' "$work/said" ||
        fail "headers alone: said '$(cat "$work/said")'"
    mkdir "$work/f/own"
    "$earshot" export --where 'since:2026-03-01 mos<3.8' --limit 10 --store "$store" -o "$work/f/own/" -f csv >"$work/said" ||
        fail "export into a folder"
    case $(ls "$work/f/own") in 20??????T??????Z_calls.csv) ;; *) fail "named '$(ls "$work/f/own")'" ;; esac
    [ "$(grep -c ^ "$work/f/own"/*.csv)" -gt 1 ] || fail "a table without calls"
    "$earshot" export --where 'stauts:5xx' --store "$store" -o "$work/f/none" 2>"$work/said" && fail "a wrong filter"
    grep -q "column 1: .*did you mean 'status'" "$work/said" || fail "said '$(cat "$work/said")'"
    [ ! -e "$work/f/none" ] && [ ! -e "$work/f/none.part" ] || fail "a file of nothing"
}
formats

[ "$calls" -gt 50 ] || fail "only $calls calls"
[ $failed -eq 0 ] || exit 1
if [ -z "$tshark" ]; then
    echo "skipped: $calls exports are their captures' frames, but tshark is not there to read them"
    exit 77
fi
echo "$calls calls exported as captured"
