/* prompt.c - filling in a template. */
#include "explain/prompt.h"

#include "data/feature_values.h"
#include "explain/plain_reason.h"
#include "explain/wording.h"
#include "gate/given.h"

#include <string.h>

#define TITLES_MAX 3 /* more read like a list */

/* One pass over a section. */
struct filling {
    struct text *out;
    const struct template *template;
    const struct catalogue *catalogue;
    const struct llmx_given *given;
    bool with_profile;
    llmx_id item;
    int number;
    const struct llmx_fact *fact;
};

/* The word that a mapping "M=male,F=female" puts for a value, or the value itself. */
static void put_mapped(struct text *out, const char *mapping, const char *value)
{
    size_t n = strlen(value);
    for (const char *s = mapping; s && *s; s += strcspn(s, ","), s += *s == ',')
        if (strncmp(s, value, n) == 0 && s[n] == '=') {
            text_put(out, s + n + 1, strcspn(s + n + 1, ","));
            return;
        }
    text_puts(out, value);
}

void prompt_list(struct text *out, const char *value, char separator, bool is_prose)
{
    size_t at = 0, n, start = out->n;
    const char *next = value_next(value, separator, &at, &n);
    for (int i = 0; next; i++) {
        const char *this = next;
        size_t this_n = n;
        next = value_next(value, separator, &at, &n);
        text_puts(out, i == 0 ? "" : next || !is_prose ? ", " : " and ");
        text_put(out, this, this_n);
    }
    for (size_t k = start; is_prose && k < out->n; k++)
        if (out->s[k] >= 'A' && out->s[k] <= 'Z')
            out->s[k] = (char)(out->s[k] + 'a' - 'A');
}

/* "sci-fi, free to play" */
static void put_lower(struct text *out, const char *value, char separator)
{
    size_t at = 0, n;
    const char *one;
    for (int i = 0; (one = value_next(value, separator, &at, &n)) != NULL; i++) {
        text_puts(out, i > 0 ? ", " : "");
        wording_value(out, one, n);
    }
}

static void put_year(struct text *out, const struct catalogue *c, llmx_id item, int column)
{
    const char *value = column < 0 ? "" : llmx_data_feature(c->data, LLMX_ITEMS, item, column),
               *year = value_find_year(value, strlen(value));
    text_put(out, year ? year : "", year ? 4 : 0);
}

static void put_item_column(struct text *out, const struct catalogue *c, llmx_id item, int column,
                            const char *mapping)
{
    const char *value = column < 0 ? "" : llmx_data_feature(c->data, LLMX_ITEMS, item, column);
    bool is_prose = mapping && strcmp(mapping, "prose") == 0;
    if (column < 0)
        return;
    if (column == c->title_column)
        text_puts(out, c->title[item]);
    else if (mapping && strcmp(mapping, "lower") == 0)
        put_lower(out, value, column < COLUMNS_MAX ? c->separator[column] : 0);
    else if (column < COLUMNS_MAX && (c->separator[column] || is_prose))
        prompt_list(out, value, c->separator[column], is_prose);
    else
        put_mapped(out, mapping, value);
}

/* "genre: Comedy; year: 1995" */
static void put_all(const struct filling *f, enum llmx_side side, llmx_id row)
{
    const struct llmx_data *data = f->catalogue->data;
    int n = 0;
    for (int k = 0; row >= 0 && k < llmx_data_columns(data, side); k++) {
        const char *name = llmx_data_column_name(data, side, k),
                   *value = side == LLMX_USERS ? given_profile(f->given, data, k)
                                               : llmx_data_feature(data, side, row, k);
        if (!*value || (side == LLMX_ITEMS && k == f->catalogue->title_column) ||
            (side == LLMX_USERS && llmx_is_private(name)))
            continue;
        text_puts(f->out, n++ > 0 ? "; " : "");
        for (const char *s = name; *s; s++)
            text_put(f->out, *s == '_' ? " " : s, 1);
        text_puts(f->out, ": ");
        if (side == LLMX_ITEMS)
            put_item_column(f->out, f->catalogue, row, k, NULL);
        else
            text_puts(f->out, value);
    }
}

/* "A", "B" and "C": the evidence, or the latest of the history when there is none. */
static void put_titles(struct text *out, const struct catalogue *c, const struct llmx_given *given)
{
    bool has_evidence = given->n_evidence > 0;
    int n = has_evidence ? given->n_evidence : given->n_history;
    const llmx_id *items = has_evidence ? given->evidence : given->history;
    int first = has_evidence || n < TITLES_MAX ? 0 : n - TITLES_MAX;
    int end = n - first > TITLES_MAX ? first + TITLES_MAX : n;
    for (int i = first; i < end; i++)
        text_printf(out, "%s\"%s\"",
                    i == first     ? ""
                    : i == end - 1 ? " and "
                                   : ", ",
                    c->title[items[i]]);
}

static void put_field(const struct filling *f, const struct field_spec *field)
{
    switch (field->kind) {
    case FIELD_COLUMN:
        if (field->side == LLMX_ITEMS)
            put_item_column(f->out, f->catalogue, f->item, field->column, field->text);
        else if (f->with_profile)
            put_mapped(f->out, field->text,
                       given_profile(f->given, f->catalogue->data, field->column));
        break;
    case FIELD_TITLE:
        text_puts(f->out, f->catalogue->title[f->item]);
        break;
    case FIELD_YEAR:
        put_year(f->out, f->catalogue, f->item, field->column);
        break;
    case FIELD_FACT:
        wording_fact(f->out, f->fact, f->catalogue, &f->template->domain);
        break;
    case FIELD_TOOK:
        text_puts(f->out, f->template->domain.taken);
        break;
    case FIELD_FEATURES:
        put_all(f, LLMX_ITEMS, f->item);
        break;
    case FIELD_PROFILE:
        put_all(f, LLMX_USERS, f->with_profile ? f->given->user : -1);
        break;
    case FIELD_NUMBER:
        text_printf(f->out, "%d", f->number);
        break;
    case FIELD_WORDS:
        text_printf(f->out, "%d", f->given->words_max);
        break;
    case FIELD_EVIDENCE:
        put_titles(f->out, f->catalogue, f->given);
        break;
    default:
        break;
    }
}

static void truncate_text(struct text *text, size_t n)
{
    if (text->s && n <= text->n) {
        text->n = n;
        text->s[n] = 0;
    }
}

static void put_section(const struct filling *f, const struct section *section)
{
    size_t line = f->out->n, optional = f->out->n;
    int fields = 0, filled = 0; /* of the line, those in brackets apart */
    bool is_optional = false, is_complete = true, has_gap = false;
    for (int i = section->first; i < section->first + section->n; i++) {
        const struct field_spec *field = &f->template->field[i];
        size_t before = f->out->n;
        switch (field->kind) {
        case FIELD_TEXT:
            text_puts(f->out, field->text);
            break;
        case FIELD_OPTIONAL_BEGIN:
            optional = f->out->n;
            is_optional = is_complete = true;
            break;
        case FIELD_OPTIONAL_END:
            if (!is_complete)
                truncate_text(f->out, optional);
            has_gap = has_gap || !is_complete;
            is_optional = false;
            break;
        case FIELD_LINE_END:
            if ((fields > 0 && filled == 0) || (has_gap && f->out->n == line))
                truncate_text(f->out, line);
            else
                text_puts(f->out, "\n");
            line = f->out->n;
            fields = filled = 0;
            has_gap = false;
            break;
        default:
            put_field(f, field);
            is_complete = is_complete && f->out->n > before;
            fields += !is_optional;
            filled += !is_optional && f->out->n > before;
        }
    }
}

static void put_each(struct filling *f, const struct section *section, const llmx_id *items, int n)
{
    for (int i = 0; i < n; i++) {
        f->item = items[i];
        f->number = i + 1;
        put_section(f, section);
    }
    f->item = f->given->item;
}

static void put_facts(struct filling *f, const struct section *section)
{
    f->number = 0;
    for (int i = 0; i < f->given->n_facts; i++)
        if (f->given->facts[i].place > 0) {
            f->fact = &f->given->facts[i];
            f->number++;
            put_section(f, section);
        }
}

static void put_sections(struct filling *f, bool is_shared)
{
    for (int i = 0; i < f->template->n_sections; i++) {
        const struct section *section = &f->template->section[i];
        if ((section->kind < SECTION_ITEM) != is_shared || section->kind >= SECTION_ANSWER)
            continue;
        if (section->kind == SECTION_HISTORY)
            put_each(f, section, f->given->history, f->given->n_history);
        else if (section->kind == SECTION_EVIDENCE)
            put_each(f, section, f->given->evidence, f->given->n_evidence);
        else if (section->kind == SECTION_FACT)
            put_facts(f, section);
        else
            put_section(f, section);
    }
}

void prompt_shared(struct text *out, const struct template *template,
                   const struct catalogue *catalogue, const struct llmx_given *given,
                   bool with_profile)
{
    struct filling f = {out, template, catalogue, given, with_profile, given->item, 0, NULL};
    put_sections(&f, true);
}

void prompt_own(struct text *out, const struct template *template,
                const struct catalogue *catalogue, const struct llmx_given *given,
                bool with_profile)
{
    struct filling f = {out, template, catalogue, given, with_profile, given->item, 0, NULL};
    put_sections(&f, false);
    while (out->n > 0 && out->s[out->n - 1] == '\n')
        truncate_text(out, out->n - 1);
}

/* Appends all sections of one kind, without the last end of line; false when they say nothing. */
static bool put_kind(struct filling *f, enum section_kind kind)
{
    size_t before = f->out->n;
    for (int i = 0; i < f->template->n_sections; i++)
        if (f->template->section[i].kind == kind)
            put_section(f, &f->template->section[i]);
    while (f->out->n > before && f->out->s[f->out->n - 1] == '\n')
        truncate_text(f->out, f->out->n - 1);
    return f->out->n > before;
}

void prompt_answer(struct text *out, const struct template *template,
                   const struct catalogue *catalogue, const struct llmx_given *given)
{
    struct filling f = {out, template, catalogue, given, false, given->item, 0, NULL};
    put_kind(&f, SECTION_ANSWER);
}

void prompt_fallback(struct text *out, const struct template *template,
                     const struct catalogue *catalogue, const struct llmx_given *given)
{
    struct filling f = {out, template, catalogue, given, false, given->item, 0, NULL};
    if (given->n_evidence + given->n_history == 0 || !put_kind(&f, SECTION_FALLBACK))
        plain_reason(out, catalogue, &template->domain, given);
}
