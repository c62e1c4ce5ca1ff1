/*
 * fuzz_stir - any bytes as the value of an Identity header, and as the JSON in it.
 *
 * What is kept must be text that JSON can hold as it stands, and within its bounds.
 */
#include "analyzer/sip/stir.h"
#include "analyzer/sip/stir_json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void must_be_plain(const char *text, size_t room)
{
    size_t len = 0;

    while (len < room && text[len]) {
        must(text[len] > ' ' && text[len] < 0x7f && text[len] != '"' && text[len] != '\\');
        len++;
    }
    must(len < room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_of(data, size), found;
    struct stir s;
    enum stir_parse why = stir_parse(&s, text);
    char copy[STIR_NAME_MAX];

    must(why < STIR_PARSE_COUNT);
    must(s.iat_s >= -1 && s.dest_count <= STIR_DESTS_MAX);
    must(s.attestation == 0 || (s.attestation >= 'A' && s.attestation <= 'C'));
    must_be_plain(s.alg, sizeof s.alg);
    must_be_plain(s.ppt, sizeof s.ppt);
    must_be_plain(s.origid, sizeof s.origid);
    must_be_plain(s.orig, sizeof s.orig);
    must_be_plain(s.x5u_host, sizeof s.x5u_host);
    for (unsigned i = 0; i < s.dest_count; i++)
        must_be_plain(s.dest[i], sizeof s.dest[i]);
    if (stir_json_is_object(text))
        must(size >= 2);
    stir_json_copy(copy, sizeof copy, text);
    must_be_plain(copy, sizeof copy);
    found = stir_find(text, size ? slice_of(data, size / 2) : SLICE_ABSENT);
    must(!found.p || (found.p >= text.p && found.p + found.len <= text.p + text.len));
    return 0;
}
