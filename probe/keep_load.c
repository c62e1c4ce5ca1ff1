#include "probe/keep_load.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

static bool level_of(struct slice word, enum packet_keep *keep)
{
    static const struct {
        const char *word;
        enum packet_keep keep;
    } levels[] = {
        { "full", PACKET_KEEP_FULL },
        { "headers", PACKET_KEEP_HEADERS },
        { "signalling", PACKET_KEEP_SIGNALLING },
        { "nothing", PACKET_KEEP_NOTHING },
    };

    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        if (slice_eq(word, slice_of_text(levels[i].word))) {
            *keep = levels[i].keep;
            return true;
        }
    }
    return false;
}

/* What since:2h counts from; of little use in a configuration, but it can be written. */
static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The filter of the text; its column is counted from the text's own beginning. */
static int make_filter(struct filter **out, struct slice text, bool with_level,
                       enum packet_keep *keep, struct strbuf *why)
{
    struct slice rest = text, level = { NULL, 0 };
    struct filter_error error;
    int err;

    if (with_level) {
        level = slice_cut(&rest, ' ');
        if (!level_of(level, keep)) {
            strbuf_add_text(why, "the first word must be full, headers, signalling or nothing");
            return -EINVAL;
        }
        if (slice_trim(rest).len == 0) {
            strbuf_add_text(why,
                            "behind the level stands which calls are meant; for all the others "
                            "store.keep is");
            return -EINVAL;
        }
    }
    err = filter_parse(out, rest, now_ns(), &error);
    if (err == -EINVAL)
        strbuf_addf(why, "column %zu: %s", error.column + (with_level ? level.len + 1 : 0),
                    error.text);
    return err;
}

bool keep_load_check(struct slice text, bool with_level, struct strbuf *why)
{
    struct filter *filter = NULL;
    enum packet_keep keep;
    int err = make_filter(&filter, text, with_level, &keep, why);

    filter_free(filter);
    if (err && why->len == 0)
        strbuf_add_text(why, "out of memory");
    return err == 0;
}

static int add_filter(struct keep_loaded *out, const char *option, const char *text,
                      bool with_level, enum packet_keep *keep, struct strbuf *errors)
{
    struct strbuf why = { 0 };
    int err =
        make_filter(&out->filters[out->filter_count], slice_of_text(text), with_level, keep, &why);

    if (err == 0)
        out->filter_count++;
    else if (why.len)
        strbuf_addf(errors, "%s: '%s': %s\n", option, text, why.p);
    strbuf_fini(&why);
    return err;
}

int keep_load(struct keep_loaded *out, const struct config *config, struct strbuf *errors)
{
    size_t rules = config->store_policy.n, media_of = config->store_media_of.n;
    enum packet_keep none;
    int err = 0;

    *out = (struct keep_loaded){ .options = { .keep = PACKET_KEEP_HEADERS } };
    out->options.media_sample = (uint64_t)config->store_media_sample;
    if (config->store_keep) /* the table of options lets no other word in */
        level_of(slice_of_text(config->store_keep), &out->options.keep);
    out->rules = calloc(rules + 1, sizeof *out->rules);
    out->media_of = calloc(media_of + 1, sizeof *out->media_of);
    out->filters = calloc(rules + media_of + 1, sizeof(struct filter *));
    if (!out->rules || !out->media_of || !out->filters)
        return -ENOMEM;
    for (size_t i = 0; i < rules && err == 0; i++) {
        err = add_filter(out, "store.policy", config->store_policy.items[i], true,
                         &out->rules[i].keep, errors);
        out->rules[i].filter = out->filters[i];
    }
    for (size_t i = 0; i < media_of && err == 0; i++) {
        err = add_filter(out, "store.media_of", config->store_media_of.items[i], false, &none,
                         errors);
        out->media_of[i] = out->filters[rules + i];
    }
    out->options.rules = out->rules;
    out->options.rule_count = rules;
    out->options.media_of = out->media_of;
    out->options.media_of_count = media_of;
    return err;
}

void keep_load_fini(struct keep_loaded *loaded)
{
    for (size_t i = 0; i < loaded->filter_count; i++)
        filter_free(loaded->filters[i]);
    free(loaded->filters);
    free(loaded->media_of);
    free(loaded->rules);
    *loaded = (struct keep_loaded){ .filters = NULL };
}
