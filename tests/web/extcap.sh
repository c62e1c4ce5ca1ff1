#!/usr/bin/env bash
# extcap.sh EARSHOT EXTCAP SAMPLES - what Wireshark asks of probe/extcap/earshot, asked of a real server.
set -u
export LC_ALL=C
earshot=$1 extcap=$2 samples=$3
command -v curl >/dev/null || { echo "skipped: curl is not installed" && exit 77; }
work=$(mktemp -d) || exit 1
server=
trap '[ -z "$server" ] || { kill "$server" && wait "$server"; }; rm -rf "$work"' EXIT
failed=0
fail() {
    echo "FAILED: $*"
    failed=1
}

"$earshot" replay --quiet "$samples/sbc-legs.pcap" --store "$work/store" --keep full || exit 1
echo 'correct horse battery staple' |
    "$earshot" user add ann --role engineer --password-stdin --store "$work/store" >/dev/null || exit 1
"$earshot" token add wireshark --user ann --scopes see,numbers,packets --store "$work/store" >"$work/token" || exit 1

"$earshot" serve --store "$work/store" --listen 127.0.0.1:0 >"$work/said" 2>&1 &
server=$!
for ((i = 0; i < 200; i++)); do
    url=$(grep -oE 'http://127[^ ]*' "$work/said" | head -n 1) && [ -n "$url" ] && break
    sleep 0.05
done
[ -n "${url:-}" ] || { cat "$work/said" && exit 1; }

"$extcap" --extcap-interfaces | grep -q '^interface {value=earshot}' || fail "its interface"
"$extcap" --extcap-dlts --extcap-interface earshot | grep -q '^dlt {number=1}' || fail "its link type"
"$extcap" --extcap-config --extcap-interface earshot | grep -c '^arg ' | grep -qx 5 || fail "its options"

# capture OPTION...: as Wireshark runs it, with a pipe.
capture() {
    "$extcap" --capture --extcap-interface earshot --fifo "$work/got" --url "$url" "$@" 2>"$work/why"
}
call_id=$("$earshot" calls --store "$work/store" --json --limit 1 | grep -oE '"call_id":"[^"]*"' | cut -d '"' -f 4)
mkfifo "$work/got" || exit 1
timeout 30 cat "$work/got" >"$work/legs" &
reader=$!
capture --call "$call_id" --token-file "$work/token" || fail "a call by its Call-ID: $(cat "$work/why")"
wait "$reader"
rm "$work/got"
capture --call "$call_id" --token-file "$work/token" --one-leg || fail "one leg: $(cat "$work/why")"
head -c 4 "$work/legs" | od -An -tx1 | grep -q '0a 0d 0d 0a' || fail "what came is no pcapng"
[ "$(wc -c <"$work/legs")" -gt "$(wc -c <"$work/got")" ] || fail "all legs are no more than one of them"

for case in "--call nobody@nowhere --token-file $work/token:no call has the Call-ID" "--call $call_id:401" \
    "--token-file $work/token:which call"; do
    # shellcheck disable=SC2086 # words on purpose
    capture ${case%%:*} && fail "taken: ${case%%:*}"
    grep -q "${case#*:}" "$work/why" || fail "${case%%:*} said: $(cat "$work/why")"
done
exit $failed
