/*
 * test_gate - every role at every route does what docs/ACCESS.md says; UPDATE_PAGES=1 writes its tables anew.
 */
#include "probe/access/access.h"
#include "probe/access/sessions.h"
#include "probe/web/credentials.h"
#include "probe/web/gate.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { PAGE_MAX = 1 << 16, RIGHTS = 10 };

static const char path[] = TEST_DATA "/../../../docs/ACCESS.md";
static const char *const methods[] = { "GET", "POST", "DELETE" };

struct scene {
    char dir[64];
    struct api_options options;
    char sessions[ROLE_COUNT][SECRET_KEY_LEN + 1];
    char tokens[RIGHTS][TOKEN_LEN + 1]; /* of an admin, with one right each */
};

/* A user of each role with a session, and no password: hashing one takes its time. */
static int make_scene(void **state)
{
    struct scene *s = calloc(1, sizeof *s);
    int64_t now_s = (int64_t)time(NULL), id;
    struct access_db *d;

    snprintf(s->dir, sizeof s->dir, "/tmp/earshot-gate-XXXXXX");
    assert_non_null(mkdtemp(s->dir));
    assert_int_equal(access_db_open(&d, s->dir), 0);
    for (enum role role = ROLE_VIEWER; role < ROLE_COUNT; role++) {
        struct session session = { .created_s = now_s, .used_s = now_s };

        id = users_add(d, role_name(role), role, "", now_s);
        assert_true(id > 0);
        session.user = id;
        secret_key_make(s->sessions[role], session.key);
        assert_int_equal(sessions_add(d, &session), 0);
        for (unsigned i = 1; role == ROLE_ADMIN && i < RIGHTS; i++) {
            struct token token = {
                .user = id, .scopes = 1u << i, .created_s = now_s, .expires_s = now_s + 600
            };

            snprintf(token.name, sizeof token.name, "only-%u", i);
            assert_true(tokens_add(d, &token, s->tokens[i]) > 0);
        }
    }
    access_db_close(d);
    s->options.store_dir = s->dir;
    *state = s;
    return access_open(&s->options.access, &(struct access_options){ .store_dir = s->dir });
}

static int drop_scene(void **state)
{
    static const char *const files[] = { "access.sqlite", "access.sqlite-wal",
                                         "access.sqlite-shm" };
    struct scene *s = *state;
    char file[128];

    access_close(s->options.access);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(file, sizeof file, "%s/%s", s->dir, files[i]);
        unlink(file);
    }
    return rmdir(s->dir) == 0 ? (free(s), 0) : -1;
}

/* 200: he may go on. */
static int ask(struct scene *s, const struct route *route, const char *session, const char *token,
               struct identity *who)
{
    struct exchange *x = exchange_new();
    int status;

    assert_non_null(x);
    snprintf(x->path, sizeof x->path, "/api/v1/x");
    snprintf(x->session, sizeof x->session, "%s", session ? session : "");
    snprintf(x->token, sizeof x->token, "%s", token ? token : "");
    status = gate_admit(&s->options, route, x) ? 200 : x->status;
    if (who)
        *who = x->who;
    if (status == 403 && route)
        assert_non_null(strstr(x->body.p, route->right == RIGHT_SELF
                                              ? "log in"
                                              : role_right_name((enum right)route->right).p));
    exchange_free(x);
    return status;
}

/* ---- the page ---- */

static struct slice between(struct slice page, const char *begin)
{
    const char *from = strstr(page.p, begin), *to;

    if (!from)
        fail_msg("%s has no %s", path, begin);
    from = strchr(from, '\n') + 1;
    to = strstr(from, "<!-- end -->");
    assert_non_null(to);
    return slice_of(from, (size_t)(to - from));
}

static void add_roles(struct strbuf *out, unsigned right)
{
    for (enum role role = ROLE_VIEWER; role < ROLE_COUNT; role++)
        strbuf_add_text(out, (role_rights(role) & right) == right ? " yes |" : " |");
    strbuf_add_char(out, '\n');
}

static void add_head(struct strbuf *out, const char *first, unsigned columns)
{
    strbuf_add_text(out, first);
    for (enum role role = ROLE_VIEWER; role < ROLE_COUNT; role++)
        strbuf_addf(out, " %s |", role_name(role).p);
    strbuf_add_text(out, "\n|");
    for (unsigned i = 0; i < columns + ROLE_COUNT - 1; i++)
        strbuf_add_text(out, "---|");
    strbuf_add_char(out, '\n');
}

static const char *meaning(enum right right)
{
    static const struct {
        enum right right;
        const char *text;
    } rows[] = {
        { RIGHT_SELF, "his own session, password and tokens" },
        { RIGHT_SEE, "calls, alerts, trunks, figures" },
        { RIGHT_NUMBERS, "numbers and names in clear, and to search for them" },
        { RIGHT_SIGNALLING, "SIP messages" },
        { RIGHT_PACKETS, "packets and the result of a search to take away" },
        { RIGHT_SOUND, "to listen, where `audio.listen` is on" },
        { RIGHT_HANDLE, "to acknowledge, silence, send again, try a rule" },
        { RIGHT_TRAIL, "the audit trail" },
        { RIGHT_ADMIN, "users, and the tokens of others" },
        { RIGHT_METRICS, "`/metrics`" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].right == right)
            return rows[i].text;
    }
    fail_msg("no words for the right %u", (unsigned)right);
    return "";
}

static void add_rights(struct strbuf *out)
{
    add_head(out, "| right | what it opens |", 2);
    for (unsigned i = 0; i < RIGHTS; i++) {
        strbuf_addf(out, "| `%s` | %s |", role_right_name((enum right)(1u << i)).p,
                    meaning((enum right)(1u << i)));
        add_roles(out, 1u << i);
    }
    assert_int_equal(role_right_name((enum right)(1u << RIGHTS)).len, 0); /* all of them */
}

static void add_routes(struct strbuf *out)
{
    const struct route *r;

    add_head(out, "| request | right |", 2);
    for (size_t i = 0; (r = routes_at(i)) != NULL; i++) {
        strbuf_addf(out, "| `%s %s` | %s |", methods[r->method], r->path,
                    r->right ? role_right_name((enum right)r->right).p : "open to all");
        add_roles(out, r->right);
    }
}

static char *read_page(void)
{
    char *text = calloc(1, PAGE_MAX);
    FILE *f = fopen(path, "re");

    if (!f)
        fail_msg("%s is missing", path);
    assert_true(fread(text, 1, PAGE_MAX - 1, f) > 0);
    fclose(f);
    return text;
}

static void write_page(const char *page, struct slice a, struct slice new_a, struct slice b,
                       struct slice new_b)
{
    const char *middle = a.p + a.len;
    FILE *f = fopen(path, "we");

    assert_non_null(f);
    fprintf(f, "%.*s%.*s%.*s%.*s%s", (int)(a.p - page), page, (int)new_a.len, new_a.p,
            (int)(b.p - middle), middle, (int)new_b.len, new_b.p, b.p + b.len);
    fclose(f);
}

static void test_page(void **state)
{
    char *page = read_page();
    struct slice rights = between(slice_of_text(page), "<!-- rights:");
    struct slice routes = between(slice_of_text(page), "<!-- routes:");
    struct strbuf new_rights = { 0 }, new_routes = { 0 };

    (void)state;
    add_rights(&new_rights);
    add_routes(&new_routes);
    if (getenv("UPDATE_PAGES"))
        write_page(page, rights, strbuf_slice(&new_rights), routes, strbuf_slice(&new_routes));
    else if (!slice_eq(rights, strbuf_slice(&new_rights)) ||
             !slice_eq(routes, strbuf_slice(&new_routes)))
        fail_msg("%s is older than the tables: UPDATE_PAGES=1 test_gate writes it anew", path);
    strbuf_fini(&new_rights);
    strbuf_fini(&new_routes);
    free(page);
}

/* The row of the page for this route, from its first cell of a role on. */
static struct slice row_of(struct slice routes, const struct route *r)
{
    struct strbuf head = { 0 };
    struct slice row = SLICE_ABSENT;

    strbuf_addf(&head, "| `%s %s` |", methods[r->method], r->path);
    while (routes.len && !row.p) {
        struct slice line = slice_cut(&routes, '\n');

        if (slice_starts_with(line, strbuf_slice(&head)))
            row = line;
    }
    strbuf_fini(&head);
    for (int i = 0; i < 3 && row.p; i++)
        slice_cut(&row, '|');
    return row;
}

static void test_every_role_every_route(void **state)
{
    struct scene *s = *state;
    char *page = read_page();
    struct slice routes = between(slice_of_text(page), "<!-- routes:");
    const struct route *r;
    size_t asked = 0;

    for (size_t i = 0; (r = routes_at(i)) != NULL; i++) {
        struct slice row = row_of(routes, r);

        if (!row.p)
            fail_msg("%s %s is not on the page", methods[r->method], r->path);
        for (enum role role = ROLE_VIEWER; role < ROLE_COUNT; role++, asked++) {
            bool may = slice_eq(slice_trim(slice_cut(&row, '|')), SLICE("yes"));
            int status = ask(s, r, s->sessions[role], NULL, NULL);

            if (status != (may ? 200 : 403))
                fail_msg("%s at %s %s: %d", role_name(role).p, methods[r->method], r->path, status);
        }
    }
    assert_true(asked > 200);
    free(page);
}

/* What nobody may ask without having logged in, and what he may: nothing else. */
static void test_nobody(void **state)
{
    static const char *const open[] = {
        "GET /api/v1/session", "POST /api/v1/session", "POST /api/v1/session/setup",
        "GET /healthz",        "GET /readyz",          "GET /api/v1/openapi.json"
    };
    char wrong[SECRET_KEY_LEN + 1], called[128];
    unsigned char key[SECRET_KEY_BYTES];
    struct scene *s = *state;
    const struct route *r;

    secret_key_make(wrong, key);
    for (size_t i = 0; (r = routes_at(i)) != NULL; i++) {
        bool is_open = false;

        snprintf(called, sizeof called, "%s %s", methods[r->method], r->path);
        for (size_t n = 0; n < sizeof open / sizeof open[0]; n++)
            is_open = is_open || strcmp(called, open[n]) == 0;
        if (ask(s, r, NULL, NULL, NULL) != (is_open ? 200 : 401))
            fail_msg("%s, and nobody", called);
        assert_int_equal(ask(s, r, wrong, NULL, NULL), is_open ? 200 : 401);
        assert_int_equal(ask(s, r, NULL, "-", NULL), is_open ? 200 : 401);
        /* A wrong token is not made up for by a session. */
        assert_int_equal(ask(s, r, s->sessions[ROLE_ADMIN], "-", NULL), is_open ? 200 : 401);
    }
    assert_int_equal(ask(s, NULL, NULL, NULL, NULL), 401);
    assert_int_equal(ask(s, NULL, s->sessions[ROLE_VIEWER], NULL, NULL), 404);
}

static void test_tokens(void **state)
{
    struct scene *s = *state;
    const struct route *r;
    struct identity who;

    for (unsigned right = 1; right < RIGHTS; right++) {
        for (size_t i = 0; (r = routes_at(i)) != NULL; i++) {
            bool may = (r->right & ~(1u << right)) == 0;

            if (ask(s, r, NULL, s->tokens[right], &who) != (may ? 200 : 403))
                fail_msg("%s at %s %s", who.token, methods[r->method], r->path);
            assert_string_equal(who.name, "admin");
            assert_int_equal(identity_is_masked(&who), 1u << right != RIGHT_NUMBERS);
        }
    }
}

/* Without anything that knows users nobody may anything. */
static void test_no_access(void **state)
{
    struct scene *s = *state, none = { .options = { .store_dir = s->dir } };
    const struct route *r;

    for (size_t i = 0; (r = routes_at(i)) != NULL; i++) {
        if (r->right != RIGHT_OPEN)
            assert_int_equal(ask(&none, r, s->sessions[ROLE_ADMIN], NULL, NULL), 401);
    }
}

/* ---- what a request says of who asks ---- */

#define KEY   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define OTHER "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"

static void test_credentials(void **state)
{
    static const struct {
        const char *cookie, *authorization;
        bool plain;
        const char *session, *token;
    } rows[] = {
        { NULL, NULL, false, "", "" },
        { "__Host-earshot=" KEY, NULL, false, KEY, "" },
        { "a=b; __Host-earshot=" KEY "; c=d", NULL, false, KEY, "" },
        { "a=b;__Host-earshot=" KEY, NULL, false, KEY, "" },
        { "__Host-earshot = " KEY, NULL, false, "", "" },
        /* Doubled: one of them is not ours. */
        { "__Host-earshot=" KEY "; __Host-earshot=" KEY, NULL, false, "", "" },
        { "__Host-earshot=" KEY "; __Host-earshot=" OTHER, NULL, false, "", "" },
        { "__Host-earshot=; __Host-earshot=" KEY, NULL, false, "", "" },
        /* Not whole, or more. */
        { "__Host-earshot=" KEY "A", NULL, false, "", "" },
        { "__Host-earshot=AAAA", NULL, false, "", "" },
        { "__Host-earshot=", NULL, false, "", "" },
        { "__Host-earshot", NULL, false, "", "" },
        { "__Host-earshot=\"" KEY "\"", NULL, false, "", "" },
        { "__Host-earshot=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%", NULL, false, "", "" },
        { "=" KEY "; ;;; =", NULL, false, "", "" },
        /* Of another name. */
        { "earshot=" KEY, NULL, false, "", "" },
        { "__host-earshot=" KEY, NULL, false, "", "" },
        { "x__Host-earshot=" KEY, NULL, false, "", "" },
        { "__Host-earshot=" KEY, NULL, true, "", "" },
        { "earshot=" KEY, NULL, true, KEY, "" },
        /* Tokens. */
        { NULL, "Bearer earshot_" KEY, false, "", "earshot_" KEY },
        { NULL, "bearer  earshot_" KEY " ", false, "", "earshot_" KEY },
        { "__Host-earshot=" KEY, "Bearer earshot_" KEY, false, "", "earshot_" KEY },
        { "__Host-earshot=" KEY, "Bearer earshot_" KEY "A", false, "", "-" },
        { "__Host-earshot=" KEY, "Bearer", false, "", "-" },
        { "__Host-earshot=" KEY, "Bearer earshot_" KEY ",Bearer earshot_" KEY, false, "", "-" },
        { NULL, "Bearer " KEY, false, "", "-" },
        /* A proxy's own. */
        { "__Host-earshot=" KEY, "Basic dXNlcjpwYXNz", false, KEY, "" },
        { "__Host-earshot=" KEY, "", false, KEY, "" },
        { NULL, "earshot_" KEY, false, "", "" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct exchange *x = exchange_new();
        /* Exact, on the heap: one byte too far is seen. */
        char *cookie = rows[i].cookie ? strdup(rows[i].cookie) : NULL;

        credentials_read(slice_of(cookie, cookie ? strlen(cookie) : 0),
                         slice_of_text(rows[i].authorization), rows[i].plain, x);
        if (strcmp(x->session, rows[i].session) != 0 || strcmp(x->token, rows[i].token) != 0)
            fail_msg("row %zu: '%s' '%s'", i, x->session, x->token);
        free(cookie);
        exchange_free(x);
    }
}

static void test_cookie(void **state)
{
    struct exchange *x = exchange_new();

    (void)state;
    credentials_set_cookie(x, KEY, false);
    assert_string_equal(x->set_cookie,
                        "__Host-earshot=" KEY "; Path=/; HttpOnly; SameSite=Strict; Secure");
    credentials_set_cookie(x, "", true);
    assert_string_equal(x->set_cookie, "earshot=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    exchange_free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_page),      cmocka_unit_test(test_every_role_every_route),
        cmocka_unit_test(test_nobody),    cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_no_access), cmocka_unit_test(test_credentials),
        cmocka_unit_test(test_cookie),
    };

    return cmocka_run_group_tests(tests, make_scene, drop_scene);
}
