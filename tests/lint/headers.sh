#!/usr/bin/env bash
# headers.sh - each header compiles alone, and its guard is its path.
. "$(dirname "$0")/sources.sh"

compiler=${CC:-cc}
flags=(-std=c11 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -Wall -Wextra -fsyntax-only -I. -x c)

check() {
    local guard output
    guard=$(tr 'a-z/.' 'A-Z__' <<<"$1")
    grep -qx "#ifndef $guard" "$1" || echo "$1: its guard is not $guard"
    output=$("$compiler" "${flags[@]}" -include "$1" /dev/null 2>&1) ||
        printf '%s does not compile alone:\n%s\n' "$1" "$output"
}

sources '*.h' | while read -r header; do check "$header"; done | report "headers stand alone"
