# shellcheck shell=bash
# Outcomes of calls: an ordinary hour so that it is known what is normal, then trouble, each on a trunk or to a
# destination of its own.
plan carriers.yaml

ordinary 0 5400
the_day
hear 'an ordinary day'
silent sip-503-spike sip-408-spike sip-5xx-trunk asr-drop ner-drop nos-busy nos-cancel nos-not-found acd-drop \
    pdd-rise short-calls trunk-channels ack-timeout codec-refused trunk-moved trunk-took-over retry-storm \
    caller-id-refused acd-drop-slow asr-drop-slow
and_nothing_else

# 500 of a machine behind carrier-a, a slow carrier-c, nobody at carrier-d.
ordinary 0 3600
ordinary 3600 1200 a b c d
wave 3600 1200 18 "$usual_out,trunk=0,to=+4420794600xx,fail=500:25/486:9/487:15"
wave 3600 1200 12 "$usual_out,$usual,trunk=1,to=+121255501xx"
wave 3600 1200 8 "$usual_out,$usual,trunk=1,to=+141655501xx"
wave 3600 1200 12 "way=out,pdd=5-8,ring=2-15,talk=20-400,$usual,trunk=2,to=+3319900xxxx"
wave 3600 300 12 "way=out,fail=0:100,trunk=3,to=+468465004xx"
the_day
hear 'server failures, a slow carrier, a dead one'
fires sip-5xx-trunk carrier-a 'normally 1'
fires pdd-rise carrier-c
fires sip-408-spike '198.51.100.4, carrier-d' critical
ends sip-408-spike '198.51.100.4, carrier-d'
and_nothing_else

# Short talks to Canada, where many call, and to the United States, where fewer do; carrier-d is small, and
# nobody picks up there.
brief="way=out,pdd=0.5-2,ring=2-15,talk=30-120,$usual"
wave 0 3600 36 "way=out,pdd=0.5-2,ring=2-15,talk=100-260,$usual,trunk=1,to=+141655501xx"
wave 3600 2400 36 "$brief,trunk=1,to=+141655501xx"
wave 0 3600 12 "way=out,pdd=0.5-2,ring=2-15,talk=100-260,$usual,trunk=2,to=+121255501xx"
wave 3600 2400 12 "$brief,trunk=2,to=+121255501xx"
wave 0 3600 5 "$usual_out,$usual,trunk=3,to=+468465004xx"
wave 3600 2400 5 "$usual_out,fail=480:95,trunk=3,to=+468465004xx"
the_day
hear 'talks get shorter, a small trunk is not answered'
fires acd-drop Canada
fires acd-drop-slow 'United States'
fires asr-drop-slow carrier-d
silent asr-drop
and_nothing_else

# Refusals that are no 5xx on carrier-a; on carrier-b nobody picks up; busy lines in France, numbers that do
# not exist in Germany; callers to Canada give up.
ordinary 0 3600
ordinary 3600 1200 a b c
wave 3600 1200 18 "$usual_out,trunk=0,to=+4420794600xx,fail=403:25/486:9/487:15"
wave 3600 1200 10 "$usual_out,fail=480:65/486:9,trunk=1,to=+121255501xx"
wave 3600 1200 8 "$usual_out,fail=487:45/486:9,trunk=1,to=+141655501xx"
wave 3600 1200 8 "$usual_out,fail=486:50/487:12,trunk=2,to=+3319900xxxx"
wave 3600 1200 6 "$usual_out,fail=404:40/487:12/486:9,trunk=2,to=+4930231250xx"
the_day
hear 'refused, not answered, busy, given up, unknown'
fires ner-drop carrier-a
fires asr-drop carrier-b
fires nos-busy France
fires nos-cancel Canada
fires nos-not-found Germany
and_nothing_else

# The same, but less: what happens on a bad day and wakes nobody.
ordinary 0 3600
ordinary 3600 1800 a b c d
wave 3600 1800 18 "$usual_out,trunk=0,to=+4420794600xx,fail=500:6/403:3/486:9/487:15"
wave 3600 1800 12 "$usual_out,trunk=1,to=+121255501xx,fail=480:8/486:14/487:18/404:3"
wave 3600 1800 12 "way=out,pdd=0.5-2,ring=2-15,talk=10-360,fail=486:9/487:24/480:4,trunk=1,to=+141655501xx"
wave 3600 1800 6 "way=out,pdd=1-3,ring=2-15,talk=20-400,fail=486:18/487:16,trunk=2,to=+3319900xxxx"
wave 3600 1800 6 "way=out,pdd=1-3,ring=2-15,talk=20-400,fail=404:8/486:9/487:16,trunk=2,to=+4930231250xx"
wave 3600 1800 4 "$usual_out,fail=0:12,trunk=3,to=+468465004xx"
wave 3600 60 12 "way=out,fail=503:60,talk=20-90,trunk=4,to=+1212555010x"
the_day
hear 'a bad day'
silent sip-503-spike sip-408-spike sip-5xx-trunk asr-drop ner-drop nos-busy nos-cancel nos-not-found acd-drop pdd-rise
and_nothing_else
