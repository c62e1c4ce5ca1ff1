#!/usr/bin/env bash
# golden.sh EARSHOT CHECK_TRUTH [NODE] - each capture of samples/ gives the records that stand beside this
# script, and they are the truth where the generator left it beside the capture.
#
# GOLDEN_UPDATE=1 writes them anew: read the difference before it is committed.
set -u
export LC_ALL=C TZ=UTC
earshot=$1 check_truth=$2 node=${3:-}
cd "$(dirname "$0")/../.." || exit 1 # the name of the file is part of the ledger: as from the root
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
shopt -s nullglob

failed=0 compared=0
for capture in samples/*.pcap samples/*.pcapng; do
    name=${capture##*/}
    golden=tests/golden/${name%.*}.jsonl
    if ! "$earshot" analyze --json "$capture" >"$work/once" 2>"$work/err" ||
        ! "$earshot" analyze --json "$capture" >"$work/twice" 2>>"$work/err"; then
        echo "$capture: analyze failed" && cat "$work/err" && failed=1
        continue
    fi
    cmp "$work/once" "$work/twice" || failed=1
    [ -n "${GOLDEN_UPDATE:-}" ] && cp "$work/once" "$golden"
    if [ ! -f "$golden" ]; then
        echo "$golden is missing: GOLDEN_UPDATE=1 makes it" && failed=1
    elif ! diff -u "$golden" "$work/once" >"$work/diff"; then
        cut -c1-400 "$work/diff" | head -n 40
        echo "$capture: no longer what $golden says" && failed=1
    fi
    truth=${capture%.*}.truth.jsonl
    if grep -q '^{"type":"label' "$truth" 2>/dev/null; then # of scenes: what must be said
        [ -z "$node" ] || "$node" tests/golden/check_corpus.mjs "$truth" "$work/once" plain >"$work/said" ||
            { cat "$work/said" && failed=1; }
    elif [ -f "$truth" ]; then
        "$check_truth" "$truth" "$work/once" || failed=1
    fi
    compared=$((compared + 1))
done
# One without its capture proves nothing any more.
for golden in tests/golden/*.jsonl; do
    name=${golden##*/}
    [ -n "$(echo "samples/${name%.jsonl}".pcap*)" ] || { echo "$golden: no such sample" && failed=1; }
done
if [ "$compared" -eq 0 ] && [ "$failed" -eq 0 ]; then
    echo "skipped: samples/ has no captures"
    exit 77
fi
echo "$compared captures compared"
exit $failed
