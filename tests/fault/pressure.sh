#!/usr/bin/env bash
# pressure.sh - a disk that fills up under a running probe: it steps down, says so, goes on with what
# can be written, and writes again by itself when there is room.
. "$(dirname "$0")/fault.sh"
enter net "$0" "$@"
if [ -z "${PRESSURE_MOUNT:-}" ]; then
    rmdir "$work"
    PRESSURE_MOUNT=yes exec unshare --mount "$0"
fi
wires
mkdir "$work/small" && mount -t tmpfs -o size=64m tmpfs "$work/small" 2>/dev/null ||
    skip "no tmpfs can be mounted here"
disk=$work/small store=$work/small/store

for n in 1 2 3 4; do
    "$TRAFFIC" -n 3 -r 12 -d 1 --seed "$n" -o "$work/$n.pcap" 2>/dev/null || exit 1
done
# A share of 64 MiB is the smaller one: 26 MiB stay free.
cat >"$work/earshot.yaml" <<EOF
retention:
  free_percent: 40
  free_size: 1GiB
EOF

# fill_up_to MIB: so much is free then.
fill_up_to() {
    local free
    free=$(df --output=avail -k "$disk" | tail -n 1)
    head -c "$((free - $1 * 1024))K" /dev/zero >"$disk/ballast.$1" 2>/dev/null
}
# shellcheck disable=SC2317 # wait_for calls them
said() { grep -qF -e "$1" "$work/run.err"; }
calls() { "$EARSHOT" calls --store "$store" --json 2>/dev/null | wc -l; }
# shellcheck disable=SC2317
has_more_calls() { [ "$(calls)" -gt "$1" ]; }

# A disk that something else has filled: nothing can be written, not even that a packet is forgotten,
# but for what was set aside.
old=$disk/old
expect 0 "$EARSHOT" replay --keep full "$work/1.pcap" --store "$old"
head -c 16M /dev/zero >"$old/.reserve"
fill_up_to 0
printf 'retention:\n  audio_days: 1\n  media_days: 0\n  signalling_days: 0\n' >"$work/old.yaml"
expect 0 "$EARSHOT" store retain --trust-clock -c "$work/old.yaml" --store "$old"
says "$work/out" 'audio'
says "$work/err" 'full to the last byte'
[ -z "$(find "$old" -name 'audio-*.seg')" ] || fail "what was said is still there"
expect 0 "$EARSHOT" store check --store "$old"
rm -r "$disk"/ballast.* "$old"

start_probe run -c "$work/earshot.yaml" -i wire1 --store "$store" --no-web || exit 1
send "$work/1.pcap" -x 10 >/dev/null
wait_for 10 has_more_calls 2 || fail "the first calls are not there"

fill_up_to 10
wait_for 15 said 'no media is taken in' || fail "10 MiB free: no step to metrics"
before=$(calls)
send "$work/2.pcap" -x 10 >/dev/null
wait_for 10 has_more_calls "$before" || fail "no rows under pressure"

# Full to the last byte, and room again.
fill_up_to 0
send "$work/3.pcap" -x 10 >/dev/null
sleep 0.5
rm "$disk"/ballast.*
before=$(calls)
send "$work/4.pcap" -x 10 >/dev/null
wait_for 10 has_more_calls "$before" || fail "no new rows within 10 s of room"

stop_probe TERM
says "$work/run.err" 'disk_full'
"$EARSHOT" alerts --store "$store" >"$work/alerts"
says "$work/alerts" 'critical' 'firing' 'the disk of the store is full: no media is stored'
"$EARSHOT" store status --store "$store" >"$work/status" || fail "no status"
says "$work/status" 'metrics: no media is stored' 'because of disk_full' 'media_pressure'
expect 0 "$EARSHOT" store check --store "$store"

finish "steps and resumption"
