#!/usr/bin/env bash
# format.sh - C is as clang-format 14 leaves it; other versions differ, so it must be that one.
. "$(dirname "$0")/sources.sh"

tool=$(command -v clang-format-14) || skip "clang-format-14 is not installed"
sources '*.c' '*.h' | xargs -r "$tool" --dry-run -Werror 2>&1 |
    grep -E ': (error|warning):' | report "clang-format-14 -i mends it"
