#!/usr/bin/env bash
# quality_cost.sh - how much of `earshot analyze` is spent on how calls sound, in instructions.
#
# callgrind counts instructions, so a busy machine gives the same figures as a quiet one: they are
# exact for one binary, and within a percent between compilers. Code that was inlined counts for the
# file that it was written in.
set -eu
export LC_ALL=C TZ=UTC
here=$(cd "$(dirname "$0")" && pwd)
tree=$(cd "$here/../.." && pwd)

usage() {
    cat <<END_USAGE
usage: tests/bench/quality_cost.sh [--build DIR] [--capture FILE] [--all]

Wants valgrind and a release build with debug info (default build/bench), made by
  cmake --preset release -B build/bench -DCMAKE_C_FLAGS=-g && cmake --build build/bench --target earshot earshot-traffic

  --capture FILE  that one, not 60 G.711 calls of 20 s
  --all           every file that costs something, not those of quality alone
END_USAGE
}

build=$tree/build/bench capture='' all=''
while [ $# -gt 0 ]; do
    case $1 in
    --build) build=${2:?--build wants a folder} && shift ;;
    --capture) capture=${2:?--capture wants a file} && shift ;;
    --all) all=yes ;;
    -h | --help) usage && exit 0 ;;
    *) echo "quality_cost.sh: unknown option '$1'; --help lists them" >&2 && exit 2 ;;
    esac
    shift
done
for program in "$build/probe/earshot" "$build/tests/support/earshot-traffic"; do
    [ -x "$program" ] || { echo "quality_cost.sh: no $program; --help says how to make it" >&2 && exit 2; }
done
command -v valgrind >/dev/null || { echo 'quality_cost.sh: valgrind is not installed' >&2 && exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -z "$capture" ]; then
    capture=$work/calls.pcap
    "$build/tests/support/earshot-traffic" --concurrent -n 60 --ramp 1 -d 20 --ring 0.5 -c pcma \
        -o "$capture" 2>"$work/traffic"
fi
valgrind --tool=callgrind --callgrind-out-file="$work/profile" \
    "$build/probe/earshot" analyze --json "$capture" >"$work/records" 2>"$work/valgrind" ||
    { cat "$work/valgrind" >&2 && exit 1; }

# RTP packets: of streams, the records say.
packets=$(grep -o '"rtp":[0-9]*' "$work/records" | tail -n 1 | cut -d : -f 2)

# Lines "INSTRUCTIONS FILE". A profile names a file once, and by its number after that; the line after
# "calls=" is what the called function took, which is counted where it was spent.
awk '
    /^c?f[lie]=/ {
        called = /^c/
        sub(/^c?f.=/, "")
        id = $0
        sub(/ .*/, "", id)
        if ($0 ~ / /) {
            name[id] = $0
            sub(/^[^ ]* /, "", name[id])
        }
        if (!called)
            file = name[id]
        next
    }
    /^calls=/ { skip = 1; next }
    /^[0-9+*-]/ {
        if (!skip)
            cost[file] += $2
        skip = 0
    }
    END { for (f in cost) printf "%d %s\n", cost[f], f }
' "$work/profile" | sed -E 's, /.*/(analyzer|probe|storage|rules)/, \1/,' | sort -rn >"$work/files"

# Sequence, jitter, playout, seconds, levels, drift, the E-model and the stream that joins them. Not:
# reading the RTP header, finding the stream, RTCP, keypresses.
awk -v packets="$packets" -v all="$all" '
    { total += $1 }
    $2 ~ "^analyzer/quality/" || $2 ~ "^analyzer/rtp/(rtp_stream|payload)[.]" ||
    $2 ~ "^analyzer/base/(quantile|serial)[.]" || $2 ~ "^analyzer/interval[.]" ||
    $2 ~ "^analyzer/call/(media_stream|media_codec|media_report|stream_events)[.]" || $2 ~ "/[ew]_(pow|exp|log)[^/]*[.]c$" {
        quality += $1
        printf "%-40s %12d %8.1f\n", $2, $1, $1 / packets
        next
    }
    all && $1 / packets >= 1 { printf "  %-38s %12d %8.1f\n", $2, $1, $1 / packets }
    END {
        printf "%-40s %12d %8.1f\n", "earshot analyze, whole", total, total / packets
        printf "%-40s %12d %8.1f\n", "quality", quality, quality / packets
        printf "%d packets of RTP; quality is %.1f %% of all\n", packets, 100 * quality / total
    }
' "$work/files"
