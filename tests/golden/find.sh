#!/usr/bin/env bash
# find.sh EARSHOT TRAFFIC - 'earshot calls' finds what its own records say, in the order that is asked
# for, and options that are short for words of a filter find the same as those words.
set -u
export LC_ALL=C
earshot=$1 traffic=$2
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0

"$traffic" -n 60 -r 20 -d 2 --loss 3 --ipv6 30 --fail 486:20,503:20 --seed 7 -o "$work/calls.pcap" 2>/dev/null &&
    "$earshot" replay "$work/calls.pcap" --store "$work/store" >/dev/null 2>&1 || exit 1

# ids NAME WORD...: what is found, in order.
ids() {
    local name=$1
    shift
    "$earshot" calls -s "$work/store" --json "$@" >"$work/json" 2>"$work/err" || { cat "$work/err" && failed=1; }
    sed -E 's/^\{"type":"call","id":"([0-9a-f]{16})".*/\1/' "$work/json" >"$work/$name"
}

# same WHAT A B: files of ids, some in them.
same() {
    [ -s "$work/$2" ] && cmp "$work/$2" "$work/$3" && return
    echo "FAILED: $1" && failed=1
}

ids all
[ "$(wc -l <"$work/all")" -eq 60 ] || { echo "FAILED: not 60 calls" && failed=1; }
sort -r "$work/all" >"$work/newest" && same 'newest first' all newest
"$earshot" calls -s "$work/store" --json >"$work/records"

# found FILTER PATTERN: as the records say.
found() {
    ids found -- "$1"
    grep -E "$2" "$work/records" | sed -E 's/^\{"type":"call","id":"([0-9a-f]{16})".*/\1/' >"$work/wanted"
    same "$1" found wanted
}
found 'status:486' '"final_status":486,'
found 'status:4xx,503' '"final_status":(4..|503),'
found 'outcome:success -transport:tcp' '"transport":"(udp|tls|ws)".*"outcome":"success"'
found 'state:failed (from:*1 or from:*2)' '"state":"failed","from_user":"[^"]*[12]"'
found 'ip:2001:db8::/32' '"src":"\[2001:db8:[^"]*"|"dst":"\[2001:db8:'
found '-has:mos' '"mos_lq":null,"mos_cq"'

while read -r word options; do
    # shellcheck disable=SC2086 # several words
    ids short $options
    ids long "$word"
    same "$options" short long
done <<'END'
status:5xx --status 5xx
number:*77* --number 77
mos<=4.3 --mos-max 4.3
state:completed --state completed
END

# The order of a field: unknown values last, and no call twice or missing.
for order in '' --descending; do
    ids sorted --sort mos $order
    sort "$work/sorted" >"$work/a" && sort "$work/all" >"$work/b" && same "all, sorted $order" a b
    grep -oE '"mos_lq":[^,]*,"mos_cq"' "$work/json" | cut -d: -f2 | cut -d, -f1 >"$work/mos"
    grep -v null "$work/mos" | sort -n ${order:+-r} >"$work/mos.sorted" && grep null "$work/mos" >>"$work/mos.sorted"
    same "sorted by MOS $order" mos mos.sorted
done
ids three --sort -duration --limit 3
[ "$(wc -l <"$work/three")" -eq 3 ] || { echo "FAILED: --limit 3" && failed=1; }
call_id=$(grep -oE '"call_id":"[^"]*"' "$work/records" | head -1 | cut -d'"' -f4)
ids one "call_id:$call_id" since:1h
[ "$(wc -l <"$work/one")" -eq 1 ] || { echo "FAILED: a Call-ID, whatever the time" && failed=1; }
[ $failed -eq 0 ] && echo "found, sorted, cut: as the records say"
exit $failed
