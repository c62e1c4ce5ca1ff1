/*
 * fuzz_audit - an audit trail of anybody's bytes.
 *
 * Every line of it is read; what is a line has values that are JSON, and can be erased: it is as long as
 * before then, and as true. The trail as a whole is checked, from its beginning and read from its end.
 */
#define _GNU_SOURCE /* memfd_create */
#include "analyzer/base/jsonw.h"
#include "probe/syslog/audit_syslog.h"
#include "storage/audit/audit_verify.h"

#include <jansson.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void insist(bool truth)
{
    if (!truth)
        abort();
}

/* What is written of it is JSON. */
static void show(const struct audit_line *line)
{
    struct strbuf out = { .p = NULL };
    struct jsonw j = jsonw_to(&out);
    json_t *root;

    jsonw_object_open(&j);
    audit_line_write_members(&j, line);
    jsonw_object_close(&j);
    root = json_loadb(out.p, out.len, JSON_ALLOW_NUL, NULL);
    insist(root != NULL);
    json_decref(root);
    strbuf_fini(&out);
}

static void read_line(struct slice text)
{
    char *copy = malloc(text.len + 1);
    struct strbuf out = { .p = NULL };
    struct audit_line line, after;
    bool was_true;

    memcpy(copy, text.p, text.len);
    audit_syslog_format(&out, slice_of(copy, text.len), false);
    strbuf_fini(&out);
    if (audit_line_parse(&line, slice_of(copy, text.len)) != AUDIT_NO_LINE)
        show(&line);
    was_true = line.seq && audit_line_is_true(&line);
    if (line.seq && audit_line_erase(&line, copy, text.len)) {
        insist(audit_line_parse(&after, slice_of(copy, text.len)) == AUDIT_CHAINED);
        insist(after.is_erased && after.seq && (!was_true || audit_line_is_true(&after)));
    }
    free(copy);
}

static void check(int fd)
{
    struct audit_scan scan;
    struct audit_verify v;
    bool is_whole;
    uint64_t bytes = 0;

    audit_verify_init(&v);
    insist(audit_scan_init(&scan, fd) == 0);
    insist(audit_verify_scan(&v, &scan, 0, &is_whole) == 0);
    audit_verify_end(&v);
    scan.position = scan.size;
    while (audit_scan_previous(&scan) > 0)
        bytes += scan.text.len + scan.has_end;
    insist(bytes == scan.size);
    audit_scan_close(&scan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = slice_of((const char *)data, size);
    int fd = memfd_create("trail", MFD_CLOEXEC);

    while (rest.len)
        read_line(slice_cut(&rest, '\n'));
    if (fd >= 0) {
        insist(write(fd, data, size) == (ssize_t)size);
        check(fd);
        close(fd);
    }
    return 0;
}
