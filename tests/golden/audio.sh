#!/usr/bin/env bash
# audio.sh EARSHOT TRAFFIC - a call that is listened to sounds as it did.
#
# The generator puts tones into G.711; in the file they are on their side, within 20 ms of their time
# and 0.1 dB of their level, through early media, holds, new sources, drifting clocks, jitter. Then
# what is refused, and with which status and words; the audit; the formats; the outline.
set -u
export LC_ALL=C TZ=UTC
earshot=$1 traffic=$2
cd "$(dirname "$0")/../.." || exit 1
command -v node >/dev/null || { echo "skipped: no node"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
printf 'audio:\n  listen: yes\n' >"$work/listen.yaml"

failed=0
fail() {
    echo "FAILED: $*"
    failed=1
}

tones=(--tone 1000:-10:2:3 --tone 300:-3:8:5 --tone-callee 440:-20:4:2 --tone-callee 2000:-30:10:6)

# make OPTION... : one call in a store of its own; its id in $id.
make() {
    rm -rf "$work/store"
    "$traffic" "$@" -o "$work/call.pcap" --truth "$work/truth.jsonl" 2>"$work/said" ||
        fail "traffic $*: $(cat "$work/said")"
    "$earshot" replay "$work/call.pcap" --store "$work/store" --keep full --quiet || fail "replay of: $*"
    id=$("$earshot" calls --store "$work/store" | grep -oE '^[0-9a-f]{16}' | head -n 1)
}

# export_call OPTION... : as a person does.
export_call() {
    "$earshot" export "$id" --store "$work/store" "$@"
}

# sounds "MS DB JITTER" OPTION... : the tones of such a call.
sounds() {
    local bounds=$1
    shift
    make -d 20 "${tones[@]}" "$@"
    export_call -c "$work/listen.yaml" -o "$work/call.wav" >/dev/null || fail "export of: $*"
    # shellcheck disable=SC2086 # several numbers
    node tests/golden/check_audio.mjs "$work/call.wav" "$work/truth.jsonl" $bounds >"$work/said" ||
        fail "$*: $(cat "$work/said")"
}

sounds "" -c pcma
sounds "" -c pcmu
sounds "" -c pcmu --ptime 60 --ipv6 100
sounds "" --early-media 100
sounds "" --reinvite 100 --seed 4
sounds "" --drift 200
sounds "" --ssrc-change 100
sounds "" --restart 100
sounds "" --foreign 100
sounds "" --vlan 7 --duplicate 2
sounds "20 0.1 100" --jitter 12 --reorder 2 --seed 3
# Concealment fades: 3 % of loss take a little of the level.
sounds "20 0.3" --loss 3 --seed 5

# refused STATUS WORDS OPTION... : of the call that was made last.
refused() {
    local status=$1 words=$2 got
    shift 2
    export_call -o "$work/refused.wav" "$@" >"$work/said" 2>&1
    got=$?
    [ $got -eq "$status" ] || fail "$words: exit status $got, not $status"
    grep -q "$words" "$work/said" || fail "it does not say '$words': $(cat "$work/said")"
    [ -e "$work/refused.wav" ] && fail "$words: something was written all the same"
}

make -d 8 "${tones[@]:0:2}" --voice-callee silence
refused 77 "listening is off"
printf 'audio:\n  listen: no\n' >"$work/off.yaml"
refused 77 "listening is off" -c "$work/off.yaml"
[ -e "$work/store/audit.jsonl" ] && fail "an audit line for a refusal"
refused 2 "conceal or silence" --gaps loud
refused 2 "one of pcap" --format mp3

# Each listening is a line; an outline, and what the web process audited itself, are none.
for format in wav flac ogg; do
    export_call -c "$work/listen.yaml" -o "$work/call.$format" >/dev/null || fail "export as $format"
done
export_call -c "$work/listen.yaml" --format wav -o - >"$work/piped.wav" || fail "WAV to a file"
export_call --audited --format wav -o - | cat >"$work/pipe.wav"
export_call --audited --format peaks --peaks 8 -o - >"$work/peaks.json" || fail "peaks"
cmp -s "$work/call.wav" "$work/piped.wav" || fail "the WAV on standard output is another one"
cmp -s "$work/call.wav" "$work/pipe.wav" || fail "the WAV through a pipe is another one"
[ "$(head -c 4 "$work/call.flac")" = fLaC ] || fail "call.flac is none"
[ "$(head -c 4 "$work/call.ogg")" = OggS ] || fail "call.ogg is none"
lines=$(grep -c "\"from\":\"cli\",\"deed\":\"listen\",\"object\":\"$id\",.*\"detail\":\"" \
    "$work/store/audit.jsonl")
[ "$lines" -eq 4 ] || fail "$lines audit lines, there were 4 listenings"
node -e '
    const p = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
    const loud = p.left.map(([low, high]) => low < -0.2 && low > -0.25 && high > 0.2 && high < 0.25);
    const want = "false,false,true,true,true,false,false,false"; // 2 to 5 s of 8
    if (p.buckets !== 8 || p.left.length !== 8 || p.right.length !== 8 || p.sample_rate_hz !== 8000 ||
        Math.abs(p.duration_s - 8) > 0.2 || String(loud) !== want || p.right.some(([l, h]) => l || h)) {
        console.log(JSON.stringify(p));
        process.exit(1);
    }' "$work/peaks.json" || fail "the outline"

# What cannot be audited is not given out.
rm -f "$work/store/audit.jsonl" && mkdir "$work/store/audit.jsonl"
refused 73 "cannot be audited\|not given out" -c "$work/listen.yaml"
rmdir "$work/store/audit.jsonl"

# Lost packets: silence where it is asked for, and less energy than with a guess.
make -d 10 --tone 500:-10:0:10 --gilbert 5,30 --seed 8
for gaps in conceal silence; do
    export_call --audited --gaps $gaps -o "$work/$gaps.wav" >/dev/null || fail "--gaps $gaps"
done
zeros() {
    od -An -v -tx4 -w4 "$1" | grep -c '0000$'
}
[ "$(zeros "$work/silence.wav")" -gt $(($(zeros "$work/conceal.wav") * 2)) ] ||
    fail "--gaps silence has $(zeros "$work/silence.wav") silent samples, conceal $(zeros "$work/conceal.wav")"

make -d 5 --srtp 100
refused 65 "encrypted" --audited
make -d 5 --no-media
refused 65 "no stream of sound" --audited
make -d 5 -c pcma
rm -f "$work"/store/*/media-*.seg
refused 66 "none of the call's media packets are stored" --audited
[ $failed -eq 0 ] && echo "tones within 20 ms and 0.1 dB; refusals, audit and formats as they should be"
exit $failed
