#include "report/report_grid.h"

#include "base/memory.h"
#include "base/plain.h"
#include "format/html.h"
#include "report/report_cells.h"

#include <math.h>
#include <string.h>

#define MANY     8     /* columns, from which on a table of few rows is turned */
#define FEW      3     /* rows: the names of more do not stand side by side */
#define SHORT    20    /* bytes of a text that stands in a line with others */
#define LIST_MAX 12    /* texts or numbers in a cell */
#define ROUNDING 1e-12 /* what is less than this is 0 that was computed */
#define LONG     25    /* rows, from which on it is folded */

/* Keys that say too little, or are not words. */
static const struct {
    const char *key, *word;
} words[] = {
    {"always_first", "always the first"},
    {"always_second", "always the second"},
    {"answered_most", "most frequent answer"},
    {"answered_most_share", "share of the most frequent answer"},
    {"average_popularity", "average popularity"},
    {"bleu_1", "BLEU-1"},
    {"bleu_4", "BLEU-4"},
    {"bradley_terry", "Bradley–Terry strength"},
    {"bradley_terry_ridge", "Bradley–Terry strength, with a ridge"},
    {"distinct_1", "distinct-1"},
    {"distinct_2", "distinct-2"},
    {"div", "DIV"},
    {"exhaustive", "cite the whole history"},
    {"fcr", "FCR"},
    {"fmr", "FMR"},
    {"foreign", "cited, not in the history"},
    {"gauc", "GAUC"},
    {"gini_index", "Gini index"},
    {"hit", "hit rate"},
    {"icc_2_1", "ICC(2,1)"},
    {"icc_2_k", "ICC(2,k)"},
    {"macro_f1", "macro-F1"},
    {"map", "MAP"},
    {"mrr", "MRR"},
    {"ndcg", "NDCG"},
    {"p_holm", "p (Holm)"},
    {"passed_first", "passed at the first try"},
    {"passed_later", "passed after others were sent back"},
    {"rouge_1_f", "ROUGE-1 F"},
    {"rouge_2_f", "ROUGE-2 F"},
    {"rouge_l_f", "ROUGE-L F"},
    {"self_bleu", "self-BLEU"},
    {"shannon_entropy", "Shannon entropy"},
    {"skipped", "lines left out"},
    {"standard statements", "supported statements, standard"},
    {"standard texts", "texts without a fault, standard"},
    {"strict statements", "supported statements, strict"},
    {"strict texts", "texts without a fault, strict"},
    {"uncited", "cite nothing of the history"},
    {"unparsable", "answers that cannot be read"},
    {"usr", "USR"},
};

/* NULL: a key says it itself. */
static const char *word_of(const char *key)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].key, key) == 0)
            return words[i].word;
    return NULL;
}

void grid_put_label(FILE *f, const char *key)
{
    const char *word = word_of(key);
    if (word) {
        html_put(f, "%s", word);
        return;
    }
    for (; *key; key++) {
        const size_t n = strcspn(key, "_");
        html_text(f, key, n);
        key += n;
        if (!*key)
            return;
        fputc(' ', f);
    }
}

void grid_put_number(FILE *f, double value)
{
    const double size = fabs(value) < ROUNDING ? 0 : fabs(value);
    const int digits = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : size >= 0.1 ? 3 : 4;
    if (value < 0 && size > 0)
        fputs("−", f);
    if (size > 0 && (size < 0.0005 || size >= 1e9))
        plain_fprintf(f, "%.2g", size);
    else
        plain_fprintf(f, "%.*f", size > 0 ? digits : 0, size);
}

void grid_put_count(FILE *f, double value)
{
    char digits[32];
    plain_snprintf(digits, sizeof digits, "%.0f", fabs(value));
    const size_t n = strlen(digits);
    fputs(value < 0 && n > 0 ? "−" : "", f);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && n > 4 && (n - i) % 3 == 0)
            fputc(',', f);
        fputc(digits[i], f);
    }
}

double grid_share(double value, double from, double to)
{
    return fmin(1, fmax(0, (value - from) / (to - from)));
}

double grid_place(double value, double from, double to)
{
    return 2 + 100 * grid_share(value, from, to);
}

void grid_put_rail(FILE *f, double from, double to)
{
    fputs("<svg class=\"strip\" viewBox=\"0 0 104 12\" aria-hidden=\"true\"><line class=\"rail\" "
          "x1=\"2\" x2=\"102\" y1=\"6\" y2=\"6\"/>",
          f);
    if (from < 0 && to > 0)
        plain_fprintf(f, "<line class=\"zero\" x1=\"%.1f\" x2=\"%.1f\" y1=\"0\" y2=\"12\"/>",
                      grid_place(0, from, to), grid_place(0, from, to));
}

void grid_put_strip(FILE *f, double value, double low, double high, double from, double to)
{
    grid_put_rail(f, from, to);
    plain_fprintf(f,
                  "<line class=\"range\" x1=\"%.1f\" x2=\"%.1f\" y1=\"6\" y2=\"6\"/><circle "
                  "class=\"mean\" cx=\"%.1f\" cy=\"6\" r=\"3\"/></svg>",
                  grid_place(low, from, to), grid_place(high, from, to),
                  grid_place(value, from, to));
}

static bool has_interval(const struct cell *cell)
{
    return cell->kind >= CELL_COUNT && isfinite(cell->low) && isfinite(cell->high);
}

/* What a column's strips go from and to: all of its intervals and 0; shares from 0 to 1; what lies far from 0 on its own. */
static void find_scale(const struct grid *g, uint32_t column, double *from, double *to)
{
    double least = INFINITY, most = -INFINITY;
    int n = 0;
    for (size_t r = 0; r < g->n_rows; r++) {
        const struct cell *cell = &g->cell[r * g->columns.count + column];
        if (!has_interval(cell))
            continue;
        least = fmin(least, fmin(cell->value, cell->low));
        most = fmax(most, fmax(cell->value, cell->high));
        n++;
    }
    *from = n > 1 && least > 0.5 * most && most > 1 ? least : fmin(0, least);
    *to = *from == 0 && most > 0.25 && most <= 1 ? 1 : fmax(0, most);
    if (!(*from < *to && isfinite(*to - *from)))
        *from = 0, *to = 1;
}

static int find_scales(struct grid *g, struct llmx_error *err)
{
    g->scale = mem_array(g->columns.count, sizeof *g->scale, err);
    for (uint32_t c = 0; g->scale && c < g->columns.count; c++)
        find_scale(g, c, &g->scale[c].from, &g->scale[c].to);
    return g->scale ? 0 : -1;
}

/* Of how many rows a figure is, and its p. */
static void put_beside(FILE *f, const struct cell *cell)
{
    if (cell->n > 0) {
        fputs(" <small>of ", f);
        grid_put_count(f, cell->n);
        fputs("</small>", f);
    }
    if (cell->p >= 0 && cell->p < 0.001)
        fputs(" <small>p &lt; 0.001</small>", f);
    else if (cell->p >= 0)
        plain_fprintf(f, " <small>p %.3f</small>", cell->p);
}

/* Short ones in a line. */
static void put_list(FILE *f, const json_t *list)
{
    const char *between = ", ";
    json_t *one;
    size_t i;
    json_array_foreach(list, i, one)
    {
        if (json_string_length(one) > SHORT)
            between = "<br>";
    }
    fputs("<td>", f);
    json_array_foreach(list, i, one)
    {
        fputs(i > 0 ? between : "", f);
        if (i >= LIST_MAX) {
            html_put(f, "and %zu more", json_array_size(list) - i);
            break;
        }
        if (json_is_integer(one))
            grid_put_count(f, json_number_value(one));
        else if (json_is_real(one))
            grid_put_number(f, json_real_value(one));
        else
            html_put(f, "<bdi>%s</bdi>", json_is_string(one) ? json_string_value(one) : "");
    }
    fputs("</td>", f);
}

static void put_cell(FILE *f, const struct grid *g, size_t row, uint32_t column)
{
    const struct cell *cell = &g->cell[row * g->columns.count + column];
    const struct scale *scale = &g->scale[column];
    const bool is_shaded = g->table->is_matrix && cell->value >= 0 && cell->value <= 1;
    if (cell->kind == CELL_NONE) {
        fputs("<td class=\"n none\">–</td>", f);
        return;
    }
    if (cell->kind == CELL_TEXT) {
        html_put(f, "<td dir=\"auto\">%s</td>", cell->text);
        return;
    }
    if (cell->kind == CELL_LIST) {
        put_list(f, cell->list);
        return;
    }
    plain_fprintf(f, "<td class=\"n\" data-v=\"%.9g\"", cell->value);
    if (is_shaded)
        plain_fprintf(f, " style=\"--share:%.3f\"", cell->value);
    fputs("><span class=\"value\">", f);
    if (cell->kind == CELL_COUNT)
        grid_put_count(f, cell->value);
    else
        grid_put_number(f, cell->value);
    fputs("</span>", f);
    if (has_interval(cell)) {
        fputs(" <span class=\"interval\">", f);
        grid_put_number(f, cell->low);
        fputs(" to ", f);
        grid_put_number(f, cell->high);
        put_beside(f, cell);
        fputs("</span>", f);
        grid_put_strip(f, cell->value, cell->low, cell->high, scale->from, scale->to);
    }
    fputs("</td>", f);
}

/* What a row is called: by its name, but by words where it is one of ours. */
static void put_name(FILE *f, const char *tag, const char *name)
{
    fprintf(f, "<%s><bdi>", tag);
    const char *word = strchr(name, '_') ? word_of(name) : NULL;
    html_put(f, "%s</bdi></th>", word ? word : name);
}

static void put_row_heads(FILE *f, const struct grid *g, const struct grid_row *row)
{
    for (int i = 0; i < g->depth; i++) {
        if (row->head[i])
            put_name(f, "th scope=\"row\"", row->head[i]);
        else
            fputs("<td></td>", f);
    }
}

static void put_head(FILE *f, const char *name, const char *css)
{
    html_put(f, "<th scope=\"col\" class=\"%s\">", css);
    grid_put_label(f, name);
    fputs("</th>", f);
}

static void put_hidden_head(FILE *f, const char *name)
{
    html_put(f, "<th scope=\"col\"><span class=\"unseen\">%s</span></th>", name);
}

static bool is_of_numbers(const struct grid *g, uint32_t column)
{
    for (size_t r = 0; r < g->n_rows; r++) {
        const enum cell_kind kind = g->cell[r * g->columns.count + column].kind;
        if (kind == CELL_TEXT || kind == CELL_LIST)
            return false;
    }
    return true;
}

static void put_upright(FILE *f, const struct grid *g)
{
    fputs("<thead><tr>", f);
    for (int i = 0; i < g->depth; i++) {
        const char *name = g->head_name[i] ? g->head_name[i] : i == 0 ? g->table->rows : NULL;
        if (name)
            put_head(f, name, "t");
        else
            put_hidden_head(f, "name");
    }
    for (uint32_t c = 0; c < g->columns.count; c++)
        if (g->is_used[c])
            put_head(f, names_get(&g->columns, c, NULL), is_of_numbers(g, c) ? "n" : "t");
    fputs("</tr></thead>\n<tbody>\n", f);
    for (size_t r = 0; r < g->n_rows; r++) {
        fputs("<tr>", f);
        put_row_heads(f, g, &g->row[r]);
        for (uint32_t c = 0; c < g->columns.count; c++)
            if (g->is_used[c])
                put_cell(f, g, r, c);
        fputs("</tr>\n", f);
    }
    fputs("</tbody>", f);
}

/* Figures down, rows across. */
static void put_turned(FILE *f, const struct grid *g)
{
    fputs("<thead><tr>", f);
    put_hidden_head(f, "figure");
    for (size_t r = 0; r < g->n_rows; r++)
        put_name(f, "th scope=\"col\" class=\"n\"",
                 g->row[r].head[0] ? g->row[r].head[0] : "value");
    fputs("</tr></thead>\n<tbody>\n", f);
    for (uint32_t c = 0; c < g->columns.count; c++) {
        if (!g->is_used[c])
            continue;
        fputs("<tr><th scope=\"row\"><bdi>", f);
        grid_put_label(f, names_get(&g->columns, c, NULL));
        fputs("</bdi></th>", f);
        for (size_t r = 0; r < g->n_rows; r++)
            put_cell(f, g, r, c);
        fputs("</tr>\n", f);
    }
    fputs("</tbody>", f);
}

/* Long ones are folded. What is turned has figures of different kinds in a column, which nobody sorts. */
static void put_table(FILE *f, const struct grid *g)
{
    const bool is_long = g->n_rows > LONG && !g->table->is_in_fold,
               is_turned = g->depth <= 1 && g->n_used > 1 &&
                           (g->n_rows == 1 || (g->n_rows <= FEW && g->n_used > MANY));
    if (is_long) {
        fputs("<details class=\"long\"><summary>", f);
        grid_put_label(f, g->table->caption);
        html_put(f, ", %zu rows</summary>\n", g->n_rows);
    }
    fputs("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"", f);
    grid_put_label(f, g->table->caption);
    html_put(f, "\">\n<table class=\"%s%s\">\n<caption>", is_turned ? "turned" : "sortable",
             g->table->is_matrix ? " matrix" : "");
    grid_put_label(f, g->table->caption);
    fputs("</caption>\n", f);
    if (is_turned)
        put_turned(f, g);
    else
        put_upright(f, g);
    fputs("\n</table>\n</div>\n", f);
    if (g->n_left_out > 0)
        html_put(f, "<p class=\"note\">and %zu rows more</p>\n", g->n_left_out);
    if (is_long)
        fputs("</details>\n", f);
}

int grid_put(FILE *f, const struct grid_table *table, const json_t *value, struct llmx_error *err)
{
    struct grid g = {.table = table};
    int status = grid_read(&g, value, err);
    if (status == 0)
        status = find_scales(&g, err);
    if (status == 0 && g.n_used > 0)
        put_table(f, &g);
    grid_release(&g);
    return status;
}
