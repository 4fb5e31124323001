/* template.c - reading template files and holding them against the data's columns. */
#include "explain/template.h"

#include "base/edit_distance.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/plain.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *text;
} built_in[] = {
#include "templates.inc"
};

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
    static const char *const words[] = {"title", "features", "profile", "n",
                                        "words", "evidence", "fact",    "took"};
    char advice[400] = "";
    const char *near = NULL;
    int best = 4;
    size_t used = 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
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

/* The role of items that is called so, whatever its column is called; -1: none. */
static int role_named(const char *word)
{
    for (int role = 0; role < LLMX_ROLES; role++)
        if (strcmp(word, llmx_role_name((enum llmx_role)role)) == 0)
            return role;
    return -1;
}

/* What {word} is where no column is called so; FIELD_COLUMN: nothing. */
static enum field field_named(const char *word, enum section_kind section)
{
    static const struct {
        const char *name;
        enum field kind;
    } words[] = {{"features", FIELD_FEATURES}, {"profile", FIELD_PROFILE},   {"n", FIELD_NUMBER},
                 {"words", FIELD_WORDS},       {"evidence", FIELD_EVIDENCE}, {"took", FIELD_TOOK}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(word, words[i].name) == 0)
            return words[i].kind;
    return section == SECTION_FACT && strcmp(word, "fact") == 0 ? FIELD_FACT : FIELD_COLUMN;
}

/* The column of a field, of items or, where the section is about a user, of users; the side goes into the field. */
static void find_column(struct field_spec *field, const char *word, int role,
                        enum section_kind section, const struct llmx_data *data)
{
    field->side = LLMX_ITEMS;
    field->column = role >= 0                   ? llmx_data_role_column(data, (enum llmx_role)role)
                    : section == SECTION_SHARED ? -1
                                                : llmx_data_column(data, LLMX_ITEMS, word);
    if (field->column >= 0 || (section != SECTION_SHARED && section != SECTION_ITEM))
        return;
    const int column = llmx_data_column(data, LLMX_USERS, word);
    field->side = column >= 0 || role < 0 ? LLMX_USERS : LLMX_ITEMS;
    field->column = column;
}

/* {word} or {word:mapping} */
static int parse_field(struct template_parser *p, const char *s, size_t n)
{
    struct template *t = p->template;
    char *word = arena_text(&t->arena, s, n, p->err);
    if (!word)
        return -1;
    char *mapping = strchr(word, ':');
    if (mapping)
        *mapping++ = 0;
    const enum section_kind section = t->section[t->n_sections - 1].kind;
    const int role = section == SECTION_SHARED ? -1 : role_named(word);
    struct field_spec field = {.kind = FIELD_COLUMN, .text = mapping};
    find_column(&field, word, role, section, p->data);
    if (role == LLMX_ROLE_TITLE || (role < 0 && strcmp(word, "title") == 0))
        field.kind = FIELD_TITLE;
    else if (role == LLMX_ROLE_YEAR && field.side == LLMX_ITEMS && !mapping)
        field.kind = FIELD_YEAR;
    else if (field.column < 0 && role < 0 &&
             (field.kind = field_named(word, section)) == FIELD_COLUMN)
        return fail_column(p, word);
    if (field.side == LLMX_ITEMS && field.column >= 0 && field.column < 64)
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
    static const char *const kinds[] = {"@shared", "@history", "@item",    "@evidence",
                                        "@fact",   "@answer",  "@fallback"};
    struct template *t = p->template;
    int kind = -1;
    char word[32];
    snprintf(word, sizeof word, "%.*s", (int)(n < 31 ? n : 31), s);
    for (int k = 0; k <= SECTION_FALLBACK; k++)
        if (strcmp(word, kinds[k]) == 0)
            kind = k;
    if (kind < 0)
        return fail(p, "there is no section", word,
                    "the sections are @shared, @history, @item, @evidence, @fact, @answer and "
                    "@fallback");
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
                   const char *domain, const struct llmx_data *data, struct llmx_error *err)
{
    *template = (struct template){0};
    struct template_parser p = {template, data, name, 0, err};
    if (n > TEMPLATE_BYTES_MAX)
        return err_set(err, LLMX_TOO_LARGE, "%s: a template of more than %zu bytes", name,
                       TEMPLATE_BYTES_MAX);
    if (memchr(text, 0, n))
        return err_set(err, LLMX_BAD_INPUT, "%s: not a text file (it holds a zero byte)", name);
    template->name = arena_text(&template->arena, name, strlen(name), err);
    if (template->name && domain_find(&template->domain, domain, data, err) == 0 &&
        parse_lines(&p, text, n) == 0) {
        template->tells_facts = has_section(template, SECTION_FACT);
        return 0;
    }
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

bool template_tells(const struct template *template, const struct llmx_data *data, int column)
{
    const bool is_private = llmx_is_private(llmx_data_column_name(data, LLMX_USERS, column)) != 0;
    for (int i = 0; i < template->n_fields; i++) {
        const struct field_spec *field = &template->field[i];
        if ((field->kind == FIELD_PROFILE && !is_private) ||
            (field->kind == FIELD_COLUMN && field->side == LLMX_USERS && field->column == column))
            return true;
    }
    return false;
}

/* The text that is built in under that name; NULL: none. */
static const char *built_in_text(const char *name)
{
    for (size_t i = 0; i < sizeof built_in / sizeof *built_in; i++)
        if (strcmp(name, built_in[i].name) == 0)
            return built_in[i].text;
    return NULL;
}

static int open_file(struct template *template, const char *path, const char *domain,
                     const struct llmx_data *data, struct llmx_error *err)
{
    struct mapping file;
    if (mapping_open(&file, path, err) != 0)
        return -1;
    const char *text = file.size ? (const char *)file.data : "";
    const size_t mark = utf8_mark(text, file.size);
    int status = template_parse(template, path, text + mark, file.size - mark, domain, data, err);
    mapping_release(&file);
    return status;
}

/* The layout that a domain has of its own. */
static const char *layout_of(const struct domain *domain)
{
    return strcmp(domain->name, "films") == 0   ? "movies"
           : strcmp(domain->name, "games") == 0 ? "games"
           : strcmp(domain->name, "news") == 0  ? "news"
                                                : "general";
}

int template_open(struct template *template, const char *name, const char *domain,
                  const struct llmx_data *data, struct llmx_error *err)
{
    struct domain found;
    *template = (struct template){0};
    if (!name) {
        if (domain_find(&found, domain, data, err) != 0)
            return -1;
        const char *own = layout_of(&found), *layout = built_in_text(own);
        struct llmx_error missing; /* a column that the data do not have */
        if (template_parse(template, own, layout, strlen(layout), domain, data, &missing) == 0)
            return 0;
        if (missing.code != LLMX_BAD_INPUT)
            return err_set(err, missing.code, "%s", missing.message);
        name = "general";
    }
    const char *text = built_in_text(name);
    return text ? template_parse(template, name, text, strlen(text), domain, data, err)
                : open_file(template, name, domain, data, err);
}
