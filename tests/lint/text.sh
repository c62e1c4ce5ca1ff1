#!/usr/bin/env bash
# text.sh - nothing unfinished, nothing of one machine, nothing large.
. "$(dirname "$0")/sources.sh"

self='tests/lint/text.sh'
text() { sources "$@" | grep -vxF "$self" | tr '\n' '\0'; }

{
    text '*' | xargs -0 grep -nHIiwE '(TODO|FIXME|stub|not implemented)' |
        grep -vE '^[^:]*package-lock\.json:|\{ 501, "Not Implemented"' # its reason phrase
    text '*' | xargs -0 grep -nHIE '(^|[^A-Za-z0-9_.])/(work|home|root|Users)/[A-Za-z]'
    text '*package-lock.json' | xargs -0 -r grep -nHE '"resolved"[[:space:]]*:[[:space:]]*"https?:'
    text '*.c' '*.h' '*.sh' '*.js' '*.css' '*.html' '*.yaml' '*.md' '*.txt' |
        xargs -0 grep -nHIE "[[:space:]]+$|$(printf '\r')"
    text '*' | xargs -0 du -k | awk '$1 > 1024 { print $2 ": " $1 " KiB" }'
} | cut -c1-200 | report "finished text, of no machine, without trailing blanks, under 1 MiB a file"
