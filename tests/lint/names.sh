#!/usr/bin/env bash
# names.sh - a file is a noun, and what it gives to others begins with its name.
#
# rtcp_packet.c may give rtcp_packet_…, and rtcp_… as long as rtcp_packet.h declares it. What a header
# of the same folder declares may be spread over several files: then its name leads. Read from the
# object files of a build, given as $BUILD_DIR: only the linker knows what is not static.
. "$(dirname "$0")/sources.sh"

# module:beginning of what is better named otherwise: after the type that it belongs to.
exceptions='main:main counters:packet_bin_ counters:refusal_ burst:loss_runs_ burst:loss_lengths_'

build=${BUILD_DIR:-build/dev}
[ -n "$(find "$build" -name '*.c.o' -print -quit 2>/dev/null)" ] || skip "$build has no objects"

# "path symbol" for every symbol that is not static. An object file's path tells its source's:
# BUILD/analyzer/base/CMakeFiles/analyzer_base.dir/addr.c.o is analyzer/base/addr.c.
symbols() {
    find "$build" -name '*.c.o' -not -path "$build/tests/*" -print0 |
        xargs -0 nm -A -g --defined-only 2>/dev/null |
        sed -nE "s,^$build/(.*)/CMakeFiles/[^/]*\.dir/([^:]*)\.o:[^ ]* [A-Z] ([a-z].*),\1/\2 \3,p" |
        sort -u | while read -r path symbol; do
        [ -f "$path" ] && echo "$path $symbol"
    done
}

{
    sources '*.c' '*.h' '*.js' | grep -E '(^|[/_])(utils?|common|misc|helpers?|stuff)[._]' |
        sed 's/$/: says nothing about what is in it/'
    symbols | while read -r path symbol; do
        folder=${path%/*} name=${path##*/} leader=
        name=${name%.c}
        [[ $symbol == "$name" || $symbol == "$name"_* ]] && continue
        [[ $symbol == "${name%%_*}"_* ]] && grep -qs "\b$symbol\b" "$folder/$name.h" && continue
        for header in "$folder"/*.h; do
            header=${header##*/} header=${header%.h}
            [[ $symbol == "$header"_* && ${#header} -gt ${#leader} ]] && leader=$header
        done
        if [ -n "$leader" ]; then
            grep -q "\b$symbol\b" "$folder/$leader.h" ||
                echo "$path: gives $symbol, which by its name belongs to $leader.h"
        else
            for exception in $exceptions; do
                [[ $name:$symbol == "$exception"* ]] && continue 2
            done
            echo "$path: gives $symbol, which does not begin with $name"
        fi
    done
} | report "names of files and symbols"
