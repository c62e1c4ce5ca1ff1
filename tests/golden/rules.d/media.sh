# shellcheck shell=bash
# How calls sound. Packets of 60 ms keep the captures small: a call of eight seconds has 270 of them.
plan carriers.yaml
sound="--calls 0 --trunks 8 --codec g729 --ptime 60 --no-rtcp"
good="way=out,pbx=1,ring=1-2,to=+4420794600xx"

# sound START OPTION...: a part of it.
sounds() {
    # shellcheck disable=SC2086 # several words
    part $sound --start "$@"
}

# Short good calls of the trunks whose normal must be known.
sounds 1772442000 --wave "0:110:600,trunk=1,talk=1.5,$good" --wave "0:110:600,trunk=2,talk=1.5,$good"
# Nothing is wrong with carrier-a. On carrier-d many hear one side, on carrier-e nobody hears anything.
sounds 1772442700 --wave "0:60:600,trunk=0,talk=8,$good" --wave "0:30:600,trunk=3,talk=4,$good" \
    --wave "0:10:600,trunk=3,talk=4,media=one-way,$good" --wave "0:30:600,trunk=4,talk=4,$good" \
    --wave "0:10:600,trunk=4,talk=4,media=none,$good"
# Losses on carrier-b, jitter on carrier-c, codecs that nobody named on carrier-f.
sounds 1772443400 --gilbert 2,18 --wave "0:45:500,trunk=1,talk=8,$good"
sounds 1772444000 --jitter 48 --wave "0:45:500,trunk=2,talk=8,$good"
sounds 1772444600 --codec-switch 50 --wave "0:40:600,trunk=5,talk=4,$good"
hear 'losses, jitter, one way, nothing at all'
fires one-way-audio 'carrier-d, *'
fires no-rtp 'carrier-e, *'
fires mos-low carrier-b
fires loss-bursts carrier-b
fires jitter-bursts carrier-c
fires codec-change carrier-f
ends one-way-audio 'carrier-d, *'
silent media-timeout ack-timeout
and_nothing_else

# The same, but less: single calls with a bad line, one phone behind a bad router.
sounds 1772442000 --wave "0:110:600,trunk=1,talk=1.5,$good" --wave "0:110:600,trunk=2,talk=1.5,$good"
sounds 1772442700 --wave "0:60:600,trunk=3,talk=4,$good" --wave "0:3:600,trunk=3,talk=4,media=one-way,$good" \
    --wave "0:60:600,trunk=4,talk=4,$good" --wave "0:1:600,trunk=4,talk=4,media=none,$good"
sounds 1772443400 --gilbert 2,18 --wave "0:60:600,trunk=1,talk=8,impaired=no,$good" \
    --wave "0:2:600,trunk=1,talk=8,impaired=yes,$good"
sounds 1772444100 --jitter 48 --wave "0:60:600,trunk=2,talk=8,impaired=no,$good" \
    --wave "0:2:600,trunk=2,talk=8,impaired=yes,$good"
sounds 1772444800 --codec-switch 3 --wave "0:60:600,trunk=5,talk=4,$good"
hear 'single bad calls'
silent one-way-audio no-rtp mos-low loss-bursts jitter-bursts codec-change
and_nothing_else

# The mirror loses all packets for 0.3 s, every 4 s: no fault of a trunk.
plan addresses.yaml
part --scenes gaps --mirror-gaps -n 60 -r 0.5
hear 'a mirror with holes'
silent mos-low loss-bursts one-way-audio
and_nothing_else

# Calls that end after 32 s, and calls that fall silent for over a minute.
part --scenes ack_lost -n 14 -r 0.025
part --scenes media_timeout -n 18 -r 0.02 --start 1770003000
hear 'no ACK, no media'
fires ack-timeout '198.51.100.1, carriers'
fires media-timeout carriers
and_nothing_else

# One of each is a phone.
part --scenes ack_lost,plain -n 60 -r 0.1
part --scenes media_timeout,plain -n 60 -r 0.1 --start 1770003000
hear 'one call without ACK, one that fell silent'
silent ack-timeout media-timeout
and_nothing_else
