/* opened.h - the gate over a data set, and one checker, for tests that need no more: define OPENED, the data set, in front of
 * it. */
#ifndef TESTS_GATE_OPENED_H
#define TESTS_GATE_OPENED_H

#include "llmxrec/gate.h"
#include "support/test.h"

static struct llmx_data *data;
static struct llmx_gate *gate;
static struct llmx_checker *checker;

static void open_data(const char *path)
{
    struct llmx_error err;
    if (llmx_data_open(&data, path, NULL, &err) != 0 || llmx_gate_open(&gate, data, &err) != 0 ||
        llmx_checker_create(&checker, gate, &err) != 0)
        fail_msg("%s", err.message);
}

static int open_all(void **state)
{
    (void)state;
    open_data(OPENED);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    llmx_checker_destroy(checker);
    llmx_gate_destroy(gate);
    llmx_data_destroy(data);
    return 0;
}

#endif
