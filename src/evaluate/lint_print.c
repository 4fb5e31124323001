/* lint_print.c - what a lint found for a person, and for programs. */
#include "base/err.h"
#include "base/plain_json.h"
#include "llmxrec/lint.h"

#include <stdbool.h>

static const char *const names[LLMX_LINT_CHECKS] = {
    [LLMX_LINT_RUN] = "run",
    [LLMX_LINT_TITLE] = "title",
    [LLMX_LINT_FOREIGN] = "foreign",
    [LLMX_LINT_TAKEN] = "taken",
    [LLMX_LINT_TWICE] = "twice",
    [LLMX_LINT_CROWD] = "crowd",
    [LLMX_LINT_UNMATCHED] = "unmatched",
    [LLMX_LINT_OTHER_PROMPT] = "other_prompt",
    [LLMX_LINT_DUPLICATE] = "duplicate",
    [LLMX_LINT_SAME_PROMPT] = "same_prompt",
    [LLMX_LINT_SAME_USER] = "same_user",
    [LLMX_LINT_HELD_OUT] = "held_out",
};

static const struct {
    const char *of, *is;
} said[LLMX_LINT_CHECKS] = {
    [LLMX_LINT_RUN] = {"runs", "on other data"},
    [LLMX_LINT_TITLE] = {"items", "are one title under several ids"},
    [LLMX_LINT_FOREIGN] = {"recommendations", "of other data"},
    [LLMX_LINT_TAKEN] = {"recommendations", "of what the person has taken"},
    [LLMX_LINT_TWICE] = {"recommendations", "twice to one person"},
    [LLMX_LINT_CROWD] = {"items", "recommended to more than half of all users"},
    [LLMX_LINT_UNMATCHED] = {"explanations", "without a recommendation"},
    [LLMX_LINT_OTHER_PROMPT] = {"explanations", "that answer another prompt"},
    [LLMX_LINT_DUPLICATE] = {"explanations", "with the text of another"},
    [LLMX_LINT_SAME_PROMPT] = {"explanations", "whose prompt was learnt from"},
    [LLMX_LINT_SAME_USER] = {"explanations", "for users learnt from"},
    [LLMX_LINT_HELD_OUT] = {"prompts", "that hold what is held out"},
};

const char *llmx_lint_name(int check)
{
    return check >= 0 && check < LLMX_LINT_CHECKS ? names[check] : NULL;
}

static void print_table(const struct llmx_lint *r, FILE *f)
{
    int skipped = 0;
    for (int k = 0; k < LLMX_LINT_CHECKS; k++) {
        if (r->check[k].looked < 0) {
            skipped++;
            continue;
        }
        fprintf(f, "%-13s %6d of %d %s %s\n", names[k], r->check[k].found, r->check[k].looked,
                said[k].of, said[k].is);
        for (int i = 0; i < LLMX_LINT_SHOWN && i < r->check[k].found; i++)
            fprintf(f, "    %s\n", r->check[k].row[i]);
        if (r->check[k].found > LLMX_LINT_SHOWN)
            fprintf(f, "    ... and %d more (--out)\n", r->check[k].found - LLMX_LINT_SHOWN);
    }
    if (skipped > 0)
        fputs("not looked at:", f);
    for (int k = 0; k < LLMX_LINT_CHECKS; k++)
        if (r->check[k].looked < 0)
            fprintf(f, " %s", names[k]);
    if (skipped > 0)
        fputc('\n', f);
    if (r->found == 0)
        fputs("Nothing found.\n", f);
}

static json_t *check_object(const struct llmx_lint *r, int k)
{
    if (r->check[k].looked < 0)
        return json_null();
    json_t *rows = json_array();
    for (int i = 0; i < LLMX_LINT_SHOWN && i < r->check[k].found; i++)
        json_array_append_new(rows, json_string(r->check[k].row[i]));
    return json_pack("{s:i, s:i, s:o}", "looked", r->check[k].looked, "found", r->check[k].found,
                     "rows", rows);
}

static int print_json(const struct llmx_lint *r, FILE *f, struct llmx_error *err)
{
    json_t *checks = json_object();
    for (int k = 0; k < LLMX_LINT_CHECKS; k++)
        json_object_set_new(checks, names[k], check_object(r, k));
    json_t *object =
        json_pack("{s:s, s:i, s:o}", "view", "lint", "found", r->found, "checks", checks);
    const bool is_bad = !object || plain_json_dumpf(object, f, JSON_INDENT(2)) != 0;
    fputc('\n', f);
    json_decref(object);
    return is_bad ? err_set(err, LLMX_NO_MEMORY, "cannot write JSON: memory is out") : 0;
}

int llmx_lint_print(const struct llmx_lint *result, FILE *stream, int is_json,
                    struct llmx_error *err)
{
    if (!is_json)
        print_table(result, stream);
    else if (print_json(result, stream, err) != 0)
        return -1;
    return ferror(stream) ? err_system(err, "cannot write what was found") : 0;
}
