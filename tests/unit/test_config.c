#include "probe/config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define ROOT TEST_DATA "/../../.."

static int setup(void **state)
{
    struct config *c = malloc(sizeof *c);

    *state = c;
    return c ? config_init(c) : -1;
}

static int teardown(void **state)
{
    config_fini(*state);
    free(*state);
    return 0;
}

/* From a heap block of the text's own size. Returns what config_read_text did. */
static int read_text(struct config *c, const char *text, struct strbuf *errors)
{
    size_t len = strlen(text);
    char *copy = malloc(len ? len : 1);
    int err;

    assert_non_null(copy);
    memcpy(copy, text, len);
    err = config_read_text(c, "earshot.yaml", slice_of(copy, len), errors);
    free(copy);
    return err;
}

static void starts_with_the_defaults(void **state)
{
    const struct config *c = *state;

    assert_int_equal(c->capture_interfaces.n, 0);
    assert_null(c->capture_filter);
    assert_int_equal(c->capture_ring_mib, 256);
    assert_true(c->capture_promiscuous);
    assert_int_equal(c->capture_snaplen, 65535);
    assert_int_equal(c->capture_block_timeout, 100);
    assert_int_equal(c->decap_vxlan_ports.n, 2);
    assert_string_equal(c->decap_vxlan_ports.items[0], "4789");
    assert_string_equal(c->decap_vxlan_ports.items[1], "8472");
    assert_int_equal(c->decap_gtpu_ports.n, 1);
    assert_string_equal(c->decap_gtpu_ports.items[0], "2152");
    assert_int_equal(c->decap_depth, 8);
    assert_int_equal(c->decap_duplicate_window, 50);
    assert_true(c->decap_separate_vlans);
    assert_int_equal(c->decap_fragment_memory_mib, 16);
    assert_int_equal(c->decap_tcp_memory_mib, 64);
    assert_true(c->decap_classify);
    assert_string_equal(c->store_directory, "/var/lib/earshot");
    assert_string_equal(c->web_listen, "127.0.0.1:8080");
    assert_int_equal(c->trunks.n, 0);
    assert_null(c->numbers_country);
    assert_int_equal(c->numbers_rules.n, 0);
    assert_null(c->destinations_file);
    assert_int_equal(c->legs_headers.n, 5);
    assert_string_equal(c->legs_headers.items[1], "X-Call-ID");
    assert_null(c->security_hours);
    assert_null(c->web_root);
    assert_null(c->rules_directory);
    assert_int_equal(c->notify_webhooks.n, 0);
    assert_null(c->notify_base_url);
    assert_null(c->user);
    assert_int_equal(config_log_level(c), LOG_LEVEL_WARN);
}

static const char every_option[] =
    "capture:\n"
    "  interfaces: [eth0, \"eth1\"]\n"
    "  filter: 'udp or tcp'\n"
    "  ring_mib: 512\n"
    "  promiscuous: off\n"
    "  snaplen: 64 KiB\n"
    "  block_timeout: 2s\n"
    "decap:\n"
    "  vxlan_ports: [4790]\n"
    "  geneve_ports: []\n"
    "  gtpu_ports: [2152, 2153, 2154]\n"
    "  tzsp_ports: 37009\n"
    "  l2tp_ports: ~\n"
    "  depth: 3\n"
    "  duplicate_window: 0ms\n"
    "  separate_vlans: no\n"
    "  fragment_memory_mib: 1\n"
    "  tcp_memory_mib: 4096\n"
    "  classify: no\n"
    "store: { directory: /srv/calls }\n"
    "trunks:\n"
    "  - name: carrier one\n"
    "    addresses: [192.0.2.0/24, '[2001:db8::1]:5060']\n"
    "    channels: 30\n"
    "    encrypted: yes\n"
    "  - { addresses: 198.51.100.7, name: branch }\n"
    "numbers:\n"
    "  country: +49\n"
    "  rules: ['- 3-4 +4930555', \"0 6-12 +49\"]\n"
    "destinations: { file: /etc/prefixes.csv }\n"
    "legs: { headers: [X-Leg] }\n"
    "security: { hours: 07:00-19:00 }\n"
    "web:\n"
    "  listen: \"[::1]:8443\"\n"
    "  root: /srv/www\n"
    "rules:\n"
    "  directory: /etc/earshot/rules\n"
    "notify:\n"
    "  webhooks:\n"
    "    - https://hooks.example.com/a,b\n"
    "    - http://127.0.0.1:9/x\n"
    "  receivers:\n"
    "    - name: on-call\n"
    "      kind: pagerduty\n"
    "      token_file: /etc/earshot/pd\n"
    "      severity: critical\n"
    "      match: trunk=carrier-* rule!=cert-*\n"
    "      hours: 20:00-08:00\n"
    "      days: mon-fri\n"
    "      group_wait: 30s\n"
    "      interval: 5min\n"
    "      resolved: no\n"
    "    - {name: noc, kind: mail, url: 'smtps://mx.example.com', from: a@x, "
    "to: 'b@x, c@x'}\n"
    "    - {name: alive, kind: heartbeat, url: 'https://h.example', every: 5min}\n"
    "  allow: [10.1.0.0/16, '::1', hooks.internal]\n"
    "  exec: yes\n"
    "  ca_file: /etc/ca.pem\n"
    "  base_url: https://earshot.example.com\n"
    "  link_hours: 48\n"
    "  maintenance: ['trunk=a; sun 02:00-06:00', daily 03:00-03:30]\n"
    "certificates: { watch: ['sbc.example.com:5061', '[::1]:443'], every: 1h }\n"
    "user: earshot\n"
    "log:\n"
    "  level: debug\n";

static void reads_every_option(void **state)
{
    struct config *c = *state;
    struct strbuf errors = { 0 };
    uint8_t from, to;

    assert_int_equal(read_text(c, every_option, &errors), 0);
    assert_int_equal(errors.len, 0);
    assert_int_equal(c->capture_interfaces.n, 2);
    assert_string_equal(c->capture_interfaces.items[0], "eth0");
    assert_string_equal(c->capture_interfaces.items[1], "eth1");
    assert_string_equal(c->capture_filter, "udp or tcp");
    assert_int_equal(c->capture_ring_mib, 512);
    assert_false(c->capture_promiscuous);
    assert_int_equal(c->capture_snaplen, 65536);
    assert_int_equal(c->capture_block_timeout, 2000);
    assert_int_equal(c->decap_vxlan_ports.n, 1);
    assert_string_equal(c->decap_vxlan_ports.items[0], "4790");
    assert_int_equal(c->decap_geneve_ports.n, 0);
    assert_int_equal(c->decap_gtpu_ports.n, 3);
    assert_string_equal(c->decap_gtpu_ports.items[2], "2154");
    assert_int_equal(c->decap_tzsp_ports.n, 1);
    assert_int_equal(c->decap_l2tp_ports.n, 0);
    assert_int_equal(c->decap_depth, 3);
    assert_int_equal(c->decap_duplicate_window, 0);
    assert_false(c->decap_separate_vlans);
    assert_int_equal(c->decap_fragment_memory_mib, 1);
    assert_int_equal(c->decap_tcp_memory_mib, 4096);
    assert_false(c->decap_classify);
    assert_string_equal(c->store_directory, "/srv/calls");
    assert_int_equal(c->trunks.n, 2);
    assert_string_equal(c->trunks.items[0].name, "carrier one");
    assert_int_equal(c->trunks.items[0].addresses.n, 2);
    assert_string_equal(c->trunks.items[0].addresses.items[1], "[2001:db8::1]:5060");
    assert_int_equal(c->trunks.items[0].channels, 30);
    assert_true(c->trunks.items[0].encrypted);
    assert_string_equal(c->trunks.items[1].name, "branch");
    assert_int_equal(c->trunks.items[1].addresses.n, 1);
    assert_int_equal(c->trunks.items[1].channels, 0);
    assert_false(c->trunks.items[1].encrypted);
    assert_int_equal(c->notify_receivers.n, 3);
    assert_string_equal(c->notify_receivers.items[0].name, "on-call");
    assert_string_equal(c->notify_receivers.items[0].kind, "pagerduty");
    assert_null(c->notify_receivers.items[0].url);
    assert_string_equal(c->notify_receivers.items[0].match, "trunk=carrier-* rule!=cert-*");
    assert_string_equal(c->notify_receivers.items[0].hours, "20:00-08:00");
    assert_int_equal(c->notify_receivers.items[0].group_wait, 30000);
    assert_int_equal(c->notify_receivers.items[0].interval, 300000);
    assert_false(c->notify_receivers.items[0].resolved);
    assert_string_equal(c->notify_receivers.items[1].to, "b@x, c@x");
    assert_string_equal(c->notify_receivers.items[1].severity, "info"); /* the key's default */
    assert_true(c->notify_receivers.items[1].resolved);
    assert_int_equal(c->notify_receivers.items[1].every, 60000);
    assert_int_equal(c->notify_receivers.items[2].every, 300000);
    assert_int_equal(c->notify_allow.n, 3);
    assert_true(c->notify_exec);
    assert_int_equal(c->notify_link_hours, 48);
    assert_int_equal(c->notify_maintenance.n, 2);
    assert_int_equal(c->certificates_watch.n, 2);
    assert_int_equal(c->certificates_every, 3600000);
    assert_string_equal(c->numbers_country, "+49");
    assert_int_equal(c->numbers_rules.n, 2);
    assert_string_equal(c->destinations_file, "/etc/prefixes.csv");
    assert_int_equal(c->legs_headers.n, 1);
    config_hours(c, &from, &to);
    assert_int_equal(from, 7);
    assert_int_equal(to, 19);
    assert_string_equal(c->web_listen, "[::1]:8443");
    assert_string_equal(c->web_root, "/srv/www");
    assert_string_equal(c->rules_directory, "/etc/earshot/rules");
    assert_int_equal(c->notify_webhooks.n, 2);
    assert_string_equal(c->notify_webhooks.items[0], "https://hooks.example.com/a,b");
    assert_string_equal(c->notify_base_url, "https://earshot.example.com");
    assert_string_equal(c->user, "earshot");
    assert_int_equal(config_log_level(c), LOG_LEVEL_DEBUG);
    strbuf_fini(&errors);
}

static void numbers_have_units_and_ranges(void **state)
{
    static const struct {
        const char *option, *value;
        int64_t expected; /* −1: refused */
    } rows[] = {
        { "capture.ring_mib", "1", 1 },
        { "capture.ring_mib", "2047", 2047 },
        { "capture.ring_mib", "0", -1 },
        { "capture.ring_mib", "2048", -1 },
        { "capture.ring_mib", "-1", -1 },
        { "capture.ring_mib", "1MiB", -1 },
        { "capture.ring_mib", "", -1 },
        { "capture.ring_mib", "0x10", -1 },
        { "capture.ring_mib", "99999999999999999999", -1 },
        { "capture.snaplen", "64", 64 },
        { "capture.snaplen", "63", -1 },
        { "capture.snaplen", "96B", 96 },
        { "capture.snaplen", "64kib", 65536 },
        { "capture.snaplen", "256 KiB", 262144 },
        { "capture.snaplen", "1MiB", -1 },
        { "capture.snaplen", "18014398509481985KiB", -1 }, /* 2^64 + 1024 */
        { "capture.snaplen", "KiB", -1 },
        { "capture.snaplen", "64ms", -1 },
        { "capture.block_timeout", "1ms", 1 },
        { "capture.block_timeout", "10s", 10000 },
        { "capture.block_timeout", "100", -1 }, /* of what? */
        { "capture.block_timeout", "1min", -1 },
        { "capture.block_timeout", "1h", -1 },
        { "capture.block_timeout", "1d", -1 },
    };
    struct config *c = *state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const int64_t *field = strstr(rows[i].option, "ring")      ? &c->capture_ring_mib
                               : strstr(rows[i].option, "snaplen") ? &c->capture_snaplen
                                                                   : &c->capture_block_timeout;
        struct strbuf errors = { 0 };
        int64_t before = *field;
        int err = config_set(c, rows[i].option, "--it", &rows[i].value, 1, &errors);

        if (rows[i].expected < 0) {
            assert_int_equal(err, -EINVAL);
            assert_int_equal(*field, before);
            assert_memory_equal(errors.p, "--it: capture.", 14);
        } else {
            assert_int_equal(err, 0);
            assert_int_equal(*field, rows[i].expected);
            assert_int_equal(errors.len, 0);
        }
        strbuf_fini(&errors);
    }
}

static void errors_say_where_and_what(void **state)
{
    static const struct {
        const char *yaml, *says;
    } rows[] = {
        { "capture:\n  fliter: udp\n",
          "earshot.yaml:2:3: unknown key 'fliter', did you mean 'filter'?\n" },
        { "captur:\n  filter: udp\n",
          "earshot.yaml:1:1: unknown key 'captur', did you mean 'capture'?\n" },
        { "ring_mib: 5\n",
          "earshot.yaml:1:1: unknown key 'ring_mib', did you mean 'capture.ring_mib'?\n" },
        { "zebra: 1\n", "earshot.yaml:1:1: unknown key 'zebra'; earshot.yaml(5) lists those that "
                        "there are\n" },
        { "capture.filter.more: 1\n", "earshot.yaml:1:1: unknown key 'capture.filter.more'" },
        { "user:\n  name: x\n", "earshot.yaml:2:3: user: must be a single value\n" },
        { "capture: eth0\n",
          "earshot.yaml:1:10: 'capture' is a section, its options go below it\n" },
        { "capture:\n  ring_mib: many\n",
          "earshot.yaml:2:13: capture.ring_mib: 'many' is not a whole number\n" },
        { "capture:\n  ring_mib: 5000\n",
          "earshot.yaml:2:13: capture.ring_mib: '5000' is not between 1 and 2047\n" },
        { "capture:\n  snaplen: 1MiB\n", "'1MiB' is not between 64 and 262144 bytes\n" },
        { "capture:\n  block_timeout: 5\n", "is not a duration, like 100ms" },
        { "capture:\n  promiscuous: maybe\n", "'maybe' is neither yes nor no\n" },
        { "capture:\n  interfaces: {a: b}\n", "must be a list, like [a, b]\n" },
        { "capture:\n  interfaces: [[a]]\n", "an item must be a single text\n" },
        { "capture:\n  interfaces: [a, '']\n",
          "earshot.yaml:2:19: capture.interfaces: an empty item\n" },
        { "web:\n  listen: 8080\n", "web.listen: '8080' is not ADDRESS:PORT" },
        { "notify:\n  webhooks: [ftp://x]\n", "'ftp://x' is not a URL that begins with http" },
        { "decap:\n  gtpu_ports: [2152, 0]\n",
          "earshot.yaml:2:22: decap.gtpu_ports: '0' is not a port, from 1 to 65535\n" },
        { "decap:\n  tzsp_ports: [1, 2, 3, 4, 5, 6, 7, 8, 9]\n",
          "earshot.yaml:2:40: decap.tzsp_ports: more than 8 items\n" },
        { "decap:\n  duplicate_window: 500ms\n", "'500ms' is not between 0 and 250 ms\n" },
        { "log:\n  level: loud\n", "'loud' is not one of error, warn, info, debug\n" },
        { "user: a\nuser: b\n", "earshot.yaml:2:1: user: given twice\n" },
        { "trunks: carrier\n", "earshot.yaml:1:9: trunks: must be a list of maps" },
        { "trunks: {name: a}\n", "earshot.yaml:1:9: trunks: must be a list of maps" },
        { "trunks: [a]\n", "earshot.yaml:1:10: trunks: an item must be a map" },
        { "trunks:\n  - name: a\n    adresses: [192.0.2.1]\n",
          "earshot.yaml:3:5: trunks: unknown key 'adresses', did you mean 'addresses'?\n" },
        { "trunks:\n  - name: a\n    zebra: 1\n    addresses: 192.0.2.1\n",
          "earshot.yaml:3:5: trunks: unknown key 'zebra'; there are name, addresses, channels, "
          "encrypted\n" },
        { "trunks:\n  - addresses: [192.0.2.1]\n",
          "earshot.yaml:2:5: trunks: a trunk needs a name\n" },
        { "trunks:\n  - name: a\n", "earshot.yaml:2:5: trunks: 'a' needs addresses\n" },
        { "trunks:\n  - name: a\n    name: b\n    addresses: 192.0.2.1\n",
          "earshot.yaml:3:5: trunks: name is given twice\n" },
        { "trunks:\n  - {name: a, addresses: [192.0.2.1]}\n  - {name: a, addresses: "
          "[192.0.2.2]}\n",
          "earshot.yaml:3:5: trunks: 'a' is there twice\n" },
        { "trunks:\n  - {name: a, addresses: [192.0.2.1]}\n  - {name: b, addresses: "
          "[192.0.2.1]}\n",
          "earshot.yaml:3:27: trunks: '192.0.2.1' is an address of another trunk already\n" },
        { "trunks:\n  - {name: a, addresses: [192.0.2.1/33]}\n",
          "earshot.yaml:2:27: addresses: '192.0.2.1/33' is not an IP address, IP:PORT or CIDR" },
        { "trunks:\n  - {name: a, addresses: {b: c}}\n",
          "earshot.yaml:2:26: addresses: must be a list, like [a, b]\n" },
        { "trunks:\n  - {name: a, addresses: 192.0.2.1, channels: 0}\n",
          "earshot.yaml:2:47: channels: '0' is not between 1 and 1000000\n" },
        { "numbers:\n  country: de\n",
          "numbers.country: 'de' is not a country code, like 49 or +49\n" },
        { "numbers:\n  rules: ['0 +49']\n",
          "earshot.yaml:2:11: numbers.rules: '0 +49' is not PREFIX MIN-MAX REPLACEMENT" },
        { "legs:\n  headers: ['X Leg']\n", "'X Leg' is not the name of a header\n" },
        { "security:\n  hours: 19:00-07:00\n", "is not FROM-TO in full hours, like 07:00-19:00\n" },
        { "security:\n  hours: 07:30-19:00\n", "is not FROM-TO in full hours, like 07:00-19:00\n" },
        { "user: \"a\\nb\"\n", "user: holds a control character\n" },
        { "- a\n- b\n", "earshot.yaml:1:1: must be options" },
        { "user: a\n---\nuser: b\n", "a second document" },
        { "capture: [\n", "earshot.yaml:2:1: did not find expected node content" },
        { "user: \"a\n", "found unexpected end of stream" },
        { "user: *nobody\n", "found undefined alias" },
        { "? [a]\n: b\n", "a key must be a single word\n" },
        { "\"user\\0x\": me\n", "earshot.yaml:1:1: unknown key 'user" },
        { "'': me\n", "earshot.yaml:1:1: unknown key ''" },
        { "capture:\n  capture: {filter: x}\n", "earshot.yaml:2:3: unknown key 'capture'" },
        { "\xff\xfe\xfd\n", "earshot.yaml:1:1: " },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct strbuf errors = { 0 };
        struct config c;

        assert_int_equal(config_init(&c), 0);
        assert_int_equal(read_text(&c, rows[i].yaml, &errors), -EINVAL);
        assert_true(errors.len > 0);
        if (!strstr(errors.p, rows[i].says))
            fail_msg("expected '%s' in: %s", rows[i].says, errors.p);
        assert_true(strchr(errors.p, '\n') == errors.p + errors.len - 1);
        config_fini(&c);
        strbuf_fini(&errors);
    }
}

static void errors_of_receivers_say_where_and_what(void **state)
{
    static const struct {
        const char *yaml, *says;
    } rows[] = {
        { "notify:\n  receivers:\n    - {nam: a}\n",
          "earshot.yaml:3:8: notify.receivers: unknown key 'nam', did you mean 'name'?\n" },
        { "notify:\n  receivers:\n    - {url: 'http://a'}\n",
          "earshot.yaml:3:7: notify.receivers: a receiver needs a name\n" },
        { "notify:\n  receivers:\n    - {name: a}\n",
          "earshot.yaml:3:7: notify.receivers: 'a' needs a url\n" },
        { "notify:\n  receivers:\n    - {name: a, url: 'ftp://s3cret'}\n",
          "earshot.yaml:3:22: notify.receivers: the url of 'a' must begin with https:// or "
          "http://\n" },
        { "notify:\n  receivers:\n    - {name: a, kind: mail, url: 'smtp://a'}\n",
          "earshot.yaml:3:7: notify.receivers: 'a' needs from and to\n" },
        { "notify:\n  receivers:\n    - {name: a, kind: pagerduty}\n",
          "earshot.yaml:3:7: notify.receivers: 'a' needs a token_file with its routing key\n" },
        { "notify:\n  receivers:\n    - {name: a, kind: exec, url: rm -rf}\n",
          "notify.receivers: the url of 'a' must begin with /\n" },
        { "notify:\n  receivers:\n    - {name: a, url: 'http://a', url_file: b}\n",
          "notify.receivers: 'a' has both url and url_file\n" },
        { "notify:\n  receivers:\n    - {name: a, url: 'http://a'}\n    - {name: a, url: "
          "'http://b'}\n",
          "earshot.yaml:4:7: notify.receivers: 'a' is there twice\n" },
        { "notify:\n  receivers:\n    - {name: a b, url: 'http://a'}\n",
          "earshot.yaml:3:14: name: 'a b' is not 1 to 63 letters" },
        { "notify:\n  receivers:\n    - {name: a, kind: pigeon, url: 'http://a'}\n",
          "earshot.yaml:3:23: kind: 'pigeon' is not one of webhook, alertmanager" },
        { "notify:\n  receivers:\n    - {name: a, severity: bad, url: 'http://a'}\n",
          "severity: 'bad' is not one of info, warning, critical\n" },
        { "notify:\n  receivers:\n    - {name: a, match: 'trunk', url: 'http://a'}\n",
          "earshot.yaml:3:24: match: 'trunk': column 6: = or != is missing" },
        { "notify:\n  receivers:\n    - {name: a, hours: 8-18, url: 'http://a'}\n",
          "hours: '8-18' is not FROM-TO, like 08:00-18:00\n" },
        { "notify:\n  receivers:\n    - {name: a, days: workdays, url: 'http://a'}\n",
          "days: 'workdays' is not days, like mon-fri or sat,sun\n" },
        { "notify: {receivers: on-call}\n",
          "notify.receivers: must be a list of maps, each with name" },
        { "notify: {allow: [10.0.0.0/33]}\n", "'10.0.0.0/33' is not an IP address, a network" },
        { "notify: {maintenance: ['; sometimes']}\n",
          "the time is not like 'sat,sun 02:00-06:00'" },
        { "certificates: {watch: [sbc]}\n", "'sbc' is not HOST:PORT" },
        { "certificates: {watch: ['sbc:99999']}\n", "'sbc:99999' is not HOST:PORT" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct strbuf errors = { 0 };
        struct config c;

        assert_int_equal(config_init(&c), 0);
        assert_int_equal(read_text(&c, rows[i].yaml, &errors), -EINVAL);
        assert_true(errors.len > 0);
        if (!strstr(errors.p, rows[i].says))
            fail_msg("expected '%s' in: %s", rows[i].says, errors.p);
        assert_true(strchr(errors.p, '\n') == errors.p + errors.len - 1);
        config_fini(&c);
        strbuf_fini(&errors);
    }
}

static void all_errors_are_told_and_the_rest_is_taken(void **state)
{
    struct config *c = *state;
    struct strbuf errors = { 0 };

    assert_int_equal(read_text(c,
                               "capture:\n  ring_mib: x\n  filter: udp\n  nope: 1\n"
                               "user: me\n",
                               &errors),
                     -EINVAL);
    assert_non_null(strstr(errors.p, "earshot.yaml:2:13: "));
    assert_non_null(strstr(errors.p, "earshot.yaml:4:3: "));
    assert_string_equal(c->capture_filter, "udp");
    assert_string_equal(c->user, "me");
    assert_int_equal(c->capture_ring_mib, 256);
    strbuf_fini(&errors);
}

static void a_flood_of_errors_is_capped(void **state)
{
    struct strbuf yaml = { 0 }, errors = { 0 };
    size_t lines = 0;

    for (unsigned i = 0; i < 1000; i++)
        strbuf_addf(&yaml, "key%u: 1\n", i);
    assert_int_equal(config_read_text(*state, "f", strbuf_slice(&yaml), &errors), -EINVAL);
    for (size_t i = 0; i < errors.len; i++)
        lines += errors.p[i] == '\n';
    assert_int_equal(lines, 21);
    assert_non_null(strstr(errors.p, "\nf: and more\n"));
    strbuf_fini(&yaml);
    strbuf_fini(&errors);
}

static void refuses_great_and_deep_files(void **state)
{
    struct strbuf yaml = { 0 }, errors = { 0 };

    strbuf_add_text(&yaml, "# libyaml alone would take minutes\nuser: ");
    for (unsigned i = 0; i < 60000; i++)
        strbuf_add_char(&yaml, i % 2 ? '[' : '{');
    assert_int_equal(config_read_text(*state, "f", strbuf_slice(&yaml), &errors), -EINVAL);
    assert_string_equal(errors.p, "f:2:71: more than 64 brackets are open\n");
    strbuf_reset(&yaml);
    strbuf_reset(&errors);
    for (unsigned i = 0; i < 30000; i++)
        strbuf_add_text(&yaml, "- ");
    assert_int_equal(config_read_text(*state, "f", strbuf_slice(&yaml), &errors), -EINVAL);
    assert_true(errors.len > 0);
    strbuf_reset(&yaml);
    strbuf_reset(&errors);
    strbuf_add_text(&yaml, "user: ");
    for (unsigned i = 0; i < (256 << 10); i++)
        strbuf_add_char(&yaml, 'a');
    assert_int_equal(config_read_text(*state, "f", strbuf_slice(&yaml), &errors), -EINVAL);
    assert_string_equal(errors.p, "f: larger than 256 KiB\n");
    strbuf_reset(&errors);
    assert_int_equal(config_read_text(*state, "f", slice_of(yaml.p, 5000), &errors), -EINVAL);
    assert_string_equal(errors.p, "f:1:7: user: longer than 4096 bytes\n");
    strbuf_fini(&yaml);
    strbuf_fini(&errors);
}

static void nothing_unsets_and_an_empty_file_is_fine(void **state)
{
    struct config *c = *state;
    struct strbuf errors = { 0 };
    const char *one[] = { "eth0" };

    assert_int_equal(config_set(c, "capture.interfaces", "-i", one, 1, &errors), 0);
    assert_int_equal(read_text(c, "", &errors), 0);
    assert_int_equal(read_text(c, "# only a comment\n", &errors), 0);
    assert_int_equal(read_text(c, "capture:\nweb:\n", &errors), 0);
    assert_int_equal(c->capture_interfaces.n, 1);
    assert_int_equal(
        read_text(c, "capture:\n  interfaces:\nstore:\n  directory: ~\nuser: ''\n", &errors), 0);
    assert_int_equal(c->capture_interfaces.n, 0);
    assert_null(c->store_directory);
    assert_int_equal(errors.len, 0);
    strbuf_fini(&errors);
}

static void the_command_line_goes_over_the_file(void **state)
{
    struct config *c = *state;
    struct strbuf errors = { 0 };
    const char *two[] = { "lo", "eth9" }, *bad[] = { "nowhere" };

    assert_int_equal(read_text(c, "capture:\n  interfaces: [eth0, eth1, eth2]\n", &errors), 0);
    assert_int_equal(config_set(c, "capture.interfaces", "-i", two, 2, &errors), 0);
    assert_int_equal(c->capture_interfaces.n, 2);
    assert_string_equal(c->capture_interfaces.items[1], "eth9");
    assert_int_equal(config_set(c, "web.listen", "--listen", bad, 1, &errors), -EINVAL);
    assert_memory_equal(errors.p, "--listen: web.listen: 'nowhere' is not ADDRESS:PORT", 51);
    assert_string_equal(c->web_listen, "127.0.0.1:8080");
    assert_int_equal(config_set(c, "user", "--user", two, 2, &errors), -EINVAL);
    assert_int_equal(config_set(c, "no.such", "--x", two, 1, &errors), -EINVAL);
    strbuf_fini(&errors);
}

static void what_is_printed_reads_back_as_the_same(void **state)
{
    struct config *c = *state, again;
    struct strbuf errors = { 0 }, first = { 0 }, second = { 0 };

    assert_int_equal(
        read_text(c,
                  "capture: {interfaces: [a, 'b \"c\"'], filter: 'x: \\y # z', "
                  "snaplen: 96, block_timeout: 3s, promiscuous: no}\n"
                  "user: 'yes'\nstore: {directory: ~}\n"
                  "decap: {geneve_ports: [], l2tp_ports: [7]}\n"
                  "trunks: [{name: 'a \"b\"', addresses: [192.0.2.1, 10.0.0.0/8], "
                  "channels: 7}, {name: c, addresses: ['::1'], encrypted: yes}]\n"
                  "notify: {webhooks: ['http://x/#y'], receivers: [{name: r, url: "
                  "'https://x/\"', match: 'a=\"b c\"', every: 5s}, {name: s, url_file: /x}]}\n",
                  &errors),
        0);
    config_print(c, &first);
    assert_int_equal(config_init(&again), 0);
    assert_int_equal(read_text(&again, first.p, &errors), 0);
    assert_int_equal(errors.len, 0);
    assert_string_equal(again.capture_filter, "x: \\y # z");
    assert_string_equal(again.capture_interfaces.items[1], "b \"c\"");
    assert_int_equal(again.capture_block_timeout, 3000);
    assert_false(again.capture_promiscuous);
    assert_string_equal(again.user, "yes");
    assert_int_equal(again.trunks.n, 2);
    assert_string_equal(again.trunks.items[0].name, "a \"b\"");
    assert_int_equal(again.trunks.items[0].channels, 7);
    assert_int_equal(again.trunks.items[1].channels, 0);
    assert_true(again.trunks.items[1].encrypted);
    assert_int_equal(again.notify_receivers.n, 2);
    assert_string_equal(again.notify_receivers.items[0].match, "a=\"b c\"");
    assert_int_equal(again.notify_receivers.items[0].every, 5000);
    assert_string_equal(again.notify_receivers.items[1].url_file, "/x");
    assert_int_equal(again.decap_geneve_ports.n, 0);
    assert_int_equal(again.decap_l2tp_ports.n, 1);
    /* Unset is a comment in the file, so the default stays there: the one thing lost. */
    assert_string_equal(again.store_directory, "/var/lib/earshot");
    free(again.store_directory);
    again.store_directory = NULL;
    config_print(&again, &second);
    assert_string_equal(first.p, second.p);
    config_fini(&again);
    strbuf_fini(&first);
    strbuf_fini(&second);
    strbuf_fini(&errors);
}

static void says_which_file_cannot_be_read(void **state)
{
    struct strbuf errors = { 0 };

    assert_int_equal(config_read_file(*state, "/nowhere/earshot.yaml", &errors), -ENOENT);
    assert_string_equal(errors.p,
                        "/nowhere/earshot.yaml: cannot be read: No such file or directory\n");
    strbuf_reset(&errors);
    assert_int_equal(config_read_file(*state, "/tmp", &errors), -EISDIR);
    strbuf_fini(&errors);
}

static char *file_text(const char *path)
{
    char *text = calloc(1, 1 << 16);
    FILE *f = fopen(path, "re");

    assert_non_null(text);
    if (!f)
        fail_msg("%s is missing", path);
    assert_true(fread(text, 1, (1 << 16) - 1, f) > 0);
    fclose(f);
    return text;
}

static void write_text(const char *path, const char *before, size_t before_len, const char *text,
                       const char *after)
{
    FILE *f = fopen(path, "we");

    assert_non_null(f);
    fprintf(f, "%.*s%s%s", (int)before_len, before, text, after);
    fclose(f);
}

/* UPDATE_PAGES=1 makes both pages anew from the table. */
static void the_sample_is_the_defaults(void **state)
{
    const char *path = ROOT "/samples/earshot.yaml";
    struct strbuf defaults = { 0 };
    char *text;

    config_print(*state, &defaults);
    if (getenv("UPDATE_PAGES"))
        write_text(path, "", 0, defaults.p, "");
    text = file_text(path);
    if (strcmp(text, defaults.p) != 0)
        fail_msg("samples/earshot.yaml is out of date: UPDATE_PAGES=1 test_config");
    free(text);
    strbuf_fini(&defaults);
}

static void the_manual_has_the_table(void **state)
{
    static const char begin[] =
        ".\\\" Made from the table of options; see tests/unit/test_config.c\n";
    static const char end[] = ".\\\" End of the table of options\n";
    const char *path = ROOT "/docs/man/earshot.yaml.5";
    struct strbuf manual = { 0 };
    char *text = file_text(path), *from, *to;

    (void)state;
    config_print_manual(&manual);
    from = strstr(text, begin);
    to = strstr(text, end);
    assert_true(from && to && from < to);
    from += sizeof begin - 1;
    if (getenv("UPDATE_PAGES")) {
        write_text(path, text, (size_t)(from - text), manual.p, to);
    } else if (!slice_eq(slice_of(from, (size_t)(to - from)), strbuf_slice(&manual))) {
        fail_msg("docs/man/earshot.yaml.5 is out of date: UPDATE_PAGES=1 test_config");
    }
    for (size_t i = 0; config_option_name(i); i++)
        assert_non_null(strstr(manual.p, config_option_name(i)));
    assert_non_null(config_option_name(13));
    free(text);
    strbuf_fini(&manual);
}

/* What a page shows: what is set and what is not, and never what stands behind the host of a URL. */
static void what_is_shown_has_no_secrets(void **state)
{
    struct config *c = *state;
    struct strbuf out = { 0 }, errors = { 0 };
    struct jsonw j = jsonw_to(&out);
    const char *text = "notify:\n"
                       "  webhooks: [\"https://user:SECRET@hooks.example.com/services/SECRET\"]\n"
                       "  receivers:\n"
                       "    - name: oncall\n"
                       "      kind: slack\n"
                       "      url: https://chat.example.com/SECRET?token=SECRET\n"
                       "store:\n"
                       "  sync: 90s\n";

    assert_int_equal(config_read_text(c, "test", slice_of_text(text), &errors), 0);
    config_print_shown(c, &j);
    assert_false(out.failed);
    assert_null(strstr(out.p, "SECRET"));
    assert_non_null(strstr(out.p, "https://hooks.example.com/"));
    assert_non_null(strstr(out.p, "https://chat.example.com/"));
    assert_non_null(
        strstr(out.p, "{\"option\":\"store.sync\",\"value\":\"90 s\",\"default\":false}"));
    assert_non_null(
        strstr(out.p, "{\"option\":\"store.video\",\"value\":\"no\",\"default\":true}"));
    for (size_t i = 0; config_option_name(i); i++)
        assert_non_null(strstr(out.p, config_option_name(i)));
    strbuf_fini(&out);
    strbuf_fini(&errors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(starts_with_the_defaults, setup, teardown),
        cmocka_unit_test_setup_teardown(reads_every_option, setup, teardown),
        cmocka_unit_test_setup_teardown(numbers_have_units_and_ranges, setup, teardown),
        cmocka_unit_test(errors_say_where_and_what),
        cmocka_unit_test(errors_of_receivers_say_where_and_what),
        cmocka_unit_test_setup_teardown(all_errors_are_told_and_the_rest_is_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(a_flood_of_errors_is_capped, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_great_and_deep_files, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_unsets_and_an_empty_file_is_fine, setup, teardown),
        cmocka_unit_test_setup_teardown(the_command_line_goes_over_the_file, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_printed_reads_back_as_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(says_which_file_cannot_be_read, setup, teardown),
        cmocka_unit_test_setup_teardown(the_sample_is_the_defaults, setup, teardown),
        cmocka_unit_test(the_manual_has_the_table),
        cmocka_unit_test_setup_teardown(what_is_shown_has_no_secrets, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
