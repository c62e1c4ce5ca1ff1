#!/usr/bin/env bash
# alert_latency.sh EARSHOT [ALERTS [OPTION...]] - how long an alert takes, from the packet that crosses the
# threshold to a WebSocket client and to a webhook. Run on a quiet machine; options go to earshot run.
#
# In a network namespace with nothing but a loopback. Prints a table: median, p99, worst.
set -u
here=$(cd "$(dirname "$0")" && pwd)
earshot=$(realpath "$1") alerts=${2:-120}
shift
[ $# -gt 0 ] && shift
for how in "" --map-root-user; do
    # shellcheck disable=SC2086 # nothing, or one word
    unshare $how --net true 2>/dev/null || continue
    # shellcheck disable=SC2086
    exec unshare $how --net sh -c 'ip link set lo up && exec node "$@"' sh \
        "$here/alert_latency.mjs" "$earshot" "$here/../.." "$alerts" "$@"
done
echo "alert_latency.sh: no network namespace can be made here" >&2
exit 77
