#include "llmxrec/facts.h"

static const char *const names[LLMX_FACT_KINDS + 1] = {
    [LLMX_FACT_WEIGHT] = "weight", [LLMX_FACT_COMPANY] = "company",
    [LLMX_FACT_LIKED] = "liked",   [LLMX_FACT_SHARED] = "shared",
    [LLMX_FACT_HABIT] = "habit",   [LLMX_FACT_NOT_SHARED] = "not_shared",
    [LLMX_FACT_REACH] = "reach",   [LLMX_FACT_RECENT] = "recent",
};

const char *llmx_fact_name(int kind)
{
    return kind >= 0 && kind < LLMX_FACT_KINDS ? names[kind] : NULL;
}
