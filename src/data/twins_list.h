/* twins_list.h - the titles that a catalogue holds under several ids, for the description of a data set. */
#ifndef DATA_TWINS_LIST_H
#define DATA_TWINS_LIST_H

#include "data/twins.h"

#include <jansson.h>
#include <stdio.h>

/* "Chasing Amy: 246, 268", the first `max` of them. */
void twins_print(FILE *f, const struct twins *twins, const struct llmx_data *data, int max);

/* [{"title":"Chasing Amy","items":["246","268"]}, ...] */
json_t *twins_json(const struct twins *twins, const struct llmx_data *data);

#endif
