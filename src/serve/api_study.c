/* api_study.c - a rater's way through a study: consent, who they are, training, one task after the other, and being forgotten. Who has the
 * secret link is the rater. */
#include "base/number.h"
#include "serve/app.h"
#include "serve/study.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK "-1" /* the unit of an attention check */

/* A rater, and the task that comes next. */
struct rater {
    const char *link;
    char study_id[LLMX_STUDY_ID_BYTES];
    json_t *study; /* shared with others: study_cache.h */
    bool is_there, has_consented, has_told, is_trained, is_forgotten;
    int done, of;
    int task; /* number of the first that is not answered; 0: none */
    char unit[16], places[16], asked[8], shown_at[24];
};

/* ---- reading ---- */

static int take_rater(void *context, const char *const *column, int n)
{
    struct rater *r = context;
    (void)n;
    snprintf(r->study_id, sizeof r->study_id, "%s", column[0]);
    r->has_consented = column[1] != NULL;
    r->has_told = column[2] != NULL;
    r->is_trained = column[3] != NULL;
    r->is_forgotten = column[4] != NULL;
    r->is_there = true;
    return 1;
}

static int take_task(void *context, const char *const *column, int n)
{
    struct rater *r = context;
    (void)n;
    r->of++;
    if (column[5])
        r->done++;
    else if (r->task == 0) {
        r->task = (int)strtol(column[0], NULL, 10);
        snprintf(r->unit, sizeof r->unit, "%s", column[1]);
        snprintf(r->places, sizeof r->places, "%s", column[2]);
        snprintf(r->asked, sizeof r->asked, "%s", column[3] ? column[3] : "");
        snprintf(r->shown_at, sizeof r->shown_at, "%s", column[4] ? column[4] : "");
    }
    return 0;
}

/* Refused and false where nobody has this link. */
static bool read_rater(struct app *app, const char *link, struct http_reply *reply, struct rater *r)
{
    struct llmx_error err = {0};
    *r = (struct rater){.link = link};
    if (store_run(app->store,
                  "SELECT study, consented_at, told_at, trained_at, forgotten_at FROM rater"
                  " WHERE link = $1",
                  &link, 1, take_rater, r, &err) == 0 &&
        r->is_there &&
        store_run(app->store,
                  "SELECT number, unit, places, asked, shown_at, answered_at FROM task"
                  " WHERE link = $1 ORDER BY number",
                  &link, 1, take_task, r, &err) == 0 &&
        (r->study = study_cache_get(&app->studies, app->store, r->study_id, &err)) != NULL) {
        r->has_told |= json_array_size(json_object_get(r->study, "about")) == 0;
        return true;
    }
    if (err.code == LLMX_OK)
        http_refuse(reply, 404, "there is no such study link");
    else
        reply_error(reply, &err);
    return false;
}

/* ---- what the rater sees ---- */

/* The texts of a task in their places; nothing says whose they are. */
static json_t *task_json(const struct rater *r)
{
    const bool is_check = strcmp(r->unit, CHECK) == 0;
    const size_t number = is_check ? 0 : (size_t)strtol(r->unit, NULL, 10);
    const json_t *unit = json_array_get(json_object_get(r->study, "units"), number);
    json_t *texts = json_array();
    for (const char *place = r->places; *place; place++)
        json_array_append(texts,
                          json_array_get(json_object_get(unit, "texts"), (size_t)(*place - '0')));
    json_t *task =
        json_pack("{s:i, s:o, s:b}", "number", r->task, "texts", texts, "is_check", is_check);
    if (is_check)
        json_object_set_new(task, "asked", json_string(r->asked));
    static const char *const shown[] = {"title", "features", "taken", "history"};
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        json_object_set(task, shown[i], json_object_get(unit, shown[i]));
    return task;
}

static json_t *state_json(const struct rater *r)
{
    static const char *const told[] = {"title",     "consent",    "about",  "training",
                                       "questions", "preference", "comment"};
    const char *at = r->is_forgotten     ? "forgotten"
                     : !r->has_consented ? "consent"
                     : !r->has_told      ? "about"
                     : !r->is_trained    ? "training"
                     : r->task > 0       ? "task"
                                         : "done";
    json_t *object = json_pack("{s:s, s:i, s:i}", "at", at, "done", r->done, "of", r->of);
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        json_object_set(object, told[i], json_object_get(r->study, told[i]));
    if (strcmp(at, "task") == 0)
        json_object_set_new(object, "task", task_json(r));
    return object;
}

/* Notes when rater and task were first seen. */
static int note_shown(struct app *app, const struct rater *r, struct llmx_error *err)
{
    char at[24], number[16];
    const char *seen[] = {r->link, study_now(at)}, *shown[] = {r->link, at, number};
    snprintf(number, sizeof number, "%d", r->task);
    if (store_run(app->store,
                  "UPDATE rater SET seen_at = $2"
                  " WHERE link = $1 AND seen_at IS NULL AND forgotten_at IS NULL",
                  seen, 2, NULL, NULL, err) != 0)
        return -1;
    if (r->task == 0 || !r->is_trained || *r->shown_at)
        return 0;
    return store_run(app->store,
                     "UPDATE task SET shown_at = $2 WHERE link = $1 AND number = $3 AND EXISTS"
                     " (SELECT 1 FROM rater WHERE link = $1 AND forgotten_at IS NULL)",
                     shown, 3, NULL, NULL, err);
}

static void show_state(struct app *app, const char *link, struct http_reply *reply)
{
    struct rater r;
    struct llmx_error err;
    if (read_rater(app, link, reply, &r)) {
        if (!r.is_forgotten && note_shown(app, &r, &err) != 0)
            reply_error(reply, &err);
        else
            reply_json(reply, state_json(&r));
        json_decref(r.study);
    }
}

HANDLER(api_study)
{
    show_state(context, request->part[0], reply);
}

/* ---- what the rater says ---- */

/* Once, and not by a rater who was forgotten meanwhile. */
#define IF_NEW(COLUMN) " WHERE link = $1 AND " COLUMN " IS NULL AND forgotten_at IS NULL"

/* Consent or training is done. */
static int note_step(struct app *app, const struct rater *r, const char *sql,
                     struct llmx_error *err)
{
    char at[24];
    const char *values[] = {r->link, study_now(at)};
    return store_run(app->store, sql, values, 2, NULL, NULL, err);
}

/* The statement's row is still as it was read, and is ours until the end of the transaction. Otherwise another tab, or
 * another server, was faster: LLMX_MISMATCH. */
static int claim(struct app *app, const char *sql, const char *const *values, int n,
                 struct llmx_error *err)
{
    char *row;
    if (store_text(app->store, sql, values, n, &row, err) != 0)
        return -1;
    const int status =
        row ? 0 : err_set(err, LLMX_MISMATCH, "this was answered or deleted meanwhile");
    free(row);
    return status;
}

/* All that a step writes comes to stand, or none. */
static int all_or_none(struct app *app, const struct rater *r, const json_t *object,
                       int put(struct app *, const struct rater *, const json_t *,
                               struct llmx_error *),
                       struct llmx_error *err)
{
    if (store_begin(app->store, err) != 0)
        return -1;
    if (put(app, r, object, err) == 0)
        return store_commit(app->store, err);
    store_rollback(app->store);
    return -1;
}

/* ---- about the rater ---- */

static bool is_choice(const struct rater *r, const char *name, const json_t *value)
{
    const json_t *list = json_object_get(r->study, "about");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i), *choices = json_object_get(one, "choices");
        if (strcmp(json_string_value(json_object_get(one, "name")), name) != 0)
            continue;
        for (size_t k = 0; k < json_array_size(choices); k++)
            if (json_equal(json_array_get(choices, k), value))
                return true;
    }
    return false;
}

static int put_about(struct app *app, const struct rater *r, const json_t *object,
                     struct llmx_error *err)
{
    char at[24];
    const char *told[] = {r->link, study_now(at)}, *name;
    json_t *about = json_object_get(object, "about"), *value;
    if (claim(app, "UPDATE rater SET told_at = $2" IF_NEW("told_at") " RETURNING link", told, 2,
              err) != 0)
        return -1;
    json_object_foreach(about, name, value)
    {
        const char *said[] = {r->link, name, json_string_value(value)};
        if (!is_choice(r, name, value))
            return err_set(err, LLMX_BAD_INPUT, "'%s' has no such choice", name);
        if (store_run(app->store, "INSERT INTO about (link, name, value) VALUES ($1, $2, $3)", said,
                      3, NULL, NULL, err) != 0)
            return -1;
    }
    return 0;
}

static int take_about(struct app *app, const struct rater *r, const json_t *object,
                      struct llmx_error *err)
{
    return json_is_object(json_object_get(object, "about"))
               ? all_or_none(app, r, object, put_about, err)
               : err_set(err, LLMX_BAD_INPUT, "\"about\" must be an object of names and choices");
}

/* ---- an answer ---- */

static const json_t *question_of(const struct rater *r, const char *aspect)
{
    const json_t *list = json_object_get(r->study, "questions");
    for (size_t i = 0; aspect && i < json_array_size(list); i++)
        if (strcmp(json_string_value(json_object_get(json_array_get(list, i), "aspect")), aspect) ==
            0)
            return json_array_get(list, i);
    return NULL;
}

/* Puts a mark; a place is 1, 2, … as on the screen. */
static int put_mark(struct app *app, const struct rater *r, int place, const char *aspect,
                    int value, struct llmx_error *err)
{
    char task[16], system[2] = {r->places[place - 1], '\0'}, number[16];
    const char *values[] = {r->link, task, system, aspect, number};
    snprintf(task, sizeof task, "%d", r->task);
    snprintf(number, sizeof number, "%d", value);
    return store_run(
        app->store,
        "INSERT INTO mark (link, task, system, aspect, value) VALUES ($1, $2, $3, $4, $5)", values,
        5, NULL, NULL, err);
}

/* One of "marks": {"place","aspect","value"}. 0, or -1 with LLMX_BAD_INPUT. */
static int take_mark(struct app *app, const struct rater *r, const json_t *mark,
                     struct llmx_error *err)
{
    const char *aspect = json_string_value(json_object_get(mark, "aspect"));
    const json_t *question = question_of(r, aspect);
    int place, value;
    if (!question)
        return err_set(err, LLMX_BAD_INPUT, "a mark needs the aspect of a question");
    const int scale = (int)json_integer_value(json_object_get(question, "scale"));
    if (!number_whole(json_number_value(json_object_get(mark, "place")), 1, (int)strlen(r->places),
                      &place) ||
        !number_whole(json_number_value(json_object_get(mark, "value")), 1, scale, &value))
        return err_set(err, LLMX_BAD_INPUT, "%s: a mark needs a place and a value from 1 to %d",
                       aspect, scale);
    return put_mark(app, r, place, aspect, value, err);
}

static int take_preference(struct app *app, const struct rater *r, const json_t *best,
                           struct llmx_error *err)
{
    const int places = (int)strlen(r->places);
    const char *asked = json_string_value(json_object_get(r->study, "preference"));
    int place;
    if (!asked || !*asked || places < 2 || strcmp(r->unit, CHECK) == 0)
        return 0;
    if (!number_whole(json_number_value(best), 1, places, &place))
        return err_set(err, LLMX_BAD_INPUT, "\"preference\" must be a place from 1 to %d", places);
    for (int k = 1; k <= places; k++)
        if (put_mark(app, r, k, "preference", k == place, err) != 0)
            return -1;
    return 0;
}

static int take_marks(struct app *app, const struct rater *r, const json_t *object,
                      struct llmx_error *err)
{
    const json_t *marks = json_object_get(object, "marks"),
                 *best = json_object_get(object, "preference");
    const size_t wanted =
        strlen(r->places) * json_array_size(json_object_get(r->study, "questions"));
    if (json_array_size(marks) != wanted)
        return err_set(err, LLMX_BAD_INPUT, "this task needs %zu marks, not %zu", wanted,
                       json_array_size(marks));
    for (size_t i = 0; i < wanted; i++)
        if (take_mark(app, r, json_array_get(marks, i), err) != 0)
            return err->code == LLMX_MISMATCH
                       ? err_set(err, LLMX_BAD_INPUT, "one text has two marks for one question")
                       : -1;
    return take_preference(app, r, best, err);
}

/* The comment of an answer, NULL where there is none. */
static int read_comment(const struct rater *r, const json_t *object, const char **comment,
                        struct llmx_error *err)
{
    const json_t *said = json_object_get(object, "comment");
    const char *asked = json_string_value(json_object_get(r->study, "comment")),
               *text = json_string_value(said);
    size_t characters = 0;
    *comment = text && *text ? text : NULL;
    for (const char *c = text; c && *c; c++)
        characters += ((unsigned char)*c & 0xC0) != 0x80;
    if (*comment && (!asked || !*asked || strcmp(r->unit, CHECK) == 0))
        return err_set(err, LLMX_BAD_INPUT, "this page asks for no comment");
    if ((said && !text) || characters > STUDY_COMMENT_MAX)
        return err_set(err, LLMX_BAD_INPUT, "\"comment\" must be a text of at most %d characters",
                       STUDY_COMMENT_MAX);
    return 0;
}

static int put_answer(struct app *app, const struct rater *r, const json_t *object,
                      struct llmx_error *err)
{
    char at[24], number[16], seconds[32];
    const json_t *said = json_object_get(object, "seconds");
    const double spent = json_number_value(said);
    const char *values[] = {r->link, number, study_now(at), seconds, NULL};
    if (said && !json_is_number(said))
        return err_set(err, LLMX_BAD_INPUT, "\"seconds\" must be a number");
    if (read_comment(r, object, &values[4], err) != 0)
        return -1;
    snprintf(number, sizeof number, "%d", r->task);
    snprintf(seconds, sizeof seconds, "%d", spent > 0 && spent < 86400 ? (int)(spent + .5) : 0);
    if (claim(app,
              "UPDATE rater SET trained_at = trained_at WHERE link = $1 AND forgotten_at IS NULL"
              " RETURNING link",
              values, 1, err) != 0 ||
        claim(app,
              "UPDATE task SET answered_at = $3, seconds = $4, comment = $5 WHERE link = $1"
              " AND number = $2 AND answered_at IS NULL RETURNING link",
              values, 5, err) != 0)
        return -1;
    return take_marks(app, r, object, err);
}

static int take_answer(struct app *app, const struct rater *r, const json_t *object,
                       struct llmx_error *err)
{
    if (r->task == 0)
        return err_set(err, LLMX_MISMATCH, "all tasks are answered");
    if (json_integer_value(json_object_get(object, "task")) != r->task)
        return err_set(err, LLMX_MISMATCH, "task %d is next", r->task);
    return all_or_none(app, r, object, put_answer, err);
}

static int take_step(struct app *app, const struct rater *r, const json_t *object,
                     struct llmx_error *err)
{
    const char *step = json_string_value(json_object_get(object, "step"));
    if (r->is_forgotten)
        return err_set(err, LLMX_MISMATCH, "what this rater said was deleted");
    if (step && strcmp(step, "forget") == 0)
        return study_forget(app->store, r->link, err);
    if (step && strcmp(step, "consent") == 0)
        return note_step(app, r, "UPDATE rater SET consented_at = $2" IF_NEW("consented_at"), err);
    if (step && strcmp(step, "about") == 0 && r->has_consented)
        return take_about(app, r, object, err);
    if (step && strcmp(step, "training") == 0 && r->has_consented && r->has_told)
        return note_step(app, r, "UPDATE rater SET trained_at = $2" IF_NEW("trained_at"), err);
    if (step && strcmp(step, "task") == 0 && r->is_trained)
        return take_answer(app, r, object, err);
    return err_set(err, LLMX_BAD_INPUT,
                   "\"step\" must be consent, about, training, task or forget, in turn");
}

/* What may stand beside the step. */
static const char *const *keys_of(const char *step)
{
    static const char *const alone[] = {"step", NULL}, *const about[] = {"step", "about", NULL},
                             *const task[] = {"step",    "task",    "marks", "preference",
                                              "comment", "seconds", NULL};
    return !step                        ? alone
           : strcmp(step, "about") == 0 ? about
           : strcmp(step, "task") == 0  ? task
                                        : alone;
}

HANDLER(api_study_step)
{
    struct rater r;
    struct llmx_error err;
    json_t *object = body_object(request, reply, NULL);
    const char *step = json_string_value(json_object_get(object, "step"));
    if (object && has_only_keys(object, keys_of(step), reply) &&
        read_rater(context, request->part[0], reply, &r)) {
        if (take_step(context, &r, object, &err) != 0)
            reply_error(reply, &err);
        else
            show_state(context, request->part[0], reply);
        json_decref(r.study);
    }
    json_decref(object);
}
