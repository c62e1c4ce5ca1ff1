#!/usr/bin/env bash
# truth.sh EARSHOT TRAFFIC CHECK_TRUTH OPTION... - what Earshot says of generated calls is the truth.
set -u
export LC_ALL=C
earshot=$1 traffic=$2 check=$3
shift 3
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

vlan=()
for ((i = 1; i < $#; i++)); do
    [ "${!i}" != --vlan ] || { next=$((i + 1)) && vlan=(--vlan "${!next}"); }
done
"$traffic" "$@" -o "$work/calls" --truth "$work/truth" || exit 1
printf 'dtmf:\n  keep_digits: true\n' >"$work/earshot.yaml"
"$earshot" analyze --config "$work/earshot.yaml" --json "$work/calls" >"$work/analyzed" || exit 1
"$check" --keys "${vlan[@]}" "$work/truth" "$work/analyzed"
