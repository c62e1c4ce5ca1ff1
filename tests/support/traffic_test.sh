#!/bin/sh
# traffic_test.sh EARSHOT-TRAFFIC SAMPLES - what the generator promises of itself.
set -eu
traffic=$1
samples=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

fail() {
    echo "FAIL: $*" >&2
    failures=$((failures + 1))
}

# generate NAME OPTION...
generate() {
    name=$1
    shift
    "$traffic" "$@" -o "$work/$name.pcap" -t "$work/$name.jsonl" 2>"$work/$name.err" ||
        fail "$name: exit status $?: $(cat "$work/$name.err")"
}

# field FILE KEY: a number of the totals.
field() {
    tail -n 1 "$1" | sed -n "s/.*\"$2\":\([0-9.]*\).*/\1/p"
}

# sum FILE KEY: over all lines and streams but the totals.
sum() {
    sed '$d' "$1" | grep -o "\"$2\":[0-9]*" | awk -F: '{ n += $2 } END { print n + 0 }'
}

everything="-n 12 -r 2 -d 6 -c mix --loss 2 --gilbert 1,30 --jitter 8 --reorder 2 --duplicate 1
    --dtmf 40 --reinvite 40 --auth 30 --early-media 30 --sip-loss 10 --one-way 20 --dtx 20 --ipv6 30
    --fail 404:8,486:8,487:8,503:8,408:8,0:4 --spike 503:2:10:3:1 --register 8 --options 8
    --background 20"

# What came with the quality of calls: other media, other keys, reports, changes in mid-call.
more="-n 10 -r 3 -d 8 -c mix --loss 2 --loss-after 2 --jitter 4 --duplicate 1 --fax 20 --video 20 --srtp 20
    --foreign 30 --codec-switch 30 --ssrc-change 20 --restart 20 --drift 100 --dtmf-info 30
    --dtmf-inband 30 --dtmf 30 --dtmf-types --event-loss 5 --xr --rtcp-reduced --rtcp-mux --voice speech
    --noise -50 --tone-callee 440:-10:1:2 --ipv6 30"

# The same seed gives the same bytes, another seed other bytes.
# shellcheck disable=SC2086
generate once --seed 7 $everything
# shellcheck disable=SC2086
generate twice --seed 7 $everything
# shellcheck disable=SC2086
generate other --seed 8 $everything
# shellcheck disable=SC2086
generate more --seed 7 $more
# shellcheck disable=SC2086
generate more_again --seed 7 $more
cmp "$work/more.pcap" "$work/more_again.pcap" || fail "one seed, two captures of more"
cmp "$work/once.pcap" "$work/twice.pcap" || fail "one seed, two captures"
cmp "$work/once.jsonl" "$work/twice.jsonl" || fail "one seed, two truths"
! cmp -s "$work/once.pcap" "$work/other.pcap" || fail "two seeds, one capture"

# The totals are the sum of the lines, and the size of the file is what they say.
for name in once other more; do
    truth=$work/$name.jsonl
    packets=$(field "$truth" packets)
    noise=0
    for kind in dns ntp tcp icmp arp; do
        noise=$((noise + $(field "$truth" ${kind}_packets)))
    done
    [ $(($(sum "$truth" frames) + noise)) -eq "$packets" ] || fail "$name: frames do not add up"
    [ "$(sum "$truth" packets)" -eq $(($(field "$truth" rtp_packets) + $(field "$truth" udptl_packets))) ] ||
        fail "$name: RTP and UDPTL"
    for key in lost duplicates out_of_order rtcp_packets; do
        [ "$(sum "$truth" $key)" -eq "$(field "$truth" $key)" ] || fail "$name: $key"
    done
    bytes=$((24 + 16 * packets + $(field "$truth" bytes)))
    [ "$bytes" -eq "$(wc -c <"$work/$name.pcap")" ] || fail "$name: size of the file"
done

# The bench's signalling load has five messages a call.
generate short -n 300 -r 100 --short-failed
[ "$(field "$work/short.jsonl" packets)" -eq 1500 ] || fail "short-failed: not 5 messages a call"
[ "$(grep -c '"final_status":486' "$work/short.jsonl")" -eq 300 ] || fail "short-failed: not 486"

# refused STATUS WORD OPTION...: it leaves with that status and names what is wrong.
refused() {
    want=$1
    word=$2
    shift 2
    status=0
    "$traffic" "$@" 2>"$work/err" || status=$?
    [ "$status" -eq "$want" ] || fail "$*: exit status $status, not $want"
    grep -q -e "$word" "$work/err" || fail "$*: the message has no $word: $(cat "$work/err")"
}

refused 2 '--calls' --calls x -o "$work/x.pcap"
refused 2 'nosuch' --nosuch -o "$work/x.pcap"
refused 2 '--vlan' --vlan 5 --link raw -o "$work/x.pcap"
refused 73 'no/such/folder' -o "$work/no/such/folder.pcap"
if [ -w /dev/full ]; then
    refused 74 '/dev/full' -o /dev/full
    refused 74 '/dev/full' -o "$work/x.pcap" -t /dev/full
fi

# samples/ is what samples/make.sh makes.
build=$work/build
mkdir -p "$build/tests/support" "$work/samples"
ln -s "$traffic" "$build/tests/support/earshot-traffic"
"$samples/make.sh" "$build" "$work/samples" 2>"$work/err" || fail "make.sh: $(cat "$work/err")"
made=0
for file in "$work"/samples/*; do
    cmp "$file" "$samples/${file##*/}" || fail "samples/${file##*/} is not what make.sh makes"
    made=$((made + 1))
done
[ "$made" -ge 30 ] || fail "make.sh made $made files"

[ "$failures" -eq 0 ] || exit 1
echo "traffic: all good, $made sample files as committed"
