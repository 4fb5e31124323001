/* json_scan.h - the values of a few keys of one JSON object (RFC 8259), without a tree of the rest: logs of gigabytes
 * are read so. The whole object must be well formed; only what is asked for is copied, and nothing of it is a copy
 * but texts with escapes in them. */
#ifndef FORMAT_JSON_SCAN_H
#define FORMAT_JSON_SCAN_H

#include "format/span.h"

#include <stdbool.h>

#define JSON_DEPTH_MAX 512 /* objects and arrays in one another; deeper ones are an error */

struct json_scan {
    const struct span
        *keys; /* (n_keys) "stars", or "reviewer.id": the key "id" of the object at "reviewer" */
    int n_keys;
    struct span
        *values; /* (n_keys) a text without its quotes and escapes, any other value as it stands;
                          * null is "", and what is not there json_absent, which is empty too */
    char *text;  /* as many bytes as the object has: texts that hold escapes */
    bool *is_nested; /* (n_keys) that value is an object or an array */

    /* When it fails. */
    const char *wrong; /* what is: "a comma or } is missing" */
    size_t at;         /* where, in bytes */
};

/* Does a file whose first line this is begin as JSON Lines do, or as an array of objects? */
bool json_begins(struct span line);

extern const char json_absent[]; /* "" */

/* False: not one JSON object and blanks around it, too deep, or a key asked for is there twice. That texts which are
 * not asked for are UTF-8 is not looked at. */
bool json_scan(struct json_scan *scan, const char *s, size_t n);

#endif
