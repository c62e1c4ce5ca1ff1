#include "analyzer/base/strbuf.h"
#include "probe/cli.h"
#include "probe/cmd/cmd_store.h"
#include "probe/engine/progress.h"
#include "storage/upkeep/verify.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A store that is broken all over is not told chunk by chunk. */
enum { FINDINGS_MAX = 1000 };

struct check {
    struct progress progress;
    struct strbuf line;
    uint64_t printed, left_out;
};

/* "fault  2026-11-21/media-000001.seg, byte 4096: wrong checksum; what to do" */
static void add_finding(struct strbuf *out, const struct verify_finding *f)
{
    strbuf_addf(out, "%-5s  %s%s%s", f->is_fault ? "fault" : "note", f->day, *f->day ? "/" : "",
                f->file);
    if (f->offset >= 0)
        strbuf_addf(out, ", byte %lld", (long long)f->offset);
    strbuf_add_text(out, ": ");
    strbuf_add_printable(out, slice_of_text(f->what));
    if (*f->advice)
        strbuf_addf(out, "; %s", f->advice);
    strbuf_add_char(out, '\n');
}

static void found(void *ctx, const struct verify_finding *f)
{
    struct check *c = ctx;

    if (c->printed == FINDINGS_MAX) {
        c->left_out++;
        return;
    }
    c->printed++;
    strbuf_reset(&c->line);
    add_finding(&c->line, f);
    progress_clear(&c->progress);
    fwrite(c->line.p, 1, c->line.len, stdout);
}

static void show(void *ctx, const struct verify_progress *p)
{
    struct check *c = ctx;

    progress_update(&c->progress, &(struct progress_state){ .done_bytes = (int64_t)p->done_bytes,
                                                            .total_bytes = (int64_t)p->total_bytes,
                                                            .packets = (int64_t)p->frames,
                                                            .calls = p->calls });
}

static void print_summary(const struct check *c, const struct verify_result *r)
{
    if (c->left_out)
        printf("... and %llu more\n", (unsigned long long)c->left_out);
    printf("days: %llu, calls: %llu, chunks: %llu with %llu packets in %.1f MB\n",
           (unsigned long long)r->days, (unsigned long long)r->calls, (unsigned long long)r->chunks,
           (unsigned long long)r->frames, (double)r->bytes / 1e6);
    if (r->silent)
        printf("%llu chunks whose sound is no longer kept\n", (unsigned long long)r->silent);
    if (r->gravestones)
        printf("%llu chunks forgotten, %.1f MB\n", (unsigned long long)r->gravestones,
               (double)r->gravestone_bytes / 1e6);
    if (r->unreferenced)
        printf("%llu chunks that no row points to, %.1f MB, no fault: a running probe has not told "
               "of them yet, or one was killed before it could\n",
               (unsigned long long)r->unreferenced, (double)r->unreferenced_bytes / 1e6);
    if (r->faults)
        printf("%llu faults\n", (unsigned long long)r->faults);
    else
        puts("whole");
}

int cmd_store_check(int argc, char **argv)
{
    const char *store = NULL;
    const struct cli_option options[] = {
        { "store", 's', CLI_TEXT, "DIR", "the store to look at", &store, 0, 0 },
    };
    const struct cli_command command = {
        "store check",
        "--store DIR",
        "verifies every checksum and every reference of a store; a probe may be writing to it",
        "  earshot store check --store /var/lib/earshot/store\n"
        "  Exit status: 0 the store is whole, 65 it has faults, 66 there is no store.\n",
        options,
        1,
    };
    struct check c = { .printed = 0 };
    struct verify_options verify = { NULL, found, show, &c };
    struct verify_result result;
    int first, err, status = cli_parse(&command, argc, argv, &first);

    if (status != -1)
        return status;
    if (!store)
        return cli_fail(&command, EXIT_USAGE, "which store? '--store DIR'");
    verify.store_dir = store;
    progress_begin(&c.progress);
    err = verify_store(&verify, &result);
    progress_end(&c.progress);
    strbuf_fini(&c.line);
    if (err == -EPROTO)
        return cli_fail(&command, EXIT_BAD_INPUT,
                        "%s: made by a newer version of earshot; use that one", store);
    if (err)
        return cli_fail(&command, err == -ENOENT || err == -ENOTDIR ? EXIT_NO_INPUT : EXIT_TROUBLE,
                        "%s: cannot be read as a store: %s", store, strerror(-err));
    print_summary(&c, &result);
    if (fflush(stdout) != 0)
        return EXIT_CANNOT_WRITE;
    return result.faults ? EXIT_BAD_INPUT : EXIT_OK;
}
