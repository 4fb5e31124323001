/* written.c - reading explanation files into sorted arrays. */
#include "serve/written.h"

#include "base/memory.h"
#include "format/jsonl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_place(const void *a, const void *b)
{
    const struct written_text *x = a, *y = b;
    return x->user != y->user ? (x->user > y->user) - (x->user < y->user)
                              : (x->item > y->item) - (x->item < y->item);
}

static int by_place_and_line(const void *a, const void *b)
{
    const struct written_text *x = a, *y = b;
    const int order = by_place(a, b);
    return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

/* "ours" of "runs/ours.jsonl" */
static char *name_of(const char *path, struct llmx_error *err)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path,
               *dot = strrchr(name, '.');
    return mem_text(name, dot && dot > name ? (size_t)(dot - name) : strlen(name), err);
}

/* 1: kept, 0: of nobody that is known */
static int keep_line(struct written_system *s, const struct jsonl *in, const json_t *line,
                     const struct llmx_data *data, struct llmx_error *err)
{
    const char *user = jsonl_text(in, line, "user", err), *item, *text;
    if (!user || !(item = jsonl_text(in, line, "item", err)) ||
        !(text = jsonl_text(in, line, "explanation", err)) ||
        mem_grow(&s->texts, &s->capacity, s->n + 1, sizeof *s->texts, err) != 0)
        return -1;
    struct written_text one = {llmx_data_user(data, user), llmx_data_item(data, item), NULL, s->n};
    if (one.user < 0 || one.item < 0)
        return 0;
    if (!(one.text = mem_text(text, strlen(text), err)))
        return -1;
    s->texts[s->n++] = one;
    return 1;
}

static int read_file(struct written_system *s, const char *path, const struct llmx_data *data,
                     long *unknown, struct llmx_error *err)
{
    struct jsonl in;
    json_t *line = NULL;
    int more = -1;
    if (!(s->name = name_of(path, err)) || jsonl_open(&in, path, err) != 0)
        return -1;
    while ((more = jsonl_read(&in, &line, err)) == 1) {
        const int kept = keep_line(s, &in, line, data, err);
        json_decref(line);
        if (kept < 0) {
            more = -1;
            break;
        }
        *unknown += kept == 0;
    }
    jsonl_close(&in);
    if (more == 0 && s->n > 0)
        qsort(s->texts, s->n, sizeof *s->texts, by_place_and_line);
    return more;
}

int written_open(struct written *written, const char *const *paths, int n,
                 const struct llmx_data *data, void (*notice)(void *context, const char *message),
                 void *context, struct llmx_error *err)
{
    char message[256];
    *written = (struct written){0};
    if (n > WRITTEN_MAX)
        return err_set(err, LLMX_BAD_OPTION, "at most %d files of explanations", WRITTEN_MAX);
    for (int i = 0; i < n; i++) {
        long unknown = 0;
        written->n = i + 1;
        if (read_file(&written->system[i], paths[i], data, &unknown, err) != 0) {
            written_close(written);
            return -1;
        }
        if (unknown > 0 && notice) {
            snprintf(message, sizeof message,
                     "%s: %ld lines of people or items that are not in the data", paths[i],
                     unknown);
            notice(context, message);
        }
    }
    return 0;
}

void written_close(struct written *written)
{
    for (int i = 0; i < written->n; i++) {
        struct written_system *s = &written->system[i];
        for (size_t k = 0; k < s->n; k++)
            free(s->texts[k].text);
        free(s->texts);
        free(s->name);
    }
    *written = (struct written){0};
}

int written_people(const struct written_system *system, llmx_id *users, int max)
{
    int n = 0;
    for (size_t i = 0; i < system->n && n < max; i++)
        if (n == 0 || users[n - 1] != system->texts[i].user)
            users[n++] = system->texts[i].user;
    return n;
}

const char *written_find(const struct written_system *system, llmx_id user, llmx_id item)
{
    const struct written_text key = {.user = user, .item = item};
    size_t low = 0, high = system->n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (by_place(&system->texts[middle], &key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < system->n && by_place(&system->texts[low], &key) == 0 ? system->texts[low].text
                                                                       : NULL;
}
