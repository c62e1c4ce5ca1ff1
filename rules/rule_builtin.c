#include "rules/rule_builtin.h"

/* clang-format off */
const struct rule_builtin rule_builtins[RULE_BUILTINS] = {
    { SLICE_INIT("probe-silent"), SLICE_INIT("critical"), SLICE_INIT("the web process"),
      SLICE_INIT("The probe of this store says nothing any more: no calls are recorded, and no other alert "
                 "can be raised. As info: it was stopped in order, and is not back."),
      SLICE_INIT("The probe writes a line with its figures to live.sock every second, calls or not. A minute "
                 "without one is no restart any more. A run that ends in order takes STORE/RUNNING away, one "
                 "that died or hangs does not: that tells who stopped it. Over with the first line that "
                 "comes. When the machine or the web process is gone too nobody is left to tell: a receiver "
                 "of kind heartbeat has an outside service notice that."),
      SLICE_INIT("See whether the process is there (systemctl status earshot, journalctl -u earshot -n 50) and "
                 "start it. A probe that was killed by the kernel stands in dmesg; one that hangs is worth a "
                 "gcore before the restart.") },
    { SLICE_INIT("store_pressure"), SLICE_INIT("critical"), SLICE_INIT("the probe"),
      SLICE_INIT("The store takes in less of the media than it should, for want of room or because the disk is "
                 "too slow or refuses."),
      SLICE_INIT("retention.free_percent and retention.free_size say what stays free; docs/STORE.md has the "
                 "steps and their limits."),
      SLICE_INIT("'earshot store status' says what takes the room. Lower a limit of retention.*, give the store "
                 "a larger disk, or see what else writes to it.") },
};
/* clang-format on */

const struct rule_builtin *rule_builtin_find(struct slice name)
{
    for (size_t i = 0; i < RULE_BUILTINS; i++) {
        if (slice_eq(rule_builtins[i].name, name))
            return &rule_builtins[i];
    }
    return NULL;
}
