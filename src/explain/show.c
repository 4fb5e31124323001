/* show.c - explanations as a person wants to read them, in 80 columns. */
#include "base/err.h"
#include "base/plain.h"
#include "base/text.h"
#include "llmxrec/explain_file.h"
#include "llmxrec/view.h"

#include <string.h>
#include <utf8proc.h>

#define COLUMNS       80
#define INDENT        2
#define LABEL         13 /* "watched last " */
#define BAR_CELLS     20
#define HISTORY_SHOWN 4

static const char bold[] = "\033[1m", underlined[] = "\033[1;4m", dim[] = "\033[2m",
                  green[] = "\033[32m", yellow[] = "\033[33m", plain[] = "\033[0m";

struct showing {
    FILE *out;
    bool is_terminal;
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

/* "24, male, technician" */
static void profile_text(const struct llmx_view *view, struct text *out)
{
    for (int i = 0; i < view->n_profile; i++)
        text_printf(out, "%s%s", i > 0 ? ", " : "", view->profile[i].value);
}

/* "Alien · Heat": the latest of the history, the latest first. */
static void history_text(const struct llmx_view *view, struct text *out)
{
    for (int i = 0; i < view->n_history && i < HISTORY_SHOWN; i++)
        text_printf(out, "%s%s", i > 0 ? " · " : "", view->history[i].title);
}

static int show_user(const struct showing *s, const struct llmx_view *view, struct llmx_error *err)
{
    struct text profile = {0}, history = {0};
    int status = -1;
    profile_text(view, &profile);
    history_text(view, &history);
    if (text_check(&profile, err) != 0 || text_check(&history, err) != 0)
        goto done;
    put_rule(s);
    style(s, bold);
    fprintf(s->out, "Customer ");
    int used = 9 + put_cut(s, view->user, 30);
    style(s, plain);
    if (profile.n) {
        fputs(" · ", s->out);
        put_cut(s, profile.s, COLUMNS - used - 3);
    }
    style(s, dim);
    fprintf(s->out, "\n%*s%s last%*s", INDENT, "", view->taken,
            LABEL - 5 - (int)strlen(view->taken), "");
    style(s, plain);
    put_cut(s, history.n ? history.s : "nothing yet", COLUMNS - INDENT - LABEL);
    fputs("\n\n", s->out);
    status = 0;
done:
    text_release(&profile);
    text_release(&history);
    return status;
}

/* The item and its features, then its rank at the right edge. */
static int show_item(const struct showing *s, const struct llmx_view *view, struct llmx_error *err)
{
    struct text values = {0};
    char rank[32];
    int n = snprintf(rank, sizeof rank, "rank %d", view->rank);
    for (int i = 0; i < view->n_features; i++)
        if (!view->features[i].is_long)
            text_printf(&values, "%s%s", values.n ? " · " : "", view->features[i].value);
    if (text_check(&values, err) != 0) {
        text_release(&values);
        return -1;
    }
    fprintf(s->out, "%*s", INDENT, "");
    style(s, bold);
    int used = INDENT + put_cut(s, view->title, COLUMNS - INDENT - n - 2);
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

static void show_evidence(const struct showing *s, const struct llmx_view *view)
{
    for (int i = 0; i < view->n_evidence; i++) {
        const struct llmx_view_evidence *evidence = &view->evidence[i];
        style(s, dim);
        fprintf(s->out, "%*s%-*s", INDENT, "", LABEL, i == 0 ? "rests on" : "");
        style(s, plain);
        put_bar(s, evidence->of_largest);
        plain_fprintf(s->out, " %7.3f  ", (double)evidence->contribution);
        put_cut(s, evidence->title, COLUMNS - INDENT - LABEL - BAR_CELLS - 10);
        fputc('\n', s->out);
    }
}

/* What is true of it, beneath the bars. */
static void show_facts(const struct showing *s, const struct llmx_view *view)
{
    for (int i = 0; i < view->n_facts; i++) {
        style(s, dim);
        fprintf(s->out, "%*s%-*s", INDENT, "", LABEL, i == 0 ? "true" : "");
        style(s, plain);
        put_cut(s, view->facts[i], COLUMNS - INDENT - LABEL);
        fputc('\n', s->out);
    }
}

/* The title that begins or ends at a byte: the style changes there. */
static void mark_titles(const struct showing *s, const struct llmx_view *view, size_t at)
{
    for (int i = 0; i < view->n_spans; i++) {
        const struct llmx_view_span *span = &view->spans[i];
        if (span->kind != LLMX_SPAN_PLAIN && span->end == at)
            style(s, plain);
        if (span->kind != LLMX_SPAN_PLAIN && span->start == at)
            style(s, underlined);
    }
}

static bool is_inside_title(const struct llmx_view *view, size_t at)
{
    for (int i = 0; i < view->n_spans; i++)
        if (view->spans[i].start < at && at < view->spans[i].end)
            return view->spans[i].kind != LLMX_SPAN_PLAIN;
    return false;
}

/* The explanation between two bars of space, wrapped at words. */
static void show_text(const struct showing *s, const struct llmx_view *view)
{
    const char *text = view->text;
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
            if (is_inside_title(view, at))
                style(s, underlined);
        }
        for (size_t i = at; i < at + length; i++) {
            mark_titles(s, view, i);
            if ((unsigned char)text[i] >= ' ' && text[i] != 127)
                fputc(text[i], s->out);
        }
        at += length;
        mark_titles(s, view, at);
        column += width;
    }
    style(s, plain);
    fputc('\n', s->out);
}

/* What the gate said, in one line. */
static int show_gate(const struct showing *s, const struct llmx_view *view, struct llmx_error *err)
{
    const bool has_passed = view->outcome == LLMX_OUTCOME_PASSED;
    struct text said = {0};
    if (has_passed && view->tries > 1)
        text_printf(&said, "✓ passed the gate at try %d", view->tries);
    else if (has_passed)
        text_puts(&said, "✓ passed the gate");
    else if (view->outcome == LLMX_OUTCOME_FALLBACK)
        text_printf(&said, "• plain sentence: none of %d texts passed the gate", view->tries);
    else
        text_puts(&said, view->outcome == LLMX_OUTCOME_REJECTED ? "✗ rejected by the gate"
                                                                : "• not checked by the gate");
    for (int i = 0; i < view->n_failures; i++)
        text_printf(&said, "%s%s",
                    i > 0        ? ", "
                    : has_passed ? "; before: "
                                 : ": ",
                    view->failure[i].check);
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

static int show_view(const struct showing *s, const struct llmx_view *view, struct llmx_error *err)
{
    if (show_user(s, view, err) != 0 || show_item(s, view, err) != 0)
        return -1;
    show_evidence(s, view);
    show_facts(s, view);
    fputc('\n', s->out);
    show_text(s, view);
    return show_gate(s, view, err);
}

int llmx_show(const char *explanations_path, const char *recs_path, const struct llmx_data *data,
              int top, int is_terminal, FILE *stream, struct llmx_error *err)
{
    const struct showing s = {.out = stream, .is_terminal = is_terminal};
    struct llmx_views *views;
    struct llmx_view view;
    int more = 1, shown = 0;
    if (llmx_views_open(&views, explanations_path, recs_path, data, NULL, err) != 0)
        return -1;
    while ((top == 0 || shown++ < top) && more > 0 &&
           (more = llmx_views_next(views, &view, err)) > 0) {
        if (show_view(&s, &view, err) != 0)
            more = -1;
        llmx_view_release(&view);
    }
    llmx_views_close(views);
    if (more >= 0 && (fflush(stream) != 0 || ferror(stream)))
        return err_system(err, "cannot write the explanations");
    return more < 0 ? -1 : 0;
}
