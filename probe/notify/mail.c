/*
 * mail - SMTP by libcurl, one message a connection, in a multi handle of its own.
 *
 * smtps:// is TLS from the first byte; smtp:// uses STARTTLS where it is offered, and insists on it
 * where there is a password to be told. The server's certificate is checked either way.
 *
 * Source  RFC 5321 §4.2.1 (replies), RFC 3207 (STARTTLS)
 */
#include "probe/notify/transport.h"

#include "analyzer/base/log.h"
#include "analyzer/base/strbuf.h"
#include "probe/notify/address_guard.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { CONNECT_TIMEOUT_MS = 5000, TIMEOUT_MS = 10000, RECIPIENTS_MAX = 32, ADDRESS_MAX = 320 };

struct mail {
    struct transport base;
    const struct address_guard *guard;
    CURLM *multi;
    CURL *easy;
    bool is_added; /* to the multi handle */
    char *host;    /* of its URL */
    struct curl_slist *to;
    char from[ADDRESS_MAX + 1];
    struct strbuf message;
    size_t sent;
    char refused[160];
    char error[CURL_ERROR_SIZE];
};

/* ---- addresses ---- */

/* "noc@example.org", or what stands in <> behind a name. False: that is no address. */
static bool read_address(char out[ADDRESS_MAX + 1], struct slice text)
{
    size_t open = slice_find(text, '<');

    if (open < text.len) {
        text = slice_of(text.p + open + 1, text.len - open - 1);
        text.len = slice_find(text, '>');
    }
    text = slice_trim(text);
    if (text.len == 0 || text.len > ADDRESS_MAX || slice_find(text, '@') == text.len)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.p[i] <= ' ' || text.p[i] == 0x7f || text.p[i] == '<')
            return false;
    }
    memcpy(out, text.p, text.len);
    out[text.len] = '\0';
    return true;
}

static int read_recipients(struct mail *m, const char *to)
{
    struct slice rest = slice_of_text(to ? to : "");
    size_t count = 0;

    while (rest.len) {
        struct curl_slist *longer;
        char one[ADDRESS_MAX + 1];

        if (!read_address(one, slice_cut(&rest, ',')) || count++ == RECIPIENTS_MAX)
            return -EINVAL;
        longer = curl_slist_append(m->to, one);
        if (!longer)
            return -ENOMEM;
        m->to = longer;
    }
    return count ? 0 : -EINVAL;
}

/* ---- open and close ---- */

static curl_socket_t open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *at)
{
    char text[ADDR_TEXT_MAX] = "that address";
    const char *why = NULL;
    struct mail *m = ctx;
    struct addr a;
    bool known = address_guard_of_socket(&at->addr, at->addrlen, &a);

    (void)purpose;
    if (known && address_guard_permits(m->guard, m->host, &a))
        return socket(at->family, at->socktype | SOCK_CLOEXEC, at->protocol);
    if (known) {
        addr_format_ip(&a, text);
        why = address_guard_reason(&a);
    }
    snprintf(m->refused, sizeof m->refused,
             "refused to connect: %s is %s; notify.allow may list it", text, why ? why : "unknown");
    return CURL_SOCKET_BAD;
}

static size_t read_message(char *to, size_t size, size_t count, void *ctx)
{
    struct mail *m = ctx;
    size_t left = m->message.len - m->sent, n = size * count < left ? size * count : left;

    if (n)
        memcpy(to, m->message.p + m->sent, n);
    m->sent += n;
    return n;
}

/* "USER:PASSWORD"; or the password alone, of the user of the URL, else of the sender. */
static int set_login(struct mail *m, CURLU *url, const char *token)
{
    const char *colon = strchr(token, ':');
    char *from_url = NULL, *user;
    bool ok;

    curl_url_get(url, CURLUPART_USER, &from_url, CURLU_URLDECODE);
    user = colon ? strndup(token, (size_t)(colon - token)) : strdup(from_url ? from_url : m->from);
    ok = user && curl_easy_setopt(m->easy, CURLOPT_USERNAME, user) == CURLE_OK &&
         curl_easy_setopt(m->easy, CURLOPT_PASSWORD, colon ? colon + 1 : token) == CURLE_OK;
    curl_free(from_url);
    free(user);
    return ok ? 0 : -ENOMEM;
}

static int read_url(struct mail *m, CURLU *url, const char *text)
{
    char *scheme = NULL, *port = NULL;
    int err = -EINVAL;

    if (text && curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK &&
        curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
        curl_url_get(url, CURLUPART_HOST, &m->host, 0) == CURLUE_OK &&
        curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK &&
        (strcmp(scheme, "smtp") == 0 || strcmp(scheme, "smtps") == 0)) {
        snprintf(m->base.place, sizeof m->base.place, "%s://%.60s:%s", scheme, m->host, port);
        err = 0;
    }
    curl_free(scheme);
    curl_free(port);
    return err;
}

static bool set_up(struct mail *m, const struct transport_environment *environment, bool login)
{
    CURL *e = m->easy;
    long timeout = environment->timeout_ms > 0 ? (long)environment->timeout_ms : TIMEOUT_MS;

    return curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "smtp,smtps") == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_NOPROXY, "*") == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_USE_SSL,
                            login ? (long)CURLUSESSL_ALL : (long)CURLUSESSL_TRY) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
           (!environment->ca_file ||
            curl_easy_setopt(e, CURLOPT_CAINFO, environment->ca_file) == CURLE_OK) &&
           curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, timeout) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_FORBID_REUSE, 1L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, m) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_ERRORBUFFER, m->error) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_MAIL_FROM, m->from) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_MAIL_RCPT, m->to) == CURLE_OK &&
           /* One address that is gone keeps it from nobody else. */
           curl_easy_setopt(e, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_READFUNCTION, read_message) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_READDATA, m) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_UPLOAD, 1L) == CURLE_OK;
}

static void mail_close(struct transport *t)
{
    struct mail *m = (struct mail *)t;

    if (!m)
        return;
    if (m->is_added)
        curl_multi_remove_handle(m->multi, m->easy);
    curl_easy_cleanup(m->easy);
    curl_multi_cleanup(m->multi);
    curl_slist_free_all(m->to);
    curl_free(m->host);
    strbuf_fini(&m->message);
    free(m);
    curl_global_cleanup();
}

/* Without a user and a password: those are told by set_login, or not at all. */
static int set_url(struct mail *m, CURLU *url)
{
    char *text = NULL;
    bool ok;

    curl_url_set(url, CURLUPART_USER, NULL, 0);
    curl_url_set(url, CURLUPART_PASSWORD, NULL, 0);
    ok = curl_url_get(url, CURLUPART_URL, &text, 0) == CURLUE_OK &&
         curl_easy_setopt(m->easy, CURLOPT_URL, text) == CURLE_OK;
    curl_free(text);
    return ok ? 0 : -ENOMEM;
}

static int prepare(struct mail *m, CURLU *url, const struct receiver *receiver,
                   const struct transport_environment *environment)
{
    int err = read_url(m, url, receiver->url);

    if (!err && !read_address(m->from, slice_of_text(receiver->from ? receiver->from : "")))
        err = -EINVAL;
    if (!err)
        err = read_recipients(m, receiver->to);
    if (err)
        return err;
    m->multi = curl_multi_init();
    m->easy = curl_easy_init();
    if (!m->multi || !m->easy || !set_up(m, environment, receiver->token != NULL))
        return -ENOMEM;
    if (receiver->token)
        err = set_login(m, url, receiver->token);
    return err ? err : set_url(m, url);
}

static int mail_open(struct transport **tp, const struct receiver *receiver,
                     const struct transport_environment *environment)
{
    struct mail *m = calloc(1, sizeof *m);
    CURLU *url;
    int err;

    if (!m)
        return -ENOMEM;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(m);
        return -ENOMEM;
    }
    m->base.kind = &transport_mail;
    m->guard = environment->guard;
    url = curl_url();
    err = url ? prepare(m, url, receiver, environment) : -ENOMEM;
    curl_url_cleanup(url);
    if (err) {
        mail_close(&m->base);
        return err;
    }
    *tp = &m->base;
    return 0;
}

/* ---- one message ---- */

/* The delivery's own, so that a mail that comes twice is seen to be one. */
static void add_message_id(struct mail *m, const char *id)
{
    strbuf_add_text(&m->message, "Message-ID: <");
    for (; *id; id++) {
        bool plain = (*id >= '0' && *id <= '9') || ((*id | 0x20) >= 'a' && (*id | 0x20) <= 'z') ||
                     *id == '_' || *id == '-' || *id == '.';

        strbuf_add_char(&m->message, plain ? *id : '_');
    }
    strbuf_add_text(&m->message, strchr(m->from, '@'));
    strbuf_add_text(&m->message, ">\r\n");
}

static int mail_start(struct transport *t, const struct transport_message *message)
{
    struct mail *m = (struct mail *)t;

    if (t->is_busy)
        return -EBUSY;
    strbuf_reset(&m->message);
    add_message_id(m, message->id);
    strbuf_add_slice(&m->message, message->body);
    m->sent = 0;
    m->error[0] = m->refused[0] = '\0';
    if (m->message.failed ||
        curl_easy_setopt(m->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)m->message.len) !=
            CURLE_OK ||
        curl_multi_add_handle(m->multi, m->easy) != CURLM_OK)
        return -ENOMEM;
    m->is_added = t->is_busy = true;
    return 0;
}

/* What speaks of this mail, and what of the whole server: who may not log in will not tomorrow. */
static enum webhook_outcome judge(CURLcode code, long status)
{
    if (code == CURLE_OK)
        return WEBHOOK_DELIVERED;
    if (code == CURLE_LOGIN_DENIED || code == CURLE_USE_SSL_FAILED)
        return WEBHOOK_DOWN;
    return status >= 500 && status < 600 ? WEBHOOK_REJECTED : WEBHOOK_DOWN;
}

static void read_answer(const struct mail *m, CURLcode code, struct webhook_answer *answer)
{
    const char *why = m->refused[0] ? m->refused
                      : m->error[0] ? m->error
                                    : curl_easy_strerror(code);
    long status = 0;

    curl_easy_getinfo(m->easy, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK && status < 400) /* the last reply was not what it failed of */
        status = 0;
    answer->status = (int)status;
    answer->outcome = judge(code, status);
    if (answer->outcome == WEBHOOK_DELIVERED)
        return;
    if (m->refused[0] || status == 0)
        snprintf(answer->reason, sizeof answer->reason, "%s", log_text(slice_of_text(why)));
    else
        snprintf(answer->reason, sizeof answer->reason, "it answered %ld: %s", status,
                 log_text(slice_of_text(why)));
}

static bool mail_run(struct transport *t, int64_t steady_ms, struct webhook_answer *answer)
{
    struct mail *m = (struct mail *)t;
    CURLMsg *message;
    int left;

    (void)steady_ms; /* libcurl has a clock of its own */
    *answer = (struct webhook_answer){ .outcome = WEBHOOK_DOWN };
    curl_multi_perform(m->multi, &left);
    while ((message = curl_multi_info_read(m->multi, &left)) != NULL) {
        CURLcode code = message->data.result;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_multi_remove_handle(m->multi, m->easy);
        m->is_added = t->is_busy = false;
        read_answer(m, code, answer);
        return true;
    }
    return false;
}

const struct transport_kind transport_mail = { mail_open, mail_close, mail_start, mail_run };
