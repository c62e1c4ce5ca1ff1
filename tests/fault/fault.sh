# fault.sh - what the scripts of this folder share: a folder to work in, and how they fail.
#
# CMakeLists.txt gives the programs as $EARSHOT, $TRAFFIC, $STORE_CHECK, $VETH_SEND
# and $REWRAP.
#
# shellcheck shell=bash
set -u
export LC_ALL=C TZ=UTC

skip() {
    echo "skipped: $1"
    exit 77
}

# enter NAMESPACE SCRIPT [ARGUMENT]...: runs the script again in a namespace of its own (net, mount),
# as root of the machine or as one who is root in there alone.
enter() {
    local how
    [ -n "${FAULT_ENTERED:-}" ] && return 0
    for how in "" --map-root-user; do
        # shellcheck disable=SC2086 # nothing, or one word
        unshare $how "--$1" true 2>/dev/null || continue
        export FAULT_ENTERED=yes
        rmdir "$work" # the script makes another
        # shellcheck disable=SC2086
        exec unshare $how "--$1" "${@:2}"
    done
    skip "no $1 namespace can be made here: needs root, or unprivileged user namespaces"
}

# wires: wire0 and wire1, the two ends of a cable. Nobody but the tests says a word on it.
wires() {
    command -v ip >/dev/null || skip "ip is not installed"
    ip link set lo up && add_cable wire0 wire1 || skip "this kernel has no veth"
}

# more_wires FIRST...: a cable from wireFIRST to the next number, each.
more_wires() {
    local n
    for n in "$@"; do add_cable "wire$n" "wire$((n + 1))" || exit 1; done
}

add_cable() {
    local wire
    ip link add "$1" type veth peer name "$2" 2>/dev/null || return 1
    for wire in "$1" "$2"; do
        echo 1 >"/proc/sys/net/ipv6/conf/$wire/disable_ipv6"
        ip link set "$wire" arp off up || exit 1
    done
}

failed=0
fail() {
    echo "FAILED: $*"
    failed=1
}

# finish [WHAT]: the last line of a script.
finish() {
    [ "$failed" -eq 0 ] && echo "${1:-all} as it should be"
    exit "$failed"
}

# expect STATUS COMMAND...: its outputs stay in $work/out and $work/err.
expect() {
    local want=$1 got
    shift
    "$@" >"$work/out" 2>"$work/err"
    got=$?
    [ "$got" -eq "$want" ] && return 0
    fail "exit status $got, not $want: $*"
    head -c 2000 "$work/err"
    return 1
}

# says FILE TEXT...: each of them, word for word.
says() {
    local file=$1 text
    shift
    for text in "$@"; do
        grep -qF -e "$text" "$file" || { fail "no '$text' in:" && head -c 2000 "$file"; }
    done
}

# ledger NAME [FILE]: a number of the ledger at the end of analyze --json.
ledger() {
    grep '^{"type":"capture"' "${2:-$work/out}" | grep -o "\"$1\":[0-9]*" | head -n 1 | cut -d : -f 2
}

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
    local end=$((SECONDS + $1 + 1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.05
    done
}

# start_probe NAME ARGUMENT...: earshot run that keeps everything, its words
# in $work/NAME.out; its process is $probe.
start_probe() {
    local name=$1
    shift
    "$EARSHOT" run --keep full "$@" >"$work/$name.out" 2>"$work/$name.err" &
    probe=$!
    started+=("$probe")
    wait_for 20 listens "$work/$name.out" && return 0
    fail "earshot run $*: does not listen" && cat "$work/$name.err"
    return 1
}

listens() {
    grep -q '^listening on' "$1" 2>/dev/null
}

is_gone() {
    ! kill -0 "$1" 2>/dev/null
}

# web_of PROBE: its web process. It may still be on its way when the probe listens already.
web_of() {
    local child tries
    for ((tries = 0; tries < 40; tries++)); do
        child=$(cat "/proc/$1/task/$1/children" 2>/dev/null | tr -d ' ')
        [ -n "$child" ] && break
        sleep 0.05
    done
    echo "$child"
}

# send FILE [OPTION]...: a capture onto the wire; prints how many packets that were.
send() {
    local file=$1
    shift
    "$VETH_SEND" "$@" wire0 "$file" >"$work/sent" || fail "veth_send $file"
    awk '{ print $2 }' "$work/sent"
}

# stop_probe SIGNAL: sets $left, the status with which it left, and $took, the milliseconds.
stop_probe() {
    local begun=${EPOCHREALTIME/./}
    kill -s "$1" "$probe"
    wait "$probe"
    left=$?
    took=$(((${EPOCHREALTIME/./} - begun) / 1000))
}

# truth_frames TRUTH: "CALL-ID FRAMES" of each call.
truth_frames() {
    sed -nE 's/^\{"type":"call","call_id":"([^"]*)".*"frames":([0-9]+).*/\1 \2/p' "$1" | sort
}

# stored_calls STORE: "ID CALL-ID" of each that it lists.
stored_calls() {
    "$EARSHOT" calls --store "$1" --json 2>"$work/calls.err" |
        sed -nE 's/.*"id":"([0-9a-f]{16})".*"call_id":"([^"]*)".*/\1 \2/p'
}

# export_all STORE DIR: each call into a file of its own; prints "CALL-ID FRAMES ID". A call of which
# no packet came as far as the disk has none to export; every other failure is one.
export_all() {
    local id call
    mkdir -p "$2"
    while read -r id call; do
        if "$EARSHOT" export "$id" --store "$1" -o "$2/$id.pcap" >"$work/exported" 2>"$work/err"; then
            echo "$call $(grep -oE '^[0-9]+' "$work/exported") $id"
        elif ! grep -q "none of this call's packets are stored" "$work/err"; then
            echo "FAILED: export of $call: $(cat "$work/err")" >&2
        fi
    done < <(stored_calls "$1")
}

work=$(mktemp -d) || exit 1
started=()
leave() {
    local pid
    for pid in "${started[@]}"; do kill -KILL "$pid" 2>/dev/null; done
    wait 2>/dev/null
    mountpoint -q "$work/small" && umount "$work/small"
    rm -rf "$work"
}
trap leave EXIT
