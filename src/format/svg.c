#include "format/svg.h"

#include "base/file.h"
#include "base/plain.h"
#include "format/html.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define TICKS 6 /* about so many an axis */

/* A chart's size, and its margins: room for the axes' numbers and names. */
struct frame {
    double width, height, left, right, top, bottom;
    bool is_inline;
};

static const struct frame of_file = {720, 420, 70, 24, 56, 60, false},
                          of_page = {440, 270, 60, 16, 12, 50, true}; /* legible on a phone */

/* Told apart by people who see colours differently (Okabe & Ito 2008). */
static const char *const colours[CHART_SERIES_MAX] = {"#0072b2", "#d55e00", "#009e73",
                                                      "#cc79a7", "#e69f00", "#56b4e9"};

/* From values to places along one side. */
struct axis {
    double from, to, step; /* values: ends and distance of the ticks, which are multiples of it */
    double begin, end;     /* places of the ends */
};

static double place(const struct axis *axis, double value)
{
    return axis->begin + (value - axis->from) / (axis->to - axis->from) * (axis->end - axis->begin);
}

/* The round number (1, 2 or 5 times a power of ten) of which about TICKS fit in a span. */
static double round_step(double span)
{
    const double raw = span / TICKS, power = pow(10, floor(log10(raw))), times = raw / power;
    return power * (times < 1.5 ? 1 : times < 3 ? 2 : times < 7 ? 5 : 10);
}

/* An axis over values from `least` to `most`, whose ends are widened to ticks where `is_wide`. */
static struct axis axis_over(double least, double most, double begin, double end, bool is_wide)
{
    if (!(least < most)) {
        const double margin = fabs(least) > 0 ? 0.1 * fabs(least) : 1;
        least -= margin;
        most += margin;
    }
    const double step = round_step(most - least);
    return (struct axis){is_wide ? floor(least / step) * step : least,
                         is_wide ? ceil(most / step) * step : most, step, begin, end};
}

static bool is_point(const struct chart_series *series, int i)
{
    return isfinite(series->x[i]) && isfinite(series->y[i]);
}

static bool has_range(const struct chart_series *series, int i)
{
    return series->low && isfinite(series->low[i]) && isfinite(series->high[i]);
}

static void find_axes(const struct chart *chart, const struct frame *frame, struct axis *x,
                      struct axis *y)
{
    double least_x = INFINITY, most_x = -INFINITY, least_y = INFINITY, most_y = -INFINITY;
    for (int s = 0; s < chart->n; s++) {
        const struct chart_series *series = &chart->series[s];
        for (int i = 0; i < series->n; i++) {
            if (!is_point(series, i))
                continue;
            least_x = fmin(least_x, series->x[i]), most_x = fmax(most_x, series->x[i]);
            least_y = fmin(least_y, series->y[i]), most_y = fmax(most_y, series->y[i]);
            if (has_range(series, i))
                least_y = fmin(least_y, series->low[i]), most_y = fmax(most_y, series->high[i]);
        }
    }
    if (!(least_x <= most_x)) /* no points at all */
        least_x = least_y = 0, most_x = most_y = 1;
    if (frame->is_inline)
        least_y = fmin(least_y, 0), most_y = fmax(most_y, 0);
    *x = axis_over(least_x, most_x, frame->left, frame->width - frame->right, false);
    if (frame->is_inline) /* lengths, epochs: there is no half of one */
        x->step = fmax(x->step, 1);
    *y = axis_over(least_y, most_y, frame->height - frame->bottom, frame->top, true);
}

static void put_text(FILE *f, const char *text)
{
    for (; *text; text++) {
        const char *entity = *text == '<'   ? "&lt;"
                             : *text == '>' ? "&gt;"
                             : *text == '&' ? "&amp;"
                                            : NULL;
        if (entity)
            fputs(entity, f);
        else if ((unsigned char)*text >=
                 ' ') /* XML has no place for the other control characters */
            putc(*text, f);
    }
}

static void put_label(FILE *f, double x, double y, const char *attributes, const char *text)
{
    plain_fprintf(f, "<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, attributes);
    put_text(f, text);
    fputs("</text>\n", f);
}

static void put_tick_below(FILE *f, double at, double base, const char *number)
{
    plain_fprintf(f, "<line class=\"axis\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", at,
                  base, at, base + 5);
    put_label(f, at, base + 19, "text-anchor=\"middle\"", number);
}

/* Have all lines the same few points? What they stand at says more than round numbers. */
static bool has_few_points(const struct chart *chart)
{
    const struct chart_series *first = chart->series;
    for (int s = 0; s < chart->n; s++) {
        const struct chart_series *series = &chart->series[s];
        if (!series->is_marked || series->n > TICKS || series->n != first->n ||
            memcmp(series->x, first->x, (size_t)first->n * sizeof *first->x) != 0)
            return false;
    }
    return true;
}

static void put_ticks_at_points(FILE *f, const struct frame *frame, const struct axis *axis,
                                const struct chart_series *series)
{
    for (int i = 0; i < series->n; i++) {
        char number[32];
        plain_snprintf(number, sizeof number, "%.6g", series->x[i]);
        if (series->x[i] >= axis->from && series->x[i] <= axis->to)
            put_tick_below(f, place(axis, series->x[i]), frame->height - frame->bottom, number);
    }
}

/* One axis' ticks: its numbers, and lines across the plot for the upright one. */
static void put_ticks(FILE *f, const struct frame *frame, const struct axis *axis, bool is_upright)
{
    const double right = frame->width - frame->right, base = frame->height - frame->bottom;
    const double slack = 1e-9 * axis->step;
    for (double i = ceil((axis->from - slack) / axis->step); i * axis->step <= axis->to + slack;
         i++) {
        char number[32];
        const double value = i * axis->step, at = place(axis, value);
        plain_snprintf(number, sizeof number, "%.6g", fabs(value) < slack ? 0 : value);
        if (is_upright) {
            plain_fprintf(
                f, "<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
                frame->left, at, right, at);
            put_label(f, frame->left - 8, at + 4, "text-anchor=\"end\"", number);
        } else {
            put_tick_below(f, at, base, number);
        }
    }
}

/* In a page its style sheet gives series `s` its colour. */
static void put_range(FILE *f, const struct frame *frame, int s, double x, double low, double high)
{
    plain_fprintf(f, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" ", x, low, x, high);
    if (frame->is_inline)
        fprintf(f, "class=\"range series%d\"/>\n", s);
    else
        fprintf(f, "stroke=\"%s\"/>\n", colours[s]);
}

static void put_series(FILE *f, const struct frame *frame, const struct chart *chart, int s,
                       const struct axis *x, const struct axis *y)
{
    const struct chart_series *series = &chart->series[s];
    if (frame->is_inline)
        fprintf(f, "<polyline class=\"line series%d\" points=\"", s);
    else
        fprintf(f, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"%s\" points=\"",
                colours[s], series->is_marked ? "2.2" : "1.4");
    for (int i = 0; i < series->n; i++)
        if (is_point(series, i))
            plain_fprintf(f, "%.1f,%.1f ", place(x, series->x[i]), place(y, series->y[i]));
    fputs("\"/>\n", f);
    for (int i = 0; i < series->n; i++)
        if (is_point(series, i) && has_range(series, i))
            put_range(f, frame, s, place(x, series->x[i]), place(y, series->low[i]),
                      place(y, series->high[i]));
    for (int i = 0; series->is_marked && i < series->n; i++) {
        if (!is_point(series, i))
            continue;
        plain_fprintf(f, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.6\" ", place(x, series->x[i]),
                      place(y, series->y[i]));
        if (frame->is_inline)
            fprintf(f, "class=\"dot series%d\"/>\n", s);
        else
            fprintf(f, "fill=\"%s\"/>\n", colours[s]);
    }
}

/* One line of text between the title and the plot: dashes and names flow, however long they are. */
static void put_legend(FILE *f, const struct chart *chart)
{
    plain_fprintf(f, "<text x=\"%.1f\" y=\"%.1f\">", of_file.left, of_file.top - 12);
    for (int s = 0; s < chart->n; s++) {
        fprintf(f,
                "<tspan dx=\"%d\" font-weight=\"bold\" fill=\"%s\">—</tspan>"
                "<tspan dx=\"6\">",
                s ? 22 : 0, colours[s]);
        put_text(f, chart->series[s].name);
        fputs("</tspan>", f);
    }
    fputs("</text>\n", f);
}

/* Axes with their names, and the lines. */
static void put_plot(FILE *f, const struct frame *frame, const struct chart *chart)
{
    const double right = frame->width - frame->right, base = frame->height - frame->bottom,
                 middle = (frame->top + base) / 2;
    const double at = frame->is_inline ? 12 : 18;
    struct axis x, y;
    char turned[80];
    find_axes(chart, frame, &x, &y);
    put_ticks(f, frame, &y, true);
    plain_fprintf(f, "<line class=\"axis\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
                  frame->left, base, right, base);
    if (frame->is_inline && has_few_points(chart))
        put_ticks_at_points(f, frame, &x, chart->series);
    else
        put_ticks(f, frame, &x, false);
    put_label(f, (frame->left + right) / 2, base + 42, "text-anchor=\"middle\"", chart->x_label);
    plain_snprintf(turned, sizeof turned,
                   "text-anchor=\"middle\" transform=\"rotate(-90 %g %.1f)\"", at, middle);
    put_label(f, at, middle, turned, chart->y_label);
    for (int s = 0; s < chart->n; s++)
        put_series(f, frame, chart, s, &x, &y);
}

static void put_chart(FILE *f, const struct chart *chart)
{
    plain_fprintf(
        f,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %g %g\" width=\"%g\" "
        "height=\"%g\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#333\" role=\"img\">\n"
        "<style>.axis{stroke:#333}.grid{stroke:#e3e3e3}</style>\n<title>",
        of_file.width, of_file.height, of_file.width, of_file.height);
    put_text(f, chart->title);
    plain_fprintf(f, "</title>\n<rect width=\"%g\" height=\"%g\" fill=\"#fff\"/>\n", of_file.width,
                  of_file.height);
    put_label(f, of_file.left, 26, "font-size=\"16\" font-weight=\"bold\"", chart->title);
    put_plot(f, &of_file, chart);
    put_legend(f, chart);
    fputs("</svg>\n", f);
}

/* What a reader who does not see it is told: where each line begins, ends and is highest. */
static void put_description(FILE *f, const struct chart *chart)
{
    for (int s = 0; s < chart->n; s++) {
        const struct chart_series *series = &chart->series[s];
        int first = -1, last = -1, highest = -1;
        for (int i = 0; i < series->n; i++) {
            if (!is_point(series, i))
                continue;
            first = first < 0 ? i : first;
            last = i;
            highest = highest < 0 || series->y[i] > series->y[highest] ? i : highest;
        }
        html_text(f, series->name, strlen(series->name));
        if (first < 0)
            fputs(": nothing. ", f);
        else
            plain_fprintf(f, ": from %.4g at %g to %.4g at %g, highest %.4g at %g. ",
                          series->y[first], series->x[first], series->y[last], series->x[last],
                          series->y[highest], series->x[highest]);
    }
}

void chart_put(FILE *f, const struct chart *chart, int number)
{
    assert(chart->n >= 1 && chart->n <= CHART_SERIES_MAX);
    plain_fprintf(f, "<svg class=\"plot\" viewBox=\"0 0 %g %g\" role=\"img\"", of_page.width,
                  of_page.height);
    html_put(f,
             " aria-label=\"%s\" aria-describedby=\"chart%d\">\n<title>%s</title>\n<desc "
             "id=\"chart%d\">",
             chart->title, number, chart->title, number);
    put_description(f, chart);
    fputs("</desc>\n", f);
    put_plot(f, &of_page, chart);
    fputs("</svg>\n", f);
}

int chart_write(const char *path, const struct chart *chart, struct llmx_error *err)
{
    struct output output = {0};
    int result = -1;
    assert(chart->n >= 1 && chart->n <= CHART_SERIES_MAX);
    if (output_open(&output, path, err) == 0) {
        put_chart(output.stream, chart);
        result = output_commit(&output, err);
    }
    output_discard(&output);
    return result;
}
