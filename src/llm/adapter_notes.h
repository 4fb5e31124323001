/* adapter_notes.h - what an adapter was tuned for, beside what PEFT keeps (read by llmx_adapter_template). */
#ifndef LLM_ADAPTER_NOTES_H
#define LLM_ADAPTER_NOTES_H

#include "base/err.h"

#define ADAPTER_NOTES "llmxrec.json"

/* ADAPTER/llmxrec.json: the template that its examples were made with. */
int adapter_notes_write(const char *path, const char *template, struct llmx_error *err);

#endif
