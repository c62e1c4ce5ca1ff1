#!/usr/bin/env bash
# privileges.sh - who may not capture is told the one line that helps; who may gives every right away
# once the interfaces are open: in the probe and in the web process.
. "$(dirname "$0")/fault.sh"
enter net "$0" "$@"
wires

# Root without the right to capture is anybody.
without=(setpriv "--bounding-set=-net_raw,-net_admin")
expect 77 "${without[@]}" "$EARSHOT" run -i wire1 --store "$work/none" --no-web
says "$work/err" 'wire1: may not capture'
grep -qx "sudo setcap cap_net_raw,cap_net_admin=eip $(readlink -f "$EARSHOT")" "$work/err" ||
    fail "not the line that helps: $(cat "$work/err")"
[ ! -e "$work/none" ] || fail "it made a store before it was refused"

expect 69 "$EARSHOT" run -i wire7 --store "$work/none" --no-web
says "$work/err" 'wire7: no such interface' wire0 wire1

# has_none PID WHO: no capability in any of its sets, and no way to new ones.
has_none() {
    local set
    for set in CapInh CapPrm CapEff CapAmb; do
        grep -qE "^$set:[[:space:]]0+$" "/proc/$1/status" ||
            fail "$2: $(grep "^$set" "/proc/$1/status")"
    done
    grep -qE '^NoNewPrivs:[[:space:]]1$' "/proc/$1/status" || fail "$2: may gain new rights"
}

start_probe run -i wire1 --store "$work/store" --listen 127.0.0.1:0 || exit 1
wait_for 10 grep -q '^dashboard' "$work/run.out"
web=$(web_of "$probe")
has_none "$probe" "the probe"
has_none "$web" "the web process"

# captures PID: has it a socket that sees packets?
captures() {
    local fd inode
    for fd in "/proc/$1/fd/"*; do
        inode=$(readlink "$fd" | sed -nE 's/^socket:\[([0-9]+)\]$/\1/p')
        [ -n "$inode" ] && grep -qE "[[:space:]]${inode}[[:space:]]*\$" /proc/net/packet && return 0
    done
    return 1
}
captures "$probe" || fail "the probe has no socket that captures"
captures "$web" && fail "the web process holds the socket that captures"
stop_probe TERM
[ "$left" -eq 0 ] || fail "exit status $left"

# As root it becomes somebody else, if told so.
nobody=$(id -u nobody 2>/dev/null)
if [ -z "$nobody" ] || ! setpriv --reuid="$nobody" --clear-groups true 2>/dev/null; then
    echo "not tried: another user (nobody else in this namespace)"
else
    mkdir "$work/theirs" && chown nobody "$work/theirs" && chmod 711 "$work"
    start_probe other -i wire1 --user nobody --store "$work/theirs/store" --listen 127.0.0.1:0 || exit 1
    wait_for 10 grep -q '^dashboard' "$work/other.out"
    for pid in "$probe" "$(web_of "$probe")"; do
        has_none "$pid" "the user's process"
        grep -qE "^Uid:([[:space:]]$nobody){4}\$" "/proc/$pid/status" ||
            fail "$(grep ^Uid "/proc/$pid/status")"
        grep -qE "^Groups:[[:space:]]*(0 |.* 0 )" "/proc/$pid/status" && fail "still in root's groups"
    done
    stop_probe TERM
    [ "$left" -eq 0 ] || fail "exit status $left: $(cat "$work/other.err")"
    expect 77 "$EARSHOT" run -i wire1 --user no-such-user --store "$work/none" --no-web
    says "$work/err" no-such-user
fi

# And the line that was printed does help.
cp "$EARSHOT" "$work/earshot" && chmod 755 "$work/earshot"
if ! command -v setcap >/dev/null || ! setcap cap_net_raw,cap_net_admin=eip "$work/earshot" 2>/dev/null ||
    ! setpriv --reuid="${nobody:-none}" --clear-groups "$work/earshot" --version >/dev/null 2>&1; then
    echo "not tried: a program with file capabilities (they cannot be given here)"
else
    setpriv --reuid="$nobody" --regid="$(id -g nobody)" --clear-groups \
        "$work/earshot" run -i wire1 --store "$work/theirs/own" --no-web >"$work/own.out" 2>"$work/own.err" &
    probe=$!
    started+=("$probe")
    wait_for 20 listens "$work/own.out" || fail "setcap does not help: $(cat "$work/own.err")"
    has_none "$probe" "the program with file capabilities"
    stop_probe TERM
    [ "$left" -eq 0 ] || fail "exit status $left"
fi

finish "rights"
