# sources.sh - what the rules of this folder share: where they look, and how they fail.
#
# shellcheck shell=bash

cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1

# Every file of the project that matches one of the patterns, built and fetched ones left out. Also works on an unpacked archive, where there is no git.
sources() {
    if git rev-parse --git-dir >/dev/null 2>&1; then
        git ls-files -co --exclude-standard -- "$@"
    else
        find . -type f -not -path './build/*' -not -path '*/node_modules/*' -printf '%P\n' |
            while read -r path; do
                # shellcheck disable=SC2254 # a pattern is what it is meant to be
                for pattern in "$@"; do case "$path" in $pattern) echo "$path" ;; esac; done
            done
    fi | sort -u | while read -r path; do [ -f "$path" ] && echo "$path"; done
}

# Reads findings from stdin, shows them and fails when there are any.
report() {
    local findings
    findings=$(cat)
    [ -z "$findings" ] && exit 0
    printf '%s\n' "$findings" "$(printf '%s\n' "$findings" | wc -l) against the rule: $1" >&2
    exit 1
}

skip() {
    echo "skipped: $1" >&2
    exit 77
}
