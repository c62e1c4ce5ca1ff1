# measure.sh - the tools of bench.sh: what a process costs, medians, a line of the table.
#
# Sourced by bench.sh, which sets $work, $rounds, $build and $quick.
#
# shellcheck shell=bash
# shellcheck disable=SC2154 # bench.sh sets them

say() {
    printf 'bench.sh: %s (at %d:%02d)\n' "$1" $((SECONDS / 60)) $((SECONDS % 60)) >&2
}

# machine: where this is measured.
machine() {
    local commit
    commit=$(cd "$tree" && git describe --always --dirty 2>/dev/null)
    printf '* Machine: %s, %s cores, %s GiB\n' \
        "$(sed -nE 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)" "$(nproc)" \
        "$(awk '/^MemTotal/ { printf "%.0f", $2 / 1048576 }' /proc/meminfo)"
    printf '* System: %s, Linux %s; load when it began %s\n' \
        "$(sed -nE 's/^PRETTY_NAME="(.*)"/\1/p' /etc/os-release)" "$(uname -r)" \
        "$(cut -d ' ' -f 1 /proc/loadavg)"
    printf '* Build: %s, %s; commit %s, %s\n' \
        "$(sed -nE 's/^CMAKE_BUILD_TYPE:[A-Z]*=//p' "$build/CMakeCache.txt")" \
        "$("$(sed -nE 's/^CMAKE_C_COMPILER:[A-Z]*=//p' "$build/CMakeCache.txt")" --version | head -n 1)" \
        "${commit:-unknown}" "$(date -u +%F)"
}

# row NAME WHAT GOAL MEASURED: a line of the table.
row() {
    printf '| %s | %s | %s | %s |\n' "$@" >>"$work/table"
    say "$1: $4"
}

# command_line TEXT: as a person would type it; shown below the table, each once.
command_line() {
    touch "$work/commands"
    grep -qxF -- "$1" "$work/commands" || echo "$1" >>"$work/commands"
}

# traffic FILE OPTION...: a capture.
traffic() {
    local file=$1
    shift
    command_line "earshot-traffic $* -o ${file##*/}"
    "$TRAFFIC" "$@" -o "$file" 2>"$work/traffic.err" || { cat "$work/traffic.err" >&2 && exit 1; }
    cat "$file" >/dev/null
}

# rewrap FILE OUT STEP...: a capture wrapped anew.
rewrap() {
    command_line "earshot-rewrap ${1##*/} ${2##*/} ${*:3}"
    "$REWRAP" "$@" 2>"$work/rewrap.err" || { cat "$work/rewrap.err" >&2 && exit 1; }
    cat "$2" >/dev/null
}

# cost NAME COMMAND...: runs it once; "CPU_US RSS_KIB WALL_US" goes to the end of $work/NAME.cost.
cost() {
    local name=$1
    shift
    "$CPU" "$work/once" "$@" >"$work/$name.out" 2>"$work/$name.err" ||
        { echo "bench.sh: $* failed: $(tail -n 3 "$work/$name.err")" >&2 && exit 1; }
    cat "$work/once" >>"$work/$name.cost"
}

# median COLUMN FILE; largest COLUMN FILE.
median() {
    awk -v c="$1" '{ print $c }' "$2" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}
largest() {
    awk -v c="$1" '$c > max { max = $c } END { print max }' "$2"
}
# percentile P FILE: nearest rank.
percentile() {
    sort -n "$2" | awk -v p="$1" '{ v[NR] = $1 }
        END { i = int(NR * p / 100); if (i < NR * p / 100) i++; print v[i] }'
}

# calc FORMAT EXPRESSION: arithmetic with fractions.
calc() {
    awk "BEGIN { printf \"$1\", $2 }"
}

# against_roofline NAME FILE COMMAND...: both $rounds times in turn, over the same file. What must
# be done before each round is the function before_NAME, if there is one.
against_roofline() {
    local name=$1 file=$2 i
    shift 2
    rm -f "$work/$name.cost" "$work/$name.roof.cost"
    cat "$file" >/dev/null
    for ((i = 0; i < rounds; i++)); do
        cost "$name.roof" "$ROOFLINE" "$file"
        if declare -F "before_$name" >/dev/null; then "before_$name"; fi
        cost "$name" "$@"
    done
    packets=$(cat "$work/$name.roof.out")
    roof_us=$(median 1 "$work/$name.roof.cost")
    cpu_us=$(median 1 "$work/$name.cost")
    rss_kib=$(largest 2 "$work/$name.cost")
    ratio=$(calc %.2f "$cpu_us / $roof_us")
}

# priced: "2.31 × (1.09 s against 0.47 s of CPU, 181 ns a packet); RSS 33 MB"
priced() {
    calc '%s × (%.2f s of CPU against %.2f s, %.0f ns a packet); RSS %.0f MB' \
        "\"$ratio\", $cpu_us / 1e6, $roof_us / 1e6, $cpu_us * 1000 / $packets, $rss_kib / 1024"
}
