/* A column of the search index, of a stranger's file: it opens and answers, or is refused.
 *
 * Input: one byte, the kind of the field; the column, whose count stands in its own head. */
#include "storage/search/search_column.h"
#include "storage/search/search_pack.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COUNT_MAX = 4096 };

static const struct filter_field fields[] = {
    { .kind = FILTER_TEXT },  { .kind = FILTER_TEXT, .ignores_case = true },
    { .kind = FILTER_NAMES }, { .kind = FILTER_NUMBER },
    { .kind = FILTER_TRUTH }, { .kind = FILTER_ADDR },
    { .kind = FILTER_PORT },  { .kind = FILTER_ID },
};

/* No row may be found that was not asked for. */
static void ask(const struct search_column *c, const uint64_t *among)
{
    static const struct slice texts[] = { SLICE_INIT("1"), SLICE_INIT("+49301"), SLICE_INIT(""),
                                          SLICE_INIT("0123456789012345") };
    uint64_t out[COUNT_MAX / 64];

    for (size_t f = 0; f < sizeof fields / sizeof fields[0]; f++) {
        for (uint8_t shape = FILTER_WHOLE; shape <= FILTER_ANY; shape++) {
            struct filter_test test = { .field = &fields[f],
                                        .shape = shape,
                                        .text = texts[(f + shape) % 4],
                                        .least = -1,
                                        .most = 500,
                                        .truth = 1,
                                        .addr_bits = 96,
                                        .id = 7 };

            /* A text's test is not asked of an address, nor the other way round. */
            if ((c->kind == FIELD_ADDR) != (f == 5 || f == 6))
                continue;
            if (search_column_match(c, &test, among, out) != 0)
                continue;
            for (uint32_t w = 0; w * 64 < c->count; w++) {
                if (out[w] & ~among[w])
                    abort();
            }
        }
    }
    search_column_heads(c, SLICE("ab"), among, out);
    search_column_between(c, 0, 1e9, among, out);
}

static void look(const struct search_column *c)
{
    uint64_t among[COUNT_MAX / 64] = { 0 };
    struct search_key key;

    for (uint32_t row = 0; row < c->count; row++) {
        if (row % 3)
            among[row / 64] |= (uint64_t)1 << row % 64;
        search_column_key(c, row, &key);
        if (c->form == SEARCH_NUMBERS)
            search_column_id(c, row);
    }
    ask(c, among);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct search_column c, leaning;
    struct slice bytes;
    uint32_t count;

    if (size < 1 + SEARCH_COLUMN_HEAD)
        return 0;
    bytes = slice_of(data + 1, size - 1);
    count = search_load_u32(data + 5);
    if (count > COUNT_MAX)
        return 0;
    search_column_leans_on(bytes);
    if (search_column_open(&c, bytes, count, data[0], NULL) != 0)
        return 0;
    look(&c);
    if (search_column_open(&leaning, bytes, count, data[0], &c) == 0) {
        look(&leaning);
        search_column_close(&leaning);
    }
    search_column_close(&c);
    return 0;
}
