/* plain_json.h - jansson's readers and writers in the C locale (plain.h). By itself jansson asks the process's
 * locale for each real, and aborts where the decimal point has two bytes. Parameters and results are jansson's. */
#ifndef BASE_PLAIN_JSON_H
#define BASE_PLAIN_JSON_H

#include <jansson.h>
#include <stdio.h>

json_t *plain_json_loadb(const char *bytes, size_t n, size_t flags, json_error_t *error);
char *plain_json_dumps(const json_t *json, size_t flags);
int plain_json_dumpf(const json_t *json, FILE *stream, size_t flags);

#endif
