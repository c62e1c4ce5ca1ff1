# rows.sh - the rows of the table: what is measured, and how.
#
# Sourced by bench.sh after measure.sh. scaled FULL QUICK is the one difference that --quick makes.
#
# shellcheck shell=bash
# shellcheck disable=SC2154 # bench.sh and measure.sh set them

scaled() {
    if [ -n "$quick" ]; then echo "$2"; else echo "$1"; fi
}

# The capture of most rows: 1,000 G.711 calls at the same time, 60 s each, 6 M packets.
media_file() {
    [ -f "$work/media.pcap" ] ||
        traffic "$work/media.pcap" --concurrent -n 1000 --ramp 1 -d "$(scaled 60 3)" --ring 0.5 -c pcma
    command_line 'bench_roofline media.pcap # the ten-line pcap_loop counter'
}

row_media() {
    media_file
    command_line 'earshot analyze media.pcap'
    against_roofline media "$work/media.pcap" "$EARSHOT" analyze "$work/media.pcap"
    row 'analyze, media' "1,000 concurrent G.711 calls for 60 s, $packets packets" \
        '3 × the roofline, 64 MB' "$(priced)"
}

row_replay() {
    media_file
    command_line 'earshot replay media.pcap --store store --keep full --quiet'
    before_replay() { rm -rf "$work/store"; }
    against_roofline replay "$work/media.pcap" \
        "$EARSHOT" replay "$work/media.pcap" --store "$work/store" --keep full --quiet
    local stored
    stored=$(du -sk "$work/store" | cut -f 1)
    row 'replay, media' 'the same capture into a store: packets, rows, alerts' '9 × the roofline' \
        "$(priced); store $((stored / 1024)) MB of $(($(stat -c %s "$work/media.pcap") / 1048576)) MB"
    rm -rf "$work/store" "$work/media.pcap"
}

row_sip() {
    traffic "$work/sip.pcap" --short-failed -n "$(scaled 300000 15000)" -r 1000
    command_line 'earshot analyze sip.pcap'
    against_roofline sip "$work/sip.pcap" "$EARSHOT" analyze "$work/sip.pcap"
    row 'analyze, signalling' "300,000 calls that fail at once, $packets SIP messages" \
        '12 × the roofline, 128 MB' "$(priced)"
    rm -f "$work/sip.pcap"
}

row_parser() {
    local list
    command_line 'bench_sip_msg'
    "$SIP_MSG" >"$work/parser.out" || exit 1
    list=$(awk '/^(INVITE|200 OK|BYE) +[0-9]+ bytes/ {
        sub(/ +[0-9]+ bytes/, ""); printf "%s%s %s M/s", n++ ? ", " : "", $0 ~ /^200/ ? "200 OK" : $1, $(NF - 1) }' \
        "$work/parser.out")
    row 'SIP parser' 'messages a second on one core, the parser alone' '2 M/s' "$list"
}

# memory_of NAME COMMAND...: RSS and CPU at few and at many calls at the same time. The captures have
# the same calls and as many packets, they only overlap more or less.
row_memory() {
    local calls few mode many_rss few_rss many_ns few_ns seconds=3
    calls=$(scaled 20000 2000) few=$(scaled 1000 100)
    for mode in few many; do
        if [ $mode = many ]; then
            traffic "$work/many.pcap" --concurrent -n "$calls" --ramp 1 -d $seconds --ring 0.5 -c pcma
        else
            # A call lasts its 3 s, half a second of ringing, and a little.
            traffic "$work/few.pcap" -n "$calls" -r "$(calc %.0f "$few / ($seconds + 0.7)")" \
                -d $seconds --ring 0.5 -c pcma
        fi
        command_line "earshot analyze $mode.pcap"
        command_line "earshot replay $mode.pcap --store store --keep full --quiet"
        against_roofline "analyze_$mode" "$work/$mode.pcap" "$EARSHOT" analyze "$work/$mode.pcap"
        printf '%s %s\n' "$rss_kib" "$(calc %.1f "$cpu_us * 1000 / $packets")" >"$work/analyze_$mode"
        eval "before_replay_$mode() { rm -rf \"\$work/store\"; }"
        against_roofline "replay_$mode" "$work/$mode.pcap" \
            "$EARSHOT" replay "$work/$mode.pcap" --store "$work/store" --keep full --quiet
        printf '%s %s\n' "$rss_kib" "$(calc %.1f "$cpu_us * 1000 / $packets")" >"$work/replay_$mode"
        rm -rf "$work/store" "$work/$mode.pcap"
    done
    for mode in analyze replay; do
        read -r few_rss few_ns <"$work/${mode}_few"
        read -r many_rss many_ns <"$work/${mode}_many"
        row "memory, $mode" "a concurrent call of two streams: RSS at $calls less RSS at $few" \
            "$([ $mode = analyze ] && echo '4 KB' || echo '40 KB with its packets')" \
            "$(calc '%.1f KB (%.0f MB less %.0f MB)' \
                "($many_rss - $few_rss) / ($calls - $few), $many_rss / 1024, $few_rss / 1024")"
        row "many calls, $mode" "CPU a packet at $calls concurrent calls against $few" '1.5 ×' \
            "$(calc '%.2f × (%s ns against %s ns)' "$many_ns / $few_ns, \"$many_ns\", \"$few_ns\"")"
    done
}

# decap_ns FILE: nanoseconds a frame, the best of seven rounds in memory.
decap_ns() {
    command_line "bench_decap ${1##*/}"
    "$BENCH_DECAP" "$1" >"$work/decap.out" || exit 1
    cut -d ' ' -f 1 "$work/decap.out"
}

# What opening a frame takes of analyze's time; and what it takes when it is wrapped.
row_decap() {
    local plain analyze_ns name steps list=''
    traffic "$work/plain.pcap" --concurrent -n "$(scaled 500 50)" --ramp 1 -d "$(scaled 20 4)" --ring 0.5 -c pcma
    command_line 'earshot analyze plain.pcap'
    against_roofline decap "$work/plain.pcap" "$EARSHOT" analyze "$work/plain.pcap"
    analyze_ns=$(calc %.1f "$cpu_us * 1000 / $packets")
    plain=$(decap_ns "$work/plain.pcap")
    while read -r name steps; do
        # shellcheck disable=SC2086 # several words
        rewrap "$work/plain.pcap" "$work/wrapped.pcap" $steps
        list+="; ${name//_/ } $(decap_ns "$work/wrapped.pcap") ns"
    done <<'END'
VLAN vlan=7
VLAN_in_VXLAN vlan=7 vxlan=5001
ERSPAN_II erspan2=5
GTP-U gtpu=9
END
    row 'decapsulation' "a frame of plain Ethernet, $packets of them; and the same ones wrapped" \
        "10 % of analyze's time" \
        "$(calc '%.1f %% (%s ns of %s ns a packet)' "100 * $plain / $analyze_ns, \"$plain\", \"$analyze_ns\"")$list"
    rm -f "$work/plain.pcap" "$work/wrapped.pcap"
}

# 10,000 connections open at the same time; then such that lose segments, so that what comes after
# waits; then what the reassembly alone may hold at most.
row_tcp() {
    local calls
    calls=$(scaled 10000 500)
    traffic "$work/calls.pcap" --concurrent -n "$calls" --ramp 2 -d 5 --ring 0.5 --no-media
    rewrap "$work/calls.pcap" "$work/tcp.pcap" tcp,per-call
    rewrap "$work/calls.pcap" "$work/holes.pcap" tcp,per-call,segment=100-300,lose=10
    for name in tcp holes; do
        command_line "earshot analyze $name.pcap"
        against_roofline "$name" "$work/$name.pcap" "$EARSHOT" analyze "$work/$name.pcap"
        row "TCP, $name" "$calls connections at the same time, $packets frames$([ $name = tcp ] ||
            echo ', each tenth segment missing')" 'RSS 300 MB' "$(priced)"
    done
    command_line 'bench_tcp'
    "$BENCH_TCP" >"$work/tcp.out" || exit 1
    row 'TCP, at worst' '10,000 streams: idle; each with half a message; each with 200 holes' '300 MB' \
        "$(awk '/MiB/ { for (i = 1; i < NF; i++) if ($(i + 1) ~ /^MiB/) list = list (list ? ", " : "") $i " MiB" }
            / ns a message/ { sub(/ +/, " "); split($0, p, "  +"); times = times "; " $0 }
            END { gsub(/ +/, " ", times); print list times }' "$work/tcp.out")"
    rm -f "$work/calls.pcap" "$work/tcp.pcap" "$work/holes.pcap"
}

# Packets of which every piece comes but the first.
row_fragments() {
    local wall
    traffic "$work/sip.pcap" --short-failed -n "$(scaled 3200 160)" -r 1000
    rewrap "$work/sip.pcap" "$work/fragments.pcap" fragment=128,headless
    command_line 'earshot analyze fragments.pcap'
    against_roofline fragments "$work/fragments.pcap" "$EARSHOT" analyze "$work/fragments.pcap"
    wall=$(median 3 "$work/fragments.cost")
    row 'fragments without a first' "$packets pieces of packets that never become whole" '0.5 s' \
        "$(calc '%.3f s' "$wall / 1e6"); $(priced)"
    rm -f "$work/sip.pcap" "$work/fragments.pcap"
}

# in_namespace NAME CAPTURE IDLE_S WARM_S WINDOW_S: live.sh; "KEY VALUE" lines in $work/NAME.live.
in_namespace() {
    local how
    for how in "" --map-root-user; do
        # shellcheck disable=SC2086 # nothing, or one word
        unshare $how --net true 2>/dev/null || continue
        # shellcheck disable=SC2086
        unshare $how --net "$here/live.sh" "$work/$1" "${@:2}" >"$work/$1.live" ||
            { cat "$work/$1.live" >&2 && exit 1; }
        return 0
    done
    say "$1 skipped: no network namespace can be made here (root, or unprivileged user namespaces)"
    row "$1" '' '' 'skipped: no network namespace could be made'
    return 1
}

# value KEY NAME
value() {
    awk -v key="$1" '$1 == key { print $2 }' "$work/$2.live"
}

# ledger NAME: is it exact, is everything stored?
ledger() {
    local sent received kernel bins calls
    sent=$(value sent "$1") received=$(value received "$1") kernel=$(value kernel_dropped "$1")
    bins=$(value bins "$1") calls=$(value of_calls "$1")
    printf '%s packets sent, %s received, %s dropped by the kernel; bins add up: %s; ' \
        "$sent" "$received" "$kernel" "$([ "$bins" = "$received" ] && echo yes || echo "NO, $bins")"
    [ "$((received + kernel))" = "$sent" ] || printf 'NOT EXACT: %d missing; ' $((sent - received - kernel))
    printf 'stored %s of %s, %s refused' "$(value stored "$1")" "$calls" "$(value store_dropped "$1")"
}

row_live() {
    local calls window idle
    calls=$(scaled 1000 100) window=$(scaled 20 4) idle=$(scaled 30 4)
    traffic "$work/live.pcap" --concurrent -n "$calls" --ramp 1 -d $((window + 5)) --ring 0.5 -c pcma
    command_line 'earshot run -i wire1 --store store --keep full & veth_send wire0 live.pcap # in a namespace: live.sh'
    in_namespace live "$work/live.pcap" "$idle" 4 "$window" || return
    row 'run, no calls' "CPU over $idle s without a packet, probe and web process" '0.5 % of a core' \
        "$(calc '%.2f %% + %.2f %%' "$(value idle_probe live), $(value idle_web live)")"
    row 'run, 1,000 calls' "CPU over $window s of $calls G.711 calls, everything stored" \
        '10 % of a core' "$(calc '%.1f %% + %.1f %%' "$(value busy_probe live), $(value busy_web live)") at \
$(value busy_rate live) packets/s; RSS $(($(value rss_kib live) / 1024)) MB with a ring of 256 MB; $(ledger live)"
    rm -rf "$work/live" "$work/live.pcap"
}

row_flood() {
    local calls seconds
    calls=$(scaled 5000 250) seconds=$(scaled 20 4)
    traffic "$work/flood.pcap" --concurrent -n "$calls" --ramp 1 -d "$seconds" --ring 0.5 -c pcma
    command_line 'earshot run -i wire1 --store store --keep full & veth_send wire0 flood.pcap # in a namespace: live.sh'
    in_namespace flood "$work/flood.pcap" 0 2 $((seconds - 3)) || return
    row 'run, 500,000 packets/s' "$calls calls for $seconds s on a veth pair" \
        'no drops, ledger exact, everything stored' "$(value busy_rate flood) packets/s (sender at most \
$(value late_ms flood) ms late); $(ledger flood); CPU $(calc %.0f "$(value busy_probe flood)") % of a core"
    rm -rf "$work/flood" "$work/flood.pcap"
}

# serve STORE: the web process on a free port; its address is $address, $token may ask it anything.
serve() {
    head -c 30 /dev/urandom | base64 | "$EARSHOT" user add bench --role admin --password-stdin --store "$1" &&
        token=$("$EARSHOT" token add bench --user bench --scopes see,numbers,signalling,packets --store "$1" 2>/dev/null) || exit 1
    "$EARSHOT" serve --store "$1" --listen 127.0.0.1:0 >"$work/serve.out" 2>"$work/serve.err" &
    serving=$!
    local tries=0
    until address=$(sed -nE 's,^dashboard: (http://[^ ]*)/$,\1,p' "$work/serve.out") && [ -n "$address" ]; do
        [ $((tries += 1)) -lt 200 ] || { cat "$work/serve.err" >&2 && exit 1; }
        sleep 0.05
    done
}

stop_serving() {
    kill "$serving"
    wait "$serving" 2>/dev/null
    serving=
}

# ask FIELD FILE: GETs each path in FILE on one connection; times in ms in FILE.ms.
ask() {
    sed "s,.*,url = \"$address&\"\noutput = /dev/null," "$2" >"$work/urls"
    curl -sS --oauth2-bearer "$token" -K "$work/urls" -w "%{http_code} %{$1}\n" >"$work/asked" || exit 1
    grep -qvE '^200 ' "$work/asked" && { say "$(grep -vE '^200 ' "$work/asked" | head -n 1)" && exit 1; }
    awk '{ print $2 * 1000 }' "$work/asked" >"$2.ms"
}

# times FILE: "0.9 ms median, 2.1 ms p99, 5 ms at most"
times() {
    calc '%.1f ms median, %.1f ms p99, %.1f ms at most (%d requests)' \
        "$(percentile 50 "$1"), $(percentile 99 "$1"), $(percentile 100 "$1"), $(wc -l <"$1")"
}

row_search() {
    local calls samples from to
    calls=$(scaled 1000000 50000) samples=$(scaled 500 60)
    # 2 calls/s: six days of them.
    command_line "earshot-traffic --short-failed -n $calls -r 2 -o - | earshot replay - --store store --keep full"
    "$TRAFFIC" --short-failed -n "$calls" -r 2 -o - 2>/dev/null |
        "$EARSHOT" replay - --store "$work/store" --keep full >"$work/search.out" || exit 1
    traffic "$work/long.pcap" --concurrent -n 50 --ramp 1 -d "$(scaled 60 10)" --start 1780000000 -c pcma
    command_line 'earshot replay long.pcap --store store --keep full'
    "$EARSHOT" replay "$work/long.pcap" --store "$work/store" --keep full >"$work/search.out" || exit 1
    command_line "earshot serve --store store & curl --oauth2-bearer TOKEN -w '%{time_total}' 'ADDRESS/api/v1/calls?call_id=…'"
    serve "$work/store"
    from=1770000000 to=$((1770000000 + calls / 2))
    awk -v n="$samples" -v from=$from -v to=$to 'BEGIN { srand(7)
        for (i = 0; i < n; i++) printf "%.3f\n", from + 1 + rand() * (to - from - 1) }' >"$work/moments"
    # Which calls there are at those moments.
    sed "s,.*,url = \"$address/api/v1/calls?limit=1\&until=&\"," "$work/moments" >"$work/urls"
    curl -sS --oauth2-bearer "$token" -K "$work/urls" -w '\n' |
        sed -nE 's/.*"id":"([0-9a-f]{16})".*"call_id":"([^"]*)".*/\1 \2/p' >"$work/sample"
    [ "$(wc -l <"$work/sample")" -eq "$samples" ] || { say 'the sample is not whole' && exit 1; }
    cut -d ' ' -f 2 "$work/sample" | sed 's,^,/api/v1/calls?call_id=,' >"$work/exact"
    cut -d ' ' -f 2 "$work/sample" | sed 's,^,/api/v1/calls?q=,' >"$work/any"
    cut -d ' ' -f 2 "$work/sample" | sed 's,^,/api/v1/calls?call_id=no-such-,' >"$work/none"
    cut -d ' ' -f 1 "$work/sample" | sed 's,.*,/api/v1/calls/&/pcap,' >"$work/first"
    ask time_total "$work/exact"
    row 'search' "a Call-ID among $calls calls of $(calc %.1f "$calls / 172800") days, over HTTP" '20 ms' \
        "$(times "$work/exact.ms")"
    ask time_total "$work/none"
    row 'search, in vain' 'a Call-ID that none has' '20 ms' "$(times "$work/none.ms")"
    ask time_total "$work/any"
    row 'search box' 'the same Call-IDs as q=, which may be a number or an address too' '20 ms' \
        "$(times "$work/any.ms")"
    ask time_starttransfer "$work/first"
    row 'pcap, short calls' 'the first byte of the pcap of each of them' '50 ms' "$(times "$work/first.ms")"
    curl -sS --oauth2-bearer "$token" "$address/api/v1/calls?limit=50" | grep -oE '"type":"call","id":"[0-9a-f]{16}"' |
        grep -oE '[0-9a-f]{16}' | sed 's,.*,/api/v1/calls/&/pcap,' >"$work/long"
    ask time_starttransfer "$work/long"
    row 'pcap, long calls' 'the same for calls of 60 s, 6,000 packets each' '50 ms' "$(times "$work/long.ms")"
    stop_serving
    rm -rf "$work/store" "$work/long.pcap"
}

# packed NAME LIMIT [BYTES] OPTION...: a call of ten minutes, as small as it becomes.
packed() {
    local name=$1 limit=$2 bytes='' figures zipped
    shift 2
    case $1 in [0-9]*) bytes=$1 && shift ;; esac
    traffic "$work/pack.pcap" -d "$(scaled 600 30)" --no-rtcp "$@"
    command_line "bench_pack pack.pcap $bytes; gzip -6 < pack.pcap | wc -c"
    zipped=$(gzip -6 <"$work/pack.pcap" | wc -c)
    # shellcheck disable=SC2086 # nothing, or a number
    figures=$("$BENCH_PACK" "$work/pack.pcap" $bytes) || exit 1
    row "packed, $name" "one call of ten minutes, both directions" "$limit" \
        "$(awk -v zipped="$zipped" -v cut="$bytes" '{ for (i = 1; i < NF; i += 2) v[$i] = $(i + 1)
            if (!cut) gzip = sprintf("gzip -6 %.3f, ", zipped / v["capture"])
            printf "%.3f of the capture (%sLZ4 %.3f); %.1f bytes a packet beside its payload; %d ns a packet, %d of them LZ4 as before; unpacked in %.0f ms",
                v["share"], gzip, v["lz4"] / v["capture"], v["header_bytes_a_packet"], v["pack_ns"], v["lz4_ns"], v["unpack_ms"] }' <<<"$figures")"
    rm -f "$work/pack.pcap"
}

row_pack() {
    local noise='--voice silence --voice-callee silence --noise -3 --noise-callee -3'
    # shellcheck disable=SC2086
    packed 'G.711 noise' 0.72 -c pcma $noise
    # shellcheck disable=SC2086
    packed 'G.711 noise, jitter of 3 ms' 0.72 -c pcma $noise --jitter 3
    packed 'G.711 speech' 0.72 -c pcma
    packed 'SRTP' '' -c pcma --srtp 100
    packed 'G.729' 0.40 -c g729
    packed 'G.729, jitter of 3 ms, times in ns' 0.40 -c g729 --jitter 3 --nanoseconds
    packed 'headers alone' '' 54 -c pcma
}

# 100,000 calls at the same time: what they take in memory, and for how long a packet waits.
row_crowd() {
    local calls level figures
    calls=$(scaled 100000 5000)
    for level in headers full; do
        rm -rf "$work/store"
        command_line "bench_packet_log $calls 50 3 $level 512 store"
        figures=$("$BENCH_PACKET_LOG" "$calls" 50 3 "$level" 512 "$work/store") || exit 1
        row "$calls calls, $level" '50 packets/s of G.711 each for 3 s of packet time, store.chunk_memory_mib 512' \
            'within the cap; no stall over 1 ms' \
            "$(awk '{ v[$1] = $2 } END {
                printf "chunks %.0f MiB, RSS %.0f MiB; %.3f %% of the packets took more than 1 ms, all but %d of them while others had the core; the processor given up %d times; 64 packets in a row at most %.2f ms of its own time, a tick %.3f ms; stored %d of %d",
                    v["memory_most_mib"], v["rss_most_mib"], 100 * v["stalls_over_1_ms"] / v["packets"],
                    v["stalls_over_1_ms"] - v["stalls_while_preempted"], v["processor_given_up"],
                    v["cpu_ns_max_of_64_unpreempted"] / 1e6, v["tick_ns_max"] / 1e6, v["stored"], v["packets"] }' <<<"$figures")"
        rm -rf "$work/store"
    done
}

# The store alone: calls in, what they take, and what searches cost. 10 M calls are hours of a small
# machine and 7 GB: bench_store DIR 10000000 10.
row_store() {
    local calls
    calls=$(scaled 1000000 60000)
    rm -rf "$work/store"
    command_line "bench_store store $calls 10"
    "$BENCH_STORE" "$work/store" "$calls" 10 >"$work/store.out" || exit 1
    row 'store, inserts' "$calls calls, each as it begins and as it ends" '30,000 calls/s' \
        "$(sed -n 's/^writer: .* ended, //p' "$work/store.out")"
    row 'store, size' 'rows, indexes and search columns of a day' '600 bytes a call' \
        "$(awk '/^size:/ { printf "%s%s %s", n++ ? ", " : "", $2, $3 }' "$work/store.out") bytes"
    sed -nE '/, warm:/ s/^(.*), warm: *(.*)$/\1|\2/p' "$work/store.out" |
        while IFS='|' read -r what took; do
            row "store, $what" "$calls calls of ten days, a search through the library" '' "$took"
        done
    rm -rf "$work/store"
}
