/* adapter_notes.h - what an adapter was tuned for, beside what PEFT keeps (read by llmx_adapter_template). */
#ifndef LLM_ADAPTER_NOTES_H
#define LLM_ADAPTER_NOTES_H

#include "base/err.h"

#include <stddef.h>

#define ADAPTER_NOTES "llmxrec.json"

/* ADAPTER/llmxrec.json: the template that its examples were made with (NULL: none, or several), and how large the file of
 * examples is and its hash, so that whoever has it can see whether it is that one. */
int adapter_notes_write(const char *path, const char *template, const char *examples_path,
                        struct llmx_error *err);

enum adapter_examples { ADAPTER_EXAMPLES_UNKNOWN, ADAPTER_EXAMPLES_GONE, ADAPTER_EXAMPLES_THERE };

/* Where the examples lie that an adapter of `llmxrec tune` learnt from (config.yaml), and whether they are there as they were;
 * an enum adapter_examples, or -1. */
int adapter_notes_examples(const char *path, char *examples_path, size_t size,
                           struct llmx_error *err);

#endif
