# shellcheck shell=bash
# Trunks: where the calls go, how many, from whom, and with what.
plan carriers.yaml

# carrier-a's calls go to carrier-e for a quarter of an hour, come back, and go again.
ordinary 0 3600
wave 0 3600 6 "$usual_out,$usual,trunk=0,to=+4420794600xx"
wave 0 6600 3 "$usual_out,$usual,trunk=4,to=+4420794600xx"
ordinary 3600 3000 a
wave 3600 900 24 "$usual_out,$usual,trunk=4,to=+4420794600xx"
wave 4500 900 24 "$usual_out,$usual,trunk=0,to=+4420794600xx"
wave 5400 1200 24 "$usual_out,$usual,trunk=4,to=+4420794600xx"
the_day
hear 'a failover, and back, and again'
fires trunk-moved carrier-a '"flaps":1'
ends trunk-moved carrier-a
fires trunk-took-over carrier-e
and_nothing_else

# A PBX that dials five numbers again and again; callers without the plus; a full trunk; G.729 alone; calls that
# end after some seconds.
ordinary 0 3600
ordinary 3600 1800 b
wave 3600 600 15 "way=out,pbx=2,fail=480:100,ring=1-2,trunk=3,to=+4684650040x"
wave 3600 1800 3 "way=out,fail=403:100,trunk=5,from=01555501xx,to=+612555001xx"
wave 3600 1800 3 "way=out,talk=20-90,trunk=5,from=+141555501xx,to=+612555001xx"
wave 3600 120 15 "way=out,talk=600-900,trunk=6,to=+468465004xx"
wave 3600 1800 3 "way=out,fail=488:70,offer=g729,talk=20-90,trunk=7,to=+612555001xx"
wave 3600 1800 9 "$usual_out,$usual,trunk=1,to=+121255501xx"
wave 3600 1800 9 "way=out,pdd=0.5-2,ring=2-15,talk=1-5,$usual,trunk=1,to=+141655501xx"
the_day
hear 'retries, caller ids, a full trunk, a codec, short calls'
fires retry-storm '192.0.2.12, carrier-d'
fires caller-id-refused 'carrier-f, 0 and 9 digits'
fires trunk-channels carrier-g critical
ends trunk-channels carrier-g
fires codec-refused '198.51.100.8, carrier-h' 'most offered G729'
fires short-calls carrier-b
and_nothing_else acd-drop # they are short

# The same, but less.
ordinary 0 3600
ordinary 3600 1800 a b
wave 3600 1800 12 "$usual_out,$usual,trunk=0,to=+4420794600xx"
wave 3600 1800 6 "$usual_out,$usual,trunk=4,to=+4420794600xx"
wave 3600 1800 5 "way=out,pbx=2,fail=480:100,ring=1-2,trunk=6,to=+468465004xx"
wave 3600 1800 6 "way=out,fail=403:25,talk=20-90,trunk=5,from=01555501xx,to=+612555001xx"
wave 3600 60 14 "way=out,talk=600-900,trunk=6,to=+468465004xx"
wave 3600 1800 6 "way=out,fail=488:3,talk=20-90,trunk=7,to=+612555001xx"
wave 3600 1800 14 "$usual_out,$usual,trunk=1,to=+121255501xx"
wave 3600 1800 2 "way=out,pdd=0.5-2,ring=2-15,talk=1-5,$usual,trunk=1,to=+141655501xx"
the_day
hear 'a little of all that'
silent trunk-moved trunk-took-over retry-storm caller-id-refused trunk-channels codec-refused short-calls
and_nothing_else
