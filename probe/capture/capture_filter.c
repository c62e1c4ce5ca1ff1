#include "probe/capture/capture_filter.h"

#include "analyzer/base/log.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What may complete a filter that stops in the middle: "port", "host", "portrange", "and not", "ether
 * host". Tried one after the other, with the parentheses closed behind it. */
static const char *const completions[] = {
    "", " 1", " 10.0.0.1", " 1-2", " udp", " 02:00:00:00:00:01", " = 1", "] = 1", " host 10.0.0.1",
};

enum {
    COMPLETION_BYTES_MAX = 32,
    PARENTHESES_MAX = 64,
    KERNEL_STEPS_MAX = 4096, /* BPF_MAXINSNS; libpcap would filter what is longer by itself, late */
};

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

/* Either lets a packet pass: where the first one would refuse it, the second one goes on. Jumps are
 * relative and go forward, so both stay as they are. */
static int join(struct bpf_program *first, const struct bpf_program *second)
{
    u_int len = first->bf_len + second->bf_len;
    struct bpf_insn *steps = realloc(first->bf_insns, len * sizeof *steps);

    if (!steps)
        return -ENOMEM;
    memcpy(steps + first->bf_len, second->bf_insns, second->bf_len * sizeof *steps);
    for (u_int i = 0; i < first->bf_len; i++) {
        if (steps[i].code == (BPF_RET | BPF_K) && steps[i].k == 0)
            steps[i] = (struct bpf_insn){ BPF_JMP | BPF_JA, 0, 0, first->bf_len - i - 1 };
    }
    *first = (struct bpf_program){ len, steps };
    return 0;
}

/* Compiles the text and joins it to what there is. */
static int compile_behind(pcap_t *pcap, const char *text, struct bpf_program *program)
{
    struct bpf_program part;
    int err;

    if (pcap_compile(pcap, &part, text, 1, PCAP_NETMASK_UNKNOWN) != 0)
        return -EINVAL;
    err = join(program, &part);
    pcap_freecode(&part);
    return err;
}

/* −EINVAL: not on this link type, or too long. *told is set to what it was. */
static int compile_parts(pcap_t *pcap, const struct capture_filter *filter,
                         enum filter_wrap_reach reach, struct bpf_program *program,
                         struct strbuf *told)
{
    struct strbuf text = { 0 };
    int err = 0;

    *program = (struct bpf_program){ 0, NULL };
    strbuf_reset(told);
    for (unsigned part = 0; part < FILTER_WRAP_PARTS && !err; part++) {
        strbuf_reset(&text);
        filter_wrap_text(filter->text, part, reach, &filter->tunnel_ports, &text);
        if (text.len == 0)
            continue;
        err = text.failed ? -ENOMEM : compile_behind(pcap, text.p, program);
        strbuf_addf(told, "%s%s", told->len ? "; or else: " : "", text.p);
    }
    if (!err && program->bf_len > (filter->steps_max ? filter->steps_max : KERNEL_STEPS_MAX))
        err = -EINVAL;
    if (err)
        pcap_freecode(program);
    strbuf_fini(&text);
    return err;
}

/* As wide as the link type allows. false: not at all. */
static bool compile_wrapped(pcap_t *pcap, const struct capture_filter *filter,
                            struct bpf_program *program, struct strbuf *told)
{
    struct strbuf text = { 0 };
    int err = -EINVAL;

    for (unsigned reach = 0; reach < FILTER_WRAP_REACHES && err == -EINVAL; reach++)
        err = compile_parts(pcap, filter, reach, program, &text);
    if (!err && told)
        strbuf_add_slice(told, strbuf_slice(&text));
    strbuf_fini(&text);
    return err == 0;
}

int capture_filter_compile(pcap_t *pcap, const struct capture_filter *filter,
                           struct bpf_program *program, struct strbuf *told,
                           struct source_error *error)
{
    struct bpf_program plain;
    /* Alone first: an error is one of what the person wrote, and points there. */
    int err = compile(pcap, filter->text, &plain, error);

    if (err)
        return err;
    if (filter->wrap && compile_wrapped(pcap, filter, program, told)) {
        pcap_freecode(&plain);
        return 0;
    }
    if (filter->wrap)
        log_warn(
            "capture: the filter cannot be widened for this kind of link: fragments, VLANs and "
            "tunnels pass as far as it says itself");
    if (told)
        strbuf_add_text(told, filter->text);
    *program = plain;
    return 0;
}

int capture_filter_install(pcap_t *pcap, const struct capture_filter *filter, const char *interface,
                           struct source_error *error)
{
    struct strbuf told = { 0 };
    struct bpf_program program;
    int err = capture_filter_compile(pcap, filter, &program, &told, error);

    if (err)
        goto out;
    if (pcap_setfilter(pcap, &program) != 0)
        err = source_fail(error, SOURCE_FAULT_FILTER, EINVAL, "capture filter '%.200s': %s",
                          filter->text, pcap_geterr(pcap));
    else
        log_info("capture: %s: filter of %u steps: %s", interface, program.bf_len,
                 told.p ? told.p : "");
    pcap_freecode(&program);
out:
    strbuf_fini(&told);
    return err;
}

int capture_filter_print(const struct capture_filter *filter, struct strbuf *out,
                         struct source_error *error)
{
    pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 65535);
    struct bpf_program program;
    int err;

    if (!pcap)
        return source_fail(error, SOURCE_FAULT_SYSTEM, ENOMEM, "capture filter: out of memory");
    err = capture_filter_compile(pcap, filter, &program, out, error);
    if (!err)
        pcap_freecode(&program);
    pcap_close(pcap);
    return err;
}
