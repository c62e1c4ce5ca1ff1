/*
 * audit_line - one line of STORE/audit.jsonl: who did what, chained to the line before.
 *
 *     {"seq":7,"time":1795255200.000000,"user":"ann","token":null,"from":"10.0.0.7","deed":"listen",
 *      "object":"0dd2…","status":200,"personal":"<hash>","prev":"<hash>","hash":"<hash>",
 *      "salt":"<hex>","call_id":"a@b","detail":"wav"}
 *
 * on one line, its members in that order, and nothing else.
 *
 *     hash      SHA-256 of the line up to ,"hash":
 *     prev      the hash of the line before; of the first one 64 zeros
 *     personal  SHA-256 of what stands between the hash and the last brace, from "salt" on; null:
 *               there are no texts
 *
 * So the texts of a person can be taken out (salt, call_id and detail become null) and the chain still
 * holds: who has no salt cannot even try what the text may have been.
 *
 * A line behind a piece of one that was torn has "torn":N before "personal": how many bytes stand
 * between it and the line that it is chained to.
 *
 * Lines from before there was a chain have other members ("action"); they are read, and no more.
 *
 * Ownership  What is parsed borrows from the text.
 * Thread     Pure functions.
 */
#ifndef STORAGE_AUDIT_AUDIT_LINE_H
#define STORAGE_AUDIT_AUDIT_LINE_H

#include "analyzer/base/strbuf.h"
#include "storage/audit/audit_digest.h"

enum { AUDIT_LINE_MAX = 32 << 10 }; /* bytes, with its end; all texts are cut to fit */

/* What is to be written. Absent slices become null; what is too long is cut. */
struct audit_entry {
    int64_t time_ns;      /* of the wall clock; 0: now */
    struct slice user;    /* "ann", or of the shell "uid 1000"; absent: nobody who is known */
    struct slice token;   /* of a token, its name */
    struct slice from;    /* the address, or "cli" */
    struct slice deed;    /* "listen" */
    struct slice object;  /* what it was done to: the id of a call or an alert, a name */
    struct slice call_id; /* a stranger's text */
    struct slice detail;  /* the filter, the format … */
    int status;           /* of the answer; 0: not known yet */
};

/* Where a line stands in the chain. */
struct audit_link {
    uint64_t seq;
    char prev[AUDIT_DIGEST_LEN + 1];
    uint64_t torn; /* bytes of what is no line before it */
};

/* Appends the line with its end. hash: of it. salt: empty, where there are no texts. */
void audit_line_write(struct strbuf *out, const struct audit_entry *entry,
                      const struct audit_link *link, const char *salt,
                      char hash[AUDIT_DIGEST_LEN + 1]);

enum audit_kind {
    AUDIT_NO_LINE, /* torn, or a stranger's */
    AUDIT_OLD,     /* from before there was a chain */
    AUDIT_CHAINED,
};

/* Values as they stand there: quoted texts, numbers, or "null". */
struct audit_line {
    uint64_t seq; /* 0: of an old one */
    int64_t time_ns;
    struct slice user, token, from, deed, object, status, call_id, detail;
    uint64_t torn;
    struct slice personal, prev, hash, salt;
    struct slice head; /* what its hash is of */
    struct slice tail; /* what `personal` is of */
    bool is_erased;    /* its texts were taken out */
};

/* text: without its end. */
enum audit_kind audit_line_parse(struct audit_line *line, struct slice text);

/* Does the value say that? */
bool audit_line_says(struct slice value, struct slice text);

/* The hash, and that of its texts, are what they say. */
bool audit_line_is_true(const struct audit_line *line);

/* Its members for people and machines, without the chain. In an open object. */
struct jsonw;
void audit_line_write_members(struct jsonw *j, const struct audit_line *line);

/* Takes the texts out of a line, in place and as long as it was: false, and nothing done, where they are out
 * already. line: parsed from this very text. */
bool audit_line_erase(const struct audit_line *line, char *text, size_t len);

#endif
