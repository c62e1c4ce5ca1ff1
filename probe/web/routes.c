#include "probe/web/routes.h"

static const struct route routes[] = {
    { "/api/v1/session", EXCHANGE_GET, RIGHT_OPEN, NULL, PARAMS_NONE, true, api_session_get },
    { "/api/v1/session", EXCHANGE_POST, RIGHT_OPEN, "login", PARAMS_NONE, true, api_session_login },
    { "/api/v1/session", EXCHANGE_DELETE, RIGHT_SELF, "logout", PARAMS_NONE, true,
      api_session_logout },
    { "/api/v1/session/setup", EXCHANGE_POST, RIGHT_OPEN, "setup", PARAMS_NONE, true,
      api_session_setup },
    { "/api/v1/session/password", EXCHANGE_POST, RIGHT_SELF, "password", PARAMS_NONE, true,
      api_session_password },
    { "/api/v1/live/ticket", EXCHANGE_POST, RIGHT_SEE, NULL, PARAMS_NONE, true,
      api_session_live_ticket },
    { "/api/v1/users", EXCHANGE_GET, RIGHT_ADMIN, NULL, PARAMS_NONE, true, api_users_get },
    { "/api/v1/users", EXCHANGE_POST, RIGHT_ADMIN, "user", PARAMS_NONE, true, api_users_add },
    { "/api/v1/users/@", EXCHANGE_POST, RIGHT_ADMIN, "user", PARAMS_NONE, true, api_users_change },
    { "/api/v1/users/@", EXCHANGE_DELETE, RIGHT_ADMIN, "user", PARAMS_NONE, true,
      api_users_remove },
    { "/api/v1/tokens", EXCHANGE_GET, RIGHT_SELF, NULL, PARAMS_NONE, true, api_tokens_get },
    { "/api/v1/tokens", EXCHANGE_POST, RIGHT_SELF, "token", PARAMS_NONE, true, api_tokens_add },
    { "/api/v1/tokens/#", EXCHANGE_DELETE, RIGHT_SELF, "token", PARAMS_NONE, true, api_tokens_end },
    { "/api/v1/calls", EXCHANGE_GET, RIGHT_SEE, "search", PARAMS_SEARCH, false,
      api_search_get_calls },
    { "/api/v1/calls/*", EXCHANGE_GET, RIGHT_SEE, "open", PARAMS_NONE, false, api_call_get },
    { "/api/v1/calls/*/messages", EXCHANGE_GET, RIGHT_SIGNALLING, "read", PARAMS_LEGS, false,
      api_call_get_messages },
    { "/api/v1/calls/*/pcap", EXCHANGE_GET, RIGHT_PACKETS, "download",
      PARAMS_PACKETS | PARAMS_SIGNED, false, api_get_packets },
    { "/api/v1/calls/*/audio", EXCHANGE_GET, RIGHT_SOUND, "listen", PARAMS_SOUND, false,
      api_get_sound },
    { "/api/v1/calls/*/audio/peaks", EXCHANGE_GET, RIGHT_SOUND, NULL, PARAMS_PEAKS, false,
      api_get_peaks },
    { "/api/v1/export", EXCHANGE_GET, RIGHT_PACKETS, "export", PARAMS_EXPORT, false,
      api_get_export },
    { "/api/v1/alerts", EXCHANGE_GET, RIGHT_SEE, NULL, PARAMS_PAGE | PARAMS_ALERTS, false,
      api_alerts_get_list },
    { "/api/v1/alerts/*", EXCHANGE_GET, RIGHT_SEE, NULL, PARAMS_NONE, false, api_alerts_get_one },
    { "/api/v1/alerts/*/ack", EXCHANGE_POST, RIGHT_HANDLE, "acknowledge", PARAMS_NONE, false,
      api_alerts_ack },
    { "/api/v1/alerts/*/ack", EXCHANGE_DELETE, RIGHT_HANDLE, "acknowledge", PARAMS_NONE, false,
      api_alerts_unack },
    { "/api/v1/silences", EXCHANGE_GET, RIGHT_SEE, NULL, PARAMS_SILENCES, true, api_silences_get },
    { "/api/v1/silences", EXCHANGE_POST, RIGHT_HANDLE, "silence", PARAMS_NONE, true,
      api_silences_add },
    { "/api/v1/silences/#", EXCHANGE_DELETE, RIGHT_HANDLE, "silence", PARAMS_NONE, true,
      api_silences_end },
    { "/api/v1/deliveries", EXCHANGE_GET, RIGHT_SEE, NULL, PARAMS_DELIVERIES, true,
      api_deliveries_get },
    { "/api/v1/deliveries/replay", EXCHANGE_POST, RIGHT_HANDLE, "resend", PARAMS_NONE, true,
      api_deliveries_replay_all },
    { "/api/v1/deliveries/#/replay", EXCHANGE_POST, RIGHT_HANDLE, "resend", PARAMS_NONE, true,
      api_deliveries_replay },
    { "/api/v1/receivers", EXCHANGE_GET, RIGHT_SEE, NULL, PARAMS_NONE, true,
      api_deliveries_get_receivers },
    { "/api/v1/receivers/@/test", EXCHANGE_POST, RIGHT_HANDLE, "test", PARAMS_NONE, true,
      api_deliveries_test_receiver },
    { "/api/v1/rules", EXCHANGE_GET, RIGHT_SEE, NULL, PARAMS_NONE, true, api_rules_get },
    { "/api/v1/rules/@/test", EXCHANGE_POST, RIGHT_HANDLE, "test", PARAMS_NONE, true,
      api_rules_test },
    { "/api/v1/audit", EXCHANGE_GET, RIGHT_TRAIL, "trail", PARAMS_AUDIT, true, api_audit_get },
    { "/api/v1/certificates", EXCHANGE_GET, RIGHT_SEE, NULL, PARAMS_PAGE | PARAMS_CERTIFICATES,
      false, api_certificates_get },
    { "/api/v1/openapi.json", EXCHANGE_GET, RIGHT_OPEN, NULL, PARAMS_NONE, true, api_openapi_get },
    { "/api/v1/overview", EXCHANGE_GET, RIGHT_SEE, NULL, PARAMS_OVERVIEW, false, api_overview_get },
    { "/api/v1/trunks/health", EXCHANGE_GET, RIGHT_SEE, NULL, PARAMS_SPAN, false,
      api_health_of_trunks_get },
    { "/api/v1/trunks", EXCHANGE_GET, RIGHT_SEE, NULL, PARAMS_WINDOW, false, api_trunks_get },
    { "/api/v1/registrations/now", EXCHANGE_GET, RIGHT_SEE, NULL, PARAMS_REGISTRATIONS, false,
      api_registrations_get_now },
    { "/api/v1/registrations", EXCHANGE_GET, RIGHT_SEE, NULL, PARAMS_PAGE, false,
      api_lists_get_registrations },
    { "/api/v1/peers", EXCHANGE_GET, RIGHT_SEE, NULL, PARAMS_PAGE, false, api_lists_get_peers },
    { "/api/v1/security/sources", EXCHANGE_GET, RIGHT_SEE, NULL, PARAMS_SPAN | PARAMS_SOURCES,
      false, api_security_get_sources },
    { "/api/v1/security", EXCHANGE_GET, RIGHT_SEE, NULL, PARAMS_PAGE, false,
      api_lists_get_security },
    { "/api/v1/transactions", EXCHANGE_GET, RIGHT_SEE, NULL, PARAMS_PAGE | PARAMS_TRANSACTIONS,
      false, api_transactions_get },
    { "/api/v1/deviations", EXCHANGE_GET, RIGHT_SEE, NULL, PARAMS_NONE, false,
      api_lists_get_deviations },
    { "/api/v1/facets", EXCHANGE_GET, RIGHT_SEE, NULL, PARAMS_FACETS, false, api_facets_get },
    { "/api/v1/fields", EXCHANGE_GET, RIGHT_SEE, NULL, PARAMS_NONE, false, api_search_get_fields },
    { "/api/v1/stats", EXCHANGE_GET, RIGHT_SEE, NULL, PARAMS_NONE, false, api_stats_get },
    { "/api/v1/probe", EXCHANGE_GET, RIGHT_SEE, NULL, PARAMS_NONE, true, api_probe_get },
    { "/api/v1/store", EXCHANGE_GET, RIGHT_SEE, NULL, PARAMS_NONE, false, api_store_get },
    { "/healthz", EXCHANGE_GET, RIGHT_OPEN, NULL, PARAMS_NONE, true, api_health_get },
    { "/readyz", EXCHANGE_GET, RIGHT_OPEN, NULL, PARAMS_NONE, true, api_health_get_ready },
    { "/metrics", EXCHANGE_GET, RIGHT_METRICS, NULL, PARAMS_NONE, true, api_metrics_get },
};
enum { ROUTES = sizeof routes / sizeof *routes };

static bool matches(const char *pattern, struct slice path, struct route_variable *v)
{
    struct slice p = slice_of_text(pattern);

    *v = (struct route_variable){ 0 };
    while (p.len && path.len) {
        struct slice want = slice_cut(&p, '/');
        struct slice have = slice_cut(&path, '/');

        if (want.len == 1 && strchr("*#@", want.p[0]))
            *v = (struct route_variable){ want.p[0], have };
        else if (!slice_eq(want, have))
            return false;
    }
    return p.len == 0 && path.len == 0;
}

const struct route *routes_find(struct slice path, uint8_t method, struct route_variable *v)
{
    for (size_t i = 0; i < ROUTES; i++) {
        if (routes[i].method == method && matches(routes[i].path, path, v))
            return &routes[i];
    }
    return NULL;
}

unsigned routes_methods(struct slice path)
{
    static const unsigned bits[] = {
        [EXCHANGE_GET] = ROUTE_GET, [EXCHANGE_POST] = ROUTE_POST, [EXCHANGE_DELETE] = ROUTE_DELETE
    };
    unsigned methods = 0;
    struct route_variable v;

    for (size_t i = 0; i < ROUTES; i++) {
        if (matches(routes[i].path, path, &v))
            methods |= bits[routes[i].method];
    }
    return methods ? methods : ROUTE_GET;
}

size_t routes_index(const struct route *route)
{
    return (size_t)(route - routes);
}

const struct route *routes_at(size_t index)
{
    return index < ROUTES ? &routes[index] : NULL;
}
