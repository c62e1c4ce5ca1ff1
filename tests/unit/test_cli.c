/*
 * test_cli - options as people type them, and mistakes answered with the nearest real one.
 */
#include "probe/cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { ARGUMENTS_MAX = 48 };

struct values {
    bool json;
    const char *store;
    struct cli_list interfaces;
    int64_t limit, from;
    double mos;
};

/* What one command line came to. */
struct outcome {
    int status, first;
    struct values v;
    char said[4096]; /* on stdout and stderr */
};

static int begin_capture(FILE *file, int fd)
{
    int saved = dup(fd);

    fflush(NULL);
    assert_true(saved >= 0 && dup2(fileno(file), fd) >= 0);
    return saved;
}

static void end_capture(int saved, int fd)
{
    fflush(NULL);
    dup2(saved, fd);
    close(saved);
}

/* Words in blocks of their exact size, with nothing before or behind them. */
static size_t split(const char *line, char **argv)
{
    size_t argc = 0;

    while (*line) {
        size_t n = strcspn(line, " ");

        assert_true(argc < ARGUMENTS_MAX);
        argv[argc] = malloc(n + 1);
        assert_non_null(argv[argc]);
        memcpy(argv[argc], line, n);
        argv[argc++][n] = '\0';
        line += n + (line[n] == ' ');
    }
    return argc;
}

static char *parse(const char *line, struct outcome *o)
{
    const struct cli_option options[] = {
        { "json", 'j', CLI_FLAG, NULL, "as JSON", &o->v.json, 0, 0 },
        { "store", 's', CLI_TEXT, "DIR", "where", &o->v.store, 0, 0 },
        { "interface", 'i', CLI_LIST, "NAME", "from where", &o->v.interfaces, 0, 0 },
        { "limit", 'n', CLI_INT, "N", "how many", &o->v.limit, 1, 1000 },
        { "mos-below", 0, CLI_REAL, "MOS", "worse than", &o->v.mos, 0, 0 },
        { "from", 0, CLI_TIME, "TIME", "since", &o->v.from, 0, 0 },
    };
    const struct cli_command command = { "calls", "[NUMBER]", "lists calls", NULL, options, 6 };
    char *argv[ARGUMENTS_MAX + 1] = { NULL }, *first = NULL;
    size_t argc = split(line, argv);
    FILE *file = tmpfile();
    int out, err;
    size_t n;

    memset(o, 0, sizeof *o);
    assert_non_null(file);
    out = begin_capture(file, STDOUT_FILENO);
    err = begin_capture(file, STDERR_FILENO);
    o->status = cli_parse(&command, (int)argc, argv, &o->first);
    end_capture(err, STDERR_FILENO);
    end_capture(out, STDOUT_FILENO);
    rewind(file);
    n = fread(o->said, 1, sizeof o->said - 1, file);
    o->said[n] = '\0';
    fclose(file);
    if (o->status == -1 && (size_t)o->first < argc)
        first = strdup(argv[o->first]);
    if (o->v.store) { /* borrowed from argv */
        static char store[64];

        snprintf(store, sizeof store, "%s", o->v.store);
        o->v.store = store;
    }
    for (size_t i = 0; i < argc; i++)
        free(argv[i]);
    return first;
}

static void options_are_taken_in_every_form(void **state)
{
    static const char *const lines[] = {
        "calls -j -s dir -n 7 --mos-below 3.1 number",
        "calls --json --store dir --limit 7 --mos-below=3.1 number",
        "calls --json --store=dir --limit=7 --mos-below 3.1 -- number",
        "calls number -jsdir -n7 --mos-below=3.1",
        "calls --js --st dir --li 7 --mos 3.1 number", /* as long as it is plain which */
    };

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct outcome o;
        char *first = parse(lines[i], &o);

        if (o.status != -1)
            fail_msg("%s: %d, %s", lines[i], o.status, o.said);
        assert_true(o.v.json);
        assert_string_equal(o.v.store, "dir");
        assert_int_equal(o.v.limit, 7);
        assert_true(o.v.mos == 3.1);
        assert_string_equal(first, "number");
        assert_string_equal(o.said, "");
        free(first);
    }
}

static void lists_are_gathered_up_to_their_end(void **state)
{
    char line[1000] = "calls";
    struct outcome o;

    (void)state;
    free(parse("calls -i a -i b --interface=c", &o));
    assert_int_equal(o.v.interfaces.count, 3);
    for (int i = 0; i <= CLI_LIST_MAX; i++)
        strncat(line, " -ix", sizeof line - strlen(line) - 1);
    assert_null(parse(line, &o));
    assert_int_equal(o.status, EXIT_USAGE);
    assert_non_null(strstr(o.said, "--interface: at most 32"));
}

static void mistakes_are_answered(void **state)
{
    static const struct {
        const char *line, *says;
    } rows[] = {
        { "calls --jsn", "unknown option '--jsn', did you mean '--json'?" },
        { "calls --stroe=x", "unknown option '--stroe', did you mean '--store'?" },
        { "calls --colour", "unknown option '--colour'; 'earshot calls --help' lists them" },
        { "calls -x", "unknown option '-x'; 'earshot calls --help' lists them" },
        { "calls -jx", "unknown option '-x'; 'earshot calls --help' lists them" },
        { "calls -xj", "unknown option '-x'; 'earshot calls --help' lists them" },
        { "calls number -xj", "unknown option '-x'; 'earshot calls --help' lists them" },
        { "calls --json=yes", "--json takes no value" },
        { "calls --store", "'--store' needs a value" },
        { "calls -s", "'-s' needs a value" },
        { "calls -js", "'-js' needs a value" },
        { "calls -n 0", "--limit: '0' is not a whole number from 1 to 1000" },
        { "calls -n 1001", "--limit: '1001' is not a whole number from 1 to 1000" },
        { "calls -n 7x", "--limit: '7x' is not a whole number" },
        { "calls -n 99999999999999999999", "is not a whole number" },
        { "calls --mos-below x", "--mos-below: 'x' is not a number" },
        { "calls --mos-below nan", "--mos-below: 'nan' is not a number" },
        { "calls --from yesterday", "--from: 'yesterday' is not a time" },
        { "calls --from 2026-13-01", "is not a time" },
        { "calls --from 2026-11-21T10:00", "is not a time" },
        { "calls --from 2026-11-21T10:00:00+01:00", "is not a time" },
        { "calls --from -1", "is not a time" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct outcome o;

        assert_null(parse(rows[i].line, &o));
        if (o.status != EXIT_USAGE || !strstr(o.said, rows[i].says) ||
            strncmp(o.said, "earshot calls: ", 15) != 0)
            fail_msg("%s: %d, %s", rows[i].line, o.status, o.said);
        assert_ptr_equal(strchr(o.said, '\n'), o.said + strlen(o.said) - 1); /* one line */
    }
}

static void times_are_utc(void **state)
{
    static const struct {
        const char *line;
        int64_t ns;
    } rows[] = {
        { "calls --from 0", 0 },
        { "calls --from 1795255200", INT64_C(1795255200000000000) },
        { "calls --from 1795255200.5", INT64_C(1795255200500000000) },
        { "calls --from 2026-11-21", INT64_C(1795219200000000000) },
        { "calls --from 2026-11-21T10:00:00", INT64_C(1795255200000000000) },
        { "calls --from 2026-11-21T10:00:00Z", INT64_C(1795255200000000000) },
    };

    (void)state;
    setenv("TZ", "America/New_York", 1); /* it must not matter */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct outcome o;

        assert_null(parse(rows[i].line, &o));
        assert_int_equal(o.status, -1);
        if (o.v.from != rows[i].ns)
            fail_msg("%s: %lld", rows[i].line, (long long)o.v.from);
    }
}

static void help_names_every_option(void **state)
{
    static const char *const lines[] = { "calls --help", "calls -h", "calls -j -h --limit 3" };
    static const char *const words[] = {
        "earshot calls - lists calls", "[NUMBER]",        "-j, --json",  "-s, --store DIR",
        "-i, --interface NAME",        "--mos-below MOS", "--from TIME", "-h, --help"
    };

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct outcome o;

        assert_null(parse(lines[i], &o));
        assert_int_equal(o.status, EXIT_OK);
        for (size_t w = 0; w < sizeof words / sizeof words[0]; w++) {
            if (!strstr(o.said, words[w]))
                fail_msg("no '%s' in: %s", words[w], o.said);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_taken_in_every_form),
        cmocka_unit_test(lists_are_gathered_up_to_their_end),
        cmocka_unit_test(mistakes_are_answered),
        cmocka_unit_test(times_are_utc),
        cmocka_unit_test(help_names_every_option),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
