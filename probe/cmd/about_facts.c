#include "probe/cmd/about_facts.h"

#include "probe/access/password.h"
#include "probe/capture/source_live.h"
#include "probe/decap/classify.h"
#include "probe/decap/tls_cert.h"
#include "probe/notify/webhook.h"
#include "storage/audio/audio_libraries.h"
#include "storage/day_db.h"
#include "storage/packets/chunk.h"

/* "libpcap version 1.10.3 (with TPACKET_V3)": without its own name. */
static const char *without_name(const char *version)
{
    static const struct slice head = SLICE_INIT("libpcap version ");

    return slice_starts_with(slice_of_text(version), head) ? version + head.len : version;
}

static void add(struct about_facts *f, const char *name, const char *version, const char *purpose)
{
    if (f->about.library_count < ABOUT_LIBRARIES_MAX)
        f->libraries[f->about.library_count++] = (struct about_library){ name, version, purpose };
}

void about_facts_init(struct about_facts *f, const struct config *config, const char *file)
{
    const struct audio_library *audio;
    struct jsonw j;

    *f = (struct about_facts){ .about = { .libraries = f->libraries, .config_file = file } };
    add(f, "libpcap", without_name(source_live_library_version()), "capture");
    add(f, "nDPI", classify_library_version(), "names of unknown flows");
    add(f, "OpenSSL", tls_cert_library_version(), "certificates, TLS");
    add(f, "SQLite", day_db_library_version(), "the store");
    add(f, "LZ4", chunk_library_version(), "packets in the store");
    add(f, "libcurl", webhook_library_version(), "telling of alerts");
    add(f, "libsodium", password_library_version(), "passwords, keys");
    add(f, "libyaml", config_library_version(), "configuration, rules");
    for (size_t i = 0; (audio = audio_library_at(i)) != NULL; i++)
        add(f, audio->name, audio->version, audio->purpose);
    if (!config)
        return;
    j = jsonw_to(&f->config);
    config_print_shown(config, &j);
    if (!f->config.failed)
        f->about.config = strbuf_slice(&f->config);
}

void about_facts_fini(struct about_facts *f)
{
    strbuf_fini(&f->config);
}
