/* template.c - reading template files and holding them against the data's columns. */
#include "explain/template.h"

#include "base/edit_distance.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/plain.h"
#include "base/utf8.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *text;
} built_in[] = {
#include "templates.inc"
};
#define BUILT_IN (sizeof built_in / sizeof *built_in)

#define TEMPLATE_BYTES_MAX ((size_t)1 << 20)

struct template_parser {
    struct template *template;
    const struct llmx_data *data;
    const char *name;
    int line;
    struct llmx_error *err;
};

static int fail(const struct template_parser *p, const char *what, const char *word,
                const char *advice)
{
    return err_set(p->err, LLMX_BAD_INPUT, "%s:%d: %s '%s'%s%s", p->name, p->line, what, word,
                   *advice ? "; " : "", advice);
}

static int add_field(struct template_parser *p, struct field_spec field)
{
    struct template *t = p->template;
    if (mem_grow(&t->field, &t->field_capacity, (size_t)t->n_fields + 1, sizeof *t->field,
                 p->err) != 0)
        return -1;
    t->field[t->n_fields++] = field;
    t->section[t->n_sections - 1].n++;
    return 0;
}

/* "did you mean 'class'?", or the columns there are. */
static int fail_column(const struct template_parser *p, const char *word)
{
    static const char *const words[] = {"title", "features", "profile", "n", "words", "evidence"};
    char advice[400] = "";
    const char *near = NULL;
    int best = 4;
    size_t used = 0;
    for (int i = 0; i < 6; i++)
        if (edit_distance(word, words[i]) < best) {
            best = edit_distance(word, words[i]);
            near = words[i];
        }
    for (enum llmx_side side = LLMX_USERS; side <= LLMX_ITEMS; side++)
        for (int k = 0; k < llmx_data_columns(p->data, side); k++) {
            const char *name = llmx_data_column_name(p->data, side, k);
            int distance = edit_distance(word, name);
            if (distance < best) {
                best = distance;
                near = name;
            }
            if (used < sizeof advice - 80)
                used += (size_t)snprintf(advice + used, sizeof advice - used, "%s%.60s",
                                         used ? ", " : "the columns are ", name);
        }
    if (near)
        snprintf(advice, sizeof advice, "did you mean '%s'?", near);
    return fail(p, "the data has no column", word,
                used || near ? advice : "there are no .user and .item files");
}

/* The column of items that has that role ("year", "categories"), whatever it is called; -1: none. */
static int column_by_role(const struct llmx_data *data, const char *word)
{
    for (int role = 0; role < LLMX_ROLES; role++)
        if (strcmp(word, llmx_role_name((enum llmx_role)role)) == 0)
            return llmx_data_role_column(data, (enum llmx_role)role);
    return -1;
}

/* {word} or {word:mapping} */
static int parse_field(struct template_parser *p, const char *s, size_t n)
{
    static const struct {
        const char *name;
        enum field kind;
    } words[] = {{"title", FIELD_TITLE},     {"features", FIELD_FEATURES},
                 {"profile", FIELD_PROFILE}, {"n", FIELD_NUMBER},
                 {"words", FIELD_WORDS},     {"evidence", FIELD_EVIDENCE}};
    struct template *t = p->template;
    char *word = arena_text(&t->arena, s, n, p->err);
    if (!word)
        return -1;
    char *mapping = strchr(word, ':');
    if (mapping)
        *mapping++ = 0;
    enum section_kind section = t->section[t->n_sections - 1].kind;
    struct field_spec field = {
        .kind = FIELD_COLUMN, .text = mapping, .side = LLMX_ITEMS, .column = -1};
    if (section != SECTION_SHARED)
        field.column = llmx_data_column(p->data, LLMX_ITEMS, word);
    if (field.column < 0 && (section == SECTION_SHARED || section == SECTION_ITEM)) {
        field.side = LLMX_USERS;
        field.column = llmx_data_column(p->data, LLMX_USERS, word);
    }
    for (size_t i = 0; i < sizeof words / sizeof *words && field.column < 0; i++)
        if (strcmp(word, words[i].name) == 0)
            return add_field(p, (struct field_spec){.kind = words[i].kind});
    if (field.column < 0 && section != SECTION_SHARED) {
        field.side = LLMX_ITEMS;
        field.column = column_by_role(p->data, word);
    }
    if (field.column < 0)
        return fail_column(p, word);
    if (field.side == LLMX_ITEMS && field.column < 64)
        t->columns |= (uint64_t)1 << field.column;
    return add_field(p, field);
}

static int add_text(struct template_parser *p, char *text)
{
    return *text ? add_field(p, (struct field_spec){.kind = FIELD_TEXT, .text = text}) : 0;
}

/* One line of text with its fields. */
static int parse_line(struct template_parser *p, const char *s, size_t n)
{
    char *text;
    size_t used = 0;
    bool is_open = false;
    if (!(text = arena_array(&p->template->arena, n + 1, 1, p->err)))
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '\\' && i + 1 < n && strchr("{}[]@#\\", s[i + 1])) {
            text[used++] = s[++i];
            continue;
        }
        if (!strchr("{}[]", s[i])) {
            text[used++] = s[i];
            continue;
        }
        if (add_text(p, text) != 0)
            return -1;
        text += used + (used > 0);
        used = 0;
        const char *close = s[i] == '{' ? memchr(s + i, '}', n - i) : NULL;
        if (s[i] == '}' || (s[i] == '{' && !close))
            return fail(p, "a brace without its partner at", "{}", "write \\{ for a plain one");
        if ((s[i] == '[') == is_open && s[i] != '{')
            return fail(p, "a bracket without its partner at", "[]", "write \\[ for a plain one");
        if (s[i] == '{' && parse_field(p, s + i + 1, (size_t)(close - s) - i - 1) != 0)
            return -1;
        if (s[i] != '{' &&
            add_field(p, (struct field_spec){.kind = is_open ? FIELD_OPTIONAL_END
                                                             : FIELD_OPTIONAL_BEGIN}) != 0)
            return -1;
        is_open = s[i] == '[' ? true : s[i] == ']' ? false : is_open;
        i = close ? (size_t)(close - s) : i;
    }
    if (is_open)
        return fail(p, "a bracket without its partner at", "[", "write \\[ for a plain one");
    return add_text(p, text) != 0 ? -1 : add_field(p, (struct field_spec){.kind = FIELD_LINE_END});
}

static int parse_marker(struct template_parser *p, const char *s, size_t n)
{
    static const char *const kinds[] = {"@shared",   "@history", "@item",
                                        "@evidence", "@answer",  "@fallback"};
    struct template *t = p->template;
    int kind = -1;
    char word[32];
    snprintf(word, sizeof word, "%.*s", (int)(n < 31 ? n : 31), s);
    for (int k = 0; k < 6; k++)
        if (strcmp(word, kinds[k]) == 0)
            kind = k;
    if (kind < 0)
        return fail(p, "there is no section", word,
                    "the sections are @shared, @history, @item, @evidence, @answer and @fallback");
    if (kind < SECTION_ITEM && t->n_sections > 0 &&
        t->section[t->n_sections - 1].kind >= SECTION_ITEM)
        return fail(p, "what customers share must come first, not after @item:", word, "");
    if (mem_grow(&t->section, &t->section_capacity, (size_t)t->n_sections + 1, sizeof *t->section,
                 p->err) != 0)
        return -1;
    t->section[t->n_sections++] = (struct section){(enum section_kind)kind, t->n_fields, 0};
    return 0;
}

static bool has_section(const struct template *t, enum section_kind kind)
{
    for (int i = 0; i < t->n_sections; i++)
        if (t->section[i].kind == kind)
            return true;
    return false;
}

static int parse_lines(struct template_parser *p, const char *text, size_t n)
{
    for (size_t at = 0; at < n;) {
        const char *s = text + at, *end = memchr(s, '\n', n - at);
        size_t length = end ? (size_t)(end - s) : n - at;
        at += length + 1;
        p->line++;
        while (length > 0 && (s[length - 1] == '\r' || s[length - 1] == ' '))
            length--;
        if (length > 0 && *s == '#')
            continue;
        if (length > 0 && *s == '@' ? parse_marker(p, s, length) != 0
                                    : p->template->n_sections > 0 && parse_line(p, s, length) != 0)
            return -1;
        if (p->template->n_sections == 0 && length > 0)
            return fail(p, "text before the first section:", "", "begin with a line @shared");
    }
    if (!has_section(p->template, SECTION_HISTORY) || !has_section(p->template, SECTION_ITEM))
        return err_set(p->err, LLMX_BAD_INPUT,
                       "%s: a template needs the sections @history and @item", p->name);
    return 0;
}

int template_parse(struct template *template, const char *name, const char *text, size_t n,
                   const struct llmx_data *data, struct llmx_error *err)
{
    *template = (struct template){0};
    struct template_parser p = {template, data, name, 0, err};
    if (n > TEMPLATE_BYTES_MAX)
        return err_set(err, LLMX_TOO_LARGE, "%s: a template of more than %zu bytes", name,
                       TEMPLATE_BYTES_MAX);
    if (memchr(text, 0, n))
        return err_set(err, LLMX_BAD_INPUT, "%s: not a text file (it holds a zero byte)", name);
    template->name = arena_text(&template->arena, name, strlen(name), err);
    if (template->name && parse_lines(&p, text, n) == 0)
        return 0;
    template_release(template);
    return -1;
}

void template_release(struct template *template)
{
    arena_release(&template->arena);
    free(template->field);
    free(template->section);
    *template = (struct template){0};
}

int template_open(struct template *template, const char *name, const struct llmx_data *data,
                  struct llmx_error *err)
{
    *template = (struct template){0};
    for (size_t i = 0; i < BUILT_IN; i++) {
        if (name && strcmp(name, built_in[i].name) != 0)
            continue;
        struct llmx_error missing;
        if (template_parse(template, built_in[i].name, built_in[i].text, strlen(built_in[i].text),
                           data, &missing) == 0)
            return 0;
        if (name || missing.code != LLMX_BAD_INPUT)
            return err_set(err, missing.code, "%s", missing.message);
    }
    struct mapping file;
    if (mapping_open(&file, name, err) != 0)
        return -1;
    const char *text = file.size ? (const char *)file.data : "";
    const size_t mark = utf8_mark(text, file.size);
    int status = template_parse(template, name, text + mark, file.size - mark, data, err);
    mapping_release(&file);
    return status;
}

int template_is_private(const char *column)
{
    static const char *const marks[] = {"zip",     "postal", "postcode", "email", "phone",
                                        "address", "name",   "birth",    "ip"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (plain_strncasecmp(column, marks[i], strlen(marks[i])) == 0)
            return 1;
    return 0;
}
