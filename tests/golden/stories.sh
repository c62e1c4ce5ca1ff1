#!/usr/bin/env bash
# stories.sh EARSHOT - what Earshot tells of other people's captures is what docs/STORIES.md says, a
# line each file that has calls or registrations. STORIES_UPDATE=1 writes that page.
set -u
export LC_ALL=C TZ=UTC
earshot=$1
cd "$(dirname "$0")/../.." || exit 1
captures=${EARSHOT_SHARED:-../shared}/captures
page=docs/STORIES.md
told_most=3
if [ ! -r "$captures/INDEX.tsv" ]; then
    echo "skipped: no captures of others in $captures (EARSHOT_SHARED names another place)"
    exit 77
fi
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT

# one FILE: its stories in one line; nothing without any.
one() {
    "$earshot" analyze --story "$1" 2>"$work/err" >"$work/out" || { cat "$work/err" >&2 && return 1; }
    awk -v file="$(basename "$1")" -v most=$told_most '
        { at = index($0, ": "); story[NR] = substr($0, at + 2) }
        END {
            if (NR == 0) exit
            printf "* `%s`: ", file
            for (i = 1; i <= NR && i <= most; i++)
                printf "%s%s%s", (i > 1 ? " " : ""), (NR > 1 ? "(" i ") " : ""), story[i]
            if (NR > most) printf " … and %d more.", NR - most
            print ""
        }' "$work/out"
}

sed '/^<!-- stories -->$/q' "$page" >"$work/page" || exit 1
echo >>"$work/page"
for file in "$captures"/*.pcap "$captures"/*.pcapng; do
    one "$file" >>"$work/page" || exit 1
done
if [ -n "${STORIES_UPDATE:-}" ]; then
    cp "$work/page" "$page"
    exit 0
fi
diff -u "$page" "$work/page" && echo "$(grep -c '^\*' "$page") captures have the story that $page tells"
