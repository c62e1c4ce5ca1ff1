/*
 * test_media_map - addresses and who announced them, in any order of coming and going.
 */
#include "analyzer/call/media_map.h"

#include "tests/unit/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { ENDPOINTS = 60, ADDRESSES = 12, NETWORKS = 3, STEPS = 20000 };

static struct addr addr_number(uint32_t n)
{
    const uint8_t ip[4] = { 10, 0, 0, (uint8_t)n };

    return addr_v4(ip, 4000);
}

/* The newest announcement that still stands. `order`: when each was made; 0: it is not there. */
static struct media_endpoint *newest_at(struct media_endpoint *all, const uint32_t *order,
                                        const struct addr *addr, uint32_t network)
{
    struct media_endpoint *newest = NULL;

    for (uint32_t i = 0; i < ENDPOINTS; i++) {
        if (order[i] && addr_eq(&all[i].addr, addr) && all[i].network == network &&
            (!newest || order[i] > order[newest - all]))
            newest = &all[i];
    }
    return newest;
}

/* The newest of the one network, another than this, that has announcements; NULL: none or several. */
static struct media_endpoint *only_elsewhere(struct media_endpoint *all, const uint32_t *order,
                                             const struct addr *addr, uint32_t network)
{
    struct media_endpoint *only = NULL;

    for (uint32_t n = 0; n < NETWORKS; n++) {
        struct media_endpoint *newest = newest_at(all, order, addr, n);

        if (newest && (only || n == network))
            return NULL;
        if (newest)
            only = newest;
    }
    return only;
}

static void the_newest_announcement_stands_first(void **state)
{
    static struct media_endpoint endpoints[ENDPOINTS];
    const struct siphash_key key = { { 1, 2 } };
    uint32_t order[ENDPOINTS] = { 0 };
    struct random r = { 8 };
    struct media_map m;

    (void)state;
    assert_int_equal(media_map_init(&m, &key, 100), 0);
    for (uint32_t step = 1; step <= STEPS; step++) {
        uint32_t i = random_below(&r, ENDPOINTS);
        struct addr addr = addr_number(random_below(&r, ADDRESSES));
        uint32_t network = random_below(&r, NETWORKS);

        if (order[i]) {
            media_map_withdraw(&m, &endpoints[i]);
            order[i] = 0;
        } else {
            endpoints[i] = (struct media_endpoint){ .addr = addr, .network = network };
            assert_true(media_map_announce(&m, &endpoints[i]));
            order[i] = step;
        }
        assert_ptr_equal(media_map_endpoint(&m, &addr, network),
                         newest_at(endpoints, order, &addr, network));
        assert_ptr_equal(media_map_elsewhere(&m, &addr, network),
                         only_elsewhere(endpoints, order, &addr, network));
    }
    for (uint32_t i = 0; i < ENDPOINTS; i++) {
        if (order[i])
            media_map_withdraw(&m, &endpoints[i]);
    }
    assert_int_equal(m.nodes.used + m.places.used, 0); /* and no address is left behind */
    media_map_fini(&m);
}

static void orphans_wait_at_their_destination(void **state)
{
    const struct siphash_key key = { { 1, 2 } };
    struct media_stream *streams[10];
    struct media_endpoint e = { .addr = addr_number(1) };
    struct addr addr = addr_number(1);
    struct media_node *node;
    struct media_map m;
    unsigned n = 0;

    (void)state;
    assert_int_equal(media_map_init(&m, &key, 100), 0);
    for (uint32_t i = 0; i < 10; i++) {
        const struct stream_key stream = { .dst = addr, .ssrc = i };
        const struct media_format format = { .payload_type = 0 };

        streams[i] = media_stream_new(&stream, &format, 0);
        assert_non_null(streams[i]);
        assert_true(media_map_add_orphan(&m, streams[i]));
    }
    assert_null(media_map_endpoint(&m, &addr, 0));
    media_map_remove_orphan(&m, streams[0]); /* the last, the first, one between */
    media_map_remove_orphan(&m, streams[9]);
    media_map_remove_orphan(&m, streams[5]);
    assert_true(media_map_announce(&m, &e));
    node = media_map_find(&m, &addr, 0);
    assert_non_null(node);
    for (struct media_stream *s = node->orphans; s; s = s->next_orphan, n++)
        assert_true(s != streams[0] && s != streams[9] && s != streams[5]);
    assert_int_equal(n, 7);
    for (uint32_t i = 0; i < 10; i++) {
        if (i != 0 && i != 9 && i != 5)
            media_map_remove_orphan(&m, streams[i]);
        media_stream_free(streams[i]);
    }
    assert_ptr_equal(media_map_endpoint(&m, &addr, 0), &e);
    media_map_withdraw(&m, &e);
    assert_int_equal(m.nodes.used, 0);
    media_map_fini(&m);
}

/* In a network where nobody announced the address; those of the announced one are another's. */
static void orphans_of_other_networks_are_found(void **state)
{
    static struct media_endpoint here, there;
    const struct siphash_key key = { { 1, 2 } };
    struct media_stream *streams[3];
    struct addr addr = addr_number(1);
    struct media_node *node;
    struct media_map m;

    (void)state;
    assert_int_equal(media_map_init(&m, &key, 100), 0);
    for (uint32_t i = 0; i < 3; i++) {
        const struct stream_key stream = { .dst = addr, .network = i, .ssrc = i };
        const struct media_format format = { .payload_type = 0 };

        streams[i] = media_stream_new(&stream, &format, 0);
        assert_non_null(streams[i]);
        assert_true(media_map_add_orphan(&m, streams[i]));
    }
    assert_null(media_map_orphans_elsewhere(&m, &addr)); /* nobody announced it yet */
    here = (struct media_endpoint){ .addr = addr, .network = 0 };
    there = (struct media_endpoint){ .addr = addr, .network = 2 };
    assert_true(media_map_announce(&m, &here));
    for (int n = 0; n < 2; n++) {
        node = media_map_orphans_elsewhere(&m, &addr);
        assert_non_null(node);
        assert_int_not_equal(node->network, 0);
        if (n == 0) {
            assert_true(media_map_announce(&m, &there)); /* now it is ambiguous */
            assert_null(media_map_orphans_elsewhere(&m, &addr));
            media_map_withdraw(&m, &there);
            node = media_map_orphans_elsewhere(&m, &addr);
        }
        media_map_remove_orphan(&m, node->orphans);
    }
    assert_null(media_map_orphans_elsewhere(&m, &addr));
    media_map_withdraw(&m, &here);
    media_map_remove_orphan(&m, streams[0]);
    assert_int_equal(m.nodes.used + m.places.used, 0);
    for (uint32_t i = 0; i < 3; i++)
        media_stream_free(streams[i]);
    media_map_fini(&m);
}

static void addresses_over_the_cap_are_refused(void **state)
{
    static struct media_endpoint endpoints[4];
    const struct siphash_key key = { { 1, 2 } };
    struct media_map m;

    (void)state;
    assert_int_equal(media_map_init(&m, &key, 3), 0);
    for (uint32_t i = 0; i < 4; i++) {
        endpoints[i].addr = addr_number(i);
        assert_int_equal(media_map_announce(&m, &endpoints[i]), i < 3);
    }
    endpoints[3].addr = addr_number(2); /* an address that is there costs nothing */
    assert_true(media_map_announce(&m, &endpoints[3]));
    media_map_fini(&m);
}

/* What a payload type means: here, elsewhere in the call, by RFC 3551, or nobody knows. */
static void formats_are_looked_for_near_first(void **state)
{
    struct media_format here = { .codec = "AMR", .payload_type = 96, .clock_rate_hz = 8000 };
    struct media_format there[2] = {
        { .codec = "opus", .payload_type = 96, .clock_rate_hz = 48000 },
        { .codec = "iLBC", .payload_type = 97, .clock_rate_hz = 8000 },
    };
    struct media_endpoint other = { .formats = there, .format_count = 2 };
    struct media_endpoint at = { .formats = &here, .format_count = 1, .next_in_call = &other };

    (void)state;
    assert_string_equal(media_format_for(&at, &at, 96).codec, "AMR");
    assert_string_equal(media_format_for(&at, &at, 97).codec, "iLBC");
    assert_string_equal(media_format_for(NULL, &other, 96).codec, "opus");
    assert_string_equal(media_format_for(&at, &at, 9).codec, "G722");
    assert_int_equal(media_format_for(&at, &at, 9).clock_rate_hz, 8000); /* RFC 3551 §4.5.2 */
    assert_string_equal(media_format_for(NULL, NULL, 120).codec, "");
    assert_int_equal(media_format_for(NULL, NULL, 120).clock_rate_hz, 0);
    assert_int_equal(media_format_for(NULL, NULL, 120).payload_type, 120);
    assert_null(media_format_for(NULL, NULL, 120).ie);
    assert_true(media_format_for(NULL, NULL, 13).is_noise);
}

/* Names are cut to what is kept, and hold nothing that is not printable. */
static void names_from_sdp_are_made_harmless(void **state)
{
    static const struct {
        struct slice name;
        const char *codec;
        bool is_event, is_noise;
    } rows[] = {
        { SLICE_INIT("PCMA"), "PCMA", false, false },
        { SLICE_INIT("Telephone-Event"), "Telephone-Event", true, false },
        { SLICE_INIT("cn"), "cn", false, true },
        { SLICE_INIT("a\x1b\n b\xff"), "ab", false, false },
        { SLICE_INIT("abcdefghijklmnopqrstuvwxyz"), "abcdefghijklmno", false, false },
        { SLICE_INIT(""), "", false, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct sdp_format sdp = { .name = rows[i].name, .clock_rate_hz = 8000 };
        struct media_format f = media_format_of_sdp(&sdp, MEDIA_AUDIO);

        assert_string_equal(f.codec, rows[i].codec);
        assert_int_equal(f.is_event, rows[i].is_event);
        assert_int_equal(f.is_noise, rows[i].is_noise);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_announcement_stands_first),
        cmocka_unit_test(orphans_wait_at_their_destination),
        cmocka_unit_test(orphans_of_other_networks_are_found),
        cmocka_unit_test(addresses_over_the_cap_are_refused),
        cmocka_unit_test(formats_are_looked_for_near_first),
        cmocka_unit_test(names_from_sdp_are_made_harmless),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
