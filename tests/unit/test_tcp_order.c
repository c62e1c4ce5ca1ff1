/*
 * test_tcp_order - properties of TCP streams: what went in comes out, whatever happened on the way.
 */
#include "tests/unit/random.h"
#include "tests/unit/tcp_scene.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct scene scene;

static int setup(void **state)
{
    scene_open(&scene);
    scene_start(&scene);
    *state = &scene;
    return 0;
}

static int teardown(void **state)
{
    scene_close(*state);
    return 0;
}

#define SEND(seq, flags, text) scene_send(s, (seq), (flags), SLICE(text))

/* Any cut, order, repeat and overlap of a stream gives the messages that went in. */

enum { MESSAGES_MAX = 40 };

struct script {
    struct strbuf stream;
    size_t begins[MESSAGES_MAX], ends[MESSAGES_MAX];
    unsigned messages;
};

static void write_script(struct script *x, struct random *r)
{
    strbuf_reset(&x->stream);
    x->messages = 1 + random_below(r, MESSAGES_MAX - 1);
    for (unsigned i = 0; i < x->messages; i++) {
        for (uint32_t n = random_below(r, 4) ? 0 : random_below(r, 3); n > 0; n--)
            strbuf_add_text(&x->stream, "\r\n");
        x->begins[i] = x->stream.len;
        scene_add_message(&x->stream, i, random_below(r, 8) ? random_below(r, 700) : 0);
        x->ends[i] = x->stream.len;
    }
}

struct cut {
    uint32_t begin, end;
};

/* Cuts the stream, repeats and widens some of the cuts, and shuffles them within a window. */
static size_t cut_script(const struct script *x, struct random *r, struct cut *cuts, size_t max)
{
    uint32_t at = 0, len = (uint32_t)x->stream.len, most = 1 + random_below(r, 1500);
    size_t n = 0, window = 1 + random_below(r, 8);

    while (at < len && n + 3 < max) {
        uint32_t size = 1 + random_below(r, most);

        if (size > len - at || n + 6 >= max)
            size = len - at;
        cuts[n++] = (struct cut){ at, at + size };
        if (random_hits(r, 0.1))
            cuts[n++] = (struct cut){ at, at + size };
        if (random_hits(r, 0.1)) {
            uint32_t back = random_below(r, at + 1), on = random_below(r, len - at - size + 1);

            cuts[n++] =
                (struct cut){ at - (back < 300 ? back : 300), at + size + (on < 300 ? on : 300) };
        }
        at += size;
    }
    for (size_t i = 0; i < n; i++) {
        size_t j = i + random_below(r, (uint32_t)window);
        struct cut other;

        if (j >= n)
            continue;
        other = cuts[i];
        cuts[i] = cuts[j];
        cuts[j] = other;
    }
    return n;
}

static void expect_script(const struct scene *s, const struct script *x)
{
    assert_int_equal(s->units, x->messages);
    for (unsigned i = 0; i < x->messages; i++) {
        struct slice want = { x->stream.p + x->begins[i], x->ends[i] - x->begins[i] };

        assert_true(slice_eq(scene_unit_text(s, i), want));
        assert_int_equal(s->datagrams[i].wire_bytes, want.len);
    }
}

static void any_order_gives_the_messages(void **state)
{
    static struct cut cuts[40000];
    struct scene *s = *state;
    struct script x = { .messages = 0 };

    for (uint64_t seed = 1; seed <= 1500; seed++) {
        struct random r = { seed };
        uint32_t isn = (uint32_t)random_next(&r);
        bool handed = false;
        size_t n;

        write_script(&x, &r);
        n = cut_script(&x, &r, cuts, sizeof cuts / sizeof cuts[0]);
        scene_forget_units(s);
        s->src_port = (uint16_t)seed;
        SEND(isn, SCENE_SYN, "");
        for (size_t i = 0; i < n; i++) {
            size_t before = s->units;
            enum packet_bin bin;

            s->now_ns += 1000;
            bin = scene_send(s, isn + 1 + cuts[i].begin, i + 1 == n ? SCENE_FIN : 0,
                             slice_of(x.stream.p + cuts[i].begin, cuts[i].end - cuts[i].begin));
            handed = false;
            for (size_t u = before; u < s->units; u++)
                handed |= s->in_frame[u];
            assert_int_equal(bin == BIN_COUNT, handed);
        }
        if (s->units != x.messages)
            print_message("seed %u\n", (unsigned)seed);
        expect_script(s, &x);
        assert_false(s->unsorted);
    }
    assert_int_equal(s->counters.refusals[REFUSAL_TCP_OVERLAP], 0);
    assert_int_equal(s->counters.refusals[REFUSAL_TCP_BYTES], 0);
    assert_int_equal(s->counters.refusals[REFUSAL_SIP_RESYNC], 0);
    assert_int_equal(tcp_stats(s->tcp)->gaps, 0);
    assert_int_equal(tcp_stats(s->tcp)->waiting_bytes, 0);
    strbuf_fini(&x.stream);
}

/* Segments are lost. Every message that was whole behind the damage comes out. */
static void what_is_whole_behind_damage_is_found(void **state)
{
    struct scene *s = *state;
    struct script x = { .messages = 0 };

    for (uint64_t seed = 1; seed <= 1500; seed++) {
        struct random r = { seed };
        bool whole[MESSAGES_MAX], fresh[MESSAGES_MAX] = { false }, known = true;
        uint32_t at = 0;
        unsigned found = 0;

        write_script(&x, &r);
        memset(whole, 1, sizeof whole);
        scene_forget_units(s);
        s->src_port = (uint16_t)seed;
        SEND(0, SCENE_SYN, "");
        while (at < x.stream.len) {
            uint32_t size = 1 + random_below(&r, 900), end = at + size;

            for (unsigned i = 0; i < x.messages; i++) {
                if (random_hits(&r, 0.5) && x.ends[i] > at && x.ends[i] < end)
                    end = (uint32_t)x.ends[i];
            }
            if (end > x.stream.len)
                end = (uint32_t)x.stream.len;
            for (unsigned i = 0; i < x.messages; i++)
                fresh[i] |= x.begins[i] == at;
            if (random_hits(&r, 0.1)) {
                for (unsigned i = 0; i < x.messages; i++)
                    whole[i] &= x.ends[i] <= at || x.begins[i] >= end;
            } else {
                scene_send(s, 1 + at, 0, slice_of(x.stream.p + at, end - at));
            }
            at = end;
            scene_wait(s, random_below(&r, 3) ? SCENE_MS : 3 * SCENE_S);
        }
        scene_wait(s, 3 * SCENE_S);
        scene_finish(s);
        for (unsigned i = 0; i < x.messages; i++) {
            struct slice want = { x.stream.p + x.begins[i], x.ends[i] - x.begins[i] };
            unsigned u = found;

            while (u < s->units && !slice_eq(scene_unit_text(s, u), want))
                u++;
            /* A message right behind a damaged one that does not end a line, and not at the
             * beginning of a segment, cannot be told from its body. */
            known = whole[i] && (known || fresh[i]);
            if (known && u == s->units)
                print_message("seed %u message %u\n", (unsigned)seed, i);
            assert_true(u < s->units || !known);
            if (u < s->units)
                found = u + 1;
        }
    }
    assert_true(tcp_stats(s->tcp)->gaps > 1000);
    assert_int_equal(tcp_stats(s->tcp)->waiting_bytes, 0);
    strbuf_fini(&x.stream);
}

/* Noise of every kind. No crash, no memory left, each frame its bin. */
static void noise_leaves_nothing_behind(void **state)
{
    struct scene *s = *state;
    struct script x = { .messages = 0 };
    struct random r = { 7 };

    tcp_free(s->tcp);
    s->options.tcp_bytes_max = 200 << 10;
    s->options.tcp_stream_bytes_max = 20 << 10;
    s->options.tcp_streams_max = 20;
    scene_start(s);
    write_script(&x, &r);
    for (unsigned i = 0; i < 100000; i++) {
        uint32_t begin = random_below(&r, (uint32_t)x.stream.len);
        uint32_t size = random_below(&r, 200);
        size_t before = s->units;
        enum packet_bin bin;

        if (size > x.stream.len - begin)
            size = (uint32_t)(x.stream.len - begin);
        s->src_port = (uint16_t)random_below(&r, 30);
        s->cut = random_hits(&r, 0.05) ? random_below(&r, size + 21) : 0;
        bin = scene_send(s, begin, random_hits(&r, 0.02) ? random_below(&r, 8) : 0,
                         slice_of(x.stream.p + begin, size));
        assert_true(bin <= BIN_COUNT);
        if (bin == BIN_COUNT)
            assert_true(s->units > before || s->units == SCENE_UNITS);
        assert_true(tcp_stats(s->tcp)->waiting_bytes <= 200 << 10);
        if (random_hits(&r, 0.01))
            scene_wait(s, SCENE_S);
        if (s->units > SCENE_UNITS / 2)
            scene_forget_units(s);
        if (i % 1000 == 0)
            x.stream.p[random_below(&r, (uint32_t)x.stream.len)] = (char)random_next(&r);
    }
    scene_finish(s);
    assert_int_equal(tcp_stats(s->tcp)->waiting_bytes, 0);
    assert_int_equal(tcp_stats(s->tcp)->streams, 0);
    strbuf_fini(&x.stream);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(any_order_gives_the_messages),
        TEST(what_is_whole_behind_damage_is_found),
        TEST(noise_leaves_nothing_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
