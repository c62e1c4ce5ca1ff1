#!/usr/bin/env bash
# includes.sh - a room includes only what stands below it, and a foreign library has one home.
. "$(dirname "$0")/sources.sh"

# A path belongs to the room of the first row that it matches. What a room may include besides
# itself; "*" is every room.
rooms='
base      ^analyzer/base/
contract  ^analyzer/(datagram|path|interval|record|record_id|frame|counters|deviation_table|sink)\.
sip       ^analyzer/sip/       base contract
rtp       ^analyzer/rtp/       base contract
quality   ^analyzer/quality/   base contract
plan      ^analyzer/plan/      base contract
kpi       ^analyzer/kpi/       base contract plan
legs      ^analyzer/legs/      base contract plan sip
peer      ^analyzer/peer/      base contract plan sip
security  ^analyzer/security/  base contract plan sip
filter    ^analyzer/filter/    base contract
privacy   ^analyzer/privacy/   base contract sip filter
story     ^analyzer/story/     base contract
analyzer  ^analyzer/           base contract sip rtp quality plan kpi legs peer security
capture   ^probe/capture/      base contract sip rtp quality plan kpi legs peer security story filter privacy analyzer
decap     ^probe/decap/        base contract sip rtp quality plan kpi legs peer security story filter privacy analyzer
storage   ^storage/            base contract sip rtp quality plan kpi legs peer security story filter privacy analyzer
rules     ^rules/              base contract sip rtp quality plan kpi legs peer security story filter privacy analyzer
secret    ^probe/secret/       base contract sip rtp quality plan kpi legs peer security story filter privacy analyzer
syslog    ^probe/syslog/       base
process   ^probe/process/      base
state     ^probe/state/        base contract sip rtp quality plan kpi legs peer security story filter privacy analyzer storage secret
access    ^probe/access/       base contract sip rtp quality plan kpi legs peer security story filter privacy analyzer storage secret state
watch     ^probe/watch/        base contract sip rtp quality plan kpi legs peer security story filter privacy analyzer storage rules state decap
engine    ^probe/engine/       base contract sip rtp quality plan kpi legs peer security story filter privacy analyzer capture decap storage rules process
web       ^probe/web/          base contract sip rtp quality plan kpi legs peer security story filter privacy analyzer capture decap storage rules secret state access syslog process
notify    ^probe/notify/       base contract sip rtp quality plan kpi legs peer security story filter privacy analyzer capture decap storage rules secret syslog state
top       ^probe/              *
tests     ^tests/              *'
# contract stands on base alone.
rooms=${rooms/sink)\\./sink)\\. base}

# header                     who may include it
homes='
^pcap([/.]|$)                ^probe/capture/|^tests/
^ndpi                        ^probe/decap/classify
^libwebsockets               ^probe/web/|^tests/
^sqlite3                     ^storage/|^probe/state/|^probe/access/|^tests/
^lz4                         ^storage/|^tests/
^xxhash                      ^storage/|^tests/
^sndfile                     ^storage/audio/audio_file
^spandsp                     ^storage/audio/|^tests/
^opus                        ^storage/audio/|^tests/
^opencore-amr                ^storage/audio/|^tests/
^gsm                         ^storage/audio/|^tests/
^speex                       ^storage/audio/|^tests/
^vo-amrwbenc                 ^tests/
^libav                       ^storage/audio/|^tests/
^curl/                       ^probe/notify/
^openssl/                    ^probe/decap/tls_cert|^probe/watch/|^probe/web/tls\.|^tests/
^sodium                      ^probe/secret/|^probe/access/|^storage/audit/audit_digest|^tests/
^yaml                        ^probe/config|^rules/
^sys/capability              ^probe/|^tests/
^jansson                     ^probe/web/|^tests/
^cmocka                      ^tests/'

sources '*.c' '*.h' | xargs grep -nHE '^[[:space:]]*#[[:space:]]*include' |
    awk -v rooms="$rooms" -v homes="$homes" '
    BEGIN {
        n = split(rooms, row, "\n")
        for (i = 1; i <= n; i++)
            if (split(row[i], f, " ")) {
                names[++count] = f[1]; pattern[f[1]] = f[2]; may[f[1]] = row[i] " "
            }
        m = split(homes, home, "\n")
    }
    function room(path,   i) {
        for (i = 1; i <= count; i++) if (path ~ pattern[names[i]]) return names[i]
        return ""
    }
    function say(what) { print place ": " what }
    {
        split($0, at, ":"); place = at[1] ":" at[2]; from = room(at[1])
        header = $0; sub(/^[^<"]*[<"]/, "", header); sub(/[>"].*/, "", header)
        if (from == "") say(at[1] " is in no room")
        if ($0 ~ /include[ \t]*</) {
            for (i = 1; i <= m; i++)
                if (split(home[i], h, " ") == 2 && header ~ h[1] && at[1] !~ h[2])
                    say("<" header "> has its home elsewhere: " h[2])
            next
        }
        to = room(header)
        if (header !~ /\// || to == "") say("\"" header "\" is not spelled from the root")
        else if (to != from && may[from] !~ / \* $/ && index(may[from], " " to " ") == 0)
            say(from " may not include " to ": \"" header "\"")
    }' | report "the layers of docs/DESIGN.md"
