#!/usr/bin/env bash
# rules.sh EARSHOT TRAFFIC [SUBJECT...] - each shipped rule fires on a capture that was made for it and names
# who is guilty, and says nothing of one that comes near.
#
# The rows stand in rules.d/SUBJECT.sh. They are shell, and a row is one of
#
#   plan FILE                  the configuration for what follows (trunks, numbers); none: -
#   part OPTION...             a capture by earshot-traffic; parts are read one after the other
#   file PATH                  a capture of the tree, likewise a part
#   wrap STEP...               the parts so far as a mirror delivers them (earshot-rewrap)
#   hear NAME                  the parts so far, heard with all shipped rules
#   fires RULE GROUP [WORD]    in what was heard last RULE fired for that group (a pattern), and its line has
#                              WORD in it: a severity, a part of the summary or of the evidence
#   ends RULE GROUP            and that was over before the capture was
#   silent RULE...             these did not fire
#   and_nothing_else [RULE...] nor did any but those that `fires` named, what one of those mutes, and these
#   elsewhere RULE TEST        no capture can show it: TEST does
#
# At the end each rule of rules/ must have a row of `fires` and one of `silent`, or one of `elsewhere`.
# Captures are small: a call without media
# is seven packets, and an hour of packet time costs less than a second.
# shellcheck disable=SC2317 # the rows call these
set -u
export LC_ALL=C TZ=UTC
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
earshot=$(realpath "$1") traffic=$(realpath "$2")
shift 2
work=$(mktemp -d) || exit 1
[ -n "${RULES_KEEP:-}" ] && work=$RULES_KEEP && mkdir -p "$work" # to look at what was told
[ -n "${RULES_KEEP:-}" ] || trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
rules=${RULES_DIR:-$root/rules} # while some of them are being written

failed=0 rows=0 heard='' config=() parts=() named=()
declare -A fired_rows silent_rows elsewhere_rows

wrong() {
    echo "FAILED: ${subject:-rules}: ${heard:-before any capture}: $*"
    failed=1
}

# What was told, a line each, to be read by whoever mends a row.
show() {
    sed -nE 's/.*"rule":"([^"]*)","severity":"([^"]*)","state":"([^"]*)","group":("[^"]*"|null).*"summary":"(([^"\\]|\\.)*)".*/    \3 \2 \1 \4: \5/p' alerts |
        cut -c1-200 | head -n 20
}

plan() {
    config=()
    [ "$1" = - ] || config=(--config "$1")
}

part() {
    local to="part.${#parts[@]}.pcap"

    if ! "$traffic" "$@" -o "$to" 2>said; then
        wrong "earshot-traffic $*" && cat said
    fi
    parts+=("$to")
}

file() { parts+=("$root/$1"); }

wrap() {
    local part

    for part in "${parts[@]}"; do
        "$(dirname "$traffic")/earshot-rewrap" "$part" "$part.wrapped" "$@" 2>said || { wrong "earshot-rewrap $*" && cat said; }
        mv "$part.wrapped" "$part"
    done
}

hear() {
    heard=$1
    named=()
    if ! "$earshot" analyze --json --rules "$rules" "${config[@]}" "${parts[@]}" >told 2>said; then
        wrong 'analyze' && cat said
    fi
    grep '^{"type":"alert"' told >alerts
    [ -z "${RULES_KEEP:-}" ] || cp alerts "$heard.alerts"
    parts=()
    rm -f part.*.pcap
}

# told STATE RULE GROUP: the lines of it.
told() {
    local line rest group

    while IFS= read -r line; do
        rest=${line#*'"group":'}
        group=${rest%%',"labels"'*}
        group=${group#\"}
        # shellcheck disable=SC2053 # GROUP is a pattern
        [[ ${group%\"} == $3 ]] && printf '%s\n' "$line"
    done < <(grep -F "\"rule\":\"$2\"" alerts | grep -F "\"state\":\"$1\"")
}

fires() {
    rows=$((rows + 1))
    fired_rows[$1]=1
    named+=("$1")
    if [ -z "$(told firing "$1" "$2")" ]; then
        wrong "$1 did not fire for $2; told was:" && show
    elif [ -n "${3:-}" ] && ! told firing "$1" "$2" | grep -qF -- "$3"; then
        wrong "$1 fired for $2 without '$3':" && told firing "$1" "$2" | cut -c1-1500
    fi
}

ends() {
    rows=$((rows + 1))
    [ -n "$(told resolved "$1" "$2")" ] || { wrong "$1 did not end for $2; told was:" && show; }
}

silent() {
    local rule

    for rule in "$@"; do
        rows=$((rows + 1))
        silent_rows[$rule]=1
        [ -z "$(told firing "$rule" '*')" ] || { wrong "$rule fired:" && show; }
    done
}

and_nothing_else() {
    local rule others

    rows=$((rows + 1))
    others=$(grep -F '"state":"firing"' alerts | grep -F '"muted_by":null')
    for rule in "${named[@]}" "$@"; do
        others=$(grep -vF "\"rule\":\"$rule\"" <<<"$others")
    done
    [ -z "$others" ] || { wrong 'more was told than that:' && show; }
}

elsewhere() { elsewhere_rows[$1]=$2; }

# shellcheck source=rules.d/ordinary.bash
. "$here/rules.d/ordinary.bash"

subjects=("$@")
if [ ${#subjects[@]} -eq 0 ]; then
    for row in "$here"/rules.d/*.sh; do
        subject=${row##*/}
        subjects+=("${subject%.sh}")
    done
fi
for subject in "${subjects[@]}"; do
    plan -
    parts=() heard=''
    # shellcheck source=/dev/null
    . "$here/rules.d/$subject.sh"
done

if [ $# -eq 0 ]; then # all of them
    heard='' subject=rules
    for rule in "$rules"/*.yaml; do
        rule=${rule##*/}
        rule=${rule%.yaml}
        [ -n "${elsewhere_rows[$rule]:-}" ] && continue
        [ -n "${fired_rows[$rule]:-}" ] || wrong "$rule has no capture that it fires on"
        [ -n "${silent_rows[$rule]:-}" ] || wrong "$rule has no capture that it is silent on"
    done
fi
echo "$rows rows of $(find "$rules" -name '*.yaml' | wc -l) rules"
exit $failed
