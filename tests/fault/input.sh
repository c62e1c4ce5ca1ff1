#!/usr/bin/env bash
# input.sh - files that are missing, foreign, damaged or cut anywhere: what could be read is printed,
# the complaint names file and offset, the exit status says what kind of trouble it was.
. "$(dirname "$0")/fault.sh"

# u32 FILE OFFSET: little-endian.
u32() {
    od -An -tu4 -j "$2" -N 4 "$1" | tr -d ' '
}

# bytes OCTAL...: written as they are.
bytes() {
    # shellcheck disable=SC2059 # the format is the bytes
    printf "$(printf '\\%s' "$@")"
}

expect 66 "$EARSHOT" analyze "$work/missing.pcap" && says "$work/err" "$work/missing.pcap"
expect 66 "$EARSHOT" replay "$work/missing.pcap" --store "$work/s" &&
    says "$work/err" "$work/missing.pcap"
: >"$work/empty.pcap"
expect 65 "$EARSHOT" analyze "$work/empty.pcap" && says "$work/err" "$work/empty.pcap" 'offset 0'
{ bytes 001 && head -c 4095 /dev/urandom; } >"$work/random.pcap"
expect 65 "$EARSHOT" analyze "$work/random.pcap" && says "$work/err" "$work/random.pcap" 'offset 0'
{ bytes 211 120 116 107 015 012 032 012 && head -c 800 /dev/urandom; } >"$work/picture.png"
expect 65 "$EARSHOT" analyze "$work/picture.png" && says "$work/err" "$work/picture.png" 'offset 0'
mkdir "$work/folder.pcap"
expect 66 "$EARSHOT" analyze "$work/folder.pcap" && says "$work/err" "$work/folder.pcap"
expect 65 "$EARSHOT" analyze - </dev/null
says "$work/err" 'offset 0'

"$TRAFFIC" -n 12 -r 6 -d 2 -o "$work/whole.pcap" 2>/dev/null || exit 1
"$TRAFFIC" -n 12 -r 6 -d 2 --format pcapng -o "$work/whole.pcapng" 2>/dev/null || exit 1

# Nobody may read it: not even root, once it may not do everything.
cp "$work/whole.pcap" "$work/secret.pcap" && chmod 000 "$work/secret.pcap"
as=()
[ "$(id -u)" -eq 0 ] && as=(setpriv "--bounding-set=-dac_override,-dac_read_search")
if "${as[@]}" cat "$work/secret.pcap" >"$work/out" 2>&1 || ! "${as[@]}" true 2>/dev/null; then
    echo "not tried: a file that may not be read (this user reads everything)"
else
    expect 66 "${as[@]}" "$EARSHOT" analyze "$work/secret.pcap" &&
        says "$work/err" "$work/secret.pcap" 'Permission denied'
fi

# record_bytes FILE OFFSET: what the record or block there says of its length, header included.
record_bytes() {
    case $1 in
    *.pcapng) u32 "$1" $(($2 + 4)) ;;
    *) echo $(($(u32 "$1" $(($2 + 8))) + 16)) ;;
    esac
}

# cut FILE BYTES: what is left of it must be read as far as it goes, and no further.
cut_at() {
    local file=$1 bytes=$2 received offset status
    local part=$work/cut.${file##*.}
    head -c "$bytes" "$file" >"$part"
    "$EARSHOT" analyze --json "$part" >"$work/out" 2>"$work/err"
    status=$?
    received=$(ledger received)
    if [ $status -eq 0 ]; then
        # By chance between two packets: then the next one begins right there.
        [ $((bytes + 8)) -le "$(stat -c %s "$file")" ] || fail "$file cut at $bytes: no complaint"
        [ -s "$work/err" ] && fail "$file cut at $bytes: a complaint, but status 0"
        [ "$(record_bytes "$file" "$bytes")" -gt 0 ] || fail "$file cut at $bytes: no complaint"
        return
    fi
    [ $status -eq 65 ] || fail "$file cut at $bytes: exit status $status"
    says "$work/err" "$part: offset "
    offset=$(sed -nE 's/.*: offset ([0-9]+):.*/\1/p' "$work/err")
    [ -n "$offset" ] && [ "$offset" -lt "$bytes" ] ||
        { fail "$file cut at $bytes: offset '$offset'" && return; }
    [ "$offset" -eq 0 ] && return # not as far as the first packet
    [ $((offset + $(record_bytes "$file" "$offset"))) -gt "$bytes" ] ||
        fail "$file cut at $bytes: offset $offset is of a packet that is there"
    head -c "$offset" "$file" >"$part"
    expect 0 "$EARSHOT" analyze --json "$part"
    [ "$received" = "$(ledger received)" ] ||
        fail "$file cut at $bytes: $received packets, up to offset $offset there are more"
}

for file in "$work/whole.pcap" "$work/whole.pcapng"; do
    size=$(stat -c %s "$file")
    for bytes in 1 3 4 8 20 23 25 30 39 41 $((size - 1)) $((size - 5)); do
        cut_at "$file" "$bytes"
    done
    for ((i = 1; i <= 24; i++)); do
        cut_at "$file" $((size * i / 25 + i))
    done
done

# A pcap's header alone is a capture without a packet; one into a pipe is cut like a file.
head -c 24 "$work/whole.pcap" >"$work/none.pcap"
expect 0 "$EARSHOT" analyze --json "$work/none.pcap"
[ "$(ledger received)" = 0 ] || fail "packets in a capture that has none"
head -c 5000 "$work/whole.pcap" | expect 65 "$EARSHOT" analyze --json -
says "$work/err" 'offset '

# The disk's last blocks never came, the file's length did.
size=$(stat -c %s "$work/whole.pcapng")
{ head -c $((size / 2)) "$work/whole.pcapng" && head -c 20000 /dev/zero; } >"$work/zeros.pcapng"
expect 65 "$EARSHOT" analyze --json "$work/zeros.pcapng" && says "$work/err" "$work/zeros.pcapng" 'offset '
[ "$(ledger received)" -gt 100 ] || fail "nothing read of the half that was there"

# A record that claims 4 GiB, and one that claims more than the file's snap length.
{ cat "$work/whole.pcap" && bytes 1 0 0 0 1 0 0 0 377 377 377 377 377 377 377 377 &&
    head -c 99 /dev/zero; } >"$work/giant.pcap"
expect 65 "$EARSHOT" analyze --json "$work/giant.pcap"
says "$work/err" "$work/giant.pcap: offset $(stat -c %s "$work/whole.pcap")"

# replay: what was read is kept, and the good file beside the bad one is stored.
head -c 100000 "$work/whole.pcap" >"$work/cut.pcap"
expect 65 "$EARSHOT" replay "$work/cut.pcap" --store "$work/cut" && says "$work/err" "$work/cut.pcap"
received=$("$EARSHOT" analyze --json "$work/cut.pcap" 2>/dev/null | grep '^{"type":"capture"' | tee "$work/out" |
    wc -l)
[ "$received" -eq 1 ] || fail "no ledger of a file that is cut"
says <("$STORE_CHECK" "$work/cut" received stored) "received $(ledger received)"
expect 66 "$EARSHOT" replay "$work/missing.pcap" "$work/whole.pcap" "$work/empty.pcap" \
    --store "$work/both"
[ "$(stored_calls "$work/both" | wc -l)" -eq 12 ] || fail "a bad file keeps a good one out"

finish "bad input"
