#include "probe/cmd/settings.h"

#include "analyzer/privacy/privacy_filter.h"
#include "probe/access/access.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void set_one(struct config *config, const char *option, const char *called,
                    const char *value, struct strbuf *errors)
{
    if (value)
        config_set(config, option, called, &value, 1, errors);
}

static void set_list(struct config *config, const char *option, const char *called,
                     const struct cli_list *list, struct strbuf *errors)
{
    if (list->count)
        config_set(config, option, called, list->items, list->count, errors);
}

static void take_options(const struct settings *set, struct config *config, struct strbuf *errors)
{
    const struct {
        const char *option, *called, *value;
    } given[] = {
        { "store.directory", "--store", set->store },
        { "store.keep", "--keep", set->keep },
        { "capture.filter", "--filter", set->filter },
        { "capture.ring_mib", "--ring-mib", set->ring_mib },
        { "capture.snaplen", "--snaplen", set->snaplen },
        { "capture.timestamps", "--timestamps", set->timestamps },
        { "capture.filter_wrap", "--no-wrap", set->no_wrap ? "no" : NULL },
        { "capture.promiscuous", "--no-promiscuous", set->not_promiscuous ? "false" : NULL },
        { "rules.directory", "--rules", set->rules },
        { "user", "--user", set->user },
        { "web.listen", "--listen", set->listen },
        { "web.root", "--web-root", set->web_root },
        { "web.tls.certificate", "--tls-cert", set->tls_cert },
        { "web.tls.key", "--tls-key", set->tls_key },
        { "web.insecure", "--insecure", set->insecure ? "yes" : NULL },
        { "notify.base_url", "--base-url", set->base_url },
    };

    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++)
        set_one(config, given[i].option, given[i].called, given[i].value, errors);
    set_list(config, "capture.interfaces", "--interface", &set->interfaces, errors);
    set_list(config, "notify.webhooks", "--webhook", &set->webhooks, errors);
    set_list(config, "notify.allow", "--allow", &set->allow, errors);
}

static void print_settings(const struct config *config)
{
    struct strbuf text = { 0 };

    config_print(config, &text);
    fwrite(text.p ? text.p : "", 1, text.len, stdout);
    strbuf_fini(&text);
}

int settings_read(const struct cli_command *command, const struct settings *set,
                  struct config *config)
{
    struct strbuf errors = { 0 };
    int status = -1, err;

    if (config_init(config) != 0)
        return cli_fail(command, EXIT_TROUBLE, "out of memory");
    err = set->file ? config_read_file(config, set->file, &errors) : 0;
    if (err && errors.len == 0)
        status = cli_fail(command, EXIT_NO_INPUT, "%s: %s", set->file, strerror(-err));
    if (errors.len)
        status = EXIT_BAD_CONFIG;
    take_options(set, config, &errors);
    if (errors.len) {
        fputs(errors.p, stderr);
        if (errors.p[errors.len - 1] != '\n')
            fputc('\n', stderr);
        status = status == -1 ? EXIT_USAGE : status;
    }
    strbuf_fini(&errors);
    if (status == -1)
        log_set_level(config_log_level(config));
    if (status == -1 && set->print) {
        print_settings(config);
        status = EXIT_OK;
    }
    return status;
}

const char *settings_rules(const struct config *config, char room[FOLDERS_PATH_MAX])
{
    return config->rules_directory ? config->rules_directory : folders_find("rules", room);
}

/* The table of options has seen to it that they are ports, and not too many. */
static void take_ports(const struct config_list *list, struct decap_ports *ports)
{
    uint64_t port;

    ports->count = 0;
    for (size_t i = 0; i < list->n && i < DECAP_PORTS_MAX; i++) {
        if (slice_to_u64(slice_of_text(list->items[i]), UINT16_MAX, &port))
            ports->ports[ports->count++] = (uint16_t)port;
    }
}

void settings_decap(const struct config *config, struct decap_options *decap)
{
    decap_options_default(decap);
    take_ports(&config->decap_vxlan_ports, &decap->vxlan);
    take_ports(&config->decap_geneve_ports, &decap->geneve);
    take_ports(&config->decap_gtpu_ports, &decap->gtpu);
    take_ports(&config->decap_tzsp_ports, &decap->tzsp);
    take_ports(&config->decap_l2tp_ports, &decap->l2tp);
    decap->depth_max = (unsigned)config->decap_depth;
    decap->duplicate_window_ns = config->decap_duplicate_window * 1000000;
    decap->separate_vlans = config->decap_separate_vlans;
    decap->fragment_bytes_max = (size_t)config->decap_fragment_memory_mib << 20;
    decap->tcp_bytes_max = (size_t)config->decap_tcp_memory_mib << 20;
}

/* The table of options lets no other word in. */
static uint8_t inband_of(const char *word)
{
    static const struct {
        const char *word;
        uint8_t inband;
    } words[] = {
        { "auto", INBAND_AUTO },
        { "always", INBAND_ALWAYS },
        { "never", INBAND_NEVER },
    };

    for (size_t i = 0; word && i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i].word, word) == 0)
            return words[i].inband;
    }
    return INBAND_AUTO;
}

int settings_plan(const struct cli_command *command, const struct config *config,
                  struct plan_loaded *plan)
{
    struct strbuf errors = { 0 };
    int err = plan_load(plan, config, &errors), status = -1;

    if (errors.len) {
        fputs(errors.p, stderr);
        status = EXIT_BAD_CONFIG;
    } else if (err) {
        status = cli_fail(command, EXIT_TROUBLE, "out of memory");
    }
    strbuf_fini(&errors);
    return status;
}

void settings_retention(const struct config *config, struct retention_limits *limits)
{
    *limits = (struct retention_limits){
        .days = { [STORE_ROWS] = config->retention_rows_days,
                  [STORE_SIGNALLING] = config->retention_signalling_days,
                  [STORE_MEDIA] = config->retention_media_days,
                  [STORE_AUDIO] = config->retention_audio_days },
        .bytes = { [STORE_ROWS] = config->retention_rows_size,
                   [STORE_SIGNALLING] = config->retention_signalling_size,
                   [STORE_MEDIA] = config->retention_media_size,
                   [STORE_AUDIO] = config->retention_audio_size },
        .free_percent = config->retention_free_percent,
        .free_bytes = config->retention_free_size,
    };
}

void settings_engine(const struct config *config, const struct plan_loaded *plan,
                     struct engine_options *engine)
{
    settings_decap(config, &engine->decap);
    engine->plan = plan->plan;
    engine->leg_headers = plan->headers;
    engine->leg_header_count = plan->header_count;
    engine->hours_from = plan->hours_from;
    engine->hours_to = plan->hours_to;
    engine->privacy = plan->privacy;
    engine->inband_dtmf = inband_of(config->dtmf_inband);
    engine->keep_digits = config->dtmf_keep_digits;
    engine->keep_video = config->store_video;
    engine->keep = plan->keep.options;
    engine->chunk_memory_bytes = (size_t)config->store_chunk_memory_mib << 20;
    engine->sync_ms = config->store_sync;
    settings_retention(config, &engine->retention);
}

int settings_read_engine(const struct cli_command *command, const char *file,
                         struct plan_loaded *plan, struct engine_options *engine)
{
    return settings_read_engine_set(command, &(struct settings){ .file = file }, plan, engine);
}

int settings_read_engine_set(const struct cli_command *command, const struct settings *set,
                             struct plan_loaded *plan, struct engine_options *engine)
{
    struct config config;
    int status = settings_read(command, set, &config);

    *plan = (struct plan_loaded){ .plan = NULL };
    if (status == -1)
        status = settings_plan(command, &config, plan);
    if (status == -1)
        settings_engine(&config, plan, engine);
    config_fini(&config);
    return status;
}

/* Without its key the web process finds numbers only as they are stored. */
static struct privacy read_privacy(const struct config *config)
{
    struct strbuf errors = { 0 };
    struct privacy privacy;

    if (privacy_load(&privacy, config, &errors) != 0)
        privacy = (struct privacy){ .numbers = PRIVACY_CLEAR };
    if (errors.len)
        fputs(errors.p, stderr);
    strbuf_fini(&errors);
    return privacy;
}

int settings_mask_filter(const struct cli_command *command, const char *file, struct filter *filter)
{
    struct plan_loaded plan = { .plan = NULL };
    struct engine_options engine = { .store_dir = NULL };
    struct filter_error error;
    int err, status;

    if (!file)
        return -1;
    status = settings_read_engine(command, file, &plan, &engine);
    err = status == -1 ? privacy_filter(&plan.privacy, filter, &error) : 0;
    plan_load_fini(&plan);
    if (err == -EINVAL)
        return cli_fail(command, EXIT_USAGE, "%s", error.text);
    return err ? cli_fail(command, EXIT_TROUBLE, "out of memory") : status;
}

void settings_access(const struct config *config, struct access_options *access)
{
    *access = (struct access_options){
        .store_dir = config->store_directory,
        .idle_s = config->access_idle / 1000,
        .session_s = config->access_session / 1000,
        .token_days = (unsigned)config->access_token_days,
        .link_hours = (unsigned)config->access_link_hours,
    };
}

void settings_web(const struct config *config, const char *file, struct web_process_options *web,
                  char room[FOLDERS_PATH_MAX])
{
    *web = (struct web_process_options){
        .store_dir = config->store_directory,
        .listen = config->web_listen,
        .web_root = config->web_root ? config->web_root : folders_find("web", room),
        .base_url = config->notify_base_url,
        .listen_to_calls = config->audio_listen,
        .config_file = file,
        .privacy = read_privacy(config),
        .config = config,
    };
    settings_access(config, &web->access);
    web->rules_dir = settings_rules(config, web->rules_room);
}
