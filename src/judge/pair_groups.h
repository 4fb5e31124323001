/* pair_groups.h - whose pairs are alike, and so are drawn together. */
#ifndef JUDGE_PAIR_GROUPS_H
#define JUDGE_PAIR_GROUPS_H

#include "llmxrec/pairs.h"

#include <stdint.h>

/* Numbers pairs by user where all have one, else by item, else by prompt, else each by itself; returns which: "users",
 * "items", "prompts" or "pairs". NULL when memory is out.
 * group     (n) 0 to *groups - 1, in order of appearance */
const char *pair_groups(const struct llmx_pair *const *pair, size_t n, int32_t *group,
                        uint32_t *groups, struct llmx_error *err);

/* Numbers pairs by prompt alone; all of one prompt where none is known. 0, or -1 when memory is out. */
int pair_prompts(const struct llmx_pair *const *pair, size_t n, int32_t *group, uint32_t *groups,
                 struct llmx_error *err);

#endif
