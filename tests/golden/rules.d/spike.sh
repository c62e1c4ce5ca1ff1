# shellcheck shell=bash
# A trunk that answers 503, without any configuration: an address is enough.
file samples/spike-503.pcap
hear 'a trunk refuses 40 calls in 30 s'
fires sip-503-spike 198.51.100.1 critical
