/* report_parts.c - what sections of a report have in common. */
#include "evaluate/report.h"
#include "format/html.h"

#include <string.h>

#define PARTS_MAX 8 /* of a path that tell it from others */

/* Where the last so many parts of a path begin, and how long they are without its ending. */
static const char *stem_of(const char *path, int parts, const char *ending, size_t *n)
{
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/')
        end--;
    size_t begin = end;
    while (begin > 0 && (path[begin - 1] != '/' || --parts > 0))
        begin--;
    const size_t length = end - begin, m = strlen(ending);
    const bool ends = length > m && memcmp(path + end - m, ending, m) == 0;
    *n = length - (ends ? m : 0);
    return path + begin;
}

static bool is_taken(const char *const *paths, int n, int which, int parts, const char *ending)
{
    size_t length, other;
    const char *stem = stem_of(paths[which], parts, ending, &length);
    for (int i = 0; i < n; i++) {
        const char *its = stem_of(paths[i], parts, ending, &other);
        if (i != which && other == length && memcmp(its, stem, length) == 0)
            return true;
    }
    return false;
}

int report_names(const char *const *paths, int n, const char *ending, const char **names,
                 struct arena *arena, struct llmx_error *err)
{
    for (int i = 0; i < n; i++) {
        size_t length;
        int parts = 1;
        while (parts < PARTS_MAX && is_taken(paths, n, i, parts, ending))
            parts++;
        const char *stem = stem_of(paths[i], parts, ending, &length);
        if (!(names[i] = arena_text(arena, stem, length, err)))
            return -1;
    }
    return 0;
}

void report_put_chart(struct report *report, const struct chart *chart)
{
    FILE *f = report->f;
    html_put(f, "<figure class=\"chart\">\n<figcaption>%s</figcaption>\n", chart->title);
    chart_put(f, chart, ++report->charts);
    fputs("<ul class=\"legend\">", f);
    for (int s = 0; s < chart->n; s++)
        html_put(f, "<li class=\"series%d\"><bdi>%s</bdi></li>", s, chart->series[s].name);
    fputs("</ul>\n</figure>\n", f);
}
