/* report_parts.c - what sections of a report have in common. */
#include "evaluate/report.h"
#include "format/html.h"

#include <string.h>

/* Where the last part of a path begins, and how long it is without its ending. */
static const char *stem_of(const char *path, const char *ending, size_t *n)
{
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/')
        end--;
    size_t begin = end;
    while (begin > 0 && path[begin - 1] != '/')
        begin--;
    const size_t length = end - begin, m = strlen(ending);
    const bool ends = length > m && memcmp(path + end - m, ending, m) == 0;
    *n = length - (ends ? m : 0);
    return path + begin;
}

int report_names(const char *const *paths, int n, const char *ending, const char **names,
                 struct arena *arena, struct llmx_error *err)
{
    for (int i = 0; i < n; i++) {
        size_t length, other;
        const char *stem = stem_of(paths[i], ending, &length);
        bool is_taken = false;
        for (int k = 0; k < n; k++) {
            const char *its = stem_of(paths[k], ending, &other);
            is_taken |= k != i && other == length && memcmp(its, stem, length) == 0;
        }
        names[i] = is_taken ? paths[i] : arena_text(arena, stem, length, err);
        if (!names[i])
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
