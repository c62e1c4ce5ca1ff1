#include "probe/engine/stop_signal.h"

#include <signal.h>
#include <string.h>

static volatile sig_atomic_t seen, reload_seen;
static void (*volatile also)(void *ctx);
static void *volatile also_ctx;

static void on_signal(int number)
{
    (void)number;
    seen = 1;
    if (also)
        also(also_ctx);
}

void stop_signal_install(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
}

static void on_reload(int number)
{
    (void)number;
    reload_seen = 1;
}

void stop_signal_watch_reload(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = on_reload;
    sigaction(SIGHUP, &action, NULL);
}

bool stop_signal_take_reload(void)
{
    bool was_seen = reload_seen != 0;

    if (was_seen)
        reload_seen = 0;
    return was_seen;
}

bool stop_signal_seen(void)
{
    return seen != 0;
}

void stop_signal_call(void (*fn)(void *ctx), void *ctx)
{
    also = NULL; /* never one with the other's context */
    also_ctx = ctx;
    also = fn;
    if (seen && fn)
        fn(ctx); /* the signal came first */
}
