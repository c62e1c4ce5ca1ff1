#include "probe/decap/tls_cert.h"

#include "analyzer/base/addr.h"
#include "analyzer/base/jsonw.h"
#include "analyzer/record.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <stdio.h>
#include <time.h>

#define NS_PER_S INT64_C(1000000000)

/* Control bytes are escaped, text is UTF-8: RFC 4514 wants it so, and BMP and Latin-1 become it. */
#define NAME_FLAGS (XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB)
static const struct {
    int id;
    const char *text;
} key_types[] = {
    { EVP_PKEY_RSA, "RSA" },         { EVP_PKEY_RSA_PSS, "RSA-PSS" }, { EVP_PKEY_EC, "EC" },
    { EVP_PKEY_ED25519, "Ed25519" }, { EVP_PKEY_ED448, "Ed448" },     { EVP_PKEY_X25519, "X25519" },
    { EVP_PKEY_X448, "X448" },       { EVP_PKEY_DSA, "DSA" },         { EVP_PKEY_SM2, "SM2" },
};

/* No configuration file is read: what the machine is set up for is none of a parser's business. */
static void start(void)
{
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
}

bool tls_cert_fingerprint(struct slice der, uint8_t out[TLS_CERT_FINGERPRINT_BYTES])
{
    bool made;

    start();
    made = EVP_Digest(der.p, der.len, out, NULL, EVP_sha256(), NULL) == 1;
    if (!made)
        ERR_clear_error();
    return made;
}

/* Adds at most max bytes, and no half of a character. */
static void add_cut(struct strbuf *out, const char *p, size_t len, size_t max)
{
    if (len > max) {
        len = max;
        while (len && ((unsigned char)p[len] & 0xc0) == 0x80)
            len--;
    }
    strbuf_add(out, p, len);
}

/* A name that cannot be printed stays unknown. */
static void read_name(const X509_NAME *name, struct strbuf *out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text;
    long len;

    if (!bio) {
        out->failed = true;
        return;
    }
    if (X509_NAME_print_ex(bio, name, 0, NAME_FLAGS) >= 0) {
        len = BIO_get_mem_data(bio, &text);
        add_cut(out, text, len > 0 ? (size_t)len : 0, TLS_CERT_NAME_MAX_BYTES);
    }
    BIO_free(bio);
}

/* The last one is the most specific. One that is too long for a host's name is none. */
static void read_common_name(const X509_NAME *subject, char out[TLS_CERT_COMMON_NAME_MAX])
{
    unsigned char *text = NULL;
    int at = -1, next, len;

    while ((next = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0)
        at = next;
    if (at < 0)
        return;
    len = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    if (len > 0 && len < TLS_CERT_COMMON_NAME_MAX && !memchr(text, 0, (size_t)len)) {
        memcpy(out, text, (size_t)len);
        out[len] = '\0';
    }
    if (len >= 0)
        OPENSSL_free(text);
}

static int64_t read_time(const ASN1_TIME *time)
{
    const int64_t limit = INT64_MAX / NS_PER_S;
    struct tm tm;
    int64_t seconds;

    if (!time || ASN1_TIME_to_tm(time, &tm) != 1)
        return RECORD_NONE;
    seconds = timegm(&tm);
    if (seconds > limit)
        seconds = limit;
    if (seconds < -limit)
        seconds = -limit;
    return seconds * NS_PER_S;
}

static void read_serial(const ASN1_INTEGER *serial, char *out)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *p = ASN1_STRING_get0_data(serial);
    int len = ASN1_STRING_length(serial);

    if (len <= 0 || len > TLS_CERT_SERIAL_MAX_BYTES)
        return;
    if (ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER)
        *out++ = '-';
    for (int i = 0; i < len; i++) {
        *out++ = digits[p[i] >> 4];
        *out++ = digits[p[i] & 15];
    }
    *out = '\0';
}

static void read_key(X509 *x, struct tls_cert *out)
{
    const EVP_PKEY *key = X509_get0_pubkey(x); /* NULL: of a kind, or a shape, that is not known */
    int bits = key ? EVP_PKEY_get_bits(key) : 0;
    ASN1_OBJECT *algorithm = NULL;
    int id;

    if (bits > 0)
        out->key_bits = bits;
    if (X509_PUBKEY_get0_param(&algorithm, NULL, NULL, NULL, X509_get_X509_PUBKEY(x)) != 1)
        return;
    id = OBJ_obj2nid(algorithm);
    for (size_t i = 0; i < sizeof key_types / sizeof key_types[0]; i++) {
        if (key_types[i].id == id) {
            snprintf(out->key_type, sizeof out->key_type, "%s", key_types[i].text);
            return;
        }
    }
    if (OBJ_obj2txt(out->key_type, sizeof out->key_type, algorithm, 1) <= 0)
        out->key_type[0] = '\0';
}

/* Adds the text of one alternative name; false when it has none that is worth showing. */
static bool add_alt_name(struct jsonw *j, const GENERAL_NAME *name)
{
    char text[ADDR_TEXT_MAX];
    const ASN1_STRING *value;
    const uint8_t *p;
    size_t len;

    switch (name->type) {
    case GEN_DNS:
    case GEN_URI:
    case GEN_EMAIL:
        value = name->d.ia5;
        break;
    case GEN_IPADD:
        value = name->d.iPAddress;
        break;
    default:
        return false;
    }
    p = ASN1_STRING_get0_data(value);
    len = (size_t)ASN1_STRING_length(value);
    if (name->type == GEN_IPADD) {
        struct addr addr;

        if (len != 4 && len != 16)
            return false;
        addr = len == 4 ? addr_v4(p, 0) : addr_v6(p, 0);
        len = addr_format_ip(&addr, text);
        jsonw_text(j, slice_of(text, len));
        return true;
    }
    if (len == 0 || len > TLS_CERT_ALT_NAME_MAX_BYTES)
        return false;
    jsonw_text(j, slice_of(p, len));
    return true;
}

/* A certificate without the extension has no other names: []. One that cannot be read, or stands
 * there twice, leaves them unknown. */
static void read_alt_names(const X509 *x, struct strbuf *out, bool *has_more)
{
    struct jsonw j = jsonw_to(out);
    int why = 0, written = 0, i = 0;
    GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, &why, NULL);

    if (!names && why != -1)
        return;
    jsonw_array_open(&j);
    for (; i < sk_GENERAL_NAME_num(names) && written < TLS_CERT_ALT_NAMES_MAX; i++)
        written += add_alt_name(&j, sk_GENERAL_NAME_value(names, i));
    jsonw_array_close(&j);
    *has_more = i < sk_GENERAL_NAME_num(names);
    GENERAL_NAMES_free(names);
}

enum tls_cert_parse tls_cert_read(struct slice der, struct tls_cert *out)
{
    const unsigned char *at = (const unsigned char *)der.p;
    enum tls_cert_parse parse = TLS_CERT_OK;
    X509 *x;

    *out = (struct tls_cert){ .not_before_ns = RECORD_NONE,
                              .not_after_ns = RECORD_NONE,
                              .key_bits = RECORD_NONE };
    if (der.len > TLS_CERT_MAX_BYTES)
        return TLS_CERT_TOO_LONG;
    if (der.len == 0)
        return TLS_CERT_NOT_DER;
    start();
    x = d2i_X509(NULL, &at, (long)der.len);
    if (!x) {
        parse = TLS_CERT_NOT_DER;
        goto out;
    }
    if (at != (const unsigned char *)der.p + der.len) {
        parse = TLS_CERT_TRAILING;
        goto out;
    }
    read_name(X509_get_subject_name(x), &out->subject);
    read_name(X509_get_issuer_name(x), &out->issuer);
    read_alt_names(x, &out->alt_names, &out->has_more_names);
    read_common_name(X509_get_subject_name(x), out->common_name);
    read_serial(X509_get0_serialNumber(x), out->serial);
    out->not_before_ns = read_time(X509_get0_notBefore(x));
    out->not_after_ns = read_time(X509_get0_notAfter(x));
    read_key(x, out);
    if (out->subject.failed || out->issuer.failed || out->alt_names.failed) {
        tls_cert_fini(out);
        parse = TLS_CERT_NO_MEMORY;
    }
out:
    X509_free(x);
    ERR_clear_error();
    return parse;
}

void tls_cert_fini(struct tls_cert *cert)
{
    strbuf_fini(&cert->subject);
    strbuf_fini(&cert->issuer);
    strbuf_fini(&cert->alt_names);
}

const char *tls_cert_library_version(void)
{
    return OpenSSL_version(OPENSSL_VERSION_STRING);
}
