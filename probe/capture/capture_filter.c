#include "probe/capture/capture_filter.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What may complete a filter that stops in the middle: "port", "host", "portrange", "and not", "ether
 * host". Tried one after the other, with the parentheses closed behind it. */
static const char *const completions[] = {
    "", " 1", " 10.0.0.1", " 1-2", " udp", " 02:00:00:00:00:01", " = 1", "] = 1", " host 10.0.0.1",
};

enum { COMPLETION_BYTES_MAX = 32, PARENTHESES_MAX = 64 };

static bool compiles(pcap_t *pcap, const char *text)
{
    struct bpf_program program;

    if (pcap_compile(pcap, &program, text, 1, PCAP_NETMASK_UNKNOWN) != 0)
        return false;
    pcap_freecode(&program);
    return true;
}

/* Whether the first `len` bytes could be the beginning of a filter. */
static bool is_beginning(pcap_t *pcap, const char *filter, size_t len)
{
    char text[CAPTURE_FILTER_BYTES_MAX + COMPLETION_BYTES_MAX + PARENTHESES_MAX];
    size_t open = 0;

    for (size_t i = 0; i < len; i++) {
        open += filter[i] == '(';
        open -= filter[i] == ')' && open > 0;
    }
    if (open >= PARENTHESES_MAX)
        return false;
    for (size_t i = 0; i < sizeof completions / sizeof completions[0]; i++) {
        size_t at = (size_t)snprintf(text, sizeof text, "%.*s%s", (int)len, filter, completions[i]);

        memset(text + at, ')', open);
        text[at + open] = '\0';
        if (compiles(pcap, text))
            return true;
    }
    return false;
}

/* The start and length of the first word that cannot follow what stands before it. */
static bool find_wrong_word(pcap_t *pcap, const char *filter, size_t *at, size_t *len)
{
    size_t i = 0;

    while (filter[i]) {
        size_t start;

        while (isspace((unsigned char)filter[i]))
            i++;
        start = i;
        while (filter[i] && !isspace((unsigned char)filter[i]))
            i++;
        if (i == start)
            break;
        if (!is_beginning(pcap, filter, i)) {
            *at = start;
            *len = i - start;
            return true;
        }
    }
    return false;
}

static int explain(pcap_t *pcap, const char *filter, struct source_error *error)
{
    char reason[PCAP_ERRBUF_SIZE];
    size_t at, len;

    snprintf(reason, sizeof reason, "%s", pcap_geterr(pcap));
    if (find_wrong_word(pcap, filter, &at, &len))
        return source_fail(error, SOURCE_FAULT_FILTER, EINVAL,
                           "capture filter, column %zu, at '%.*s': %s; see pcap-filter(7)", at + 1,
                           len > 60 ? 60 : (int)len, filter + at, reason);
    return source_fail(error, SOURCE_FAULT_FILTER, EINVAL,
                       "capture filter '%.200s': %s; see pcap-filter(7)", filter, reason);
}

static int compile(pcap_t *pcap, const char *filter, struct bpf_program *program,
                   struct source_error *error)
{
    if (strlen(filter) > CAPTURE_FILTER_BYTES_MAX)
        return source_fail(error, SOURCE_FAULT_FILTER, EINVAL,
                           "capture filter: longer than %d bytes", CAPTURE_FILTER_BYTES_MAX);
    if (pcap_compile(pcap, program, filter, 1, PCAP_NETMASK_UNKNOWN) != 0)
        return explain(pcap, filter, error);
    return 0;
}

int capture_filter_check(const char *filter, struct source_error *error)
{
    struct bpf_program program;
    pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 65535);
    int err;

    if (!pcap)
        return source_fail(error, SOURCE_FAULT_SYSTEM, ENOMEM, "capture filter: out of memory");
    err = compile(pcap, filter, &program, error);
    if (!err)
        pcap_freecode(&program);
    pcap_close(pcap);
    return err;
}

int capture_filter_install(pcap_t *pcap, const char *filter, struct source_error *error)
{
    struct bpf_program program;
    int err = compile(pcap, filter, &program, error);

    if (err)
        return err;
    if (pcap_setfilter(pcap, &program) != 0)
        err = source_fail(error, SOURCE_FAULT_FILTER, EINVAL, "capture filter '%.200s': %s", filter,
                          pcap_geterr(pcap));
    pcap_freecode(&program);
    return err;
}
