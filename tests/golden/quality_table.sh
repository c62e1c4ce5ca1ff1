#!/usr/bin/env bash
# quality_table.sh EARSHOT NODE - every stream of samples/ and of other people's captures as Earshot and as
# tshark have it; a difference without a reason fails. QUALITY_UPDATE=1 writes the table into
# docs/QUALITY.md.
set -u
export LC_ALL=C TZ=UTC
earshot=$1 node=$2
cd "$(dirname "$0")/../.." || exit 1
captures=${EARSHOT_SHARED:-../shared}/captures
if ! command -v tshark >/dev/null; then
    echo "skipped: tshark is not installed (apt install tshark)"
    exit 77
fi
if [ ! -r "$captures/TRUTH.tsv" ]; then
    echo "without captures of others: none in $captures (EARSHOT_SHARED names another place)"
    captures=
fi
if [ -n "${QUALITY_UPDATE:-}" ] && [ -z "$captures" ]; then
    echo "the table of docs/QUALITY.md is of those as well" && exit 1
fi
exec "$node" tests/golden/quality_table.mjs "$earshot" "$captures" ${QUALITY_UPDATE:+docs/QUALITY.md}
