#!/usr/bin/env bash
# corpus.sh EARSHOT TRAFFIC NODE CALLS - a labelled corpus of so many calls over all scenes, mixed in
# one capture: every verdict, outcome, cause, link and deviation is right. Then, with as many calls each:
# harmless ones, of which none is one way; legs that only a score can join, at 50 calls a second with
# numbers that come again and again; a mirror that loses all streams at once.
set -u
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
earshot=$1 traffic=$2 node=$3 calls=$4
work=${CORPUS_KEEP:-$(mktemp -d)} || exit 1
[ -n "${CORPUS_KEEP:-}" ] || trap 'rm -rf "$work"' EXIT
failed=0

# play NAME SCENES CALLS OPTION...: the capture, its truth, what earshot makes of it.
play() {
    local name=$1 scenes=$2 count=$3
    shift 3
    "$traffic" --scenes "$scenes" -n "$count" --rate 50 "$@" -o "$work/$name.pcap" \
        --truth "$work/$name.truth" 2>"$work/err" &&
        "$earshot" analyze --config "$here/corpus.yaml" --json "$work/$name.pcap" \
            >"$work/$name.json" 2>>"$work/err" || { cat "$work/err" && exit 1; }
}

# check NAME [MODE]
check() {
    echo "== $1"
    "$node" "$here/check_corpus.mjs" "$work/$1.truth" "$work/$1.json" "${2:-}" || failed=1
    [ -n "${CORPUS_KEEP:-}" ] || rm -f "$work/$1".*
}

play all all "$calls" && check all
play harmless harmless $((calls * 2 / 5)) --seed 2 && check harmless harmless
play alike alike $((calls * 2 / 5)) --seed 3 && check alike
play gaps gaps 40 --mirror-gaps --seed 4 && check gaps
exit $failed
