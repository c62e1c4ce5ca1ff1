/* Who may: logging in, sessions, tokens, one-time links; two processes on one store. Times are given, so
 * nothing waits; a password costs some hundredths of a second, so there are few. */
#include "probe/access/access.h"
#include "probe/access/sessions.h"
#include "probe/access/tickets.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW   INT64_C(1795254000)
#define RIGHT "correct horse battery"
#define NEW   "another horse altogether"

struct scene {
    char *dir;
    struct access *access;
};

static struct addr address(uint8_t last)
{
    return addr_v4((const uint8_t[]){ 192, 0, 2, last }, 4000);
}

static struct access *open_access(const char *dir)
{
    struct access *a;

    assert_int_equal(access_open(&a, &(struct access_options){ .store_dir = dir }), 0);
    return a;
}

static int add_user(struct access *a, const char *name, enum role role, const char *password,
                    char link[SECRET_KEY_LEN + 1])
{
    const char *why;

    return access_add_user(
        a, &(struct access_change){ .name = slice_of_text(name), .role = role, .now_s = NOW },
        slice_of_text(password), link, &why);
}

/* Made once: it takes its time. */
static char right_hash[PASSWORD_HASH_MAX];

static int make_scene(void **state)
{
    struct scene *s = calloc(1, sizeof *s);
    struct access_db *d;

    s->dir = strdup("/tmp/earshot-access-XXXXXX");
    if (!mkdtemp(s->dir))
        return -1;
    s->access = open_access(s->dir);
    if (!right_hash[0])
        assert_int_equal(password_hash(SLICE(RIGHT), right_hash), 0);
    assert_int_equal(access_db_open(&d, s->dir), 0);
    assert_true(users_add(d, SLICE("root"), ROLE_ADMIN, right_hash, NOW) > 0);
    access_db_close(d);
    *state = s;
    return 0;
}

static int remove_store(const char *dir)
{
    static const char *const files[] = { "access.sqlite", "access.sqlite-wal",
                                         "access.sqlite-shm" };
    char path[128];

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, files[i]);
        unlink(path);
    }
    return rmdir(dir);
}

static int drop_scene(void **state)
{
    struct scene *s = *state;

    access_close(s->access);
    if (remove_store(s->dir) != 0)
        return -1;
    free(s->dir);
    free(s);
    return 0;
}

static int log_in(struct access *a, const char *name, const char *password, int64_t now_s,
                  const struct identity *before, struct access_entry *out)
{
    return access_login(a,
                        &(struct access_attempt){ .name = slice_of_text(name),
                                                  .password = slice_of_text(password),
                                                  .from = address(1),
                                                  .now_s = now_s,
                                                  .before = before },
                        out);
}

/* A session of root's without a password: hashing takes its time. */
static void begin_session(struct scene *s, struct access_entry *out, int64_t now_s)
{
    struct session session = { .user = 1, .created_s = now_s, .used_s = now_s };
    struct access_db *d;

    assert_int_equal(access_db_open(&d, s->dir), 0);
    secret_key_make(out->secret, session.key);
    assert_int_equal(sessions_add(d, &session), 0);
    access_db_close(d);
    access_close(s->access);
    s->access = open_access(s->dir);
    assert_int_equal(access_by_session(s->access, slice_of_text(out->secret), now_s, &out->who), 0);
}

static int ask(struct access *a, const struct access_entry *entry, int64_t now_s)
{
    struct identity who;

    return access_by_session(a, slice_of_text(entry->secret), now_s, &who);
}

/* The whole database as bytes. */
static bool is_in_file(const char *dir, const char *text)
{
    static const char *const files[] = { "access.sqlite", "access.sqlite-wal" };
    bool found = false;

    for (size_t f = 0; f < 2; f++) {
        char path[128], *bytes = malloc(1 << 20);
        FILE *file;
        size_t n, len = strlen(text);

        snprintf(path, sizeof path, "%s/%s", dir, files[f]);
        file = fopen(path, "rb");
        n = file ? fread(bytes, 1, 1 << 20, file) : 0;
        if (file)
            fclose(file);
        for (size_t i = 0; i + len <= n && !found; i++)
            found = memcmp(bytes + i, text, len) == 0;
        free(bytes);
    }
    return found;
}

static void test_login(void **state)
{
    struct scene *s = *state;
    struct access_entry first, second;
    struct identity who;
    struct stat st;
    char path[128];

    assert_int_equal(log_in(s->access, "root", "wrong horse battery", NOW, NULL, &first), -EACCES);
    assert_int_equal(log_in(s->access, "nobody", RIGHT, NOW, NULL, &first), -EACCES);
    assert_int_equal(log_in(s->access, "Root", RIGHT, NOW, NULL, &first), 0);
    assert_string_equal(first.who.name, "root");
    assert_int_equal(first.who.rights, role_rights(ROLE_ADMIN));
    assert_int_equal(access_by_session(s->access, slice_of_text(first.secret), NOW, &who), 0);
    assert_int_equal(who.expires_s, NOW + ACCESS_IDLE_S);
    assert_false(identity_is_masked(&who));

    /* What a browser had before is no session any more, and never becomes one. */
    assert_int_equal(log_in(s->access, "root", RIGHT, NOW + 1, &first.who, &second), 0);
    assert_string_not_equal(first.secret, second.secret);
    assert_int_equal(ask(s->access, &first, NOW + 1), -ENOENT);
    assert_int_equal(ask(s->access, &second, NOW + 1), 0);

    /* Only hashes are kept. */
    assert_false(is_in_file(s->dir, second.secret));
    assert_false(is_in_file(s->dir, RIGHT));
    assert_true(is_in_file(s->dir, "$argon2id$v=19$m=65536,t=2,p=1$"));
    snprintf(path, sizeof path, "%s/access.sqlite", s->dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);

    assert_int_equal(access_logout(s->access, &second.who), 0);
    assert_int_equal(ask(s->access, &second, NOW + 2), -ENOENT);
}

static void test_session_ends(void **state)
{
    struct scene *s = *state;
    struct access_entry entry;
    int64_t at = NOW;

    begin_session(s, &entry, NOW);
    assert_int_equal(ask(s->access, &entry, NOW + ACCESS_IDLE_S - 1), 0);
    assert_int_equal(ask(s->access, &entry, NOW + 2 * ACCESS_IDLE_S - 2), 0);
    assert_true(access_still_may(s->access, &entry.who, RIGHT_SEE, NOW + 2 * ACCESS_IDLE_S));
    assert_int_equal(ask(s->access, &entry, NOW + 3 * ACCESS_IDLE_S), -ENOENT);
    assert_false(access_still_may(s->access, &entry.who, RIGHT_SEE, NOW + 3 * ACCESS_IDLE_S));

    /* However busy, it ends. */
    begin_session(s, &entry, NOW);
    while (at + 1000 < NOW + ACCESS_SESSION_S) {
        at += 1000;
        assert_int_equal(ask(s->access, &entry, at), 0);
    }
    assert_int_equal(ask(s->access, &entry, NOW + ACCESS_SESSION_S), -ENOENT);
}

/* Another process, as `earshot user` is. */
static void test_other_process(void **state)
{
    struct scene *s = *state;
    struct access *shell = open_access(s->dir);
    struct access_entry entry;
    struct access_change change = { .name = SLICE("ann"), .now_s = NOW };
    char link[SECRET_KEY_LEN + 1];
    const char *why;

    assert_int_equal(add_user(shell, "ann", ROLE_MEDIA, RIGHT, link), 0);
    assert_int_equal(add_user(s->access, "ANN", ROLE_MEDIA, NULL, link), -EEXIST);
    assert_int_equal(log_in(s->access, "ann", RIGHT, NOW, NULL, &entry), 0);
    assert_true(access_still_may(s->access, &entry.who, RIGHT_SOUND, NOW));

    change.role = ROLE_VIEWER;
    assert_int_equal(access_change_user(shell, &change, link), 0);
    assert_int_equal(ask(s->access, &entry, NOW + 1), 0);
    assert_false(access_still_may(s->access, &entry.who, RIGHT_SOUND, NOW + 1));
    assert_true(access_still_may(s->access, &entry.who, RIGHT_SEE, NOW + 1));

    /* A restart of the server ends no session. */
    access_close(s->access);
    s->access = open_access(s->dir);
    assert_int_equal(ask(s->access, &entry, NOW + 2), 0);

    change = (struct access_change){
        .name = SLICE("ann"), .sets_disabled = true, .is_disabled = true, .now_s = NOW
    };
    assert_int_equal(access_change_user(shell, &change, link), 0);
    assert_int_equal(ask(s->access, &entry, NOW + 3), -ENOENT);
    assert_false(access_still_may(s->access, &entry.who, RIGHT_SEE, NOW + 3));
    assert_int_equal(log_in(s->access, "ann", RIGHT, NOW + 3, NULL, &entry), -EACCES);
    change.is_disabled = false;
    assert_int_equal(access_change_user(shell, &change, link), 0);
    assert_int_equal(access_set_password(shell, SLICE("ann"), SLICE("too short"), NOW, &why),
                     -EINVAL);
    assert_int_equal(access_set_password(shell, SLICE("ann"), SLICE(NEW), NOW, &why), 0);
    assert_int_equal(log_in(s->access, "ann", NEW, NOW + 4, NULL, &entry), 0);
    assert_int_equal(access_remove_user(shell, SLICE("ann")), 0);
    assert_int_equal(ask(s->access, &entry, NOW + 5), -ENOENT);
    access_close(shell);
}

static int enter(struct access *a, const char *key, const char *name, const char *password,
                 int64_t now_s, struct access_entry *out)
{
    return access_enter(a, slice_of_text(key),
                        &(struct access_attempt){ .name = slice_of_text(name),
                                                  .password = slice_of_text(password),
                                                  .from = address(2),
                                                  .now_s = now_s },
                        out);
}

static void test_setup(void **state)
{
    char dir[] = "/tmp/earshot-access-XXXXXX", key[SECRET_KEY_LEN + 1], older[SECRET_KEY_LEN + 1];
    struct access *a;
    struct scene *s = *state;
    struct access_entry entry;

    assert_int_equal(access_make_setup_key(s->access, key), -EEXIST);
    assert_false(access_needs_setup(s->access));

    assert_non_null(mkdtemp(dir));
    a = open_access(dir);
    assert_true(access_needs_setup(a));
    assert_int_equal(access_make_setup_key(a, older), 0);
    assert_int_equal(access_make_setup_key(a, key), 0);
    assert_int_equal(enter(a, older, "ann", RIGHT, NOW, &entry), -ENOENT);
    assert_int_equal(enter(a, "", "ann", RIGHT, NOW, &entry), -ENOENT);
    assert_int_equal(enter(a, key, "ann", "short", NOW, &entry), -EINVAL);
    assert_non_null(entry.why);
    assert_int_equal(enter(a, key, "../ann", RIGHT, NOW, &entry), -EINVAL);
    assert_int_equal(enter(a, key, "ann", RIGHT, NOW, &entry), 0);
    assert_int_equal(entry.who.role, ROLE_ADMIN);
    assert_int_equal(ask(a, &entry, NOW), 0);
    assert_false(access_needs_setup(a));
    assert_int_equal(enter(a, key, "bob", RIGHT, NOW, &entry), -ENOENT);
    access_close(a);
    assert_int_equal(remove_store(dir), 0);
}

static void test_invite(void **state)
{
    struct scene *s = *state;
    char link[SECRET_KEY_LEN + 1], second[SECRET_KEY_LEN + 1];
    struct access_change reset = { .name = SLICE("ann"), .resets = true, .now_s = NOW };
    struct access_entry entry, other;

    assert_int_equal(add_user(s->access, "ann", ROLE_VIEWER, NULL, link), 0);
    assert_false(is_in_file(s->dir, link));
    assert_int_equal(log_in(s->access, "ann", "", NOW, NULL, &entry), -EACCES);
    assert_int_equal(enter(s->access, link, "bob", RIGHT, NOW, &entry), -EINVAL);
    assert_int_equal(enter(s->access, link, NULL, RIGHT, NOW + ACCESS_LINK_HOURS * 3600, &entry),
                     -ENOENT);
    assert_int_equal(enter(s->access, link, NULL, RIGHT, NOW, &entry), 0);
    assert_string_equal(entry.who.name, "ann");
    assert_int_equal(entry.who.role, ROLE_VIEWER);
    assert_true(identity_is_masked(&entry.who));
    assert_int_equal(enter(s->access, link, NULL, NEW, NOW, &other), -ENOENT);

    assert_int_equal(access_change_user(s->access, &reset, link), 0);
    assert_int_equal(ask(s->access, &entry, NOW), -ENOENT);
    assert_int_equal(log_in(s->access, "ann", RIGHT, NOW, NULL, &entry), -EACCES);
    /* The newest link is the only one. */
    assert_int_equal(access_change_user(s->access, &reset, second), 0);
    assert_int_equal(enter(s->access, link, NULL, NEW, NOW, &entry), -ENOENT);
    reset = (struct access_change){
        .name = SLICE("ann"), .sets_disabled = true, .is_disabled = true, .now_s = NOW
    };
    assert_int_equal(access_change_user(s->access, &reset, link), 0);
    assert_int_equal(enter(s->access, second, NULL, NEW, NOW, &entry), -ENOENT);
}

static void test_password_change(void **state)
{
    struct scene *s = *state;
    struct access_entry mine, elsewhere, changed;
    struct access_attempt t = { .password = SLICE("wrong horse battery"),
                                .from = address(1),
                                .now_s = NOW };

    begin_session(s, &mine, NOW);
    begin_session(s, &elsewhere, NOW);
    t.before = &mine.who;
    assert_int_equal(access_change_password(s->access, &t, SLICE(NEW), &changed), -EACCES);
    t.password = SLICE(RIGHT);
    assert_int_equal(access_change_password(s->access, &t, SLICE("root1234567"), &changed),
                     -EINVAL);
    assert_int_equal(access_change_password(s->access, &t, SLICE(NEW), &changed), 0);
    assert_int_equal(ask(s->access, &elsewhere, NOW), -ENOENT);
    assert_int_equal(ask(s->access, &mine, NOW), -ENOENT);
    assert_int_equal(ask(s->access, &changed, NOW), 0);
}

static void test_last_admin(void **state)
{
    struct scene *s = *state;
    struct access_change change = { .name = SLICE("root"), .now_s = NOW };
    char link[SECRET_KEY_LEN + 1];

    assert_int_equal(access_remove_user(s->access, SLICE("root")), -EPERM);
    change.role = ROLE_VIEWER;
    assert_int_equal(access_change_user(s->access, &change, link), -EPERM);
    change = (struct access_change){ .name = SLICE("root"), .sets_disabled = true };
    change.is_disabled = true;
    assert_int_equal(access_change_user(s->access, &change, link), -EPERM);
    change = (struct access_change){ .name = SLICE("root"), .resets = true };
    change.must_leave_admin = true;
    assert_int_equal(access_change_user(s->access, &change, link), -EPERM);
    /* One who has no password yet is no help. */
    assert_int_equal(add_user(s->access, "ann", ROLE_ADMIN, NULL, link), 0);
    assert_int_equal(access_remove_user(s->access, SLICE("root")), -EPERM);
    assert_int_equal(access_remove_user(s->access, SLICE("nobody")), -ENOENT);
    assert_int_equal(access_remove_user(s->access, SLICE("ann")), 0);
}

static bool count_token(void *ctx, const struct token *token)
{
    assert_true(token->expires_s > token->created_s);
    ++*(unsigned *)ctx;
    return true;
}

static void test_tokens(void **state)
{
    struct scene *s = *state;
    struct token token = { .name = "prom", .scopes = RIGHT_METRICS | RIGHT_SEE };
    struct token greedy = { .name = "greedy", .scopes = RIGHT_SEE | RIGHT_PACKETS };
    struct token endless = { .name = "endless", .scopes = RIGHT_SEE | RIGHT_SELF };
    struct identity ann = { .name = "ann" }, root = { .name = "root" }, who;
    struct access_change change = { .name = SLICE("ann"), .now_s = NOW };
    char secret[TOKEN_LEN + 1], other[TOKEN_LEN + 1], link[SECRET_KEY_LEN + 1];
    unsigned count = 0;

    ann.rights = role_rights(ROLE_VIEWER);
    root.rights = role_rights(ROLE_ADMIN);
    assert_int_equal(add_user(s->access, "ann", ROLE_VIEWER, NULL, link), 0);
    assert_int_equal(access_add_token(s->access, &ann, &greedy, 1, NOW, other), -EACCES);
    assert_int_equal(access_add_token(s->access, &ann, &endless, 1, NOW, other), -EACCES);
    assert_int_equal(access_add_token(s->access, &ann, &token, 0, NOW, secret), -EINVAL);
    assert_int_equal(access_add_token(s->access, &ann, &token, 366, NOW, secret), -EINVAL);
    assert_int_equal(access_add_token(s->access, &ann, &token, 2, NOW, secret), 0);
    assert_int_equal(access_add_token(s->access, &ann, &token, 2, NOW, other), -EEXIST);
    assert_int_equal(strlen(secret), TOKEN_LEN);
    assert_false(is_in_file(s->dir, secret + 8));

    assert_int_equal(access_by_token(s->access, slice_of_text(secret), NOW, &who), 0);
    assert_string_equal(who.name, "ann");
    assert_string_equal(who.token, "prom");
    assert_int_equal(who.rights, RIGHT_METRICS | RIGHT_SEE);
    /* One thing is not the other. */
    assert_int_equal(access_by_session(s->access, slice_of_text(secret + 8), NOW, &who), -ENOENT);
    assert_int_equal(access_by_token(s->access, slice_of_text(secret), NOW + 2 * 86400, &who),
                     -ENOENT);

    /* What its user may no more, it may no more. */
    change.role = ROLE_AUDITOR;
    assert_int_equal(access_change_user(s->access, &change, link), 0);
    assert_int_equal(access_by_token(s->access, slice_of_text(secret), NOW + 9, &who), 0);
    assert_int_equal(who.rights, 0);
    assert_int_equal(access_list_tokens(s->access, &ann, count_token, &count), 0);
    assert_int_equal(count, 1);
    greedy.scopes = RIGHT_ADMIN;
    assert_int_equal(access_add_token(s->access, &root, &greedy, 9, NOW, other), 0);
    count = 0;
    assert_int_equal(access_list_tokens(s->access, &root, count_token, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(access_end_token(s->access, &ann, greedy.id), -ENOENT);
    assert_int_equal(access_end_token(s->access, &root, token.id), 0);
    assert_int_equal(access_by_token(s->access, slice_of_text(secret), NOW, &who), -ENOENT);
}

static void test_tickets(void **state)
{
    struct scene *s = *state;
    struct identity ann = { .name = "ann", .key = { 1 } }, bob = { .name = "bob", .key = { 2 } };
    char ticket[SECRET_KEY_LEN + 1];
    struct identity who;

    assert_int_equal(access_make_ticket(s->access, &ann, NOW, ticket), 0);
    assert_false(access_take_ticket(s->access, SLICE("x"), NOW, &who));
    assert_true(access_take_ticket(s->access, slice_of_text(ticket), NOW + 29, &who));
    assert_string_equal(who.name, "ann");
    assert_false(access_take_ticket(s->access, slice_of_text(ticket), NOW + 29, &who));
    assert_int_equal(access_make_ticket(s->access, &ann, NOW, ticket), 0);
    assert_false(access_take_ticket(s->access, slice_of_text(ticket), NOW + TICKET_GOOD_S, &who));
    assert_false(access_take_ticket(s->access, slice_of_text(ticket), NOW - 3600, &who));

    /* One session cannot take them all. */
    for (int i = 1; i < TICKETS_OF_KEY_MAX; i++)
        assert_int_equal(access_make_ticket(s->access, &ann, NOW, ticket), 0);
    assert_int_equal(access_make_ticket(s->access, &ann, NOW, ticket), -ENOSPC);
    assert_int_equal(access_make_ticket(s->access, &bob, NOW, ticket), 0);
    assert_int_equal(access_make_ticket(s->access, &ann, NOW + TICKET_GOOD_S, ticket), 0);
    assert_false(access_still_may(s->access, &ann, RIGHT_SEE, NOW));
}

static void test_many_sessions(void **state)
{
    struct scene *s = *state;
    struct access_entry first, last;
    unsigned i;

    begin_session(s, &first, NOW);
    access_close(s->access);
    {
        struct session session = { .user = 1, .created_s = NOW, .used_s = NOW + 1 };
        struct access_db *d;

        assert_int_equal(access_db_open(&d, s->dir), 0);
        for (i = 0; i < SESSIONS_OF_USER_MAX - 1; i++) {
            session.key[0] = (unsigned char)i;
            assert_int_equal(sessions_add(d, &session), 0);
        }
        access_db_close(d);
    }
    s->access = open_access(s->dir);
    assert_int_equal(ask(s->access, &first, NOW), 0);
    assert_int_equal(log_in(s->access, "root", RIGHT, NOW + 2, NULL, &last), 0);
    assert_int_equal(ask(s->access, &first, NOW + 2), -ENOENT); /* the oldest made room */
    assert_int_equal(ask(s->access, &last, NOW + 2), 0);
}

/* ---- many threads, as a server has ---- */

struct asking {
    struct access *access;
    const char *secret;
    const struct identity *who;
    unsigned known;
};

static void *keep_asking(void *arg)
{
    struct asking *q = arg;
    char ticket[SECRET_KEY_LEN + 1];
    struct identity who;

    for (int i = 0; i < 300; i++) {
        q->known += access_by_session(q->access, slice_of_text(q->secret), NOW + i, &who) == 0;
        access_still_may(q->access, q->who, RIGHT_SEE, NOW + i);
        if (access_make_ticket(q->access, q->who, NOW, ticket) == 0)
            q->known += access_take_ticket(q->access, slice_of_text(ticket), NOW, &who);
    }
    return NULL;
}

static void test_threads(void **state)
{
    struct scene *s = *state;
    struct access_change change = { .name = SLICE("ann"), .now_s = NOW };
    struct access_entry entry;
    struct asking asking[3];
    char link[SECRET_KEY_LEN + 1];
    pthread_t threads[3];

    assert_int_equal(add_user(s->access, "ann", ROLE_VIEWER, NULL, link), 0);
    begin_session(s, &entry, NOW);
    for (size_t i = 0; i < 3; i++) {
        asking[i] = (struct asking){ s->access, entry.secret, &entry.who, 0 };
        assert_int_equal(pthread_create(&threads[i], NULL, keep_asking, &asking[i]), 0);
    }
    for (int i = 0; i < 20; i++) {
        change.role = i % 2 ? ROLE_VIEWER : ROLE_MEDIA;
        assert_int_equal(access_change_user(s->access, &change, link), 0);
    }
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(asking[i].known, 600);
    }
}

static void test_no_store(void **state)
{
    struct access *a = open_access("/tmp/earshot-no-such-store");
    struct access_entry entry;
    char key[SECRET_KEY_LEN + 1];

    (void)state;
    assert_int_equal(access_make_setup_key(a, key), 0);
    assert_int_equal(log_in(a, "ann", RIGHT, NOW, NULL, &entry), -ENOENT);
    assert_int_equal(enter(a, key, "ann", RIGHT, NOW, &entry), -ENOENT);
    access_close(a);
}

static void test_newer(void **state)
{
    struct scene *s = *state;
    char path[128];
    sqlite3 *db;
    struct access_db *d;

    access_close(s->access);
    snprintf(path, sizeof path, "%s/access.sqlite", s->dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(access_db_open(&d, s->dir), -EPROTO);
    s->access = open_access(s->dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_login, make_scene, drop_scene),
        cmocka_unit_test_setup_teardown(test_session_ends, make_scene, drop_scene),
        cmocka_unit_test_setup_teardown(test_other_process, make_scene, drop_scene),
        cmocka_unit_test_setup_teardown(test_setup, make_scene, drop_scene),
        cmocka_unit_test_setup_teardown(test_invite, make_scene, drop_scene),
        cmocka_unit_test_setup_teardown(test_password_change, make_scene, drop_scene),
        cmocka_unit_test_setup_teardown(test_last_admin, make_scene, drop_scene),
        cmocka_unit_test_setup_teardown(test_tokens, make_scene, drop_scene),
        cmocka_unit_test_setup_teardown(test_tickets, make_scene, drop_scene),
        cmocka_unit_test_setup_teardown(test_many_sessions, make_scene, drop_scene),
        cmocka_unit_test_setup_teardown(test_threads, make_scene, drop_scene),
        cmocka_unit_test_setup_teardown(test_newer, make_scene, drop_scene),
        cmocka_unit_test(test_no_store),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
