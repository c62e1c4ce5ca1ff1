#!/usr/bin/env bash
# scripts.sh - shell scripts pass shellcheck and can be run.
. "$(dirname "$0")/sources.sh"

tool=$(command -v shellcheck) || skip "shellcheck is not installed"
{
    sources '*' | xargs awk 'FNR == 1 { if (/^#!.*sh$/) print FILENAME; nextfile }' |
        while read -r path; do
            [ -x "$path" ] || echo "$path: has no run bit"
            # SC2015, SC2181: "a && b || c" and "$?" are used here knowingly.
            "$tool" -x -P SCRIPTDIR -e SC2015,SC2181 -f gcc "$path"
        done
} | report "shellcheck"
