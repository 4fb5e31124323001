#include "judge/pair_groups.h"

#include "base/names.h"

#include <stdbool.h>
#include <string.h>

static const char *user_of(const struct llmx_pair *pair)
{
    return pair->user;
}

static const char *item_of(const struct llmx_pair *pair)
{
    return pair->item;
}

static const char *prompt_of(const struct llmx_pair *pair)
{
    return *pair->prompt ? pair->prompt : NULL;
}

static const struct {
    const char *name;
    const char *(*of)(const struct llmx_pair *pair);
} kinds[] = {{"users", user_of}, {"items", item_of}, {"prompts", prompt_of}};
#define KINDS  (sizeof kinds / sizeof *kinds)
#define PROMPT (KINDS - 1)

static int number(const struct llmx_pair *const *pair, size_t n, size_t kind, int32_t *group,
                  uint32_t *groups, struct llmx_error *err)
{
    struct names names = {0};
    int64_t found = 0;
    for (size_t i = 0; i < n && found >= 0; i++) {
        const char *name = kinds[kind].of(pair[i]);
        found = names_add(&names, name ? name : "", name ? strlen(name) : 0, err);
        group[i] = (int32_t)found;
    }
    *groups = names.count;
    names_release(&names);
    return found < 0 ? -1 : 0;
}

static bool all_have(const struct llmx_pair *const *pair, size_t n, size_t kind)
{
    for (size_t i = 0; i < n; i++)
        if (!kinds[kind].of(pair[i]))
            return false;
    return true;
}

const char *pair_groups(const struct llmx_pair *const *pair, size_t n, int32_t *group,
                        uint32_t *groups, struct llmx_error *err)
{
    for (size_t kind = 0; kind < KINDS; kind++)
        if (all_have(pair, n, kind))
            return number(pair, n, kind, group, groups, err) == 0 ? kinds[kind].name : NULL;
    for (size_t i = 0; i < n; i++)
        group[i] = (int32_t)i;
    *groups = (uint32_t)n;
    return "pairs";
}

int pair_prompts(const struct llmx_pair *const *pair, size_t n, int32_t *group, uint32_t *groups,
                 struct llmx_error *err)
{
    return number(pair, n, PROMPT, group, groups, err);
}
