/*
 * docs/openapi.json says what the program does: each route with its right, its deed and its parameters, and each
 * record with its fields. UPDATE_PAGES=1 writes the records' schemas anew.
 */
#include "probe/web/routes.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char file[] = TEST_DATA "/../../../docs/openapi.json";

static json_t *load(void)
{
    json_error_t error;
    json_t *doc = json_load_file(file, JSON_REJECT_DUPLICATES, &error);

    if (!doc)
        fail_msg("%s:%d:%d: %s", file, error.line, error.column, error.text);
    return doc;
}

/* ---- records ---- */

static json_t *kind_schema(const struct record_field *f)
{
    switch ((enum field_kind)f->kind) {
    case FIELD_TEXT:
    case FIELD_ADDR:
        return json_pack("{s:[ss]}", "type", "string", "null");
    case FIELD_INT:
        return json_pack("{s:[ss]}", "type", "integer", "null");
    case FIELD_REAL:
        return json_pack("{s:[ss]}", "type", "number", "null");
    case FIELD_TIME:
        return json_pack("{s:[ss], s:s}", "type", "number", "null", "description",
                         "Seconds since 1970, UTC");
    case FIELD_BOOL:
        return json_pack("{s:[ss]}", "type", "boolean", "null");
    case FIELD_ID:
        return json_pack("{s:[ss], s:s}", "type", "string", "null", "pattern", "^[0-9a-f]{16}$");
    case FIELD_SSRC:
        return json_pack("{s:[ss], s:s}", "type", "string", "null", "pattern", "^0x[0-9a-f]{8}$");
    case FIELD_JSON:
        return json_pack("{s:[sss]}", "type", "array", "object", "null");
    case FIELD_INTERVALS:
        return json_pack("{s:[ss], s:{s:s}}", "type", "array", "null", "items", "type", "object");
    }
    return NULL;
}

static json_t *open_object(void)
{
    return json_pack("{s:s, s:{}, s:[]}", "type", "object", "properties", "required");
}

/* The object of "jitter_ms" in "jitter_ms.mean"; made where it is not there. */
static json_t *find_outer(json_t *object, const char *name, size_t len)
{
    json_t *properties = json_object_get(object, "properties"), *inner;
    char outer[64];

    snprintf(outer, sizeof outer, "%.*s", (int)len, name);
    inner = json_object_get(properties, outer);
    if (!inner) {
        inner = open_object();
        json_object_set_new(inner, "additionalProperties", json_false());
        json_object_set_new(properties, outer, inner);
        json_array_append_new(json_object_get(object, "required"), json_string(outer));
    }
    return inner;
}

static void add_field(json_t *object, const struct record_field *f)
{
    const char *name = f->name, *dot;

    while ((dot = strchr(name, '.')) != NULL) {
        object = find_outer(object, name, (size_t)(dot - name));
        name = dot + 1;
    }
    json_object_set_new(json_object_get(object, "properties"), name, kind_schema(f));
    json_array_append_new(json_object_get(object, "required"), json_string(name));
}

static json_t *record_schema(const struct record_type *type)
{
    json_t *object = open_object(), *types = NULL;

    json_object_set_new(object, "description",
                        json_sprintf("docs/METRICS.md, %s",
                                     type == &record_type_transaction ? "register" : type->name));
    if (type == &record_type_transaction)
        types = json_pack("{s:[ssss]}", "enum", "register", "options", "message", "subscribe");
    else
        types = json_pack("{s:s}", "const", type->name);
    json_object_set_new(json_object_get(object, "properties"), "type", types);
    json_array_append_new(json_object_get(object, "required"), json_string("type"));
    for (size_t i = 0; i < type->field_count; i++)
        add_field(object, &type->fields[i]);
    return object;
}

static const struct record_type *const types[] = {
    &record_type_call,         &record_type_stream, &record_type_leg,         &record_type_alert,
    &record_type_kpi,          &record_type_peer,   &record_type_transaction, &record_type_security,
    &record_type_registration, &record_type_store,  &record_type_certificate, &record_type_capture,
    &record_type_mirror,
};

static void update(json_t *doc)
{
    if (json_dump_file(doc, file, JSON_INDENT(1) | JSON_REAL_PRECISION(15)) != 0)
        fail_msg("%s cannot be written", file);
}

static void records_have_the_fields_of_their_tables(void **state)
{
    json_t *doc = load();
    json_t *schemas = json_object_get(json_object_get(doc, "components"), "schemas");
    bool changed = false;

    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        json_t *is = record_schema(types[i]), *says = json_object_get(schemas, types[i]->name);

        if (!json_equal(is, says)) {
            changed = true;
            if (!getenv("UPDATE_PAGES"))
                fail_msg("%s, %s: UPDATE_PAGES=1 test_openapi", file, types[i]->name);
            json_object_set(schemas, types[i]->name, is);
        }
        json_decref(is);
    }
    if (changed)
        update(doc);
    json_decref(doc);
}

/* ---- routes ---- */

/* "/api/v1/calls/{id}"; the name of its variable, or NULL. */
static const char *template_of(const char *path, char *out, size_t room)
{
    static const struct {
        char sign;
        const char *name;
    } variables[] = { { '*', "id" }, { '#', "number" }, { '@', "name" } };
    const char *found = NULL;
    size_t len = 0;

    for (; *path && len + 16 < room; path++) {
        const char *name = NULL;

        for (size_t i = 0; i < 3; i++)
            name = *path == variables[i].sign ? variables[i].name : name;
        if (name)
            len += (size_t)snprintf(out + len, room - len, "{%s}", found = name);
        else
            out[len++] = *path;
    }
    out[len] = '\0';
    return found;
}

static json_t *follow(json_t *doc, json_t *parameter)
{
    const char *to = json_string_value(json_object_get(parameter, "$ref"));
    json_t *all = json_object_get(json_object_get(doc, "components"), "parameters");

    return to ? json_object_get(all, strrchr(to, '/') + 1) : parameter;
}

/* Is there exactly one parameter of that name and place? */
static bool has_parameter(json_t *doc, json_t *operation, const char *name, const char *in)
{
    json_t *parameter;
    size_t i, n = 0;

    json_array_foreach(json_object_get(operation, "parameters"), i, parameter)
    {
        json_t *p = follow(doc, parameter);

        n += strcmp(json_string_value(json_object_get(p, "name")), name) == 0 &&
             strcmp(json_string_value(json_object_get(p, "in")), in) == 0;
    }
    return n == 1;
}

static void expect_parameters(json_t *doc, json_t *operation, const struct route *route,
                              const char *variable)
{
    static const char *const signing[] = { "expires", "signature" };
    size_t expected = variable != NULL, i = 0;
    const char *name;

    if (variable && !has_parameter(doc, operation, variable, "path"))
        fail_msg("%s: no parameter {%s}", route->path, variable);
    for (; (name = params_name(route->params, i)) != NULL; i++) {
        if (!has_parameter(doc, operation, name, "query"))
            fail_msg("%s: no parameter '%s'", route->path, name);
    }
    expected += i;
    for (i = 0; i < 2 && (route->params & PARAMS_SIGNED); i++, expected++)
        assert_true(has_parameter(doc, operation, signing[i], "query"));
    if (json_array_size(json_object_get(operation, "parameters")) != expected)
        fail_msg("%s has %zu parameters, and not %zu", route->path,
                 json_array_size(json_object_get(operation, "parameters")), expected);
}

static void expect_security(json_t *operation, const struct route *route)
{
    const char *says = json_string_value(json_object_get(operation, "x-right"));
    struct slice right =
        route->right == RIGHT_OPEN ? SLICE("open") : role_right_name((enum right)route->right);
    const char *deed = json_string_value(json_object_get(operation, "x-deed"));

    if (!says || !slice_eq(slice_of_text(says), right))
        fail_msg("%s: x-right is %.*s", route->path, (int)right.len, right.p);
    if (strcmp(deed ? deed : "", route->deed ? route->deed : "") != 0)
        fail_msg("%s: x-deed is %s", route->path, route->deed ? route->deed : "none");
    assert_int_equal(json_array_size(json_object_get(operation, "security")),
                     route->right == RIGHT_OPEN ? 0 : 2);
    assert_true(json_is_array(json_object_get(operation, "security")));
}

static void each_route_is_there(void **state)
{
    static const char *const methods[] = {
        [EXCHANGE_GET] = "get", [EXCHANGE_POST] = "post", [EXCHANGE_DELETE] = "delete"
    };
    json_t *doc = load(), *paths = json_object_get(doc, "paths");
    const struct route *route;

    (void)state;
    for (size_t i = 0; (route = routes_at(i)) != NULL; i++) {
        char path[256];
        const char *variable = template_of(route->path, path, sizeof path);
        json_t *operation = json_object_get(json_object_get(paths, path), methods[route->method]);

        if (!operation)
            fail_msg("docs/openapi.json lacks %s %s", methods[route->method], path);
        expect_parameters(doc, operation, route, variable);
        expect_security(operation, route);
    }
    json_decref(doc);
}

static bool is_route(const char *path, const char *method)
{
    const struct route *route;

    for (size_t i = 0; (route = routes_at(i)) != NULL; i++) {
        static const char *const methods[] = {
            [EXCHANGE_GET] = "get", [EXCHANGE_POST] = "post", [EXCHANGE_DELETE] = "delete"
        };
        char own[256];

        template_of(route->path, own, sizeof own);
        if (strcmp(own, path) == 0 && strcmp(methods[route->method], method) == 0)
            return true;
    }
    return false;
}

static void nothing_else_is_there(void **state)
{
    json_t *doc = load(), *item, *operation;
    const char *path, *method;

    (void)state;
    json_object_foreach(json_object_get(doc, "paths"), path, item)
    {
        json_object_foreach(item, method, operation)
        {
            if (!is_route(path, method))
                fail_msg("%s %s is no route", method, path);
        }
    }
    json_decref(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_have_the_fields_of_their_tables),
        cmocka_unit_test(each_route_is_there),
        cmocka_unit_test(nothing_else_is_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
