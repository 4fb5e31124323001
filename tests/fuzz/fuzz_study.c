/* Any bytes as the YAML of a study: what is taken has all that the page and the results count on. */
#include "fuzz/bytes_file.h"
#include "serve/study_questions.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static int number_of(const json_t *object, const char *key)
{
    assert(json_is_integer(json_object_get(object, key)));
    return (int)json_integer_value(json_object_get(object, key));
}

/* Is there, a text, and not that of the same key of an entry before. */
static void assert_own(const json_t *list, size_t i, const char *key)
{
    const json_t *own = json_object_get(json_array_get(list, i), key);
    assert(json_string_length(own) > 0);
    for (size_t k = 0; k < i; k++)
        assert(!json_equal(own, json_object_get(json_array_get(list, k), key)));
}

static void check(const json_t *study)
{
    static const char *const texts[] = {"title", "consent", "training", "preference", "comment"};
    const json_t *questions = json_object_get(study, "questions"),
                 *about = json_object_get(study, "about");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert(json_is_string(json_object_get(study, texts[i])));
    assert(number_of(study, "raters") >= 1 && number_of(study, "tasks") >= 0 &&
           number_of(study, "checks") >= 0);
    assert(json_array_size(questions) >= 1 && json_array_size(questions) <= 12);
    for (size_t i = 0; i < json_array_size(questions); i++) {
        assert_own(questions, i, "aspect");
        assert(number_of(json_array_get(questions, i), "scale") >= 2);
    }
    assert(json_is_array(about) && json_array_size(about) <= 12);
    for (size_t i = 0; i < json_array_size(about); i++) {
        assert_own(about, i, "name");
        assert(json_array_size(json_object_get(json_array_get(about, i), "choices")) >= 2);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct llmx_error err;
    json_t *study = study_questions(bytes_file(bytes, n), &err);
    if (study)
        check(study);
    else
        assert(err.code == LLMX_BAD_OPTION && strlen(err.message) > 0);
    json_decref(study);
    return 0;
}
