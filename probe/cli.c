#define _XOPEN_SOURCE 700 /* strptime */

#include "probe/cli.h"

#include "analyzer/base/nearest.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { OPTIONS_MAX = 40, HELP_COLUMN = 30 };

int cli_fail(const struct cli_command *command, enum cli_exit status, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "earshot %s: ", command->name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return (int)status;
}

static void print_help(const struct cli_command *c)
{
    printf("earshot %s - %s\n\nUsage: earshot %s [OPTION]...%s%s\n\n", c->name, c->summary, c->name,
           c->arguments[0] ? " " : "", c->arguments);
    for (size_t i = 0; i <= c->option_count; i++) {
        static const struct cli_option help = { "help",           'h',  CLI_FLAG, NULL,
                                                "show this help", NULL, 0,        0 };
        const struct cli_option *o = i < c->option_count ? &c->options[i] : &help;
        int n =
            o->letter ? printf("  -%c, --%s", o->letter, o->name) : printf("      --%s", o->name);

        if (o->argument)
            n += printf(" %s", o->argument);
        if (n >= HELP_COLUMN)
            n = printf("\n") - 1;
        printf("%*s%s\n", HELP_COLUMN - n, "", o->help);
    }
    if (c->example)
        printf("\n%s", c->example);
}

static bool parse_real(const char *text, double *value)
{
    char *end;

    errno = 0;
    *value = strtod(text, &end);
    return errno == 0 && end != text && *end == '\0' && isfinite(*value);
}

static bool parse_int(const struct cli_option *o, const char *text, int64_t *value)
{
    char *end;
    long long v;

    errno = 0;
    v = strtoll(text, &end, 10);
    if (errno || end == text || *end != '\0' || v < o->min || v > o->max)
        return false;
    *value = v;
    return true;
}

static bool parse_time(const char *text, int64_t *ns)
{
    struct tm tm = { 0 };
    const char *end = strptime(text, "%Y-%m-%d", &tm);
    double seconds;

    if (end) {
        if (*end == 'T' || *end == ' ')
            end = strptime(end + 1, "%H:%M:%S", &tm);
        if (end && *end == 'Z')
            end++;
        if (!end || *end)
            return false;
        *ns = (int64_t)timegm(&tm) * 1000000000;
        return true;
    }
    if (!parse_real(text, &seconds) || seconds < 0 || seconds > 9e9)
        return false;
    *ns = (int64_t)llround(seconds * 1e9);
    return true;
}

static int take_value(const struct cli_command *c, const struct cli_option *o, char *text)
{
    switch (o->kind) {
    case CLI_FLAG:
        *(bool *)o->value = true;
        return -1;
    case CLI_TEXT:
        *(const char **)o->value = text;
        return -1;
    case CLI_LIST: {
        struct cli_list *list = o->value;

        if (list->count == CLI_LIST_MAX)
            return cli_fail(c, EXIT_USAGE, "--%s: at most %d of them", o->name, CLI_LIST_MAX);
        list->items[list->count++] = text;
        return -1;
    }
    case CLI_INT:
        if (parse_int(o, text, o->value))
            return -1;
        return cli_fail(c, EXIT_USAGE, "--%s: '%s' is not a whole number from %lld to %lld",
                        o->name, text, (long long)o->min, (long long)o->max);
    case CLI_REAL:
        if (parse_real(text, o->value))
            return -1;
        return cli_fail(c, EXIT_USAGE, "--%s: '%s' is not a number", o->name, text);
    case CLI_TIME:
        if (parse_time(text, o->value))
            return -1;
        return cli_fail(c, EXIT_USAGE,
                        "--%s: '%s' is not a time: use 2026-11-21T10:00:00 (UTC) or epoch seconds",
                        o->name, text);
    }
    return -1;
}

/* word: as it was typed, "--colour=red". */
static int refuse_unknown(const struct cli_command *c, const char *word)
{
    const char *names[OPTIONS_MAX + 1];
    int len = (int)strcspn(word, "=");
    int dashes = (int)strspn(word, "-");
    const char *near;

    for (size_t i = 0; i < c->option_count; i++)
        names[i] = c->options[i].name;
    names[c->option_count] = "help";
    near =
        nearest_name(slice_of(word + dashes, (size_t)(len - dashes)), names, c->option_count + 1);
    if (near)
        return cli_fail(c, EXIT_USAGE, "unknown option '%.*s', did you mean '--%s'?", len, word,
                        near);
    return cli_fail(c, EXIT_USAGE, "unknown option '%.*s'; 'earshot %s --help' lists them", len,
                    word, c->name);
}

/* getopt_long leaves in optopt: a letter that is none; the key of an option that takes no value; 0
 * for a name that is none. */
static int refuse(const struct cli_command *c, const char *word)
{
    const char letter[] = { '-', (char)optopt, '\0' };

    if (optopt >= 256)
        return cli_fail(c, EXIT_USAGE, "--%s takes no value", c->options[optopt - 256].name);
    return refuse_unknown(c, optopt ? letter : word);
}

/* The two forms in which getopt_long wants the table. */
static void translate(const struct cli_command *c, struct option *longs, char *letters)
{
    size_t n = 0;

    letters[n++] = ':';
    for (size_t i = 0; i < c->option_count; i++) {
        const struct cli_option *o = &c->options[i];

        longs[i] = (struct option){ o->name, o->kind == CLI_FLAG ? no_argument : required_argument,
                                    NULL, 256 + (int)i };
        if (!o->letter)
            continue;
        letters[n++] = o->letter;
        if (o->kind != CLI_FLAG)
            letters[n++] = ':';
    }
    longs[c->option_count] = (struct option){ "help", no_argument, NULL, 'h' };
    longs[c->option_count + 1] = (struct option){ 0 };
    letters[n++] = 'h';
    letters[n] = '\0';
}

static const struct cli_option *find_option(const struct cli_command *c, int key)
{
    if (key >= 256)
        return &c->options[key - 256];
    for (size_t i = 0; i < c->option_count; i++) {
        if (c->options[i].letter == key)
            return &c->options[i];
    }
    return NULL;
}

int cli_parse(const struct cli_command *c, int argc, char **argv, int *first)
{
    struct option longs[OPTIONS_MAX + 2];
    char letters[2 * OPTIONS_MAX + 4];
    int key;

    translate(c, longs, letters);
    opterr = 0;
    optind = 0; /* GNU: forget the last argv altogether */
    while ((key = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
        int status;

        if (key == '?')
            return refuse(c, argv[optind - 1]);
        if (key == ':')
            return cli_fail(c, EXIT_USAGE, "'%s' needs a value", argv[optind - 1]);
        if (key == 'h' && !find_option(c, 'h')) {
            print_help(c);
            return EXIT_OK;
        }
        status = take_value(c, find_option(c, key), optarg);
        if (status != -1)
            return status;
    }
    *first = optind;
    return -1;
}
