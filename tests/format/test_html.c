/* No text becomes markup, whatever it holds, and what it means stays readable. */
#include "support/test.h"

#include "format/html.h"

#define GONE "\xef\xbf\xbd"

/* What html_text makes of n bytes; free() it. */
static char *escaped(const char *text, size_t n)
{
    char *out = NULL;
    size_t size;
    FILE *f = open_memstream(&out, &size);
    assert_non_null(f);
    html_text(f, text, n);
    fclose(f);
    return out;
}

static void expect(const char *text, const char *expected)
{
    char *out = escaped(text, strlen(text));
    assert_string_equal(out, expected);
    free(out);
}

static void test_html_text__markup_is_text(void **state)
{
    (void)state;
    expect("<script>alert('x')</script>", "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
    expect("\"a\" onload=b & &lt;", "&quot;a&quot; onload=b &amp; &amp;lt;");
    expect("<!-- ]]> -->", "&lt;!-- ]]&gt; --&gt;");
}

static void test_html_text__letters_of_all_languages_stay(void **state)
{
    (void)state;
    expect("Amélie 千と千尋 \xf0\x9f\x8e\xac \xe2\x80\x8f\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d",
           "Amélie 千と千尋 \xf0\x9f\x8e\xac \xe2\x80\x8f\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d");
    expect("a\tb\nc", "a\tb\nc");
}

static void test_html_text__what_has_no_place_is_replaced(void **state)
{
    (void)state;
    expect("a\x01\r\x7f", "a" GONE GONE GONE);
    expect("\xc2\x85", GONE);              /* U+0085 */
    expect("\xef\xbf\xbe", GONE);          /* U+FFFE */
    expect("\xef\xb7\x90", GONE);          /* U+FDD0 */
    expect("\xf0\x9f\xbf\xbf", GONE);      /* U+1FFFF */
    expect("\xff<\xc3", GONE "&lt;" GONE); /* no UTF-8, nor at the end */
    char *out = escaped("a\0b", 3);
    assert_string_equal(out, "a" GONE "b");
    free(out);
}

static void test_html_put__escapes_what_it_is_given_alone(void **state)
{
    (void)state;
    char *out = NULL;
    size_t size;
    FILE *f = open_memstream(&out, &size);
    html_put(f, "<b title=\"%s\">%.*s</b> %d %zu %.2f %g 100%%", "\"<", 2, "<&>", -3, (size_t)4,
             0.125, 1.5);
    fclose(f);
    assert_string_equal(out, "<b title=\"&quot;&lt;\">&lt;&amp;</b> -3 4 0.12 1.5 100%");
    free(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_html_text__markup_is_text),
        cmocka_unit_test(test_html_text__letters_of_all_languages_stay),
        cmocka_unit_test(test_html_text__what_has_no_place_is_replaced),
        cmocka_unit_test(test_html_put__escapes_what_it_is_given_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
