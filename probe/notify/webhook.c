#include "probe/notify/webhook.h"

#include "analyzer/base/log.h"

#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    CONNECT_TIMEOUT_MS = 5000,
    TIMEOUT_MS = 10000,
    ANSWER_MAX = 64 * 1024, /* nobody reads it; a longer one is broken off */
    NAME_MAX_BYTES = 280,
    HEADER_MAX = 200,
};

struct webhook_pool {
    CURLM *multi;
    int64_t timeout_ms;
};

struct webhook {
    struct webhook_pool *pool;
    CURL *easy;
    struct curl_slist *headers;
    char *body;
    size_t received;
    bool busy;
    bool cut_off; /* the answer was longer than ANSWER_MAX */
    char name[NAME_MAX_BYTES];
    char error[CURL_ERROR_SIZE];
};

int webhook_pool_new(struct webhook_pool **pp, int64_t timeout_ms)
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
    pool->timeout_ms = timeout_ms > 0 ? timeout_ms : TIMEOUT_MS;
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

/* The parts of a URL that are no secret. */
static int name_endpoint(char name[NAME_MAX_BYTES], const char *url)
{
    CURLU *parts = curl_url();
    char *scheme = NULL, *host = NULL, *port = NULL;
    int err = -EINVAL;

    if (!parts)
        return -ENOMEM;
    if (curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK &&
        (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0)) {
        snprintf(name, NAME_MAX_BYTES, "%s://%s:%s", scheme, host, port);
        err = 0;
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(parts);
    return err;
}

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

static bool set_up(struct webhook *hook, const char *url)
{
    CURL *e = hook->easy;

    return curl_easy_setopt(e, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)hook->pool->timeout_ms) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_USERAGENT, "earshot/" EARSHOT_VERSION) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_ERRORBUFFER, hook->error) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, swallow) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_WRITEDATA, hook) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_PRIVATE, hook) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_POST, 1L) == CURLE_OK;
}

int webhook_new(struct webhook **wp, struct webhook_pool *pool, const char *url)
{
    struct webhook *hook = calloc(1, sizeof *hook);
    int err;

    if (!hook)
        return -ENOMEM;
    hook->pool = pool;
    err = name_endpoint(hook->name, url);
    if (err)
        goto free_hook;
    err = -ENOMEM;
    hook->easy = curl_easy_init();
    if (!hook->easy)
        goto free_hook;
    if (!set_up(hook, url))
        goto free_easy;
    *wp = hook;
    return 0;

free_easy:
    curl_easy_cleanup(hook->easy);
free_hook:
    free(hook);
    return err;
}

/* Ready for the next message. */
static void settle(struct webhook *hook)
{
    if (hook->busy)
        curl_multi_remove_handle(hook->pool->multi, hook->easy);
    hook->busy = false;
    curl_easy_setopt(hook->easy, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(hook->headers);
    hook->headers = NULL;
    free(hook->body);
    hook->body = NULL;
}

void webhook_free(struct webhook *hook)
{
    if (!hook)
        return;
    settle(hook);
    curl_easy_cleanup(hook->easy);
    free(hook);
}

const char *webhook_name(const struct webhook *hook)
{
    return hook->name;
}

bool webhook_is_busy(const struct webhook *hook)
{
    return hook->busy;
}

static bool add_header(struct webhook *hook, const char *line)
{
    struct curl_slist *longer = curl_slist_append(hook->headers, line);

    if (longer)
        hook->headers = longer;
    return longer != NULL;
}

static bool add_headers(struct webhook *hook, const char *content_type, const char *webhook_id,
                        int64_t timestamp_s)
{
    char type[HEADER_MAX], id[HEADER_MAX], timestamp[HEADER_MAX];

    snprintf(type, sizeof type, "Content-Type: %s", content_type);
    snprintf(id, sizeof id, "webhook-id: %s", webhook_id);
    snprintf(timestamp, sizeof timestamp, "webhook-timestamp: %" PRId64, timestamp_s);
    return add_header(hook, type) && add_header(hook, id) && add_header(hook, timestamp) &&
           add_header(hook, "Expect:"); /* no waiting for a "100 Continue" */
}

int webhook_post(struct webhook *hook, const char *content_type, const char *webhook_id,
                 int64_t timestamp_s, struct slice body)
{
    CURL *e = hook->easy;

    if (hook->busy)
        return -EBUSY;
    hook->body = malloc(body.len ? body.len : 1);
    if (!hook->body)
        return -ENOMEM;
    if (body.len)
        memcpy(hook->body, body.p, body.len);
    hook->received = 0;
    hook->cut_off = false;
    hook->error[0] = '\0';
    if (!add_headers(hook, content_type, webhook_id, timestamp_s) ||
        curl_easy_setopt(e, CURLOPT_HTTPHEADER, hook->headers) != CURLE_OK ||
        curl_easy_setopt(e, CURLOPT_POSTFIELDS, hook->body) != CURLE_OK ||
        curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len) != CURLE_OK ||
        curl_multi_add_handle(hook->pool->multi, e) != CURLM_OK) {
        settle(hook);
        return -ENOMEM;
    }
    hook->busy = true;
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

static void read_answer(const struct webhook *hook, CURLcode code, struct webhook_answer *answer)
{
    curl_off_t retry_after = 0;
    long status = 0;

    *answer = (struct webhook_answer){ .outcome = WEBHOOK_DOWN };
    curl_easy_getinfo(hook->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(hook->easy, CURLINFO_RETRY_AFTER, &retry_after);
    answer->status = (int)status;
    answer->retry_after_s = retry_after;
    /* An answer that we broke off for its length was heard; one that broke off by itself leaves
     * open whether the message was, so it is sent again under the same id. */
    if (code == CURLE_OK || hook->cut_off)
        answer->outcome = judge(answer->status);
    if (answer->outcome == WEBHOOK_DELIVERED)
        return;
    if (code == CURLE_OK || hook->cut_off)
        snprintf(answer->reason, sizeof answer->reason, "it answered %ld", status);
    else
        snprintf(answer->reason, sizeof answer->reason, "%s",
                 log_text(slice_of_text(hook->error[0] ? hook->error : curl_easy_strerror(code))));
}

/* Whether anything was. */
static bool tell_finished(struct webhook_pool *pool, webhook_done_fn done, void *ctx)
{
    CURLMsg *message;
    bool told = false;
    int left;

    while ((message = curl_multi_info_read(pool->multi, &left)) != NULL) {
        struct webhook_answer answer;
        struct webhook *hook = NULL;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&hook);
        read_answer(hook, message->data.result, &answer);
        settle(hook);
        done(ctx, hook, &answer);
        told = true;
    }
    return told;
}

void webhook_pool_run(struct webhook_pool *pool, int timeout_ms, webhook_done_fn done, void *ctx)
{
    int running;

    curl_multi_perform(pool->multi, &running);
    if (tell_finished(pool, done, ctx))
        return;
    curl_multi_poll(pool->multi, NULL, 0, timeout_ms, NULL);
    curl_multi_perform(pool->multi, &running);
    tell_finished(pool, done, ctx);
}

void webhook_pool_wake(struct webhook_pool *pool)
{
    curl_multi_wakeup(pool->multi);
}
