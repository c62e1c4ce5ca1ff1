# shellcheck shell=bash
# Peers, registrations, strangers, calls for help. A scene is one trouble, beside a dozen plain calls.
cat >hosts.yaml <<'YAML'
trunks:
  - { name: carrier-a, addresses: [198.18.32.0/20] }
numbers: { country: 44 }
security: { hours: 07:00-19:00 }
YAML

scene() { part --scenes "$1,plain" -n 30 -r 1; }

plan hosts.yaml
scene pings_outage
part --no-media -n 1 --start 1770000600
hear 'a trunk that is down for three pings'
fires trunk-down 'carrier-a, 198.18.32.*' critical
ends trunk-down 'carrier-a, 198.18.32.*'
and_nothing_else

scene pings
hear 'a trunk that answers its pings'
silent trunk-down
and_nothing_else

plan -
scene pings_down
hear 'a host of no trunk that is down'
silent trunk-down
and_nothing_else

scene users_lost
hear 'a registrar loses most of its users'
fires registration-mass-loss 192.0.2.* critical
and_nothing_else

scene users_refused
hear 'a registrar refuses whom it knows'
fires registration-mass-loss 192.0.2.200
silent registrar-silent
and_nothing_else

scene users_unanswered
hear 'a registrar is silent'
fires registrar-silent 192.0.2.200 critical
and_nothing_else

scene users_go_home
hear 'some users go home'
silent registration-mass-loss registration-storm
and_nothing_else

part --no-media -n 1 --register 300 --length 900
part --no-media -n 1 --register 1500 --length 150 --start 1770000900
hear 'all phones at once'
fires registration-storm '*'
and_nothing_else

scene brute_force
hear 'passwords are guessed'
fires registration-bruteforce 198.18.232.* warning
silent registration-bruteforce-user extension-sweep scanner-seen clear-credentials
and_nothing_else

scene brute_force_spread
hear 'the password of one user is guessed from everywhere'
fires registration-bruteforce-user carol
silent registration-bruteforce
and_nothing_else

scene wrong_password
hear 'a phone with a wrong password'
silent registration-bruteforce registration-bruteforce-user
and_nothing_else

scene basic_password
hear 'a password in clear'
fires clear-credentials 198.18.* basic
and_nothing_else

scene scanner
hear 'a scanner'
fires scanner-seen 198.18.232.* SIPVicious
fires extension-sweep 198.18.232.*
silent invite-sweep toll-fraud-probing sip-flood
and_nothing_else

scene number_sweep
hear 'number after number'
fires invite-sweep 198.18.232.*
fires always-refused 198.18.232.*
silent toll-fraud-probing extension-sweep
and_nothing_else

scene redial
hear 'one number again and again'
fires toll-fraud-probing '+3538001*' 198.18.232.
fires always-refused 198.18.232.*
silent invite-sweep
and_nothing_else

part --no-media -n 60 -r 1 --fail 404:10,403:20,486:20
hear 'a call centre with an old list'
silent invite-sweep always-refused toll-fraud-probing
and_nothing_else

scene flood
hear 'a flood'
fires sip-flood 198.18.* critical
and_nothing_else

scene busy_pings
hear 'as many requests, all answered'
silent sip-flood scanner-seen
and_nothing_else

scene stranger
hear 'a stranger sends sound to a call'
fires hijack-suspicion '*, foreign_rtp' warning
and_nothing_else

scene nat_rebind
hear 'a phone behind a NAT that changes its mind'
silent hijack-suspicion
and_nothing_else

part --scenes stir_expired -n 9 -r 0.05
hear 'calls that are vouched for by an old header'
fires replay-suspicion '198.51.100.1, stir_expired'
and_nothing_else

part --scenes stir,plain -n 30 -r 1
hear 'calls that are vouched for'
silent replay-suspicion
and_nothing_else

plan hosts.yaml
part --calls 0 --no-media --wave 5:1:1,to=112,talk=20 --wave 30:1:1,to=999,fail=503:100
hear 'two calls for help, of which one fails'
fires emergency-call '*' info
fires emergency-call-failed '*' 503
and_nothing_else

part --calls 0 --no-media --wave 5:1:1,to=1120,fail=503:100 --wave 30:1:1,to=999,cancel=100
hear 'a call to an extension, and one for help that is given up'
silent emergency-call-failed
fires emergency-call '*' '999'
and_nothing_else

part --calls 0 --no-media --wave 5:1:1,to=1120
hear 'a call to an extension'
silent emergency-call
and_nothing_else

# 02:40 UTC
part --calls 0 --no-media --wave 5:100:600,way=out,to=+5352xxxxxx,talk=30
hear 'calls to Cuba at night'
fires out-of-hours-calls '192.0.2.*' critical
and_nothing_else

part --calls 0 --no-media --wave 5:8:600,way=out,to=+5352xxxxxx,talk=30 --wave 5:100:600,way=out,to=+4420794600xx,talk=30
hear 'a few calls abroad at night'
silent out-of-hours-calls
and_nothing_else

plan -
part --no-media -n 20 -r 0.2 -d 20
wrap double=200
hear 'a mirror that delivers everything twice'
fires mirror-doubled '*' info
and_nothing_else

part --no-media -n 20 -r 0.2 -d 20 --sip-loss 5
hear 'messages that are sent again'
silent mirror-doubled
and_nothing_else

for rule in user-new-network new-expensive-destination certificate-expiring certificate-expired \
    certificate-name disk-space store-days-left capture-drops mirror-one-way mirror-silent \
    probe-clock-set probe-clock-unsynchronised probe-clock-wrong; do
    elsewhere "$rule" test_rules_own
done
