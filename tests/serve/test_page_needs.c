/* test_page_needs.c - what the page asks the server besides people and lists: what it can, which items a list names, which words
 * of a text the gate blames. */
#include "support/shop.h"
#include "support/spec.h"
#include "support/talk.h"
#include "support/test.h"

#include <unistd.h>

static int port;

static void add_theirs(struct llmx_serve_options *how)
{
    static char path[256];
    static const char *const paths[] = {path};
    snprintf(path, sizeof path, "%s", test_path("theirs.jsonl"));
    how->explanations = paths;
    how->n_explanations = 1;
}

static int open_all(void **state)
{
    (void)state;
    if (access(test_program(), X_OK) != 0)
        return 0;
    shop_make();
    port = shop_open(NULL, add_theirs);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    if (port)
        shop_close();
    return 0;
}

static void assert_answer(const char *method, const char *path, const char *body, int status,
                          const char *part)
{
    test_needs_program();
    const char *answer =
        talk(port, method, path, body ? "Content-Type: application/json\r\n" : "", body);
    assert_int_equal(talk_status(answer), status);
    assert_contains(talk_body(answer), part);
    json_t *object = json_loads(talk_body(answer), 0, NULL);
    char bare[128];
    snprintf(bare, sizeof bare, "%.*s", (int)strcspn(path, "?"), path);
    spec_check(method, bare, status, object);
    json_decref(object);
}

static void test_about__says_what_can_be_asked(void **state)
{
    (void)state;
    assert_answer("GET", "/v1/about", NULL, 200,
                  "{\"model\":\"itemknn\",\"users\":20,\"items\":12,\"writes\":false,"
                  "\"report\":false,\"systems\":[\"theirs\"],\"explained\":[{\"user\":\"u0\",");
}

static void test_user__tells_when_what_was_taken(void **state)
{
    (void)state;
    assert_answer(
        "GET", "/v1/users/u0", NULL, 200,
        "\"history\":[{\"item\":\"i0\",\"title\":\"The Film A\",\"date\":\"2000-03-01\"},");
}

static void test_items_named__finds_tokens_and_titles(void **state)
{
    (void)state;
    assert_answer("POST", "/v1/items", "{\"names\":[\"i3\",\"the FILM a\",\"The Film\",\"\"]}", 200,
                  "{\"items\":[{\"item\":\"i3\",\"title\":\"The Film D\"},"
                  "{\"item\":\"i0\",\"title\":\"The Film A\"},null,null]}");
}

/* As the data write it, and with the year that lists of films have behind it. */
static void test_items_named__finds_titles_as_people_paste_them(void **state)
{
    (void)state;
    assert_answer("POST", "/v1/items",
                  "{\"names\":[\"film k, the\",\"The Film K\",\"The Film A (1999)\","
                  "\"Film K, The (2001)\",\"The Film A (99)\",\" (1999)\"]}",
                  200,
                  "{\"items\":[{\"item\":\"i10\",\"title\":\"The Film K\"},"
                  "{\"item\":\"i10\",\"title\":\"The Film K\"},"
                  "{\"item\":\"i0\",\"title\":\"The Film A\"},"
                  "{\"item\":\"i10\",\"title\":\"The Film K\"},null,null]}");
}

static void test_items_named__refuses_what_is_no_list_and_too_long_ones(void **state)
{
    char body[8192] = "{\"names\":[\"i1\"";
    (void)state;
    assert_answer("POST", "/v1/items", "{\"names\":\"i3\"}", 400, "at most 1000");
    assert_answer("POST", "/v1/items", "{}", 400, "at most 1000");
    assert_answer("POST", "/v1/items", "{\"names\":[\"i3\",7]}", 400, "names");
    assert_answer("POST", "/v1/items", "{\"name\":[]}", 400, "unknown key");
    for (int i = 0; i < 1000; i++)
        strcat(body, ",\"i1\"");
    strcat(body, "]}");
    assert_answer("POST", "/v1/items", body, 400, "at most 1000");
}

static void test_evidence__tells_what_is_true_of_any_item(void **state)
{
    (void)state;
    assert_answer("GET", "/v1/evidence?user=u0&item=i11", NULL, 200, "\"facts\":[\"");
    assert_answer("POST", "/v1/evidence", "{\"history\":[\"i1\"],\"item\":\"i3\"}", 200,
                  "\\\"The Film B\\\"");
}

static void test_explanations__tells_which_words_are_to_blame(void **state)
{
    char path[128], item[16] = "";
    (void)state;
    test_needs_program();
    char *recs = test_read(test_path("recs.jsonl"));
    assert_int_equal(sscanf(recs, "{\"user\":\"u0\",\"item\":\"%15[^\"]", item), 1);
    free(recs);
    snprintf(path, sizeof path, "/v1/explanations?user=u0&item=%s", item);
    assert_answer("GET", path, NULL, 200, "\"outcome\":\"rejected\"");
    assert_answer("GET", path, NULL, 200, "{\"check\":\"markup\",\"span\":\"<b\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_about__says_what_can_be_asked),
        cmocka_unit_test(test_user__tells_when_what_was_taken),
        cmocka_unit_test(test_items_named__finds_tokens_and_titles),
        cmocka_unit_test(test_items_named__finds_titles_as_people_paste_them),
        cmocka_unit_test(test_items_named__refuses_what_is_no_list_and_too_long_ones),
        cmocka_unit_test(test_evidence__tells_what_is_true_of_any_item),
        cmocka_unit_test(test_explanations__tells_which_words_are_to_blame),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
