#!/usr/bin/env bash
# shared_captures.sh EARSHOT CHECK_CAPTURE - captures that others made, against what tshark says.
#
# They are not part of the project: EARSHOT_SHARED names their folder's parent (default: ../shared
# beside the project). Ends in a table of all of them: how many calls, other transactions, streams
# and certificates are as tshark has them. Where tshark is no truth, check_capture.c says what is, and
# the table why.
set -u
export LC_ALL=C
earshot=$1 check=$2
cd "$(dirname "$0")/../.." || exit 1
captures=${EARSHOT_SHARED:-../shared}/captures
if [ ! -r "$captures/TRUTH.tsv" ]; then
    echo "skipped: no captures of others in $captures (EARSHOT_SHARED names another place)"
    exit 77
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

failed=0 compared=0
printf '%-56s %9s %9s %5s %5s %s\n' file calls others media certs why >"$work/table"
while IFS= read -r name; do
    "$earshot" analyze --json "$captures/$name" >"$work/analyzed" 2>"$work/err"
    status=$?
    if [ "$status" -ne 0 ]; then
        echo "$name: analyze ended with $status" && cat "$work/err" && failed=$((failed + 1))
    elif ! "$check" "$captures/TRUTH.tsv" "$name" "$work/analyzed" >>"$work/table"; then
        failed=$((failed + 1))
    fi
    compared=$((compared + 1))
done < <(awk -F '\t' '$1 == "FILE" { print $2 }' "$captures/TRUTH.tsv")
cat "$work/table"
echo "$compared captures compared, $failed of them differ"
[ "$failed" -eq 0 ] && [ "$compared" -gt 0 ]
