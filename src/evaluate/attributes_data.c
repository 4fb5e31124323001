/* attributes_data.c - hidden attributes of users, told from their history, and of items, told from the rest. */
#include "base/arena.h"
#include "base/file.h"
#include "base/memory.h"
#include "evaluate/attribute_context.h"
#include "evaluate/attribute_split.h"
#include "evaluate/run_embedding.h"

#include <stdlib.h>
#include <string.h>

#define PROBED_MAX 20000 /* rows that a probe learns from: more change no digit that is printed */

struct telling {
    const struct llmx_data *data;
    const struct llmx_attributes_options *options;
    struct llmx_attributes *all;
    struct domain domain;
    struct attribute_split split;
    struct bits taken[2]; /* by side: the items of users, the users of items */
    struct company company;
    struct arena arena; /* contexts */
    struct text text;
};

static void telling_close(struct telling *t)
{
    attribute_split_release(&t->split);
    bits_release(&t->taken[LLMX_USERS]);
    bits_release(&t->taken[LLMX_ITEMS]);
    company_release(&t->company);
    arena_release(&t->arena);
    text_release(&t->text);
}

static int telling_open(struct telling *t, struct llmx_error *err)
{
    const struct llmx_attributes_options *o = t->options;
    if (domain_find(&t->domain, o->domain, t->data, err) != 0 ||
        attribute_split_open(&t->split, t->data, o->tuned_on_path, o->resampling.seed, err) != 0 ||
        bits_of_users(&t->taken[LLMX_USERS], t->data, err) != 0 ||
        bits_turn(&t->taken[LLMX_ITEMS], &t->taken[LLMX_USERS], err) != 0 ||
        company_open(&t->company, &t->taken[LLMX_USERS], &t->taken[LLMX_ITEMS], err) != 0)
        return -1;
    for (int i = 0; i < t->all->n; i++) {
        struct panel *p = &t->all->panel[i];
        if (attribute_split_panel(&t->split, p, &t->taken[p->attribute.side], o->asked_max, err) !=
            0)
            return -1;
    }
    return 0;
}

/* The text that was put together, kept. */
static const char *keep_text(struct telling *t, struct llmx_error *err)
{
    return text_check(&t->text, err) == 0 ? arena_text(&t->arena, t->text.s, t->text.n, err) : NULL;
}

/* ---- without a model ---- */

/* What is known of all items but who took them: that alone would tell how popular they are. */
static int guess_by_features(struct telling *t, struct answered *answers, const struct panel *p,
                             struct llmx_error *err)
{
    const struct guessing g = panel_guessing(p);
    struct bits words = {0};
    const char **texts = mem_array(p->rows, sizeof *texts, err);
    int status = texts ? 0 : -1;
    for (size_t row = 0; row < p->rows && status == 0; row++) {
        text_clear(&t->text);
        context_put_item(&t->text, t->data, &t->domain, (llmx_id)row, p->attribute.column, NULL);
        texts[row] = keep_text(t, err);
        status = texts[row] ? 0 : -1;
    }
    if (status == 0)
        status = bits_of_words(&words, texts, p->rows, err);
    if (status == 0)
        status = guess_naive_bayes(answers, &g, &words.rows, err);
    bits_release(&words);
    free(texts);
    return status;
}

static int guess_by_counting(struct telling *t, struct panel *p, struct llmx_error *err)
{
    const struct guessing g = panel_guessing(p);
    struct answered *answers = panel_add(p, "", "majority", err);
    if (!answers || guess_majority(answers, &g, err) != 0)
        return -1;
    if (g.is_multi && (!(answers = panel_add(p, "", "majority_set", err)) ||
                       guess_majority_set(answers, &g, err) != 0))
        return -1;
    if (!(answers = panel_add(p, "", "naive_bayes", err)))
        return -1;
    return p->attribute.side == LLMX_ITEMS && p->attribute.column < 0
               ? guess_by_features(t, answers, p, err)
               : guess_naive_bayes(answers, &g, &t->taken[p->attribute.side].rows, err);
}

static int probe(struct panel *p, const struct llmx_run *run, struct llmx_error *err)
{
    struct guessing g = panel_guessing(p);
    struct run_embedding embedding;
    g.n_learnt = g.n_learnt < PROBED_MAX ? g.n_learnt : PROBED_MAX;
    if (run_embedding_open(&embedding, run, &g, p->attribute.side, err) != 0)
        return -1;
    struct answered *answers = panel_add(p, "", "probe", err);
    const int status = answers ? guess_probe(answers, &g, embedding.rows, embedding.dim, err) : -1;
    run_embedding_release(&embedding);
    return status;
}

static int guess_all(struct telling *t, struct llmx_error *err)
{
    const struct llmx_run *run = t->options->run;
    const bool is_probed = run && run_embedding_is_there(run);
    char message[200];
    for (int i = 0; i < t->all->n; i++)
        if (guess_by_counting(t, &t->all->panel[i], err) != 0 ||
            (is_probed && probe(&t->all->panel[i], run, err) != 0))
            return -1;
    snprintf(message, sizeof message, "the model %s has no embeddings: nothing to probe",
             run ? llmx_run_model(run) : "");
    if (run && !is_probed && t->options->notice)
        t->options->notice(t->options->notice_context, message);
    return 0;
}

/* ---- the model ---- */

static const char *tell_row(struct telling *t, const struct attribute *a, size_t row,
                            struct llmx_error *err)
{
    text_clear(&t->text);
    if (a->side == LLMX_USERS)
        context_put_user(&t->text, t->data, &t->domain, (llmx_id)row, t->options->history_max);
    else
        context_put_item(&t->text, t->data, &t->domain, (llmx_id)row, a->column, &t->company);
    return keep_text(t, err);
}

/* Marks of the rows that a panel asks about. */
static void mark_asked(unsigned char *is_asked, const struct panel *p)
{
    memset(is_asked, 0, p->rows);
    for (size_t i = 0; i < p->n_asked; i++)
        is_asked[p->asked[i]] = 1;
}

/* Users are asked all their attributes in a row, so that their history is read once. */
static int list_users(struct telling *t, struct ask_list *list, struct llmx_error *err)
{
    const size_t users = t->split.n[LLMX_USERS];
    unsigned char *is_asked = mem_array((size_t)t->all->n, users, err);
    int status = is_asked ? 0 : -1;
    for (int i = 0; i < t->all->n && status == 0; i++)
        if (t->all->panel[i].attribute.side == LLMX_USERS)
            mark_asked(is_asked + (size_t)i * users, &t->all->panel[i]);
    for (size_t user = 0; user < users && status == 0; user++) {
        const char *context = NULL;
        for (int i = 0; i < t->all->n && status == 0; i++) {
            if (!is_asked[(size_t)i * users + user])
                continue;
            if (!context)
                context = tell_row(t, &t->all->panel[i].attribute, user, err);
            status = context ? ask_list_add(list, t->all, i, user, context, err) : -1;
        }
    }
    free(is_asked);
    return status;
}

static int list_items(struct telling *t, struct ask_list *list, int panel, struct llmx_error *err)
{
    const struct panel *p = &t->all->panel[panel];
    for (size_t i = 0; i < p->n_asked; i++) {
        const char *context = tell_row(t, &p->attribute, p->asked[i], err);
        if (!context || ask_list_add(list, t->all, panel, p->asked[i], context, err) != 0)
            return -1;
    }
    return 0;
}

static int list_all(struct telling *t, struct ask_list *list, struct llmx_error *err)
{
    if (list_users(t, list, err) != 0)
        return -1;
    for (int i = 0; i < t->all->n; i++)
        if (t->all->panel[i].attribute.side == LLMX_ITEMS && list_items(t, list, i, err) != 0)
            return -1;
    return 0;
}

static int ask_model(struct telling *t, struct llmx_error *err)
{
    const struct llmx_attributes_options *o = t->options;
    const struct asking asking = {o->model, &t->domain, o->stop, o->progress};
    struct ask_list list = {0};
    int status = list_all(t, &list, err);
    if (status == 0)
        status = ask_list_ask(&list, t->all, "", &asking, err);
    ask_list_release(&list);
    return status;
}

/* ---- together ---- */

static int put_who(const void *context, const struct panel *p, size_t row, json_t *line)
{
    const struct llmx_data *data = context;
    return p->attribute.side == LLMX_USERS
               ? json_object_set_new(line, "user",
                                     json_string(llmx_data_user_token(data, (llmx_id)row)))
               : json_object_set_new(line, "item",
                                     json_string(llmx_data_item_token(data, (llmx_id)row)));
}

static int write_rows(const struct telling *t, const char *out_path, struct llmx_error *err)
{
    struct output out = {0};
    int status = output_open(&out, out_path, err);
    for (int i = 0; i < t->all->n && status == 0; i++)
        status = panel_write(&t->all->panel[i], out.stream, put_who, t->data, err);
    if (status == 0)
        status = output_commit(&out, err);
    output_discard(&out);
    return status;
}

static int check_options(const struct llmx_attributes_options *o, struct llmx_error *err)
{
    if (o->asked_max < 1)
        return err_set(err, LLMX_BAD_OPTION, "%d to ask about: choose 1 or more", o->asked_max);
    if (o->history_max < 1)
        return err_set(err, LLMX_BAD_OPTION, "a history of %d: choose 1 or more", o->history_max);
    return llmx_resampling_check(&o->resampling, err);
}

int llmx_attributes_check(const struct llmx_data *data,
                          const struct llmx_attributes_options *options, struct llmx_error *err)
{
    struct llmx_attributes_options quiet = *options; /* what is left out is told later */
    struct llmx_attributes *all = NULL;
    struct attribute_split split = {0};
    struct domain domain;
    quiet.notice = NULL;
    const int status =
        check_options(options, err) == 0 && panels_open(&all, data, &quiet, err) == 0 &&
                domain_find(&domain, options->domain, data, err) == 0 &&
                attribute_split_open(&split, data, options->tuned_on_path, 0, err) == 0
            ? 0
            : -1;
    attribute_split_release(&split);
    llmx_attributes_destroy(all);
    return status;
}

int llmx_attributes_of_data(struct llmx_attributes **found, const struct llmx_data *data,
                            const struct llmx_attributes_options *options, const char *out_path,
                            struct llmx_error *err)
{
    struct telling t = {.data = data, .options = options};
    if (check_options(options, err) != 0 || panels_open(&t.all, data, options, err) != 0)
        return -1;
    int status = telling_open(&t, err) == 0 && guess_all(&t, err) == 0 ? 0 : -1;
    if (status == 0 && options->model)
        status = ask_model(&t, err);
    for (int i = 0; i < t.all->n && status == 0; i++)
        status = panel_score(&t.all->panel[i], &options->resampling, err);
    if (status == 0 && out_path)
        status = write_rows(&t, out_path, err);
    telling_close(&t);
    if (status == 0)
        *found = t.all;
    else
        llmx_attributes_destroy(t.all);
    return status;
}
