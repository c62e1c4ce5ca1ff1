#!/usr/bin/env bash
# sizes.sh - a file has at most 800 lines, a function at most 100: beyond, it is two ideas.
#
# clang-format puts a function's braces alone in column one, so awk can measure it.
. "$(dirname "$0")/sources.sh"
# shellcheck disable=SC2016 # the programs are awk's

{
    sources '*.c' '*.h' '*.js' '*.mjs' '*.sh' | xargs awk '
        FNR == 1 && last { if (lines > 800) print last ": " lines " lines" }
        { last = FILENAME; lines = FNR }
        END { if (lines > 800) print last ": " lines " lines" }'
    sources '*.c' | xargs awk '
        /^[A-Za-z].*\(/ { name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
        /^{/ { opened = FNR }
        /^}/ && opened {
            if (FNR - opened + 1 > 100)
                print FILENAME ":" opened ": " name " has " FNR - opened + 1 " lines"
            opened = 0
        }'
} | report "a file of 800 lines, a function of 100"
