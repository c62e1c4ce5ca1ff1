/*
 * fuzz_privacy_json - one line of the live feed, masked for who is not to see numbers and names.
 *
 * What was JSON is JSON still.
 */
#include "analyzer/base/slice.h"
#include "analyzer/privacy/privacy_json.h"

#include <jansson.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_json(const char *text, size_t len)
{
    json_t *root = json_loadb(text, len, JSON_ALLOW_NUL, NULL);

    json_decref(root);
    return root != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct privacy view = privacy_of_viewer(NULL);
    char *text = malloc(size + 1);
    bool was_json;

    if (size)
        memcpy(text, data, size);
    was_json = is_json(text, size);
    privacy_json(&view, text, size);
    if (was_json && !is_json(text, size))
        abort();
    free(text);
    return 0;
}
