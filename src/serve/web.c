/* web.c - the page's own files, which are built in. */
#include "serve/app.h"

#include <string.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverlength-strings" /* C99 promises 4,095 bytes */
static const struct {
    const char *name, *content;
} files[] = {
#include "web.inc"
};
#pragma GCC diagnostic pop

/* A path that ends in a slash stands for all that begin so. */
static const struct {
    const char *path, *name, *type;
} pages[] = {
    {"/", "index", "text/html; charset=utf-8"},
    {"/elements.js", "elements", "text/javascript; charset=utf-8"},
    {"/page.js", "page", "text/javascript; charset=utf-8"},
    {"/style.css", "style", "text/css; charset=utf-8"},
    {"/icon.svg", "icon", "image/svg+xml"},
    {"/favicon.ico", "icon", "image/svg+xml"}, /* where the report, or a browser by itself, looks */
    {"/openapi.json", "openapi", "application/json"},
    {"/study/", "rate", "text/html; charset=utf-8"},
    {"/study.js", "study", "text/javascript; charset=utf-8"},
};

static bool fits(const char *path, const char *asked)
{
    const size_t n = strlen(path);
    return strcmp(path, asked) == 0 ||
           (n > 1 && path[n - 1] == '/' && strncmp(path, asked, n) == 0);
}

static const char *content_of(const char *name)
{
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (strcmp(files[i].name, name) == 0)
            return files[i].content;
    return "";
}

HANDLER(web_file)
{
    (void)context;
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        if (fits(pages[i].path, request->path)) {
            reply->bytes = content_of(pages[i].name);
            reply->n_bytes = strlen(reply->bytes);
            reply->type = pages[i].type;
            return;
        }
}
