#!/usr/bin/env bash
# names.sh - a file is a noun, and what it gives to others begins with its name.
#
# rtcp_packet.c may give rtcp_packet_… and, as long as no other file is called so, rtcp_…. Read from
# the object files of a build, given as $BUILD_DIR, since only the linker knows what is not static.
. "$(dirname "$0")/sources.sh"

# module:symbol of what cannot be otherwise; as short as it can be.
exceptions='main:main'

build=${BUILD_DIR:-build/dev}
[ -n "$(find "$build" -name '*.c.o' -print -quit 2>/dev/null)" ] || skip "$build has no objects"

symbols() {
    sources 'analyzer/*.c' 'probe/*.c' 'storage/*.c' 'rules/*.c' | while read -r path; do
        # …/analyzer/base/CMakeFiles/analyzer_base.dir/addr.c.o; the target's folder may stand higher
        find "$build" -name "$(basename "$path").o" -not -path '*/tests/*' -print0 |
            xargs -0 -r nm -g --defined-only 2>/dev/null |
            awk -v path="$path" 'NF == 3 && $3 !~ /^(_|\.)/ { print path, $3 }'
    done | sort -u
}

{
    sources '*.c' '*.h' '*.js' | grep -E '(^|[/_])(utils?|common|misc|helpers?|stuff)[._]' |
        sed 's/$/: says nothing about what is in it/'
    symbols | awk -v exceptions=" $exceptions " -v modules="$(
        sources '*.c' '*.h' | sed -E 's,.*/,,; s,\.[ch]$,,' | sort -u | tr '\n' ' ')" '
        BEGIN { count = split(modules, module, " ") }
        {
            name = $1; sub(/.*\//, "", name); sub(/\.c$/, "", name)
            if (index(exceptions, " " name ":" $2 " ") || index($2, name "_") == 1 || $2 == name)
                next
            word = name; sub(/_.*/, "", word)
            taken = ""
            for (i = 1; i <= count; i++)
                if (index($2, module[i] "_") == 1 && length(module[i]) > length(taken))
                    taken = module[i]
            if (index($2, word "_") != 1) print $1 ": gives " $2 ", which does not begin with " name
            else if (taken != "" && taken != name)
                print $1 ": gives " $2 ", which by its name belongs to " taken ".c"
        }'
} | report "names of files and symbols"
