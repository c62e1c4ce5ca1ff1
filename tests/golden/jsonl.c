#include "tests/golden/jsonl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *parse_line(const char *path, unsigned number, const char *line)
{
    json_error_t error;
    json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, &error);

    if (!json_is_object(object)) {
        fprintf(stderr, "%s:%u: no JSON object: %s\n", path, number, error.text);
        exit(1);
    }
    return object;
}

json_t *jsonl_load(const char *path)
{
    FILE *f = fopen(path, "r");
    json_t *all = json_array();
    unsigned number = 0;
    char *line = NULL;
    size_t room = 0;

    if (!f || !all) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(1);
    }
    while (getline(&line, &room, f) > 0)
        json_array_append_new(all, parse_line(path, ++number, line));
    free(line);
    fclose(f);
    return all;
}

json_t *jsonl_at(const json_t *object, const char *path)
{
    const char *dot;

    while ((dot = strchr(path, '.')) != NULL) {
        char key[64];

        snprintf(key, sizeof key, "%.*s", (int)(dot - path), path);
        object = json_object_get(object, key);
        path = dot + 1;
    }
    return json_object_get(object, path);
}

double jsonl_real(const json_t *object, const char *path)
{
    const json_t *value = jsonl_at(object, path);

    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

const char *jsonl_text(const json_t *object, const char *path)
{
    const char *text = json_string_value(jsonl_at(object, path));

    return text ? text : "";
}

bool jsonl_is(const json_t *object, const char *type)
{
    return strcmp(jsonl_text(object, "type"), type) == 0;
}
