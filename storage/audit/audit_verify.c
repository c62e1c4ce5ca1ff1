#include "storage/audit/audit_verify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum { AHEAD_MAX_BYTES = 16 << 20 }; /* where a line that is missing is looked for */

void audit_verify_init(struct audit_verify *v)
{
    *v = (struct audit_verify){ .number = 0 };
    memset(v->hash, '0', AUDIT_DIGEST_LEN);
}

bool audit_verify_anchor(struct audit_verify *v, struct slice text)
{
    struct slice hash = text, number = slice_cut(&hash, ':');

    if (!slice_to_u64(number, INT64_MAX, &v->anchor_seq) || hash.len != AUDIT_DIGEST_LEN)
        return false;
    for (size_t i = 0; i < hash.len; i++) {
        if (!hash.p[i] || !strchr("0123456789abcdef", hash.p[i]))
            return false;
        v->anchor[i] = hash.p[i];
    }
    return v->anchor_seq > 0;
}

const char *audit_break_name(enum audit_break what)
{
    static const char *const names[] = {
        [AUDIT_UNBROKEN] = "whole",    [AUDIT_CHANGED] = "changed",     [AUDIT_REMOVED] = "removed",
        [AUDIT_INSERTED] = "inserted", [AUDIT_REORDERED] = "reordered", [AUDIT_TORN] = "torn",
    };

    return names[what];
}

__attribute__((format(printf, 5, 6))) static void set_broken(struct audit_verify *v,
                                                             enum audit_break what, uint64_t line,
                                                             uint64_t offset, const char *format,
                                                             ...)
{
    va_list args;

    v->broken = what;
    v->line = line;
    v->offset = offset;
    va_start(args, format);
    vsnprintf(v->why, sizeof v->why, format, args);
    va_end(args);
}

static bool follows(const struct audit_verify *v, const struct audit_line *line)
{
    return line->seq == v->seq + 1 && memcmp(line->prev.p + 1, v->hash, AUDIT_DIGEST_LEN) == 0;
}

/* Does the line that is missing here stand further down? */
static bool stands_later(const struct audit_verify *v, struct audit_scan *scan)
{
    uint64_t back = scan->position;
    bool found = false;
    struct audit_line line;

    while (!found && scan->position - back < AHEAD_MAX_BYTES && audit_scan_next(scan) > 0)
        found = audit_line_parse(&line, scan->text) == AUDIT_CHAINED && follows(v, &line);
    scan->position = back;
    return found;
}

/* A line that is true by itself, but does not stand where it belongs. */
static void judge_place(struct audit_verify *v, struct audit_scan *scan,
                        const struct audit_line *line, uint64_t offset)
{
    uint64_t seq = line->seq; /* the line is lent only until others are looked at */

    if (v->piece_line && seq > v->seq + 1) {
        set_broken(v, AUDIT_CHANGED, v->piece_line, v->piece_offset,
                   "it cannot be read as a line of the trail");
    } else if (seq > v->seq + 1) {
        uint64_t missing = seq - v->seq - 1;

        if (stands_later(v, scan))
            set_broken(v, AUDIT_REORDERED, v->number, offset,
                       "number %" PRIu64 " stands here, and number %" PRIu64 " further down", seq,
                       v->seq + 1);
        else
            set_broken(v, AUDIT_REMOVED, v->number, offset,
                       "before it %" PRIu64 " line%s missing, from number %" PRIu64 " on", missing,
                       missing == 1 ? " is" : "s are", v->seq + 1);
    } else if (seq <= v->seq) {
        set_broken(v, AUDIT_INSERTED, v->number, offset,
                   "number %" PRIu64 " stands here, where number %" PRIu64 " belongs", seq,
                   v->seq + 1);
    } else {
        set_broken(v, AUDIT_CHANGED, v->last_line ? v->last_line : v->number,
                   v->last_line ? v->last_offset : offset,
                   "it is not the line that number %" PRIu64 " was chained to", seq);
    }
}

/* Before there was a chain a torn line told nobody. */
static void forgive_pieces(struct audit_verify *v)
{
    v->lines += v->pieces;
    v->unchained += v->pieces;
    v->pieces = v->piece_line = 0;
}

/* What stands between two lines and is none: only what the second one tells of. */
static bool pieces_are_well(struct audit_verify *v, const struct audit_line *line, uint64_t offset)
{
    uint64_t bytes = v->piece_line ? offset - v->piece_offset : 0;

    if (line->torn == bytes) {
        if (bytes && v->torn++ == 0) {
            v->torn_line = v->piece_line;
            v->torn_offset = v->piece_offset;
        }
        v->pieces = v->piece_line = 0;
        return true;
    }
    if (v->piece_line)
        set_broken(v, AUDIT_INSERTED, v->piece_line, v->piece_offset,
                   "it is no line of the trail, and the next line does not tell of it");
    else
        set_broken(v, AUDIT_REMOVED, v->number, offset,
                   "before it a torn line of %" PRIu64 " bytes is missing", line->torn);
    return false;
}

static void take_chained(struct audit_verify *v, struct audit_scan *scan,
                         const struct audit_line *line)
{
    uint64_t offset = scan->offset;

    if (!audit_line_is_true(line)) {
        if (v->piece_line) /* the earlier one is the first that is broken */
            set_broken(v, AUDIT_CHANGED, v->piece_line, v->piece_offset,
                       "it cannot be read as a line of the trail");
        else
            set_broken(v, AUDIT_CHANGED, v->number, offset, "its hash is another");
        return;
    }
    if (!follows(v, line)) {
        judge_place(v, scan, line, offset);
        return;
    }
    if (v->seq == 0)
        forgive_pieces(v);
    if (!pieces_are_well(v, line, offset))
        return;
    if (line->seq == v->anchor_seq) {
        v->anchor_seen = true;
        if (memcmp(line->hash.p + 1, v->anchor, AUDIT_DIGEST_LEN) != 0) {
            set_broken(v, AUDIT_CHANGED, v->number, offset,
                       "its hash is not the one that was noted");
            return;
        }
    }
    v->lines++;
    v->erased += line->is_erased;
    v->seq = line->seq;
    memcpy(v->hash, line->hash.p + 1, AUDIT_DIGEST_LEN);
    v->last_line = v->number;
    v->last_offset = offset;
}

/* The last line, without an end; or a piece of one that is too long to be one. */
static void judge_torn(struct audit_verify *v, const struct audit_scan *scan)
{
    if (scan->position < scan->size) {
        if (v->pieces++ == 0) {
            v->piece_line = v->number;
            v->piece_offset = scan->offset;
        }
        v->number--; /* it goes on */
    } else if (v->piece_line) {
        set_broken(v, AUDIT_CHANGED, v->piece_line, v->piece_offset,
                   "it cannot be read as a line of the trail");
    } else {
        set_broken(v, AUDIT_TORN, v->number, scan->offset, "it has no end");
    }
}

static void take_line(struct audit_verify *v, struct audit_scan *scan)
{
    struct audit_line line;
    enum audit_kind kind = audit_line_parse(&line, scan->text);

    v->number++;
    if (kind == AUDIT_OLD && v->seq == 0) {
        forgive_pieces(v);
        v->lines++;
        v->unchained++;
    } else if (!scan->has_end) {
        judge_torn(v, scan);
    } else if (kind == AUDIT_CHAINED) {
        take_chained(v, scan, &line);
    } else if (kind == AUDIT_OLD && !v->piece_line) {
        set_broken(v, AUDIT_INSERTED, v->number, scan->offset, "it is not chained");
    } else if (v->pieces++ == 0) {
        v->piece_line = v->number;
        v->piece_offset = scan->offset;
    }
}

void audit_verify_end(struct audit_verify *v)
{
    if (v->piece_line)
        set_broken(v, AUDIT_CHANGED, v->piece_line, v->piece_offset,
                   "it cannot be read as a line of the trail");
    else if (v->anchor_seq && !v->anchor_seen)
        set_broken(v, AUDIT_REMOVED, v->number + 1, v->position,
                   "the trail ends before number %" PRIu64 ", which was noted", v->anchor_seq);
}

int audit_verify_scan(struct audit_verify *v, struct audit_scan *scan, uint64_t max_bytes,
                      bool *is_whole)
{
    uint64_t begin = v->position;
    int found = 1;

    *is_whole = false;
    scan->position = v->position;
    if (v->position > scan->size)
        set_broken(v, AUDIT_REMOVED, v->number, scan->size, "the file was cut short");
    while (v->broken == AUDIT_UNBROKEN && (!max_bytes || v->position - begin < max_bytes)) {
        found = audit_scan_next(scan);
        if (found <= 0)
            break;
        take_line(v, scan);
        v->position = scan->position;
    }
    *is_whole = found == 0 || scan->position >= scan->size;
    return found < 0 ? found : 0;
}

int audit_verify_store(struct audit_verify *v, const char *store_dir)
{
    struct audit_scan scan;
    bool is_whole = false;
    int err = audit_scan_open(&scan, store_dir);

    if (err)
        return err;
    err = audit_verify_scan(v, &scan, 0, &is_whole);
    if (err == 0 && v->broken == AUDIT_UNBROKEN)
        audit_verify_end(v);
    audit_scan_close(&scan);
    return err;
}
