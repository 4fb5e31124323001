/* show.c - explanations as a person wants to read them, in 80 columns. */
#include "base/plain.h"
#include "explain/desk.h"
#include "format/jsonl.h"

#include <string.h>
#include <utf8proc.h>

#define COLUMNS       80
#define INDENT        2
#define BAR_CELLS     20
#define HISTORY_SHOWN 4

static const char bold[] = "\033[1m", underlined[] = "\033[1;4m", dim[] = "\033[2m",
                  green[] = "\033[32m", yellow[] = "\033[33m", plain[] = "\033[0m";

struct showing {
    FILE *out;
    bool is_terminal;
    struct briefing briefing;
    struct desk desk;
    struct recs recs;
};

static void style(const struct showing *s, const char *code)
{
    if (s->is_terminal)
        fputs(code, s->out);
}

static int char_width(int32_t c)
{
    int width = c < 0 ? 1 : utf8proc_charwidth(c);
    return width < 0 ? 0 : width;
}

/* Columns that n bytes take on a terminal. */
static int text_width(const char *text, size_t n)
{
    int width = 0;
    for (size_t at = 0; at < n;) {
        utf8proc_int32_t c;
        utf8proc_ssize_t used =
            utf8proc_iterate((const utf8proc_uint8_t *)text + at, (utf8proc_ssize_t)(n - at), &c);
        width += used > 0 ? char_width(c) : 1;
        at += used > 0 ? (size_t)used : 1;
    }
    return width;
}

/* Writes a text, cut to `columns` with an ellipsis; returns the columns it took. Control characters are left out. */
static int put_cut(const struct showing *s, const char *text, int columns)
{
    size_t n = strlen(text);
    bool is_cut = text_width(text, n) > columns;
    int used = 0;
    for (size_t at = 0; at < n;) {
        utf8proc_int32_t c;
        utf8proc_ssize_t length =
            utf8proc_iterate((const utf8proc_uint8_t *)text + at, (utf8proc_ssize_t)(n - at), &c);
        if (length <= 0)
            c = '?';
        int width = char_width(c);
        if (is_cut && used + width > columns - 1)
            break;
        if (length <= 0)
            fputc('?', s->out);
        else if (c >= ' ' && c != 127)
            fwrite(text + at, 1, (size_t)length, s->out);
        used += width;
        at += length > 0 ? (size_t)length : 1;
    }
    if (is_cut)
        fputs("…", s->out);
    return used + is_cut;
}

static void put_rule(const struct showing *s)
{
    style(s, dim);
    for (int i = 0; i < COLUMNS; i++)
        fputs("─", s->out);
    style(s, plain);
    fputc('\n', s->out);
}

static const char *taken(const struct showing *s)
{
    const char *name = s->briefing.template.name;
    return strcmp(name, "movies") == 0  ? "watched last"
           : strcmp(name, "games") == 0 ? "played last"
           : strcmp(name, "news") == 0  ? "read last"
                                        : "chose last";
}

/* "24, male, technician": what .user says, but for what is private. */
static void profile_text(const struct showing *s, llmx_id user, struct text *out)
{
    const struct llmx_data *data = s->briefing.data;
    for (int k = 0; user >= 0 && k < llmx_data_columns(data, LLMX_USERS); k++) {
        const char *name = llmx_data_column_name(data, LLMX_USERS, k);
        const char *value = llmx_data_feature(data, LLMX_USERS, user, k);
        if (!*value || template_is_private(name))
            continue;
        if (strcmp(name, "gender") == 0)
            value = strcmp(value, "M") == 0 ? "male" : strcmp(value, "F") == 0 ? "female" : value;
        text_printf(out, "%s%s", out->n ? ", " : "", value);
    }
}

/* "Alien · Heat": the latest of the history, the latest first. */
static void history_text(const struct showing *s, const struct llmx_given *given, struct text *out)
{
    for (int i = given->n_history - 1; i >= 0 && i >= given->n_history - HISTORY_SHOWN; i--)
        text_printf(out, "%s%s", out->n ? " · " : "",
                    s->briefing.catalogue->title[given->history[i]]);
}

static int show_user(const struct showing *s, const struct rec *rec, const struct llmx_given *given,
                     struct llmx_error *err)
{
    struct text profile = {0}, history = {0};
    int status = -1;
    profile_text(s, rec->user, &profile);
    history_text(s, given, &history);
    if (text_check(&profile, err) != 0 || text_check(&history, err) != 0)
        goto done;
    put_rule(s);
    style(s, bold);
    fprintf(s->out, "Customer ");
    int used = 9 + put_cut(s, rec->user_token, 30);
    style(s, plain);
    if (profile.n) {
        fputs(" · ", s->out);
        put_cut(s, profile.s, COLUMNS - used - 3);
    }
    style(s, dim);
    fprintf(s->out, "\n%*s%-13s", INDENT, "", taken(s));
    style(s, plain);
    put_cut(s, history.n ? history.s : "nothing yet", COLUMNS - INDENT - 13);
    fputs("\n\n", s->out);
    status = 0;
done:
    text_release(&profile);
    text_release(&history);
    return status;
}

/* The item and its values, then its rank at the right edge. */
static int show_item(const struct showing *s, const struct rec *rec, struct llmx_error *err)
{
    const struct catalogue *c = s->briefing.catalogue;
    struct text values = {0};
    char rank[32];
    int n = snprintf(rank, sizeof rank, "rank %d", rec->rank);
    for (int k = 0; k < llmx_data_columns(c->data, LLMX_ITEMS); k++) {
        const char *value = llmx_data_feature(c->data, LLMX_ITEMS, rec->item, k);
        if (k == c->title_column || !*value || strlen(value) >= 60)
            continue;
        text_puts(&values, values.n ? " · " : "");
        prompt_list(&values, value, k < COLUMNS_MAX ? c->separator[k] : 0, false);
    }
    if (text_check(&values, err) != 0) {
        text_release(&values);
        return -1;
    }
    fprintf(s->out, "%*s", INDENT, "");
    style(s, bold);
    int used = INDENT + put_cut(s, c->title[rec->item], COLUMNS - INDENT - n - 2);
    style(s, plain);
    int room = COLUMNS - used - n - 4;
    if (values.n && room > 10) {
        fputs("  ", s->out);
        style(s, dim);
        used += 2 + put_cut(s, values.s, room);
        style(s, plain);
    }
    fprintf(s->out, "%*s%s\n", COLUMNS - used - n, "", rank);
    text_release(&values);
    return 0;
}

/* A bar of eighths of a cell, `share` of BAR_CELLS long. */
static void put_bar(const struct showing *s, float share)
{
    static const char *const parts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    const int cells = BAR_CELLS * 8;
    int eighths = share >= 1 ? cells : share > 0 ? (int)(share * (float)cells + 0.5f) : 1;
    eighths = eighths < 1 ? 1 : eighths;
    style(s, green);
    for (int i = 0; i < eighths / 8; i++)
        fputs("█", s->out);
    fputs(parts[eighths % 8], s->out);
    style(s, plain);
    fprintf(s->out, "%*s", BAR_CELLS - (eighths + 7) / 8, "");
}

static void show_evidence(const struct showing *s, const struct rec *rec)
{
    int n = rec->n_evidence < s->briefing.options->evidence_max ? rec->n_evidence
                                                                : s->briefing.options->evidence_max;
    for (int i = 0; i < n; i++) {
        style(s, dim);
        fprintf(s->out, "%*s%-13s", INDENT, "", i == 0 ? "rests on" : "");
        style(s, plain);
        float most = rec->contribution[0] > 0 ? rec->contribution[0] : 1;
        put_bar(s, rec->contribution[i] / most);
        plain_fprintf(s->out, " %7.3f  ", (double)rec->contribution[i]);
        put_cut(s, s->briefing.catalogue->title[rec->evidence[i]],
                COLUMNS - INDENT - 13 - BAR_CELLS - 10);
        fputc('\n', s->out);
    }
}

/* The named title that begins or ends at a byte: the style changes there. */
static void mark_titles(const struct showing *s, const struct llmx_verdict *verdict, size_t at)
{
    for (int i = 0; i < verdict->n_named; i++) {
        if (verdict->named[i].end == at)
            style(s, plain);
        if (verdict->named[i].start == at)
            style(s, underlined);
    }
}

static bool is_inside_title(const struct llmx_verdict *verdict, size_t at)
{
    for (int i = 0; i < verdict->n_named; i++)
        if (verdict->named[i].start < at && at < verdict->named[i].end)
            return true;
    return false;
}

/* The explanation between two bars of space, wrapped at words. */
static void show_text(const struct showing *s, const char *text, const struct llmx_verdict *verdict)
{
    int column = 0;
    size_t n = strlen(text);
    for (size_t at = 0; at < n;) {
        size_t length = strcspn(text + at, " \n\t");
        int width = text_width(text + at, length);
        if (length == 0) {
            at++;
            continue;
        }
        if (column > 0 && column + 1 + width > COLUMNS - INDENT) {
            style(s, plain);
            fputc('\n', s->out);
            column = 0;
        } else if (column > 0) {
            column += fprintf(s->out, " ");
        }
        if (column == 0) {
            column += fprintf(s->out, "%*s", INDENT, "");
            if (is_inside_title(verdict, at))
                style(s, underlined);
        }
        for (size_t i = at; i < at + length; i++) {
            mark_titles(s, verdict, i);
            if ((unsigned char)text[i] >= ' ' && text[i] != 127)
                fputc(text[i], s->out);
        }
        at += length;
        mark_titles(s, verdict, at);
        column += width;
    }
    style(s, plain);
    fputc('\n', s->out);
}

/* What the gate said, in one line. */
static int show_gate(const struct showing *s, const json_t *line, struct llmx_error *err)
{
    const json_t *gate = json_object_get(line, "gate"), *failed = json_object_get(gate, "failed");
    const char *verdict = json_string_value(json_object_get(gate, "verdict"));
    long tries = (long)json_integer_value(json_object_get(line, "tries"));
    bool has_passed = verdict && strcmp(verdict, "pass") == 0;
    struct text said = {0};
    if (has_passed && tries > 1)
        text_printf(&said, "✓ passed the gate at try %ld", tries);
    else if (has_passed)
        text_puts(&said, "✓ passed the gate");
    else if (verdict && strcmp(verdict, "fallback") == 0)
        text_printf(&said, "• plain sentence: none of %ld texts passed the gate", tries);
    else
        text_puts(&said, verdict ? "✗ rejected by the gate" : "• not checked by the gate");
    for (size_t i = 0; i < json_array_size(failed); i++) {
        const json_t *entry = json_array_get(failed, i);
        const char *check = json_is_string(entry)
                                ? json_string_value(entry)
                                : json_string_value(json_object_get(entry, "check"));
        text_printf(&said, "%s%s",
                    i > 0        ? ", "
                    : has_passed ? "; before: "
                                 : ": ",
                    check ? check : "?");
    }
    int status = text_check(&said, err);
    if (status == 0) {
        fprintf(s->out, "%*s", INDENT, "");
        style(s, has_passed ? green : yellow);
        put_cut(s, said.s, COLUMNS - INDENT);
        style(s, plain);
        fputs("\n\n", s->out);
    }
    text_release(&said);
    return status;
}

static const struct rec *find_rec(const struct recs *recs, const char *user, const char *item)
{
    for (int i = 0; i < recs->n; i++)
        if (strcmp(recs->rec[i].user_token, user) == 0 &&
            strcmp(recs->rec[i].item_token, item) == 0)
            return &recs->rec[i];
    return NULL;
}

static int show_line(struct showing *s, const struct jsonl *file, const json_t *line,
                     struct llmx_error *err)
{
    const char *user = rec_token(file->path, file->number, line, "user", &s->recs.arena, err);
    const char *item =
        user ? rec_token(file->path, file->number, line, "item", &s->recs.arena, err) : NULL;
    const char *text = item ? jsonl_text(file, line, "explanation", err) : NULL;
    const struct rec *rec = text ? find_rec(&s->recs, user, item) : NULL;
    struct llmx_verdict verdict;
    if (!text)
        return -1;
    if (!rec)
        return err_set(err, LLMX_MISMATCH,
                       "%s:%ld: --recs holds no recommendation of item '%s' for user '%s'",
                       file->path, file->number, item, user);
    struct llmx_given given = desk_given(&s->desk, rec);
    if (desk_check(&s->desk, rec, "", text, strlen(text), &verdict, err) != 0)
        return -1;
    if (show_user(s, rec, &given, err) != 0 || show_item(s, rec, err) != 0)
        return -1;
    show_evidence(s, rec);
    fputc('\n', s->out);
    show_text(s, text, &verdict);
    return show_gate(s, line, err);
}

int llmx_show(const char *explanations_path, const char *recs_path, const struct llmx_data *data,
              int top, int is_terminal, FILE *stream, struct llmx_error *err)
{
    struct llmx_explain_options options = llmx_explain_defaults();
    struct showing s = {.out = stream, .is_terminal = is_terminal};
    struct jsonl file = {0};
    json_t *line;
    int status = briefing_open(&s.briefing, data, &options, err);
    if (status == 0)
        status = desk_open(&s.desk, &s.briefing, err);
    if (status == 0)
        status = recs_open(&s.recs, recs_path, data, &options, err);
    if (status == 0)
        status = jsonl_open(&file, explanations_path, err);
    for (int shown = 0;
         status == 0 && (top == 0 || shown < top) && (status = jsonl_read(&file, &line, err)) == 1;
         shown++) {
        status = show_line(&s, &file, line, err);
        json_decref(line);
    }
    status = status > 0 ? 0 : status;
    if (status == 0 && (fflush(stream) != 0 || ferror(stream)))
        status = err_system(err, "cannot write the explanations");
    jsonl_close(&file);
    recs_release(&s.recs);
    desk_release(&s.desk);
    briefing_release(&s.briefing);
    return status;
}
