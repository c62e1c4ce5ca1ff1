#include "probe/cmd/filter_args.h"

#include "analyzer/base/nearest.h"
#include "probe/cmd/call_line.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

enum { SORTABLE_MAX = 128, NAME_WIDTH = 16, EXAMPLE_WIDTH = 32, HELP_WIDTH = 50 };

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int say(const struct cli_command *command, const char *option, struct slice text, int err,
               const struct filter_error *error)
{
    struct strbuf shown = { 0 };

    if (err == 0)
        return -1;
    if (err != -EINVAL)
        return cli_fail(command, EXIT_TROUBLE, "out of memory");
    cli_fail(command, EXIT_USAGE, "%s%s%s", option ? option : "", option ? ": " : "", error->text);
    filter_error_point(error, text, "  ", &shown);
    fputs(shown.p ? shown.p : "", stderr);
    strbuf_fini(&shown);
    return EXIT_USAGE;
}

int filter_args_parse(const struct cli_command *command, const char *option, struct slice text,
                      struct filter **filter)
{
    struct filter_error error;
    int err = filter_parse(filter, text, now_ns(), &error);

    return say(command, option, text, err, &error);
}

int filter_args_parse_record(const struct cli_command *command, const struct record_type *type,
                             struct slice text, struct filter **filter)
{
    struct filter_error error;
    int err = filter_parse_record(filter, type, text, now_ns(), &error);

    return say(command, NULL, text, err, &error);
}

static size_t list_sortable(const char **names)
{
    size_t count = 0;

    for (size_t i = 0; i < filter_field_count && count < SORTABLE_MAX; i++) {
        if (filter_fields[i].is_sortable)
            names[count++] = filter_fields[i].name;
    }
    return count;
}

int filter_args_sort(const struct cli_command *command, const char *text,
                     const struct filter_field **field, bool *falls)
{
    const char *names[SORTABLE_MAX], *meant;

    if (text[0] == '-') {
        *falls = !*falls;
        text++;
    }
    *field = filter_field_find(slice_of_text(text));
    if (*field && (*field)->is_sortable) {
        if ((*field)->kind == FILTER_TIME)
            *field = NULL;
        return -1;
    }
    meant = nearest_name(slice_of_text(text), names, list_sortable(names));
    if (*field)
        return cli_fail(command, EXIT_USAGE,
                        "--sort: calls cannot be sorted by '%s'; --fields "
                        "marks with a + what they can be sorted by",
                        (*field)->name);
    if (meant)
        return cli_fail(command, EXIT_USAGE, "--sort: no field is called '%s', did you mean '%s'?",
                        text, meant);
    return cli_fail(command, EXIT_USAGE, "--sort: no field is called '%s'; --fields lists them",
                    text);
}

/* --- the list ------------------------------------------------------------------------------- */

/* Words of a text, as many as fit in a line; what does not goes on below. */
static void add_wrapped(struct strbuf *out, const char *text, size_t indent)
{
    struct slice rest = slice_of_text(text);
    size_t used = 0;

    while (rest.len) {
        struct slice word = slice_cut(&rest, ' ');

        if (used && used + 1 + word.len > HELP_WIDTH) {
            strbuf_addf(out, "\n%*s", (int)indent, "");
            used = 0;
        }
        if (used)
            strbuf_add_char(out, ' ');
        strbuf_add_slice(out, word);
        used += word.len + 1;
    }
    strbuf_add_char(out, '\n');
}

static void add_field(struct strbuf *out, const struct filter_field *f)
{
    strbuf_add_text(out, f->is_sortable ? "+ " : "  ");
    call_line_cell(out, slice_of_text(f->name), NAME_WIDTH - 1);
    call_line_cell(out, slice_of_text(f->example), EXAMPLE_WIDTH - 1);
    add_wrapped(out, f->help, 2 + NAME_WIDTH + EXAMPLE_WIDTH);
    if (f->values) {
        strbuf_addf(out, "%*s", 2 + NAME_WIDTH + EXAMPLE_WIDTH, "");
        add_wrapped(out, f->values, 2 + NAME_WIDTH + EXAMPLE_WIDTH);
    }
}

void filter_args_list(struct strbuf *out)
{
    for (size_t i = 0; i < filter_field_count; i++) {
        if (filter_fields[i].group)
            strbuf_addf(out, "%s%s\n", i ? "\n" : "", filter_fields[i].group);
        add_field(out, &filter_fields[i]);
    }
    strbuf_add_text(
        out, "\n+ calls can be sorted by it.\n\n"
             "Words stand side by side and all must hold; or, not (or a - before a word) and "
             "parentheses.\n"
             "Texts: word  word*  *word  *word*  \"two words\"    lists: status:486,487\n"
             "Numbers: mos<3.5  status:400..499  duration>=30min    has:mos - it is known\n"
             "A word alone is an address, the beginning of a Call-ID, or a part of a number.\n"
             "A test on what is not known is false. docs/FILTER.md says more.\n");
}
