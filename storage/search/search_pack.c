#include "storage/search/search_pack.h"

/* By nibble; 0 is no character and 15 is none either, so a word of ones is no number. */
static const char characters[] = "\0000123456789+*#-";

void search_pack_add(struct strbuf *out, const uint64_t *values, unsigned bits, size_t count)
{
    static const char slack[SEARCH_PACK_SLACK];
    uint64_t word = 0;
    unsigned used = 0; /* bits of the word, under 8 between two values */

    for (size_t i = 0; i < count && bits; i++) {
        uint64_t value = values[i] & search_pack_mask(bits);

        word |= value << used; /* 64 bits wide values begin at 0, others end below 64 */
        used += bits;
        for (; used >= 8; used -= 8) {
            strbuf_add_char(out, (char)(word & 0xff));
            word >>= 8;
        }
    }
    if (used)
        strbuf_add_char(out, (char)(word & 0xff));
    strbuf_add(out, slack, sizeof slack);
}

bool search_phone_pack(struct slice text, uint64_t *packed)
{
    uint64_t value = 0;

    if (text.len > SEARCH_PHONE_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        const char *at =
            text.p[i] ? memchr(characters + 1, text.p[i], sizeof characters - 2) : NULL;

        if (!at)
            return false;
        value = value << 4 | (uint64_t)(at - characters);
    }
    *packed = value;
    return true;
}

struct slice search_phone_text(uint64_t packed, char out[SEARCH_PHONE_MAX])
{
    unsigned length = search_phone_length(packed);

    for (unsigned i = 0; i < length; i++)
        out[i] = characters[(packed >> 4 * (length - 1 - i) & 15) % (sizeof characters - 1)];
    return slice_of(out, length);
}
