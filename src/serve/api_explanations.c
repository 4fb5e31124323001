/* api_explanations.c - reasons: those that were written beforehand, and one that is written now, whole or piece by piece. */
#include "base/memory.h"
#include "base/names.h"
#include "base/plain_json.h"
#include "serve/app.h"
#include "serve/view_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One recommendation of a request, with what it rests on. */
struct reason {
    struct llmx_person person;
    llmx_id *history;
    struct llmx_standing standing;
    struct llmx_evidence evidence[TOLD_EVIDENCE];
};

static bool find_reason(const struct live *live, const struct http_request *request,
                        const json_t *object, struct http_reply *reply, struct reason *reason)
{
    const char *token =
        object ? json_string_value(json_object_get(object, "item")) : http_query(request, "item");
    struct llmx_error err;
    llmx_id item;
    if (!read_person(live, request, object, reply, &reason->person, &reason->history) ||
        (item = read_item(live, token, reply)) < 0)
        return false;
    if (llmx_rank_item(live->run, &reason->person, NULL, item, LIVE_TOP, TOLD_EVIDENCE,
                       &reason->standing, reason->evidence, &err) == 0)
        return true;
    reply_error(reply, &err);
    return false;
}

/* Adds to each text that was given up which of its words are to blame. */
static int mark_rejected(const struct live *live, const struct reason *reason, json_t *object,
                         struct llmx_error *err)
{
    struct llmx_explanation checked;
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(object, "rejected"), i, one)
    {
        const char *text = json_string_value(json_object_get(one, "text"));
        if (llmx_explainer_check(live->explainer, &reason->person, &reason->standing.item, text,
                                 &checked, err) != 0)
            return -1;
        if (checked.verdict.n_failures > 0)
            json_object_set_new(one, "failed", blame_json(&checked.verdict, checked.text));
        llmx_explanation_release(&checked);
    }
    return 0;
}

/* The explanation as JSON. NULL with `err`. */
static json_t *explanation_json(const struct live *live, const struct reason *reason,
                                const struct llmx_explanation *explanation, struct llmx_error *err)
{
    struct llmx_view view;
    json_t *object = NULL;
    if (llmx_view_make(&view, live->viewer, &reason->person, &reason->standing.item, explanation,
                       err) == 0) {
        if (!(object = view_json(&view, live->data)))
            err_set(err, LLMX_NO_MEMORY, "out of memory");
        llmx_view_release(&view);
    }
    if (object && mark_rejected(live, reason, object, err) != 0) {
        json_decref(object);
        return NULL;
    }
    return object;
}

/* ---- written beforehand ---- */

static json_t *written_json(const struct live *live, const struct reason *reason,
                            const struct written_system *system, const char *text,
                            struct llmx_error *err)
{
    struct llmx_explanation explanation;
    if (llmx_explainer_check(live->explainer, &reason->person, &reason->standing.item, text,
                             &explanation, err) != 0)
        return NULL;
    json_t *object = explanation_json(live, reason, &explanation, err);
    if (object) {
        json_object_set_new(object, "system", json_string(system->name));
        if (!explanation.has_passed)
            json_object_set_new(object, "outcome", json_string("rejected"));
        json_object_set_new(object, "failed", blame_json(&explanation.verdict, explanation.text));
    }
    llmx_explanation_release(&explanation);
    return object;
}

HANDLER(api_explanations)
{
    struct live *live = app_live(context);
    struct reason reason = {0};
    struct llmx_error err;
    if (find_reason(live, request, NULL, reply, &reason)) {
        json_t *list = json_array(), *one = list;
        for (int i = 0; i < live->written.n && one; i++) {
            const struct written_system *system = &live->written.system[i];
            const char *text = written_find(system, reason.person.user, reason.standing.item.item);
            if (text && (one = written_json(live, &reason, system, text, &err)) != NULL)
                json_array_append_new(list, one);
        }
        if (one)
            reply_json(reply, json_pack("{s:o}", "explanations", list));
        else {
            reply_error(reply, &err);
            json_decref(list);
        }
    }
    free(reason.history);
    live_drop(live);
}

/* ---- written now ---- */

#define KEY_BYTES 40

/* What the text depends on: what is told, who writes, how it is drawn, and what the gate lets through. */
static int make_key(const struct live *live, const struct reason *reason,
                    char key[static KEY_BYTES], struct llmx_error *err)
{
    const struct llmx_explain_options *o = &live->explain;
    struct llmx_explanation told;
    struct text all = {0};
    if (llmx_explainer_check(live->explainer, &reason->person, &reason->standing.item, "", &told,
                             err) != 0)
        return -1;
    text_printf(&all, "%s\n%s\n%s %016llx\n%s\n%llu %d %d %g %g %d %g %d %d %d\n", told.prompt,
                o->model_name ? o->model_name : "", o->adapter_name ? o->adapter_name : "",
                (unsigned long long)live->writer_hash, o->blind ? o->blind : "",
                (unsigned long long)o->seed, o->tries, o->max_tokens,
                (double)o->sampling.temperature, (double)o->sampling.top_p, o->sampling.top_k,
                (double)o->sampling.repetition_penalty, o->words_max, o->is_strict, o->grounded);
    llmx_explanation_release(&told);
    const int status = text_check(&all, err);
    if (status == 0) {
        const uint64_t first = hash_bytes(all.s, all.n);
        all.s[all.n - 1] = '#';
        snprintf(key, KEY_BYTES, "%016llx%016llx", (unsigned long long)first,
                 (unsigned long long)hash_bytes(all.s, all.n));
    }
    text_release(&all);
    return status;
}

/* One text being written, and who hears of it. */
struct writing {
    const struct http_request *request;
    bool is_stream;
};

static int send_event(const struct http_request *request, const char *name, json_t *data)
{
    struct text event = {0};
    char *bytes = data ? plain_json_dumps(data, JSON_COMPACT) : NULL;
    json_decref(data);
    text_printf(&event, "event: %s\ndata: %s\n\n", name, bytes ? bytes : "null");
    const int status = event.failed ? -1 : http_stream_put(request, event.s, event.n);
    text_release(&event);
    free(bytes);
    return status;
}

static int hear(void *context, enum llmx_told what, int number, const char *text,
                const struct llmx_explanation *explanation)
{
    struct writing *w = context;
    (void)number;
    (void)explanation;
    if (!w->is_stream)
        return http_is_gone(w->request);
    if (what == LLMX_TOLD_TEXT)
        return send_event(w->request, "text", json_pack("{s:s}", "text", text));
    return what == LLMX_TOLD_GIVEN_UP ? send_event(w->request, "given_up", json_object()) : 0;
}

static json_t *write_now(const struct live *live, const struct reason *reason,
                         struct writing *writing, struct llmx_error *err)
{
    struct llmx_explanation explanation;
    const struct llmx_explain_request asked = {.person = reason->person,
                                               .recommendations = &reason->standing.item,
                                               .n = 1,
                                               .told = hear,
                                               .context = writing};
    if (llmx_explainer_explain(live->explainer, &asked, &explanation, err) != 0)
        return NULL;
    json_t *object = explanation_json(live, reason, &explanation, err);
    llmx_explanation_release(&explanation);
    return object;
}

/* What was written of the same before; NULL: nothing, or `err` is set. */
static json_t *recall(struct store *store, const char *key, struct llmx_error *err)
{
    const char *values[] = {key};
    char *body;
    json_error_t where;
    if (store_text(store, "SELECT body FROM explanation WHERE key = $1", values, 1, &body, err) !=
        0)
        return NULL;
    json_t *object = body ? plain_json_loadb(body, strlen(body), 0, &where) : NULL;
    free(body);
    return object;
}

static int remember(struct app *app, const struct live *live, const struct reason *reason,
                    const char *key, const json_t *object, struct llmx_error *err)
{
    char *body = plain_json_dumps(object, JSON_COMPACT);
    const llmx_id user = reason->person.user;
    const char *values[] = {key, user >= 0 ? llmx_data_user_token(live->data, user) : NULL,
                            llmx_data_item_token(live->data, reason->standing.item.item), body};
    const int status = body ? store_run(app->store,
                                        "INSERT INTO explanation (key, person, item, body)"
                                        " VALUES ($1, $2, $3, $4) ON CONFLICT (key) DO NOTHING",
                                        values, 4, NULL, NULL, err)
                            : err_set(err, LLMX_NO_MEMORY, "out of memory");
    free(body);
    return status;
}

static json_t *explain(struct app *app, const struct live *live, const struct reason *reason,
                       struct writing *writing, struct llmx_error *err)
{
    char key[KEY_BYTES];
    *err = (struct llmx_error){0};
    if (make_key(live, reason, key, err) != 0)
        return NULL;
    json_t *object = recall(app->store, key, err);
    if (object || err->code != LLMX_OK)
        return object;
    object = write_now(live, reason, writing, err);
    if (object && remember(app, live, reason, key, object, err) != 0) {
        json_decref(object);
        return NULL;
    }
    return object;
}

static void answer(struct app *app, const struct live *live, const struct reason *reason,
                   struct writing *writing, struct http_reply *reply)
{
    struct llmx_error err;
    if (writing->is_stream && http_stream_open(writing->request) != 0)
        return;
    json_t *object = explain(app, live, reason, writing, &err);
    if (writing->is_stream)
        send_event(writing->request, object ? "explanation" : "error",
                   object ? object : json_pack("{s:s}", "message", err.message));
    else if (object)
        reply_json(reply, object);
    else
        reply_error(reply, &err);
}

HANDLER(api_explain)
{
    static const char *const keys[] = {"user", "history", "item", "stream", NULL};
    struct live *live = app_live(context);
    struct reason reason = {0};
    json_t *object = body_object(request, reply, keys);
    struct writing writing = {.request = request};
    const bool is_read = object && read_flag(object, "stream", reply, &writing.is_stream);
    if (is_read && !live->generator && !live->explain.remote)
        http_refuse(reply, 501, "nothing writes here: start the server with --base");
    else if (is_read && find_reason(live, request, object, reply, &reason))
        answer(context, live, &reason, &writing, reply);
    free(reason.history);
    json_decref(object);
    live_drop(live);
}
