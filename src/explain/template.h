/* template.h - the layout of a prompt, from a text file that a user may edit (docs/templates.md).
 *
 *     @shared     text that all items of one customer share; {column} of .user
 *     @history    once for every history item shown, oldest first; {column} of .item
 *     @item       text of one item, after all that is shared; {column} of .item, else of .user
 *     @evidence   once for every evidence item, largest contribution first; {column} of .item
 *     @fact       once for every fact that is chosen to be told, which is {fact}
 *     @answer     how the model's answer begins; it goes on from there
 *     @fallback   the plain sentence that takes the place of texts that do not pass; never part of the prompt
 *
 * Sections come in any number, those that are shared first. Beside columns there are {title}, {features} (all
 * columns of an item), {profile} (all of a user), {n} (number in the list), {words} (longest answer), {took} (what
 * people do with such items: "watched") and {evidence} (the titles of the evidence, as "A", "B" and "C").
 * {year}, {categories} and the other roles (data.h) are the columns that have them, and nothing where none has.
 * {gender:M=male,F=female} puts other words for values, {tags:prose} writes a list as prose ("action and rpg"),
 * {tags:lower} with small letters.
 * What stands in [brackets] is left out when a field in it is empty, and so is a line all of whose fields outside
 * brackets are. A backslash takes the meaning from {, }, [, ], @, # and itself.  */
#ifndef EXPLAIN_TEMPLATE_H
#define EXPLAIN_TEMPLATE_H

#include "base/arena.h"
#include "explain/domain.h"
#include "llmxrec/data.h"

#include <stdbool.h>
#include <stdint.h>

enum field {
    FIELD_TEXT,
    FIELD_COLUMN,
    FIELD_TITLE,
    FIELD_YEAR, /* of the column that has the role */
    FIELD_FEATURES,
    FIELD_PROFILE,
    FIELD_NUMBER,
    FIELD_WORDS,
    FIELD_EVIDENCE,
    FIELD_FACT,
    FIELD_TOOK,
    FIELD_OPTIONAL_BEGIN,
    FIELD_OPTIONAL_END,
    FIELD_LINE_END
};

struct field_spec {
    enum field kind;
    const char *text;    /* FIELD_TEXT; of a FIELD_COLUMN the mapping "M=male,F=female", or NULL */
    enum llmx_side side; /* FIELD_COLUMN */
    int column;          /* -1: of a role that no column has; empty */
};

enum section_kind {
    SECTION_SHARED,
    SECTION_HISTORY,
    SECTION_ITEM,
    SECTION_EVIDENCE,
    SECTION_FACT,
    SECTION_ANSWER,
    SECTION_FALLBACK
};

struct section {
    enum section_kind kind;
    int first, n; /* fields */
};

struct template
{
    struct arena arena;
    const char *name;
    struct field_spec *field;
    int n_fields;
    size_t field_capacity;
    struct section *section;
    int n_sections;
    size_t section_capacity;
    uint64_t columns; /* of .item that it shows: bit k for column k */
    bool tells_facts; /* has a section @fact */
    struct domain domain;
};

/* A file, or one of the built-in ones (reasons, movies, games, news, general); NULL: that of the domain where the data
 * have its columns, else general. domain: its name, NULL: guessed (domain.h).
 * returns   0, or -1: LLMX_NOT_FOUND, or LLMX_BAD_INPUT with file and line and the nearest column; LLMX_BAD_OPTION no
 *           such domain */
int template_open(struct template *template, const char *name, const char *domain,
                  const struct llmx_data *data, struct llmx_error *err);

/* The same from its text; `name` for messages. */
int template_parse(struct template *template, const char *name, const char *text, size_t n,
                   const char *domain, const struct llmx_data *data, struct llmx_error *err);
void template_release(struct template *template);

/* Does it tell a column of .user, by name or among all that may be told? */
bool template_tells(const struct template *template, const struct llmx_data *data, int column);

#endif
