/*
 * config_form - what the values of options must look like.
 *
 * Thread  Pure.
 */
#ifndef PROBE_CONFIG_FORM_H
#define PROBE_CONFIG_FORM_H

#include "probe/config_value.h"

extern const struct config_form config_form_keep, config_form_policy, config_form_filter,
    config_form_privacy, config_form_blank, config_form_country, config_form_rule,
    config_form_emergency, config_form_header, config_form_hours, config_form_trunk_name,
    config_form_trunk_address, config_form_inband, config_form_timestamps, config_form_address,
    config_form_url, config_form_port, config_form_log_level, config_form_receiver_name,
    config_form_receiver_kind, config_form_severity, config_form_clock_hours, config_form_days,
    config_form_match, config_form_window, config_form_allow, config_form_host_port,
    config_form_syslog;

/* "07:00-19:00" in full hours. */
bool config_parse_hours(struct slice value, uint8_t *from, uint8_t *to);
/* enum log_level, or −1. */
int config_log_level_find(struct slice name);

#endif
