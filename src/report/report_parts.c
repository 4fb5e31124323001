/* report_parts.c - what sections of a report have in common. */
#include "format/html.h"
#include "report/report.h"

#include <string.h>

#define MARKS "-_," /* between the words of a name */

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

/* The last parts of a path that tell it from the others, as few as do, without `ending` where that does; NULL: none do. */
static const char *find_name(const char *const *paths, int n, int which, const char *ending,
                             size_t *length)
{
    const int most = (int)strlen(paths[which]) + 1;
    for (int parts = 1; parts <= most; parts++)
        if (!is_taken(paths, n, which, parts, ending))
            return stem_of(paths[which], parts, ending, length);
    return *ending ? find_name(paths, n, which, "", length) : NULL;
}

int report_names(const char *const *paths, int n, const char *ending, const char **names,
                 struct arena *arena, struct llmx_error *err)
{
    for (int i = 0; i < n; i++) {
        size_t length;
        const char *stem = find_name(paths, n, i, ending, &length);
        if (!stem)
            return err_set(err, LLMX_BAD_OPTION, "%s is given twice", paths[i]);
        if (!(names[i] = arena_text(arena, stem, length, err)))
            return -1;
    }
    return 0;
}

/* Where its part behind the next mark begins; NULL: there is none, or it does not begin with a letter. */
static const char *behind_mark(const char *name)
{
    const char *mark = strpbrk(name, MARKS);
    const bool is_word = mark && mark > name &&
                         ((mark[1] >= 'a' && mark[1] <= 'z') || (mark[1] >= 'A' && mark[1] <= 'Z'));
    return is_word ? mark + 1 : NULL;
}

void report_shorten_names(const char **const *names, int n)
{
    for (bool is_shared = n > 1; is_shared;) {
        const char *first = *names[0], *behind = behind_mark(first);
        is_shared = behind != NULL;
        for (int i = 1; i < n && is_shared; i++)
            is_shared =
                strncmp(*names[i], first, (size_t)(behind - first)) == 0 && behind_mark(*names[i]);
        for (int i = 0; i < n && is_shared; i++)
            *names[i] += behind - first;
    }
}

size_t report_stem(const char *name)
{
    size_t n = strlen(name);
    while (n > 0 && !strchr(MARKS, name[n - 1]))
        n--;
    return n > 0 ? n - 1 : 0;
}

bool report_same_stem(const char *a, const char *b)
{
    const size_t n = report_stem(a);
    return n == report_stem(b) && memcmp(a, b, n) == 0;
}

const char *report_setting(const struct report_run *run, const char *key)
{
    const char *value = json_string_value(json_object_get(run->config, key));
    return value ? value : "";
}

const char *report_last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

const char *report_data_name(const struct report_run *run)
{
    return report_last_part(report_setting(run, "data"));
}

const json_t *report_test_part(const struct report_run *run)
{
    const json_t *test = json_object_get(run->metrics, "test");
    return json_integer_value(json_object_get(test, "users")) > 0 ? test : NULL;
}

void report_put_thing(struct text *name, const json_t *thing)
{
    const char *key;
    json_t *value, *part;
    size_t i;
    json_object_foreach((json_t *)thing, key, value)
    {
        if (json_is_string(value))
            text_printf(name, ", %s", json_string_value(value));
        json_array_foreach(value, i, part)
        {
            if (json_is_string(part))
                text_printf(name, ", %s", json_string_value(part));
        }
    }
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
