/*
 * earshot-rewrap - wraps a capture anew: tags, tunnels, fragments, streams, copies.
 *
 * What the packets say does not change, so the truth beside a capture of earshot-traffic stays true
 * but for what it counts of frames. Steps are applied in the order given; each takes what the ones
 * before it left, so the first is the innermost.
 */
#include "tests/support/rewrap_step.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum { EX_WRONG = 2 };

static const struct step_row {
    const char *name, *meta;
    const char *options; /* those it takes, " name" each; in `=` those that want a value */
    rewrap_step_fn run;
    const char *help;
} steps[] = {
    { "vlan", "=ID", " type=", rewrap_step_tag, "802.1Q tag" },
    { "qinq", "=OUTER.INNER", " type=", rewrap_step_tag, "two tags, both 0x8100" },
    { "8021ad", "=OUTER.INNER", " type=", rewrap_step_tag, "two tags, 0x88a8 outside" },
    { "vntag", "=VIF", "", rewrap_step_vntag, "Cisco VN-Tag" },
    { "mpls", "=LABEL[.LABEL]...", "", rewrap_step_mpls, "labels before IP, top first" },
    { "pseudowire", "=LABEL[.LABEL]...", " control", rewrap_step_pseudowire, "Ethernet over MPLS" },
    { "pppoe", "=SESSION", "", rewrap_step_pppoe, "PPP over Ethernet" },
    { "ethernet", "", "", rewrap_step_link, "link type Ethernet" },
    { "sll", "", "", rewrap_step_link, "Linux cooked" },
    { "sll2", "", "", rewrap_step_link, "Linux cooked, version 2" },
    { "null", "", "", rewrap_step_link, "BSD loopback" },
    { "loop", "", "", rewrap_step_link, "OpenBSD loopback" },
    { "raw", "", "", rewrap_step_link, "IP without a link header" },
    { "gre", "[=KEY]", " seq csum ethernet v6", rewrap_step_tunnel, "" },
    { "erspan1", "", " v6", rewrap_step_tunnel, "" },
    { "erspan2", "=SESSION", " v6", rewrap_step_tunnel, "" },
    { "erspan3", "=SESSION", " subheader v6", rewrap_step_tunnel, "" },
    { "vxlan", "=VNI", " port= v6", rewrap_step_tunnel, "" },
    { "gpe", "=VNI", " port= ethernet v6", rewrap_step_tunnel, "VXLAN GPE, carrying IP" },
    { "geneve", "=VNI", " port= options= ip v6", rewrap_step_tunnel, "options=BYTES" },
    { "ipip", "", " v6", rewrap_step_tunnel, "either IP in IP" },
    { "6in4", "", " v6", rewrap_step_tunnel, "the same" },
    { "gtpu", "=TEID", " port= extension seq v6", rewrap_step_tunnel, "TEID+1 backwards" },
    { "tzsp", "", " port= v6", rewrap_step_tunnel, "" },
    { "l2tp", "=TUNNEL.SESSION", " port= seq v6", rewrap_step_tunnel, "" },
    { "fragment", "=MTU", " order= lose= headless repeat=", rewrap_step_fragment,
      "order=in|reverse|random, lose=EVERY (a piece), headless (no first one), repeat=PERCENT" },
    { "tcp", "",
      " segment= several= reorder= repeat= overlap= keepalive= mid-stream lose= per-call",
      rewrap_step_stream,
      "SIP over TCP: segment=MIN-MAX, several=US (messages that close share segments), PERCENTs, "
      "lose=EVERY, per-call (connections)" },
    { "ws", "",
      " segment= several= reorder= repeat= overlap= mid-stream lose= per-call continuation= ping= "
      "binary",
      rewrap_step_stream, "SIP over WebSocket: the same, continuation and ping PERCENTs" },
    { "join", "=FILE", "", rewrap_step_join, "the frames of another capture among these" },
    { "double", "=DELAY_US", " ttl= macs untag share=", rewrap_step_double,
      "each frame again: ttl=-1, macs swapped, without its tag; share=PERCENT of them" },
    { "snap", "=BYTES", "", rewrap_step_snap, "frames cut; behind all others" },
    { "shuffle", "=US", "", rewrap_step_shuffle, "the file's order, the times stay" },
};

enum { STEP_COUNT = sizeof steps / sizeof steps[0] };

static void usage(FILE *out)
{
    fputs(
        "usage: earshot-rewrap [--seed N] [--map FILE] IN OUT STEP...\n\n"
        "STEP is NAME[=VALUE][,OPTION[=VALUE]]...; the first is the innermost. OUT may be -.\n"
        "FILE gets a line a frame of OUT: the number of the frame of IN that it carries, or 0.\n\n",
        out);
    for (size_t i = 0; i < STEP_COUNT; i++)
        fprintf(out, "  %s%s%s%s%s\n", steps[i].name, steps[i].meta,
                *steps[i].options ? "  with" : "", steps[i].options, "");
    fputs("\n", out);
    for (size_t i = 0; i < STEP_COUNT; i++) {
        if (*steps[i].help)
            fprintf(out, "  %-10s %s\n", steps[i].name, steps[i].help);
    }
}

static const struct step_row *find_step(const char *name)
{
    for (size_t i = 0; i < STEP_COUNT; i++) {
        if (strcmp(steps[i].name, name) == 0)
            return &steps[i];
    }
    rewrap_die(EX_WRONG, "'%s' is no step; --help lists them", name);
}

static void check_options(const struct step_row *row, const struct rewrap_args *args)
{
    if (args->value && !*row->meta)
        rewrap_die(EX_WRONG, "%s takes no value", args->name);
    if (!args->value && *row->meta == '=')
        rewrap_die(EX_WRONG, "%s wants %s", args->name, row->meta);
    for (int i = 0; i < args->count; i++) {
        const char *name = args->options[i].name, *at = row->options;
        size_t len = strlen(name);

        while ((at = strstr(at, name)) != NULL &&
               (at == row->options || at[-1] != ' ' || !strchr("= ", at[len])))
            at += len;
        if (!at || !len)
            rewrap_die(EX_WRONG, "%s takes no '%s'; it takes:%s", args->name, name, row->options);
        if ((at[len] == '=') != (*args->options[i].value != '\0'))
            rewrap_die(EX_WRONG, "%s: %s %s", args->name, name,
                       at[len] == '=' ? "wants a value" : "takes no value");
    }
}

static void write_map(const struct rewrap_frames *f, const char *path)
{
    FILE *out = fopen(path, "w");

    if (!out)
        rewrap_die(EX_CANTCREAT, "cannot write %s", path);
    for (size_t i = 0; i < f->count; i++)
        fprintf(out, "%zu\n", f->all[i].origin);
    if (fclose(out) != 0)
        rewrap_die(EX_IOERR, "cannot write all of %s", path);
}

static void report(const struct rewrap *r)
{
    fprintf(stderr,
            "earshot-rewrap: %zu frames, %llu fragmented, %llu segments, %llu shared, %llu lost, "
            "%llu doubled\n",
            r->frames.count, (unsigned long long)r->fragmented, (unsigned long long)r->segments,
            (unsigned long long)r->shared_segments, (unsigned long long)r->lost,
            (unsigned long long)r->doubled);
}

int main(int argc, char **argv)
{
    struct rewrap r = { .rng = rng_for(1, 1, 1) };
    struct rewrap_args args[STEP_COUNT];
    const char *map = NULL;
    int at = 1, count = 0;

    for (; argc > at + 1 && strncmp(argv[at], "--", 2) == 0; at += 2) {
        if (strcmp(argv[at], "--seed") == 0)
            r.rng = rng_for((uint64_t)strtoull(argv[at + 1], NULL, 10), 1, 1);
        else if (strcmp(argv[at], "--map") == 0)
            map = argv[at + 1];
        else
            rewrap_die(EX_WRONG, "'%s' is no option", argv[at]);
    }
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        usage(stdout);
        return EX_OK;
    }
    if (argc < at + 3) {
        usage(stderr);
        return EX_WRONG;
    }
    for (int i = at + 2; i < argc; i++) {
        if (count == STEP_COUNT)
            rewrap_die(EX_WRONG, "more than %d steps", count);
        rewrap_args_split(&args[count], argv[i]);
        check_options(find_step(args[count].name), &args[count]);
        count++;
    }
    rewrap_frames_load(&r.frames, argv[at]);
    for (int i = 0; i < count; i++)
        find_step(args[i].name)->run(&r, &args[i]);
    rewrap_frames_save(&r.frames, argv[at + 1]);
    if (map)
        write_map(&r.frames, map);
    report(&r);
    rewrap_frames_fini(&r.frames);
    return EX_OK;
}
