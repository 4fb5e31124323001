/* model.h - the small model of tests/golden, for tests of what is built on one. */
#ifndef TESTS_MODEL_H
#define TESTS_MODEL_H

#include "llmxrec/llm.h"

/* Its weights are random; it computes in F32 and is spoken to in ChatML. Fails the test rather than returning NULL.
 * Destroy it. */
struct llmx_model *test_model(int threads);

#endif
