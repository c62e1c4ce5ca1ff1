#include "probe/notify/webhook.h"

#include "analyzer/base/log.h"
#include "analyzer/base/strbuf.h"
#include "probe/notify/address_guard.h"

#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CONNECT_TIMEOUT_MS = 5000,
    TIMEOUT_MS = 10000,
    ANSWER_MAX = 64 * 1024, /* nobody reads it; a longer one is broken off */
    HEADER_MAX = 200,
};

struct webhook_pool {
    CURLM *multi;
};

struct webhook {
    struct transport base;
    const struct receiver *receiver;
    const struct address_guard *guard;
    struct webhook_pool *pool;
    CURL *easy;
    char *host; /* of its URL */
    struct curl_slist *headers;
    char *body;
    size_t received;
    bool cut_off; /* the answer was longer than ANSWER_MAX */
    bool is_done; /* … and the pool has taken it off */
    CURLcode code;
    char refused[160]; /* the address that it would have gone to, and why not; "": none */
    char error[CURL_ERROR_SIZE];
};

int webhook_pool_new(struct webhook_pool **pp)
{
    struct webhook_pool *pool = calloc(1, sizeof *pool);

    if (!pool)
        return -ENOMEM;
    /* Counted by libcurl, and safe beside other threads since 7.84. */
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        goto free_pool;
    pool->multi = curl_multi_init();
    if (!pool->multi)
        goto global_cleanup;
    *pp = pool;
    return 0;

global_cleanup:
    curl_global_cleanup();
free_pool:
    free(pool);
    return -ENOMEM;
}

void webhook_pool_free(struct webhook_pool *pool)
{
    if (!pool)
        return;
    curl_multi_cleanup(pool->multi);
    curl_global_cleanup();
    free(pool);
}

/* ---- where it goes ---- */

/* What a kind asks for at its receiver's address, and where it is when nobody says. */
static const struct {
    enum receiver_kind kind;
    const char *url;  /* NULL: has to be told */
    const char *path; /* behind what was told, unless it is there already; NULL: nothing */
} kinds[] = {
    { RECEIVER_ALERTMANAGER, NULL, "/api/v2/alerts" },
    { RECEIVER_PAGERDUTY, "https://events.pagerduty.com/v2/enqueue", NULL },
};

static bool ends_with(const char *text, const char *tail)
{
    size_t len = strlen(text), tail_len = strlen(tail);

    return len >= tail_len && strcmp(text + len - tail_len, tail) == 0;
}

static void write_url(struct strbuf *out, const struct receiver *receiver)
{
    const char *url = receiver->url, *path = NULL;

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (kinds[i].kind == receiver->kind) {
            url = url ? url : kinds[i].url;
            path = kinds[i].path;
        }
    }
    strbuf_add_text(out, url ? url : "");
    if (!path || ends_with(url ? url : "", path))
        return;
    while (out->len && out->p[out->len - 1] == '/')
        strbuf_chop(out, 1);
    strbuf_add_text(out, path);
}

/* The parts of a URL that are no secret. */
static int name_place(struct webhook *hook, const char *url)
{
    CURLU *parts = curl_url();
    char *scheme = NULL, *port = NULL;
    int err = -EINVAL;

    if (!parts)
        return -ENOMEM;
    if (curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_HOST, &hook->host, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK &&
        (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0)) {
        snprintf(hook->base.place, sizeof hook->base.place, "%s://%.60s:%s", scheme, hook->host,
                 port);
        err = 0;
    }
    curl_free(scheme);
    curl_free(port);
    curl_url_cleanup(parts);
    return err;
}

/* Called when a name has become an address: a name that led to another one a moment ago, when
 * somebody looked, does not matter. */
static curl_socket_t open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *at)
{
    char text[ADDR_TEXT_MAX] = "an address that is neither IPv4 nor IPv6";
    struct webhook *hook = ctx;
    const char *why = NULL;
    struct addr a;
    bool known = address_guard_of_socket(&at->addr, at->addrlen, &a);

    (void)purpose;
    if (known && address_guard_permits(hook->guard, hook->host, &a))
        return socket(at->family, at->socktype | SOCK_CLOEXEC, at->protocol);
    if (known) {
        addr_format_ip(&a, text);
        why = address_guard_reason(&a);
    }
    snprintf(hook->refused, sizeof hook->refused,
             "refused to connect: %s is %s; notify.allow may list it", text, why ? why : "unknown");
    return CURL_SOCKET_BAD;
}

/* ---- one receiver ---- */

/* Counts and forgets. */
static size_t swallow(char *data, size_t size, size_t count, void *ctx)
{
    struct webhook *hook = ctx;

    (void)data;
    hook->received += size * count;
    if (hook->received <= ANSWER_MAX)
        return size * count;
    hook->cut_off = true;
    return 0;
}

static bool set_security(struct webhook *hook, const char *ca_file)
{
    CURL *e = hook->easy;

    return curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_NOPROXY, "*") == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
           (!ca_file || curl_easy_setopt(e, CURLOPT_CAINFO, ca_file) == CURLE_OK) &&
           curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, hook) == CURLE_OK;
}

static bool set_up(struct webhook *hook, const char *url, int64_t timeout_ms)
{
    CURL *e = hook->easy;

    return curl_easy_setopt(e, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_TIMEOUT_MS,
                            timeout_ms > 0 ? (long)timeout_ms : TIMEOUT_MS) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_USERAGENT, "earshot/" EARSHOT_VERSION) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_ERRORBUFFER, hook->error) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, swallow) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_WRITEDATA, hook) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_PRIVATE, hook) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_POST, 1L) == CURLE_OK;
}

/* Ready for the next message. */
static void settle(struct webhook *hook)
{
    if (hook->base.is_busy && !hook->is_done)
        curl_multi_remove_handle(hook->pool->multi, hook->easy);
    hook->base.is_busy = false;
    hook->is_done = false;
    curl_easy_setopt(hook->easy, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(hook->headers);
    hook->headers = NULL;
    free(hook->body);
    hook->body = NULL;
}

static void http_close(struct transport *t)
{
    struct webhook *hook = (struct webhook *)t;

    if (!hook)
        return;
    if (hook->easy) {
        settle(hook);
        curl_easy_cleanup(hook->easy);
    }
    curl_free(hook->host);
    free(hook);
}

/* Said at once, and not only with the first alert: an address that stands in the URL itself. */
static void warn_of_refusal(const struct webhook *hook)
{
    bool is_local = strcmp(hook->host, "localhost") == 0;
    struct addr a;

    if (is_local)
        addr_parse_ip(SLICE("127.0.0.1"), &a);
    if ((is_local || addr_parse_ip(slice_of_text(hook->host), &a)) &&
        !address_guard_permits(hook->guard, hook->host, &a))
        log_warn("notify: %s, %s: nothing goes there, it is %s: list it in notify.allow, or with "
                 "--allow",
                 hook->receiver->name, hook->base.place, address_guard_reason(&a));
}

static int http_open(struct transport **tp, const struct receiver *receiver,
                     const struct transport_environment *environment)
{
    struct webhook *hook = calloc(1, sizeof *hook);
    struct strbuf url = { .max_bytes = 8192 };
    int err = -ENOMEM;

    if (!hook)
        return -ENOMEM;
    hook->base.kind = &transport_http;
    hook->receiver = receiver;
    hook->guard = environment->guard;
    hook->pool = environment->pool;
    write_url(&url, receiver);
    if (!url.failed && url.p)
        err = name_place(hook, url.p);
    if (!err) {
        hook->easy = curl_easy_init();
        if (!hook->easy || !set_up(hook, url.p, environment->timeout_ms) ||
            !set_security(hook, environment->ca_file))
            err = -ENOMEM;
    }
    strbuf_fini(&url);
    if (err) {
        http_close(&hook->base);
        return err;
    }
    warn_of_refusal(hook);
    *tp = &hook->base;
    return 0;
}

/* ---- one message ---- */

void webhook_write_signatures(struct strbuf *out, const struct receiver *receiver,
                              const struct transport_message *message)
{
    char timestamp[32];
    struct slice parts[5] = { slice_of_text(message->id), SLICE("."), SLICE_ABSENT, SLICE("."),
                              message->body };

    snprintf(timestamp, sizeof timestamp, "%" PRId64, message->timestamp_s);
    parts[2] = slice_of_text(timestamp);
    for (size_t i = 0; i < receiver->key_count; i++) {
        unsigned char mac[HMAC_BYTES];
        char base64[HMAC_BASE64_MAX];

        hmac_make(&receiver->keys[i], parts, sizeof parts / sizeof parts[0], mac);
        hmac_base64(mac, base64);
        strbuf_addf(out, "%sv1,%s", i ? " " : "", base64);
    }
}

static bool add_header(struct webhook *hook, const char *name, const char *value)
{
    struct strbuf line = { .max_bytes = 8192 };
    struct curl_slist *longer = NULL;

    strbuf_addf(&line, "%s: %s", name, value);
    if (!line.failed)
        longer = curl_slist_append(hook->headers, line.p);
    strbuf_fini(&line);
    if (longer)
        hook->headers = longer;
    return longer != NULL;
}

static bool add_signatures(struct webhook *hook, const struct transport_message *message)
{
    struct strbuf text = { .max_bytes = 4096 };
    bool ok = true;

    webhook_write_signatures(&text, hook->receiver, message);
    if (text.len)
        ok = !text.failed && add_header(hook, "webhook-signature", text.p);
    strbuf_fini(&text);
    return ok;
}

/* PagerDuty has its key in the body. */
static bool add_token(struct webhook *hook)
{
    struct strbuf text = { .max_bytes = 4096 };
    bool ok;

    if (!hook->receiver->token || hook->receiver->kind == RECEIVER_PAGERDUTY)
        return true;
    strbuf_addf(&text, "Bearer %s", hook->receiver->token);
    ok = !text.failed && add_header(hook, "Authorization", text.p);
    strbuf_fini(&text);
    return ok;
}

static bool add_headers(struct webhook *hook, const struct transport_message *message)
{
    char timestamp[32];
    struct curl_slist *longer;

    snprintf(timestamp, sizeof timestamp, "%" PRId64, message->timestamp_s);
    if (!add_header(hook, "Content-Type", message->content_type) ||
        !add_header(hook, "webhook-id", message->id) ||
        !add_header(hook, "webhook-timestamp", timestamp) || !add_signatures(hook, message) ||
        !add_token(hook))
        return false;
    longer = curl_slist_append(hook->headers, "Expect:"); /* no waiting for a "100 Continue" */
    if (longer)
        hook->headers = longer;
    return longer != NULL;
}

static int http_start(struct transport *t, const struct transport_message *message)
{
    struct webhook *hook = (struct webhook *)t;
    CURL *e = hook->easy;
    size_t len = message->body.len;

    if (t->is_busy)
        return -EBUSY;
    hook->body = malloc(len ? len : 1);
    if (!hook->body)
        return -ENOMEM;
    if (len)
        memcpy(hook->body, message->body.p, len);
    hook->received = 0;
    hook->cut_off = false;
    hook->error[0] = '\0';
    hook->refused[0] = '\0';
    if (!add_headers(hook, message) ||
        curl_easy_setopt(e, CURLOPT_HTTPHEADER, hook->headers) != CURLE_OK ||
        curl_easy_setopt(e, CURLOPT_POSTFIELDS, hook->body) != CURLE_OK ||
        curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len) != CURLE_OK ||
        curl_multi_add_handle(hook->pool->multi, e) != CURLM_OK) {
        settle(hook);
        return -ENOMEM;
    }
    t->is_busy = true;
    return 0;
}

static enum webhook_outcome judge(int status)
{
    static const int down[] = { 408, 425, 429, 502, 503, 504 };

    if (status >= 200 && status < 300)
        return WEBHOOK_DELIVERED;
    if (status == 410)
        return WEBHOOK_GONE;
    for (size_t i = 0; i < sizeof down / sizeof down[0]; i++) {
        if (status == down[i])
            return WEBHOOK_DOWN;
    }
    return status > 0 ? WEBHOOK_REJECTED : WEBHOOK_DOWN;
}

static void read_answer(const struct webhook *hook, struct webhook_answer *answer)
{
    const char *error = hook->error[0] ? hook->error : curl_easy_strerror(hook->code);
    curl_off_t retry_after = 0;
    long status = 0;

    *answer = (struct webhook_answer){ .outcome = WEBHOOK_DOWN };
    curl_easy_getinfo(hook->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(hook->easy, CURLINFO_RETRY_AFTER, &retry_after);
    answer->status = (int)status;
    answer->retry_after_s = retry_after;
    /* An answer that we broke off for its length was heard; one that broke off by itself leaves
     * open whether the message was, so it is sent again under the same id. */
    if (hook->code == CURLE_OK || hook->cut_off)
        answer->outcome = judge(answer->status);
    if (answer->outcome == WEBHOOK_DELIVERED)
        return;
    if (hook->code == CURLE_OK || hook->cut_off)
        snprintf(answer->reason, sizeof answer->reason, "it answered %ld", status);
    else
        snprintf(answer->reason, sizeof answer->reason, "%.150s",
                 hook->refused[0] ? hook->refused : log_text(slice_of_text(error)));
}

static bool http_run(struct transport *t, int64_t steady_ms, struct webhook_answer *answer)
{
    struct webhook *hook = (struct webhook *)t;

    (void)steady_ms; /* libcurl has its own clock */
    if (!t->is_busy || !hook->is_done)
        return false;
    read_answer(hook, answer);
    settle(hook);
    return true;
}

const struct transport_kind transport_http = { http_open, http_close, http_start, http_run };

/* Whether anything is. */
static bool take_finished(struct webhook_pool *pool)
{
    CURLMsg *message;
    bool any = false;
    int left;

    while ((message = curl_multi_info_read(pool->multi, &left)) != NULL) {
        struct webhook *hook = NULL;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&hook);
        hook->code = message->data.result;
        curl_multi_remove_handle(pool->multi, hook->easy); /* the message is gone with it */
        hook->is_done = true;
        any = true;
    }
    return any;
}

void webhook_pool_run(struct webhook_pool *pool, int timeout_ms)
{
    int running;

    curl_multi_perform(pool->multi, &running);
    if (take_finished(pool))
        return;
    curl_multi_poll(pool->multi, NULL, 0, timeout_ms, NULL);
    curl_multi_perform(pool->multi, &running);
    take_finished(pool);
}

void webhook_pool_wake(struct webhook_pool *pool)
{
    curl_multi_wakeup(pool->multi);
}

const char *webhook_library_version(void)
{
    return curl_version_info(CURLVERSION_NOW)->version;
}
