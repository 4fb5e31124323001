/* printing.h - what the printed views have alike: figures with intervals, notes in words, JSON. */
#ifndef STATISTICS_PRINTING_H
#define STATISTICS_PRINTING_H

#include "llmxrec/statistics.h"

#include <jansson.h>
#include <stdio.h>

/* "0.500 [ 0.450, 0.550]" at the right of `width` columns, 24 at least; "-" for NaN. */
void print_interval(const struct llmx_interval *interval, int width, FILE *stream);

/* Adds a sentence (printf-like, without a full stop) to a list of notes. */
void add_note(json_t *notes, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A line for each of them. */
void print_notes(const json_t *notes, FILE *stream);

/* Writes an object, which it takes over; NULL: memory was out when it was made. 0, or -1: LLMX_NO_MEMORY */
int print_object(json_t *object, FILE *stream, struct llmx_error *err);

#endif
