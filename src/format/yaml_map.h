/* yaml_map.h - a YAML file of lines `key: value`, where a value is a word, a list, or a map again. A key stands in a map once.
 *
 *     struct yaml_map map;
 *     if (yaml_map_open(&map, path, LLMX_BAD_INPUT, err) == 0)
 *         for (int i = 0; i < map.root.n; i++)
 *             ... map.root.items[i].key ...
 *     yaml_map_release(&map);
 */
#ifndef FORMAT_YAML_MAP_H
#define FORMAT_YAML_MAP_H

#include "base/arena.h"
#include "base/text.h"

#define YAML_DEPTH_MAX                                                                             \
    8 /* lists and maps within one another; an alias can make one that holds itself */
#define YAML_VALUES_MAX 65536 /* in a file, counted as often as aliases repeat them */

enum yaml_kind { YAML_WORD, YAML_LIST, YAML_MAP };

struct yaml_value {
    enum yaml_kind kind;
    const char *key;          /* in a map; NULL in a list */
    long line;                /* where its key, or without one itself, begins; from 1 */
    const char *word;         /* of a word as it stands, without quotes */
    struct yaml_value *items; /* (n) of a list or map, in the file's order */
    int n;
};

struct yaml_map {
    struct yaml_value root; /* a map; of an empty file an empty one */
    struct arena texts;     /* all of it */
};

/* path   for messages
 * code   what an error in the file is called: LLMX_BAD_INPUT or LLMX_BAD_OPTION; the message has file and line
 * After a failure there is nothing to release. */
int yaml_map_parse(struct yaml_map *map, const char *bytes, size_t n, const char *path,
                   enum llmx_code code, struct llmx_error *err);
int yaml_map_open(struct yaml_map *map, const char *path, enum llmx_code code,
                  struct llmx_error *err);
void yaml_map_release(struct yaml_map *map);

/* Appends a text as a double-quoted word, which reads as the same text again. */
void yaml_put_quoted(struct text *out, const char *s);

#endif
