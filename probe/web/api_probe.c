/*
 * api_probe - the machine behind the figures: processes, queues, interfaces, libraries, configuration.
 */
#include "probe/web/api_context.h"

#include "analyzer/base/json_item.h"
#include "probe/process/own_figures.h"
#include "probe/web/about.h"
#include "probe/web/latest_line.h"

#include <jansson.h>
#include <libwebsockets.h>

static void write_library(struct jsonw *j, const char *name, const char *version,
                          const char *purpose)
{
    jsonw_object_open(j);
    api_write_key_text(j, "name", slice_of_text(name));
    api_write_key_text(j, "version", slice_of_text(version));
    api_write_key_text(j, "purpose", slice_of_text(purpose));
    jsonw_object_close(j);
}

static void write_libraries(struct jsonw *j, const struct about *about)
{
    jsonw_key(j, "libraries");
    jsonw_array_open(j);
    write_library(j, "libwebsockets", lws_get_library_version(), "this page");
    write_library(j, "jansson", JANSSON_VERSION, "what is asked of this page");
    for (size_t i = 0; about && i < about->library_count; i++) {
        const struct about_library *l = &about->libraries[i];

        write_library(j, l->name, l->version, l->purpose);
    }
    jsonw_array_close(j);
}

static void write_build(struct jsonw *j)
{
    jsonw_key(j, "build");
    jsonw_object_open(j);
#ifdef __clang__
    api_write_key_text(j, "compiler", SLICE(__VERSION__));
#else
    api_write_key_text(j, "compiler", SLICE("GCC " __VERSION__));
#endif
#ifdef __SANITIZE_ADDRESS__
    api_write_key_text(j, "kind", SLICE("with sanitizers: slower, and larger"));
#elif defined(__OPTIMIZE__)
    api_write_key_text(j, "kind", SLICE("optimised"));
#else
    api_write_key_text(j, "kind", SLICE("not optimised"));
#endif
    jsonw_object_close(j);
}

/* What our own probe said of itself last; nothing while none is connected. */
static void write_said(struct jsonw *j, struct slice stats, const char *key)
{
    struct slice value = json_item_get(stats, key);

    jsonw_key(j, key);
    if (value.p) {
        jsonw_raw(j, value);
    } else {
        jsonw_array_open(j);
        jsonw_array_close(j);
    }
}

static void write_processes(struct jsonw *j, struct slice stats)
{
    struct slice probe = json_item_get(stats, "process");
    struct own_figures figures;

    own_figures_read(&figures);
    jsonw_key(j, "processes");
    jsonw_array_open(j);
    own_figures_write(j, "web", &figures);
    if (probe.p)
        jsonw_raw(j, probe);
    jsonw_array_close(j);
}

static void write_config(struct jsonw *j, const struct about *about)
{
    api_write_key_text(j, "config_file", about ? slice_of_text(about->config_file) : SLICE_ABSENT);
    jsonw_key(j, "config");
    if (about && about->config.p)
        jsonw_raw(j, about->config);
    else
        jsonw_null(j);
}

void api_probe_get(struct api_context *c)
{
    const struct api_options *o = &c->api->options;
    struct jsonw *j = &c->json;
    struct strbuf line = { 0 };
    bool live = atomic_load(o->live);
    struct slice stats;

    if (live && o->stats)
        latest_line_add_to(o->stats, &line);
    stats = line.len && !line.failed ? strbuf_slice(&line) : SLICE_ABSENT;
    jsonw_object_open(j);
    api_write_key_text(j, "version", SLICE(EARSHOT_VERSION));
    write_build(j);
    write_libraries(j, o->about);
    jsonw_key(j, "live");
    jsonw_bool(j, live);
    write_processes(j, stats);
    write_said(j, stats, "queues");
    write_said(j, stats, "interfaces");
    write_config(j, o->about);
    jsonw_object_close(j);
    strbuf_fini(&line);
    api_finish_json(c);
}
