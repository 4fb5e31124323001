/* gate.h - what stands behind llmxrec/gate.h. */
#ifndef GATE_GATE_H
#define GATE_GATE_H

#include "gate/catalogue.h"
#include "llmxrec/gate.h"

struct llmx_gate {
    struct catalogue *catalogue; /* which prompts are made from as well */
};

#endif
