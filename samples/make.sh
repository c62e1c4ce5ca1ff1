#!/bin/sh
# make.sh BUILD [DIRECTORY] - makes the sample captures anew, byte for byte the same ones.
#
# BUILD is a build directory (build/release); DIRECTORY is where they go, this one by default.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
if [ $# -lt 1 ] || [ ! -x "$1/tests/support/earshot-traffic" ]; then
    echo "usage: make.sh BUILD [DIRECTORY]: no tests/support/earshot-traffic in '${1:-}'" >&2
    exit 2
fi
traffic=$(cd "$1" && pwd)/tests/support/earshot-traffic
cd "${2:-$here}"

# sample FILE OPTION...: the capture, and the truth beside it.
sample() {
    file=$1
    shift
    "$traffic" "$@" --output "$file" --truth "${file%.*}.truth.jsonl"
}

sample good-call.pcap --start 1772442000 --seed 11 --duration 10 --inbound 0 --jitter 0.4
sample loss-burst.pcap --start 1772442600 --seed 12 --duration 8 --gilbert 1,20 --jitter 2 --audio tone
sample jitter-reorder.pcap --start 1772443200 --seed 13 --duration 15 --codec g729 --jitter 10 --reorder 3 --duplicate 1
sample one-way.pcap --start 1772443800 --seed 14 --duration 9 --one-way 100 --jitter 1 --audio tone
sample failures.pcap --start 1772444400 --seed 15 --calls 30 --rate 0.5 --duration 3 --no-media --auth 20 --fail 404:15,486:15,487:15,408:10,503:10
sample spike-503.pcap --start 1772445000 --seed 16 --calls 30 --rate 0.1 --duration 5 --no-media --inbound 0 --spike 503:60:40:30:0
sample registrations.pcap --start 1772446200 --seed 17 --calls 0 --length 120 --register 40 --options 20 --auth 70 --sip-loss 5 --vlan 100 --background 1
sample dtmf.pcapng --start 1772446800 --seed 18 --duration 7 --dtmf 100 --ipv6 100 --codec g729 --nanoseconds --format pcapng
sample re-invite.pcap --start 1772447400 --seed 25 --calls 3 --rate 0.1 --duration 6 --reinvite 100 --codec g729 --jitter 1 --inbound 0
sample tone.pcap --start 1772448000 --seed 31 --duration 4 --inbound 0 --tone 1004:-10:1:1.5 --tone-callee 440:-20:2:1
sample silent-side.pcap --start 1772448600 --seed 32 --duration 10.5 --ptime 60 --inbound 0 --jitter 1 --voice-callee silence
sample dtmf-inband.pcap --start 1772449200 --seed 33 --duration 5 --inbound 0 --codec pcmu --dtmf-inband 100 --digits 47*1# --noise -40 --voice-callee silence
sample codec-change.pcap --start 1772449800 --seed 34 --duration 6 --inbound 0 --codec g729 --codec-switch 100 --jitter 1
sample fax.pcap --start 1772450400 --seed 35 --duration 9 --inbound 0 --fax 100 --loss 2
sample both-ends.pcap --start 1772451000 --seed 36 --duration 16 --inbound 0 --codec g729 --loss 1 --loss-after 4 --xr --vq-publish 100 --jitter 3 --foreign 100
sample nat-one-way.pcap --start 1772451600 --seed 41 --scenes nat_unreachable --calls 1
sample transfer.pcap --start 1772452200 --seed 42 --scenes transfer_attended --calls 3
sample sbc-legs.pcap --start 1772452800 --seed 43 --scenes legs_impaired --calls 2
