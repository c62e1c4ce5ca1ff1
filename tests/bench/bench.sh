#!/usr/bin/env bash
# bench.sh - what Earshot costs: the table of docs/BENCHMARKS.md, measured on this machine.
#
# Each row is a function row_NAME of rows.sh; it makes its input with earshot-traffic and reports
# with `row`. Nothing here is a test: a busy machine gives other figures, and ctest never runs it.
set -u
export LC_ALL=C TZ=UTC
here=$(cd "$(dirname "$0")" && pwd)
tree=$(cd "$here/../.." && pwd)
all_rows='media replay sip parser memory decap tcp fragments live flood search pack crowd store'

usage() {
    cat <<END
usage: tests/bench/bench.sh [OPTION]...

Prints a Markdown table of figures with the machine, the commit and the commands. Wants a quiet
machine, a release build and 5 GB in \$TMPDIR (default /tmp); the live rows want root, or
unprivileged user namespaces.

  --build DIR    where the binaries are (default build/bench); made by
                   cmake --preset release -B build/bench && cmake --build build/bench
  --row NAME     that row alone; may be repeated: $all_rows
  --rounds N     measurements of which the median counts (default 5)
  --quick        everything some 20 times smaller: shows that it works, the figures mean nothing
  --write FILE   puts the table between the marks in FILE (docs/BENCHMARKS.md); wants every row
  --keep         leaves the folder with captures and stores
  --help         this text
END
}

# refuse TEXT
refuse() {
    echo "bench.sh: $1" >&2
    exit 2
}

build=$tree/build/bench rounds=5 quick='' write='' keep='' wanted=''
while [ $# -gt 0 ]; do
    case $1 in
    --build | --row | --rounds | --write) [ $# -gt 1 ] || refuse "$1 wants a value" ;;
    esac
    case $1 in
    --build) build=$2 && shift ;;
    --row)
        [[ " $all_rows " == *" $2 "* ]] || refuse "no row '$2'; there are: $all_rows"
        wanted+=" $2" && shift
        ;;
    --rounds)
        [[ $2 =~ ^[1-9][0-9]*$ ]] || refuse "--rounds: '$2' is no number above 0"
        rounds=$2 && shift
        ;;
    --write) write=$2 && shift ;;
    --quick) quick=yes ;;
    --keep) keep=yes ;;
    -h | --help) usage && exit 0 ;;
    *) refuse "unknown option '$1'; --help lists them" ;;
    esac
    shift
done
[ -z "$write" ] || [ -z "$wanted$quick" ] || refuse "--write wants every row, and not --quick"
[ -z "$write" ] || grep -q '^<!-- bench: begin' "$write" || refuse "$write has no marks to write between"

build=$(cd "$build" 2>/dev/null && pwd) || refuse "no build there; --help says how to make one"
export EARSHOT=$build/probe/earshot
export TRAFFIC=$build/tests/support/earshot-traffic
export ROOFLINE=$build/tests/bench/bench_roofline
export CPU=$build/tests/bench/bench_cpu
export SIP_MSG=$build/tests/bench/bench_sip_msg
export BENCH_DECAP=$build/tests/bench/bench_decap
export BENCH_TCP=$build/tests/bench/bench_tcp
export BENCH_PACK=$build/tests/bench/bench_pack
export BENCH_PACKET_LOG=$build/tests/bench/bench_packet_log
export REWRAP=$build/tests/support/earshot-rewrap
export VETH_SEND=$build/tests/bench/veth_send
export BENCH_STORE=$build/tests/bench/bench_store
export STORE_CHECK=$build/tests/fault/store_check
for program in "$EARSHOT" "$TRAFFIC" "$ROOFLINE" "$CPU" "$SIP_MSG" "$VETH_SEND" "$STORE_CHECK" \
    "$BENCH_DECAP" "$BENCH_TCP" "$BENCH_PACK" "$BENCH_PACKET_LOG" "$BENCH_STORE" "$REWRAP"; do
    [ -x "$program" ] || refuse "$program is missing: cmake --build $build"
done
for tool in awk curl git; do
    command -v "$tool" >/dev/null || refuse "$tool is not installed"
done

work=$(mktemp -d "${TMPDIR:-/tmp}/earshot-bench.XXXXXX") || exit 1
serving=
leave() {
    [ -n "$serving" ] && kill "$serving" 2>/dev/null
    [ -n "$keep" ] && echo "bench.sh: left in $work" >&2 && return
    rm -rf "$work"
}
trap leave EXIT
trap 'exit 130' INT TERM

# shellcheck source=measure.sh
. "$here/measure.sh"
# shellcheck source=rows.sh
. "$here/rows.sh"

free_kib=$(df -Pk "$work" | awk 'NR == 2 { print $4 }')
[ -n "$quick" ] || [ "$free_kib" -gt 5000000 ] ||
    refuse "$work has $((free_kib / 1024)) MB free; 5 GB are wanted (TMPDIR=...)"

{
    [ -n "$quick" ] && printf '**--quick: everything is some 20 times smaller. These figures mean nothing.**\n\n'
    machine
    printf '\n| | what | goal | measured |\n|---|---|---|---|\n'
} >"$work/table"
for name in ${wanted:-$all_rows}; do
    say "$name"
    "row_$name"
done
{
    printf '\nThe commands:\n\n```sh\n'
    cat "$work/commands"
    printf '```\n'
} >>"$work/table"

if [ -n "$write" ]; then
    # What stands between the marks is replaced, the marks stay.
    awk -v table="$work/table" '
        /^<!-- bench: begin/ { print; print ""; while ((getline line < table) > 0) print line; skip = 1 }
        /^<!-- bench: end/ { skip = 0; print "" }
        !skip' "$write" >"$work/written" && cat "$work/written" >"$write"
    echo "bench.sh: $write is written" >&2
else
    cat "$work/table"
fi
