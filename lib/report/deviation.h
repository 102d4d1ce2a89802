/*
 * What a result is made of, held against a protocol.
 */
#ifndef RL_REPORT_DEVIATION_H
#define RL_REPORT_DEVIATION_H

#include "report/page.h"

#include <jansson.h>

/* One text for each group of facts that are others than the protocol's, and one for all that the
 * result does not say: ["data: train images 60 (page: 1,281,167)", "not recorded: network"].
 * Empty without a protocol.  New reference. */
json_t *rl_deviations(const json_t *result, const struct rl_page_group *protocol);

/* All of a result's setup in one text, "" when there is none.  free() it. */
char *rl_setup_text(const json_t *result);

#endif
