/* stop.c - a wish to stop: an int that is atomic without C11's types, which C++ does not know. */
#include "llmxrec/error.h"

#include <stddef.h>

void llmx_stop_ask(struct llmx_stop *stop)
{
    __atomic_store_n(&stop->asked, 1, __ATOMIC_RELEASE);
}

int llmx_stop_asked(const struct llmx_stop *stop)
{
    return stop != NULL && __atomic_load_n(&stop->asked, __ATOMIC_ACQUIRE);
}
