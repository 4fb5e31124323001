/* audit_print.c - an audit for a person, and for programs. */
#include "base/err.h"
#include "base/plain.h"
#include "llmxrec/audit.h"
#include "statistics/printing.h"
#include "statistics/ratios.h"

#include <stdbool.h>

static const struct {
    const char *name, *said;
} judges[LLMX_AUDITED_JUDGES] = {
    [LLMX_THE_JUDGE] = {"judge", "the judge"},
    [LLMX_BLIND_FIRST] = {"always_first", "always the first"},
    [LLMX_BLIND_SECOND] = {"always_second", "always the second"},
    [LLMX_BLIND_LONGER] = {"longer", "the longer"},
    [LLMX_BLIND_SHORTER] = {"shorter", "the shorter"},
    [LLMX_BLIND_SYSTEM] = {"system", "knows who wrote it"},
    [LLMX_BLIND_WORDS] = {"words", "counts words"},
};

const char *llmx_audited_name(enum llmx_audited_judge judge)
{
    return judges[judge].name;
}

/* ---- what to beware of, in words ---- */

static void add_left_out(json_t *notes, const struct llmx_audit *a)
{
    if (a->unlabelled > 0)
        add_note(notes, "%d pairs have no label and are left out", a->unlabelled);
    if (a->tied > 0)
        add_note(notes, "%d pairs are labelled a tie and are left out", a->tied);
    if (a->unjudged > 0)
        add_note(notes, "%d labelled pairs were not judged in both orders and are left out",
                 a->unjudged);
}

/* json_decref it. */
static json_t *notes_of(const struct llmx_audit *a)
{
    json_t *notes = json_array();
    add_left_out(notes, a);
    if (a->pairs < LLMX_ROWS_FEW)
        add_note(notes, "fewer than %d pairs: the intervals are wide, and should be wider still",
                 LLMX_ROWS_FEW);
    else if (a->groups < LLMX_ROWS_FEW)
        add_note(notes,
                 "fewer than %d %s to draw from: the intervals are wide, and should be wider still",
                 LLMX_ROWS_FEW, a->drawn);
    if (a->better[0] == 0 || a->better[1] == 0)
        add_note(notes,
                 "every label is \"%s\": whoever always says so is right each time in the order of "
                 "the file, so read nothing but both orders",
                 a->better[0] > 0 ? "a" : "b");
    if (a->folds == 0)
        add_note(notes, "one prompt alone: no judge could learn from others");
    else if (!a->judge[LLMX_BLIND_SYSTEM].is_known)
        add_note(notes, "not every pair names its systems: nobody can know who wrote it");
    return notes;
}

static bool beats_all(const struct llmx_audit *a)
{
    for (int k = LLMX_THE_JUDGE + 1; k < LLMX_AUDITED_JUDGES; k++)
        if (!llmx_audit_beats(a, (enum llmx_audited_judge)k))
            return false;
    return true;
}

/* ---- for a person ---- */

static void print_judges(const struct llmx_audit *a, FILE *f)
{
    fprintf(f, "%-20s%9s%9s%24s%10s%24s%24s\n", "right in", "a first", "b first", "both orders",
            "each", "same verdict", "the judge is ahead by");
    for (int k = 0; k < LLMX_AUDITED_JUDGES; k++) {
        const struct llmx_audited *j = &a->judge[k];
        fprintf(f, "%-20s", judges[k].said);
        if (!j->is_known) {
            fprintf(f, "%9s\n", "-");
            continue;
        }
        plain_fprintf(f, "%9.3f%9.3f", j->accuracy[0], j->accuracy[1]);
        print_interval(&j->both, 24, f);
        plain_fprintf(f, "%10.3f", j->right_in_both);
        print_interval(&j->same, 24, f);
        print_interval(&j->ahead_by, 24, f);
        fputc('\n', f);
    }
}

/* What a reader must not miss. */
static void print_verdict(const struct llmx_audit *a, FILE *f)
{
    if (beats_all(a)) {
        fputs("\nThe judge beats every blind judge.\n", f);
        return;
    }
    fputs("\nTHE JUDGE DOES NOT BEAT\n", f);
    for (int k = LLMX_THE_JUDGE + 1; k < LLMX_AUDITED_JUDGES; k++) {
        const struct llmx_audited *j = &a->judge[k];
        if (!llmx_audit_beats(a, (enum llmx_audited_judge)k))
            plain_fprintf(f, "  %-20s %.1f %% against %.1f %%, ahead by %.1f [%.1f, %.1f]\n",
                          judges[k].said, 100 * a->judge[LLMX_THE_JUDGE].both.mean,
                          100 * j->both.mean, 100 * j->ahead_by.mean, 100 * j->ahead_by.low,
                          100 * j->ahead_by.high);
    }
    fputs("What it says may be no more than what such a judge, which understands nothing, would "
          "say.\n",
          f);
}

static void print_table(const struct llmx_audit *a, FILE *f)
{
    fprintf(f, "%d labelled pairs, better is a in %d, b in %d\n\n", a->pairs, a->better[0],
            a->better[1]);
    print_judges(a, f);
    fprintf(f, "(95 %% intervals: bootstrap of %d resamples over %d %s, seed %llu; ",
            a->resampling.resamples, a->groups, a->drawn, (unsigned long long)a->resampling.seed);
    fprintf(f, "what learns: %d folds of %d prompts)\n", a->folds, a->prompts);
    print_verdict(a, f);
    json_t *notes = notes_of(a);
    print_notes(notes, f);
    json_decref(notes);
}

/* ---- for programs ---- */

static json_t *judge_object(const struct llmx_audit *a, int k)
{
    const struct llmx_audited *j = &a->judge[k];
    json_t *object;
    if (!j->is_known)
        return json_null();
    object = json_pack("{s:f, s:f, s:o, s:f, s:o}", "accuracy_a_first", j->accuracy[0],
                       "accuracy_b_first", j->accuracy[1], "accuracy", json_interval(&j->both),
                       "right_in_both", j->right_in_both, "position_consistency",
                       json_interval(&j->same));
    if (object && k != LLMX_THE_JUDGE) {
        json_object_set_new(object, "judge_ahead", json_interval(&j->ahead_by));
        json_object_set_new(object, "p", json_figure(j->p));
        json_object_set_new(object, "is_beaten",
                            json_boolean(llmx_audit_beats(a, (enum llmx_audited_judge)k)));
    }
    return object;
}

static int print_json(const struct llmx_audit *a, FILE *f, struct llmx_error *err)
{
    json_t *all = json_object(), *not_beaten = json_array();
    for (int k = 0; k < LLMX_AUDITED_JUDGES; k++) {
        json_object_set_new(all, judges[k].name, judge_object(a, k));
        if (k != LLMX_THE_JUDGE && !llmx_audit_beats(a, (enum llmx_audited_judge)k))
            json_array_append_new(not_beaten, json_string(judges[k].name));
    }
    json_t *object = json_pack(
        "{s:s, s:i, s:{s:i, s:i}, s:i, s:i, s:i, s:i, s:i, s:s, s:i, s:i, s:I, s:o, s:o, s:o}",
        "view", "judge audit", "pairs", a->pairs, "labels", "a", a->better[0], "b", a->better[1],
        "unlabelled", a->unlabelled, "ties", a->tied, "unjudged", a->unjudged, "folds", a->folds,
        "prompts", a->prompts, "drawn", a->drawn, "groups", a->groups, "resamples",
        a->resampling.resamples, "seed", (json_int_t)a->resampling.seed, "judges", all,
        "not_beaten", not_beaten, "notes", notes_of(a));
    return print_object(object, f, err);
}

int llmx_audit_print(const struct llmx_audit *audit, FILE *stream, int is_json,
                     struct llmx_error *err)
{
    if (!is_json)
        print_table(audit, stream);
    else if (print_json(audit, stream, err) != 0)
        return -1;
    return ferror(stream) ? err_system(err, "cannot write the audit") : 0;
}
