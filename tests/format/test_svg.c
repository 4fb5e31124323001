/* A chart's points stand where they belong, its ticks are round, and nothing in a text can become markup. */
#include "support/test.h"

#include "format/svg.h"

static char *draw(const struct chart *chart)
{
    struct llmx_error err = {0};
    if (chart_write(test_path("chart.svg"), chart, &err) != 0)
        fail_msg("%s", err.message);
    return test_read(test_path("chart.svg"));
}

static void test_chart__points_stand_where_they_belong(void **state)
{
    (void)state;
    const double x[] = {0, 1, 2}, y[] = {3, 1, 2};
    const struct chart_series series = {.name = "loss", .x = x, .y = y, .n = 3, .is_marked = true};
    char *svg = draw(&(struct chart){"t", "x", "y", &series, 1});
    /* the plot spans 70 .. 696 across, 360 (least) .. 56 (most) up */
    assert_contains(svg, "points=\"70.0,56.0 383.0,360.0 696.0,208.0 \"");
    assert_contains(svg, "<circle cx=\"383.0\" cy=\"360.0\"");
    assert_contains(svg, ">1.5</text>");
    assert_contains(svg, ">loss</tspan>");
    free(svg);
}

/* In the order of the series, in their colours, above the plot, where no line can be. */
static void test_chart__names_stand_above_the_plot(void **state)
{
    (void)state;
    const double x[] = {0, 1};
    const struct chart_series series[] = {
        {.name = "first", .x = x, .y = x, .n = 2},
        {.name = "second", .x = x, .y = x, .n = 2, .is_marked = true}};
    char *svg = draw(&(struct chart){"t", "x", "y", series, 2});
    const char *legend = strstr(svg, "<text x=\"70.0\" y=\"44.0\"><tspan"),
               *first = strstr(svg, "#0072b2"), *second = strstr(svg, ">first</tspan>");
    assert_contains(legend, "fill=\"#d55e00\">—</tspan><tspan dx=\"6\">second</tspan></text>");
    assert_true(first && second && first < second);
    free(svg);
}

static void test_chart__texts_are_no_markup(void **state)
{
    (void)state;
    const double x[] = {0, 1};
    const struct chart_series series = {.name = "a<b>&\"c\x01", .x = x, .y = x, .n = 2};
    char *svg = draw(&(struct chart){"<script>", "é", "y", &series, 1});
    assert_contains(svg, ">a&lt;b&gt;&amp;\"c</tspan>");
    assert_null(strstr(svg, "<script"));
    assert_contains(svg, ">é</text>");
    free(svg);
}

static void test_chart__odd_numbers_do_no_harm(void **state)
{
    (void)state;
    const double one[] = {5}, x[] = {0, 1, 2}, gap[] = {1, NAN, 2}, none[] = {NAN};
    const struct chart_series cases[] = {
        {.name = "one", .x = one, .y = one, .n = 1, .is_marked = true},
        {.name = "gap", .x = x, .y = gap, .n = 3, .is_marked = true},
        {.name = "none", .x = none, .y = none, .n = 1, .is_marked = true},
        {.name = "empty", .x = x, .y = x, .n = 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *svg = draw(&(struct chart){"t", "x", "y", &cases[i], 1});
        assert_null(strstr(svg, "nan"));
        assert_null(strstr(svg, "inf"));
        assert_contains(svg, "</svg>");
        free(svg);
    }
    char *svg = draw(&(struct chart){"t", "x", "y", &cases[1], 1});
    assert_contains(svg, "points=\"70.0,360.0 696.0,56.0 \"");
    free(svg);
}

/* An axis holds the strokes too, and in a page 0; the few points of a page stand over their own numbers. */
static void test_chart__strokes_go_from_low_to_high(void **state)
{
    (void)state;
    const double x[] = {5, 10}, y[] = {2, 3}, low[] = {1, NAN}, high[] = {4, NAN};
    const struct chart_series series = {
        .name = "s", .x = x, .y = y, .n = 2, .is_marked = true, .low = low, .high = high};
    const struct chart chart = {"t", "x", "y", &series, 1};
    char *svg = draw(&chart), *part = NULL;
    size_t size;
    /* 360 (1) .. 56 (4) up; the second point has no stroke */
    assert_contains(svg,
                    "<line x1=\"70.0\" y1=\"360.0\" x2=\"70.0\" y2=\"56.0\" stroke=\"#0072b2\"/>");
    assert_null(strstr(svg, "nan"));
    free(svg);
    FILE *f = open_memstream(&part, &size);
    chart_put(f, &chart, 1);
    fclose(f);
    /* 220 (0) .. 12 (4) up */
    assert_contains(
        part, "<line x1=\"60.0\" y1=\"168.0\" x2=\"60.0\" y2=\"12.0\" class=\"range series0\"/>");
    assert_contains(part, "<text x=\"60.0\" y=\"239.0\" text-anchor=\"middle\">5</text>");
    assert_contains(part, "<text x=\"424.0\" y=\"239.0\" text-anchor=\"middle\">10</text>");
    assert_null(strstr(part, ">6</text>"));
    free(part);
}

/* A line of a few points gives its numbers to the axis only where all lines stand at them. */
static void test_chart__no_line_hides_the_axis_of_another(void **state)
{
    (void)state;
    const double few[] = {1, 2, 3}, many[] = {20, 40, 60};
    const struct chart_series series[] = {
        {.name = "short", .x = few, .y = few, .n = 3, .is_marked = true},
        {.name = "long", .x = many, .y = few, .n = 3, .is_marked = true}};
    char *part = NULL;
    size_t size;
    FILE *f = open_memstream(&part, &size);
    chart_put(f, &(struct chart){"t", "x", "y", series, 2}, 1);
    fclose(f);
    assert_contains(part, "text-anchor=\"middle\">60</text>");
    assert_null(strstr(part, "text-anchor=\"middle\">2</text>"));
    free(part);
}

static void test_chart__full_disk(void **state)
{
    (void)state;
    const double x[] = {0, 1};
    const struct chart_series series = {.name = "a", .x = x, .y = x, .n = 2};
    struct llmx_error err = {0};
    assert_int_equal(chart_write("/dev/full", &(struct chart){"t", "x", "y", &series, 1}, &err),
                     -1);
    assert_contains(err.message, "No space left on device");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chart__points_stand_where_they_belong),
        cmocka_unit_test(test_chart__names_stand_above_the_plot),
        cmocka_unit_test(test_chart__texts_are_no_markup),
        cmocka_unit_test(test_chart__odd_numbers_do_no_harm),
        cmocka_unit_test(test_chart__strokes_go_from_low_to_high),
        cmocka_unit_test(test_chart__no_line_hides_the_axis_of_another),
        cmocka_unit_test(test_chart__full_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
