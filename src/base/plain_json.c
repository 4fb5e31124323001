#include "base/plain_json.h"

#include "base/plain.h"

json_t *plain_json_loadb(const char *bytes, size_t n, size_t flags, json_error_t *error)
{
    const locale_t before = plain_begin();
    json_t *json = json_loadb(bytes, n, flags, error);
    plain_end(before);
    return json;
}

char *plain_json_dumps(const json_t *json, size_t flags)
{
    const locale_t before = plain_begin();
    char *text = json_dumps(json, flags);
    plain_end(before);
    return text;
}

int plain_json_dumpf(const json_t *json, FILE *stream, size_t flags)
{
    const locale_t before = plain_begin();
    const int result = json_dumpf(json, stream, flags);
    plain_end(before);
    return result;
}
