#!/usr/bin/env bash
# privacy.sh EARSHOT TRAFFIC REWRAP - a store that masks numbers, names and secrets holds none of them, in
# rows and packets, whichever way the packets came; tshark has nothing to complain of; who has the key
# finds the calls.
set -u
export LC_ALL=C
earshot=$1 traffic=$2 rewrap=$3
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0

fail() {
    echo "FAILED: $*"
    failed=1
}

cat >"$work/masked.yaml" <<END
privacy:
  numbers: pseudonym
  names: redact
  key_file: $work/key
  blank: [digest, sdes, dtmf, message]
END
(umask 077 && echo 'a key of thirty-two bytes and more' >"$work/key")
"$traffic" -n 8 -r 8 -d 1 --auth 100 --dtmf 30 --dtmf-info 30 --srtp 30 --register 3 --seed 3 -o "$work/plain.pcap" \
    2>/dev/null || exit 1
"$rewrap" "$work/plain.pcap" "$work/tcp.pcap" tcp,segment=100-400,several=5000 2>/dev/null || exit 1
"$rewrap" "$work/plain.pcap" "$work/fragments.pcap" fragment=300 2>/dev/null || exit 1

# What must not be found: the numbers of the calls, by their last eight digits, answers to challenges, keys.
"$earshot" analyze --json "$work/plain.pcap" >"$work/clear.jsonl" 2>/dev/null || exit 1
grep -oE '"(from|to)_user":"\+?[0-9]{8,}"' "$work/clear.jsonl" | grep -oE '[0-9]{8}"' | tr -d '"' | sort -u >"$work/secrets"
grep -aoE '(response="|inline:)[0-9a-zA-Z+/]{16,}' "$work/plain.pcap" | sed -E 's/response="|inline://' | sort -u >>"$work/secrets"
[ "$(wc -l <"$work/secrets")" -ge 10 ] || { echo "FAILED: hardly anything to hide" && exit 1; }

for name in plain tcp fragments; do
    "$earshot" replay "$work/$name.pcap" --store "$work/$name" -c "$work/masked.yaml" --keep full -q ||
        fail "$name: replay"
    "$earshot" export --where 'call_id:*' --store "$work/$name" -o "$work/$name.out.pcap" >/dev/null 2>&1 ||
        fail "$name: export"
    found=$(grep -raoFf "$work/secrets" "$work/$name" "$work/$name.out.pcap" | wc -l)
    [ "$found" -eq 0 ] || fail "$name: $found numbers or secrets in the store"
    [ "$("$earshot" calls --store "$work/$name" --json | wc -l)" -eq 8 ] || fail "$name: not 8 calls"
done
grep -aqoFf "$work/secrets" "$work/plain.pcap" || fail "the capture itself holds none of them"

# As many packets as without masking; checksums that were right are right.
"$earshot" replay "$work/plain.pcap" --store "$work/clear" --keep full -q || fail "replay in clear"
"$earshot" export --where 'call_id:*' --store "$work/clear" -o "$work/clear.pcap" >/dev/null 2>&1
if command -v tshark >/dev/null; then
    for name in plain tcp fragments; do
        tshark -nr "$work/$name.out.pcap" -o udp.check_checksum:TRUE -o tcp.check_checksum:TRUE -o ip.check_checksum:TRUE \
            -Y '_ws.malformed || udp.checksum.status == 0 || tcp.checksum.status == 0 || ip.checksum.status == 0' \
            >"$work/odd" 2>/dev/null
        [ -s "$work/odd" ] && fail "$name: tshark complains of $(head -1 "$work/odd")"
    done
fi
cmp -s <(stat -c %s "$work/clear.pcap") <(stat -c %s "$work/plain.out.pcap") || fail "other packets than in clear"

# By the number as a person knows it.
number=$(grep -oE '"to_user":"\+[0-9]{8,}"' "$work/clear.jsonl" | head -1 | grep -oE '\+[0-9]+')
"$earshot" calls --store "$work/plain" --config "$work/masked.yaml" --json "to:$number" >"$work/found"
[ "$(wc -l <"$work/found")" -ge 1 ] || fail "the call to a number is not found with the key"
"$earshot" calls --store "$work/plain" --json "to:$number" | grep -q . && fail "… and without it it is"

# Keys that cannot be used.
chmod 644 "$work/key"
"$earshot" replay "$work/plain.pcap" --store "$work/no" -c "$work/masked.yaml" 2>"$work/err" && fail "a key for everybody"
grep -q 'chmod 600' "$work/err" || fail "nothing said of the key: $(cat "$work/err")"
(umask 077 && echo short >"$work/key.short")
sed "s/key$/key.short/" "$work/masked.yaml" >"$work/short.yaml"
"$earshot" replay "$work/plain.pcap" --store "$work/no" -c "$work/short.yaml" 2>"$work/err" && fail "a short key"
grep -q 'too short' "$work/err" || fail "nothing said of the short key: $(cat "$work/err")"
[ -e "$work/no" ] && fail "a store was made all the same"

[ $failed -eq 0 ] && echo "3 ways: nothing to be found of $(wc -l <"$work/secrets") numbers and secrets"
exit $failed
