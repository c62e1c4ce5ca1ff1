# shellcheck shell=bash
# What the rows of calls are made of: ordinary traffic, and waves on top of it.
#
# Four trunks in the plan: carrier-a (United Kingdom), carrier-b (United States, Canada), carrier-c
# (France, Germany), carrier-d (a few calls to Sweden). A fifth of the calls comes in.

day=()
usual='fail=486:9/487:15/404:4/480:3/603:2/503:1/403:1'
usual_out="way=out,pdd=0.5-2,ring=2-15,talk=20-400"

# wave FROM LENGTH PER_MINUTE KEYS
wave() {
    local calls=$(($2 * $3 / 60))

    [ "$calls" -eq 0 ] || day+=(--wave "$1:$calls:$2,$4")
}

# ordinary FROM LENGTH [LESS...]: without the waves of those trunks (a b c d in).
ordinary() {
    local from=$1 length=$2 less=" ${*:3} "

    [[ $less == *' a '* ]] || wave "$from" "$length" 12 "$usual_out,$usual,trunk=0,to=+4420794600xx"
    [[ $less == *' a '* ]] || wave "$from" "$length" 6 "$usual_out,$usual,trunk=0,to=+447700900xxx"
    [[ $less == *' b '* ]] || wave "$from" "$length" 8 "$usual_out,$usual,trunk=1,to=+121255501xx"
    [[ $less == *' b '* ]] || wave "$from" "$length" 8 "$usual_out,$usual,trunk=1,to=+141655501xx"
    [[ $less == *' c '* ]] || wave "$from" "$length" 6 "$usual_out,$usual,trunk=2,to=+3319900xxxx"
    [[ $less == *' c '* ]] || wave "$from" "$length" 6 "$usual_out,$usual,trunk=2,to=+4930231250xx"
    [[ $less == *' d '* ]] || wave "$from" "$length" 2 "$usual_out,$usual,trunk=3,to=+468465004xx"
    [[ $less == *' in '* ]] || wave "$from" "$length" 10 "way=in,pdd=0.2-0.6,ring=2-15,talk=20-400,$usual"
}

# the_day OPTION...: all of that as a part, and the next day is empty.
the_day() {
    part --calls 0 --trunks 8 --no-media --start 1772442000 "$@" "${day[@]}"
    day=()
}

cat >carriers.yaml <<'YAML'
trunks:
  - { name: carrier-a, addresses: [198.51.100.1], channels: 200 }
  - { name: carrier-b, addresses: [198.51.100.2], channels: 200 }
  - { name: carrier-c, addresses: [198.51.100.3], channels: 200 }
  - { name: carrier-d, addresses: [198.51.100.4], channels: 30 }
  - { name: carrier-e, addresses: [198.51.100.5] }
  - { name: carrier-f, addresses: [198.51.100.6] }
  - { name: carrier-g, addresses: [198.51.100.7], channels: 30 }
  - { name: carrier-h, addresses: [198.51.100.8] }
numbers:
  country: 44
YAML

cat >addresses.yaml <<'YAML'
trunks:
  - { name: carriers, addresses: [198.51.100.0/24] }
numbers:
  country: 44
YAML
