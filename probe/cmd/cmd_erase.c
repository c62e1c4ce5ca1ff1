#include "analyzer/base/jsonw.h"
#include "probe/cli.h"
#include "probe/cmd/cli_audit.h"
#include "probe/cmd/cmd.h"
#include "probe/cmd/settings.h"
#include "probe/engine/progress.h"
#include "storage/upkeep/erase.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct erase_run {
    const struct cli_command *command;
    const char *number, *store, *config;
    bool dry_run, json;
    struct number_forms forms;
    struct progress progress;
    struct strbuf left; /* JSON objects, commas between them, or lines */
    bool is_redacted;   /* the configuration says that stored numbers are cut */
};

static void show(void *ctx, const char *step, uint64_t done, uint64_t total)
{
    struct erase_run *run = ctx;

    (void)step;
    progress_update(&run->progress, &(struct progress_state){ .done_bytes = (int64_t)done,
                                                              .total_bytes = (int64_t)total });
}

static void note_left(void *ctx, const char *file, uint64_t times)
{
    struct erase_run *run = ctx;
    struct jsonw j = jsonw_to(&run->left);

    if (!run->json) {
        strbuf_addf(&run->left, "  %s: %llu times\n", file, (unsigned long long)times);
        return;
    }
    if (run->left.len)
        strbuf_add_char(&run->left, ',');
    jsonw_object_open(&j);
    jsonw_key(&j, "file");
    jsonw_text(&j, slice_of_text(file));
    jsonw_key(&j, "times");
    jsonw_int(&j, (int64_t)times);
    jsonw_object_close(&j);
}

/* Shown before anything is done. */
static void print_forms(const struct erase_run *run)
{
    for (size_t i = 0; i < run->forms.count; i++)
        printf("%s %s%s\n",
               i ? "      or" : "numbers:", run->forms.forms[i].is_whole ? "" : "any that ends in ",
               run->forms.forms[i].digits);
    if (!run->config)
        puts("(without -c nobody knows of the country: +49…, 0049… and 0… are told apart only by "
             "their ends)");
    if (run->is_redacted)
        puts("(the configuration cuts numbers before they are stored: those cannot be told from "
             "others)");
    fflush(stdout);
}

static const struct {
    const char *name, *text;
    size_t at;
} figures[] = {
    { "calls", "calls", offsetof(struct erase_result, calls) },
    { "streams", "streams", offsetof(struct erase_result, streams) },
    { "legs", "pairs of legs", offsetof(struct erase_result, legs) },
    { "transactions", "transactions", offsetof(struct erase_result, transactions) },
    { "registrations", "registrations", offsetof(struct erase_result, registrations) },
    { "security", "facts of security", offsetof(struct erase_result, security) },
    { "alerts", "alerts", offsetof(struct erase_result, alerts) },
    { "pins", "pins", offsetof(struct erase_result, pins) },
    { "rows_masked", "other rows, X in them now", offsetof(struct erase_result, rows_masked) },
    { "sip_chunks", "chunks of signalling", offsetof(struct erase_result, sip_chunks) },
    { "media_chunks", "chunks of media", offsetof(struct erase_result, media_chunks) },
    { "audio_chunks", "chunks of sound", offsetof(struct erase_result, audio_chunks) },
    { "chunks_masked", "chunks of other calls, X in them now",
      offsetof(struct erase_result, chunks_masked) },
    { "bytes", "bytes of packets", offsetof(struct erase_result, bytes) },
    { "set_aside", "damaged databases, set aside long ago",
      offsetof(struct erase_result, set_aside) },
    { "audit", "lines of audit.jsonl, without their texts now",
      offsetof(struct erase_result, audit_lines) },
    { "state", "rows of state.sqlite, X in them now", offsetof(struct erase_result, state_rows) },
};

static uint64_t figure(const struct erase_result *r, size_t i)
{
    return *(const uint64_t *)(const void *)((const char *)r + figures[i].at);
}

static void print_json(const struct erase_run *run, const struct erase_result *r)
{
    struct strbuf out = { .p = NULL };
    struct jsonw j = jsonw_to(&out);

    jsonw_object_open(&j);
    jsonw_key(&j, "dry_run");
    jsonw_bool(&j, run->dry_run);
    jsonw_key(&j, "forms");
    jsonw_array_open(&j);
    for (size_t i = 0; i < run->forms.count; i++)
        jsonw_text(&j, slice_of(run->forms.forms[i].digits, run->forms.forms[i].len));
    jsonw_array_close(&j);
    jsonw_key(&j, "finished_an_earlier_one");
    jsonw_bool(&j, r->was_begun);
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        jsonw_key(&j, figures[i].name);
        jsonw_int(&j, (int64_t)figure(r, i));
    }
    jsonw_key(&j, "state_in_use");
    jsonw_bool(&j, r->is_state_held);
    jsonw_key(&j, "proof");
    if (run->dry_run) {
        jsonw_null(&j);
    } else {
        jsonw_object_open(&j);
        jsonw_key(&j, "found");
        jsonw_int(&j, (int64_t)r->found);
        jsonw_key(&j, "files");
        jsonw_int(&j, (int64_t)r->files);
        jsonw_key(&j, "chunks");
        jsonw_int(&j, (int64_t)r->chunks);
        jsonw_key(&j, "left");
        jsonw_array_open(&j);
        if (run->left.len)
            jsonw_raw(&j, strbuf_slice(&run->left));
        jsonw_array_close(&j);
        jsonw_object_close(&j);
    }
    jsonw_object_close(&j);
    puts(out.failed ? "null" : out.p);
    strbuf_fini(&out);
}

static void print_text(const struct erase_run *run, const struct erase_result *r)
{
    bool any = false;

    if (r->was_begun)
        puts("an earlier erasure was not finished; it is now");
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        if (figure(r, i) == 0)
            continue;
        any = true;
        printf("%10llu %s\n", (unsigned long long)figure(r, i), figures[i].text);
    }
    if (!any)
        puts("nothing names it");
    if (r->is_state_held)
        puts("state.sqlite is in use: stop 'earshot serve', or 'earshot run', and do this again");
    if (run->dry_run) {
        puts("nothing was changed: that is what would go");
        return;
    }
    printf("proof: %llu found in %llu files, %llu chunks\n", (unsigned long long)r->found,
           (unsigned long long)r->files, (unsigned long long)r->chunks);
    if (run->left.len)
        fputs(run->left.p, stdout);
}

static int say_trouble(const struct erase_run *run, int err)
{
    switch (err) {
    case -EBUSY:
        return cli_fail(run->command, EXIT_UNAVAILABLE,
                        "%s: a probe is writing to this store; stop it, erase, and start it again",
                        run->store);
    case -ENOENT:
    case -ENOTDIR:
        return cli_fail(run->command, EXIT_NO_INPUT, "%s: no store is there", run->store);
    case -EPROTO:
        return cli_fail(run->command, EXIT_BAD_INPUT,
                        "%s: made by a newer version of earshot; use that one", run->store);
    default:
        return cli_fail(run->command, EXIT_TROUBLE,
                        "%s: not finished: %s; run it again when that is mended: it goes on where "
                        "it was",
                        run->store, strerror(-err));
    }
}

static int erase(struct erase_run *run)
{
    char by[CLI_USER_MAX];
    const struct erase_options options = { .store_dir = run->store,
                                           .forms = &run->forms,
                                           .by = cli_audit_user(by),
                                           .dry_run = run->dry_run,
                                           .progress = show,
                                           .left = note_left,
                                           .ctx = run };
    struct erase_result result;
    int err;

    if (!run->json)
        print_forms(run);
    progress_begin(&run->progress);
    err = erase_number(&options, &result);
    progress_end(&run->progress);
    if (err)
        return say_trouble(run, err);
    if (run->json)
        print_json(run, &result);
    else
        print_text(run, &result);
    if (fflush(stdout) != 0)
        return EXIT_CANNOT_WRITE;
    return result.found || result.is_state_held ? EXIT_TROUBLE : EXIT_OK;
}

static int make_forms(struct erase_run *run)
{
    struct plan_loaded loaded = { .plan = NULL };
    struct engine_options engine = { .store_dir = NULL };
    int err, status = -1;

    if (run->config)
        status = settings_read_engine(run->command, run->config, &loaded, &engine);
    if (status == -1) {
        err = number_forms_make(&run->forms, slice_of_text(run->number),
                                run->config ? loaded.plan : NULL);
        if (err == -ERANGE)
            status = cli_fail(run->command, EXIT_USAGE,
                              "'%.40s' has too few digits to be told from others, or too many: %d "
                              "to %d without the leading zeros",
                              run->number, NUMBER_FORM_DIGITS_MIN, NUMBER_FORM_DIGITS);
        else if (err)
            status = cli_fail(
                run->command, EXIT_USAGE, "'%.40s' is no number%s; like +4930123456", run->number,
                run->config ? " that numbers.country and numbers.rules can tell" : "");
    }
    if (status == -1 && loaded.privacy.numbers == PRIVACY_PSEUDONYM)
        number_forms_add_pseudonyms(&run->forms, &loaded.privacy);
    run->is_redacted = loaded.privacy.numbers == PRIVACY_REDACT;
    plan_load_fini(&loaded);
    return status;
}

int cmd_erase(int argc, char **argv)
{
    struct erase_run run = { .number = NULL };
    const struct cli_option options[] = {
        { "number", 'n', CLI_TEXT, "N", "the number, in any form", &run.number, 0, 0 },
        { "store", 's', CLI_TEXT, "DIR", "the store", &run.store, 0, 0 },
        { "config", 'c', CLI_TEXT, "FILE",
          "what of earshot.yaml(5) is heeded: numbers and privacy, so that every form is known",
          &run.config, 0, 0 },
        { "dry-run", 0, CLI_FLAG, NULL, "only say what would go", &run.dry_run, 0, 0 },
        { "json", 0, CLI_FLAG, NULL, "the report as JSON", &run.json, 0, 0 },
    };
    const struct cli_command command = {
        "erase",
        "--number N --store DIR",
        "removes a person's number from a store, and proves it",
        "Calls from and to the number go, with their packets and their sound; where other calls "
        "name\n"
        "it, its digits become X. No probe may be writing to the store.\n\n"
        "  earshot erase --number +4930123456 -c earshot.yaml --store /var/lib/earshot --dry-run\n"
        "  Exit status: 0 it is not in the store any more, 1 something is left (and is named), 2 "
        "it is\n"
        "  no number, 66 there is no store, 69 a probe is writing to it.\n",
        options,
        sizeof options / sizeof options[0],
    };
    int first, status = cli_parse(&command, argc, argv, &first);

    if (status != -1)
        return status;
    run.command = &command;
    if (!run.number)
        return cli_fail(&command, EXIT_USAGE, "which number? '--number +4930123456'");
    if (!run.store)
        return cli_fail(&command, EXIT_USAGE, "which store? '--store DIR'");
    status = make_forms(&run);
    if (status == -1)
        status = erase(&run);
    strbuf_fini(&run.left);
    return status;
}
