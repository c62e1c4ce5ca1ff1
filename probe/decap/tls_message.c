#include "probe/decap/tls_message.h"

#include "analyzer/base/bytes.h"

enum {
    EXTENSION_SERVER_NAME = 0,
    EXTENSION_SUPPORTED_VERSIONS = 43,
    NAME_TYPE_HOST = 0,
    LABEL_MAX = 63, /* RFC 1035 §2.3.4 */
};

enum message_type {
    HELLO_REQUEST = 0,
    HELLO_VERIFY_REQUEST = 3,
    NEW_SESSION_TICKET = 4,
    SUPPLEMENTAL_DATA = 23,
    MESSAGE_HASH = 254,
};

static const struct {
    uint16_t version;
    struct slice text;
} versions[] = {
    { 0x0300, SLICE_INIT("SSL 3.0") }, { 0x0301, SLICE_INIT("1.0") }, { 0x0302, SLICE_INIT("1.1") },
    { 0x0303, SLICE_INIT("1.2") },     { 0x0304, SLICE_INIT("1.3") }, { 0xfeff, SLICE_INIT("1.0") },
    { 0xfefd, SLICE_INIT("1.2") },     { 0xfefc, SLICE_INIT("1.3") },
};

struct slice tls_version_text(uint16_t version)
{
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        if (versions[i].version == version)
            return versions[i].text;
    }
    return SLICE_ABSENT;
}

/* The bytes that a length field of `width` bytes announces. */
static struct bytes take_vector(struct bytes *b, unsigned width)
{
    size_t len = width == 1 ? bytes_u8(b) : width == 2 ? bytes_u16(b) : bytes_u24(b);
    const uint8_t *p = bytes_take(b, len);

    return p ? bytes_of(p, len) : bytes_of(NULL, 0);
}

struct slice tls_certificates_next(struct slice *list)
{
    struct bytes b = bytes_of(list->p, list->len);
    struct bytes der = take_vector(&b, 3);

    if (!bytes_ok(&b)) {
        *list = SLICE_ABSENT;
        return SLICE_ABSENT;
    }
    *list = slice_of(b.p, b.len);
    return slice_of(der.p, der.len);
}

/* Letters, digits, hyphens and underscores in labels: what a client asks for goes on a page, so
 * anything else is not taken for a name. */
static bool is_host_name(struct slice s)
{
    size_t label = 0;

    if (s.len == 0 || s.len > TLS_SERVER_NAME_MAX)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.p[i];

        if (c == '.') {
            if (label == 0)
                return false;
            label = 0;
        } else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                   c == '-' || c == '_') {
            if (++label > LABEL_MAX)
                return false;
        } else {
            return false;
        }
    }
    return true;
}

/* False when a length lies. */
static bool read_server_name(struct bytes extension, struct slice *name)
{
    struct bytes list = take_vector(&extension, 2);

    while (bytes_ok(&extension) && list.len) {
        uint8_t type = bytes_u8(&list);
        struct bytes text = take_vector(&list, 2);

        if (!bytes_ok(&list))
            return false;
        if (type == NAME_TYPE_HOST && !name->p && is_host_name(slice_of(text.p, text.len)))
            *name = slice_of(text.p, text.len);
    }
    return bytes_ok(&extension);
}

/* What stands at the end of a hello, or nothing. False when a length lies. */
static bool take_extensions(struct bytes *hello, struct bytes *extensions)
{
    *extensions = bytes_of(NULL, 0);
    if (bytes_ok(hello) && hello->len)
        *extensions = take_vector(hello, 2);
    return bytes_ok(hello) && hello->len == 0;
}

static enum tls_progress read_client_hello(const struct tls_message *m, struct tls_sight *sight)
{
    struct bytes b = bytes_of(m->body.p, m->body.len), extensions;

    bytes_take(&b, 2 + TLS_RANDOM_BYTES);
    take_vector(&b, 1); /* session */
    if (m->dtls)
        take_vector(&b, 1); /* cookie */
    take_vector(&b, 2);     /* cipher suites */
    take_vector(&b, 1);     /* compression */
    if (!take_extensions(&b, &extensions))
        return TLS_DAMAGED;
    while (extensions.len) {
        uint16_t type = bytes_u16(&extensions);
        struct bytes extension = take_vector(&extensions, 2);

        if (!bytes_ok(&extensions))
            return TLS_DAMAGED;
        if (type == EXTENSION_SERVER_NAME && !read_server_name(extension, &sight->server_name))
            return TLS_DAMAGED;
    }
    return TLS_CLIENT_HELLO;
}

static enum tls_progress read_server_hello(const struct tls_message *m, uint16_t *version,
                                           struct tls_sight *sight)
{
    struct bytes b = bytes_of(m->body.p, m->body.len), extensions;
    uint16_t chosen = bytes_u16(&b);

    bytes_take(&b, TLS_RANDOM_BYTES);
    take_vector(&b, 1); /* session */
    bytes_take(&b, 3);  /* cipher suite, compression */
    if (!take_extensions(&b, &extensions))
        return TLS_DAMAGED;
    while (extensions.len) {
        uint16_t type = bytes_u16(&extensions);
        struct bytes extension = take_vector(&extensions, 2);

        if (!bytes_ok(&extensions))
            return TLS_DAMAGED;
        if (type == EXTENSION_SUPPORTED_VERSIONS) {
            chosen = bytes_u16(&extension);
            if (!bytes_ok(&extension))
                return TLS_DAMAGED;
        }
    }
    if (chosen >> 8 == 0x7f) /* a draft of TLS 1.3 */
        chosen = 0x0304;
    if (!tls_version_text(chosen).p || (chosen >= 0xfe00) != m->dtls)
        return TLS_DAMAGED;
    *version = sight->version = chosen;
    return tls_version_hides(chosen) ? TLS_HIDDEN : TLS_MORE;
}

static enum tls_progress read_certificate(const struct tls_message *m, struct tls_sight *sight)
{
    struct bytes b = bytes_of(m->body.p, m->body.len);
    struct bytes list = take_vector(&b, 3);
    struct slice rest = slice_of(list.p, list.len);

    if (!bytes_ok(&b) || b.len)
        return TLS_DAMAGED;
    while (rest.len) {
        if (!tls_certificates_next(&rest).len)
            return TLS_DAMAGED;
    }
    if (!list.len) /* one that has none to show */
        return TLS_HIDDEN;
    sight->certificates = slice_of(list.p, list.len);
    return TLS_CERTIFICATES;
}

enum tls_progress tls_message_read(const struct tls_message *m, uint16_t *version,
                                   struct tls_sight *sight)
{
    *sight = (struct tls_sight){ .version = *version };
    switch (m->type) {
    case TLS_MESSAGE_CLIENT_HELLO:
        return read_client_hello(m, sight);
    case TLS_MESSAGE_SERVER_HELLO:
        return read_server_hello(m, version, sight);
    case TLS_MESSAGE_CERTIFICATE:
        return read_certificate(m, sight);
    case HELLO_REQUEST:
    case HELLO_VERIFY_REQUEST:
    case NEW_SESSION_TICKET:
    case SUPPLEMENTAL_DATA:
    case MESSAGE_HASH:
        return TLS_MORE;
    default:
        return *version ? TLS_HIDDEN : TLS_DAMAGED;
    }
}
