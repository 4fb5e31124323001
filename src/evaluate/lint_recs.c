/* lint_recs.c - what is amiss with a catalogue and with recommendations from it. */
#include "base/memory.h"
#include "base/names.h"
#include "base/text.h"
#include "evaluate/lint.h"

#include <stdlib.h>
#include <string.h>

/* An item that so large a share of all users is recommended says nothing of any of them. */
#define CROWD_SHARE 0.5
#define CROWD_USERS 20 /* of fewer, half are no crowd */

int lint_titles(struct lint *lint)
{
    const struct twins *twins = &lint->twins;
    const llmx_id items = llmx_data_items(lint->data);
    struct text ids = {0};
    if (llmx_data_title_column(lint->data) < 0)
        return 0;
    lint_look(lint, LLMX_LINT_TITLE, (int)items);
    for (llmx_id first = 0; twins->first && first < items; first++) {
        if (twins->first[first] != first || twins->next[first] == first)
            continue;
        text_clear(&ids);
        text_puts(&ids, llmx_data_item_token(lint->data, first));
        for (llmx_id i = twins->next[first]; i != first; i = twins->next[i])
            text_printf(&ids, ", %s", llmx_data_item_token(lint->data, i));
        if (text_check(&ids, lint->err) != 0)
            break;
        lint_add(lint, LLMX_LINT_TITLE,
                 &(struct lint_place){.item = llmx_data_item_token(lint->data, first)},
                 "\"%s\" is %s", lint_title(&lint->title, lint->data, first), ids.s);
    }
    const int status = text_check(&ids, lint->err);
    text_release(&ids);
    return status;
}

/* ---- recommendations ---- */

/* What recs_open leaves out. */
static void tell_foreign(void *context, const char *message)
{
    struct lint *lint = context;
    lint_add(lint, LLMX_LINT_FOREIGN, &(struct lint_place){.file = lint->options->recs}, "%s",
             message);
}

struct rec_look {
    struct lint *lint;
    int32_t *people;           /* (items) how many it is recommended to */
    struct names users, pairs; /* a pair is the numbers of a user and an item */
};

static llmx_id first_of(const struct lint *lint, llmx_id item)
{
    return lint->twins.first ? lint->twins.first[item] : item;
}

static bool has_taken(const struct lint *lint, const struct rec *rec)
{
    const llmx_id *history = rec->history;
    int n = rec->n_history;
    if (!history)
        history = llmx_data_history(lint->data, rec->user,
                                    rec->is_as_of_train ? LLMX_TRAIN : LLMX_ALL, &n);
    for (int k = 0; k < n; k++)
        if (twins_are_one(&lint->twins, history[k], rec->item))
            return true;
    return false;
}

static int look_at_rec(struct rec_look *look, int i)
{
    struct lint *lint = look->lint;
    const struct rec *rec = &lint->recs.rec[i];
    const struct lint_place place = {rec->user_token, rec->item_token, lint->options->recs,
                                     rec->line};
    const char *title = lint_title(&lint->title, lint->data, rec->item);
    const uint32_t before = look->pairs.count;
    int64_t pair[2] = {names_add(&look->users, rec->user_token, strlen(rec->user_token), lint->err),
                       first_of(lint, rec->item)};
    if (pair[0] < 0 || names_add(&look->pairs, (const char *)pair, sizeof pair, lint->err) < 0)
        return -1;
    if (has_taken(lint, rec))
        lint_add(lint, LLMX_LINT_TAKEN, &place, "%s:%ld: user %s has taken \"%s\" (item %s)",
                 place.file, rec->line, rec->user_token, title, rec->item_token);
    if (look->pairs.count == before)
        lint_add(lint, LLMX_LINT_TWICE, &place,
                 "%s:%ld: user %s is recommended \"%s\" (item %s) twice", place.file, rec->line,
                 rec->user_token, title, rec->item_token);
    else
        look->people[pair[1]]++;
    return 0;
}

static void look_for_crowds(struct rec_look *look)
{
    struct lint *lint = look->lint;
    const llmx_id items = llmx_data_items(lint->data);
    const int users = (int)look->users.count;
    if (users < CROWD_USERS)
        return;
    int recommended = 0;
    for (llmx_id item = 0; item < items; item++) {
        const char *token = llmx_data_item_token(lint->data, item);
        recommended += look->people[item] > 0;
        if (look->people[item] > CROWD_SHARE * users)
            lint_add(lint, LLMX_LINT_CROWD,
                     &(struct lint_place){.item = token, .file = lint->options->recs},
                     "\"%s\" (item %s) is recommended to %d of %d users",
                     lint_title(&lint->title, lint->data, item), token, look->people[item], users);
    }
    lint_look(lint, LLMX_LINT_CROWD, recommended);
}

static int look_at_recs(struct rec_look *look)
{
    struct lint *lint = look->lint;
    const size_t items = (size_t)llmx_data_items(lint->data);
    if (!(look->people = mem_array(items, sizeof *look->people, lint->err)))
        return -1;
    for (int i = 0; i < lint->recs.n; i++) {
        lint->is_as_of_train |= lint->recs.rec[i].is_as_of_train;
        if (look_at_rec(look, i) != 0)
            return -1;
    }
    look_for_crowds(look);
    return 0;
}

int lint_recs(struct lint *lint)
{
    struct rec_look look = {.lint = lint};
    struct llmx_explain_options telling = lint->explain;
    if (!lint->options->recs)
        return 0;
    telling.notice = tell_foreign;
    telling.notice_context = lint;
    int status = recs_open(&lint->recs, lint->options->recs, lint->data, &telling, lint->err);
    lint_look(lint, LLMX_LINT_FOREIGN, lint->recs.n + lint->recs.n_skipped);
    lint_look(lint, LLMX_LINT_TAKEN, lint->recs.n);
    lint_look(lint, LLMX_LINT_TWICE, lint->recs.n);
    if (status == 0)
        status = look_at_recs(&look);
    free(look.people);
    names_release(&look.users);
    names_release(&look.pairs);
    return status;
}
