#!/usr/bin/env bash
# torture.sh - of the torture messages that have a call, every byte is kept: replayed, exported, compared.
#
# CMakeLists.txt gives $EARSHOT and $NODE.
set -u
export LC_ALL=C TZ=UTC
cd "$(dirname "$0")" || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

"$NODE" make.mjs "$work" torture_rfc4475 torture_rfc5118 >/dev/null || exit 1
"$EARSHOT" replay "$work"/torture_*.pcap --store "$work/store" --quiet || exit 1
exec "$NODE" export.mjs "$work/store"
