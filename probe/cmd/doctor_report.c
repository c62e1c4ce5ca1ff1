#include "probe/cmd/doctor_report.h"

#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

enum { TOPIC_WIDTH = 10, LEVEL_WIDTH = 5 };

static const struct {
    const char *word, *json, *colour;
} levels[] = {
    [DOCTOR_FINE] = { "ok", "fine", "\033[32m" },
    [DOCTOR_NOTE] = { "note", "note", "\033[33m" },
    [DOCTOR_WRONG] = { "WRONG", "complaint", "\033[1;31m" },
};

void doctor_report_add(struct doctor_report *r, enum doctor_level level, const char *topic,
                       const char *fix, const char *format, ...)
{
    struct doctor_finding *f = &r->findings[r->count];
    char text[512];
    va_list args;

    if (r->count == DOCTOR_FINDINGS_MAX)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    *f = (struct doctor_finding){ .level = level, .topic = topic, .text = strdup(text) };
    if (fix && *fix)
        f->fix = strdup(fix);
    r->count += f->text != NULL;
}

void doctor_report_fini(struct doctor_report *r)
{
    for (size_t i = 0; i < r->count; i++) {
        free(r->findings[i].text);
        free(r->findings[i].fix);
    }
    *r = (struct doctor_report){ .count = 0 };
}

size_t doctor_report_complaints(const struct doctor_report *r)
{
    size_t n = 0;

    for (size_t i = 0; i < r->count; i++)
        n += r->findings[i].level == DOCTOR_WRONG;
    return n;
}

void doctor_report_print(struct doctor_report *r, FILE *out)
{
    bool coloured = isatty(fileno(out)) && !getenv("NO_COLOR");

    for (; r->shown < r->count; r->shown++) {
        const struct doctor_finding *f = &r->findings[r->shown];

        fprintf(out, "  %s%-*s%s  %-*s %s\n", coloured ? levels[f->level].colour : "", LEVEL_WIDTH,
                levels[f->level].word, coloured ? "\033[0m" : "", TOPIC_WIDTH, f->topic, f->text);
        if (f->fix)
            fprintf(out, "  %*s  %*s fix: %s\n", LEVEL_WIDTH, "", TOPIC_WIDTH, "", f->fix);
    }
    fflush(out);
}

void doctor_report_write_json(const struct doctor_report *r, struct jsonw *j)
{
    jsonw_key(j, "checks");
    jsonw_array_open(j);
    for (size_t i = 0; i < r->count; i++) {
        const struct doctor_finding *f = &r->findings[i];

        jsonw_object_open(j);
        jsonw_key(j, "topic");
        jsonw_text(j, slice_of_text(f->topic));
        jsonw_key(j, "level");
        jsonw_text(j, slice_of_text(levels[f->level].json));
        jsonw_key(j, "text");
        jsonw_text(j, slice_of_text(f->text));
        jsonw_key(j, "fix");
        jsonw_text(j, f->fix ? slice_of_text(f->fix) : SLICE_ABSENT);
        jsonw_object_close(j);
    }
    jsonw_array_close(j);
}
