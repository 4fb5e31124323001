#include "base/threads.h"
#include "format/jsonl.h"
#include "llmxrec/llm.h"
#include "support/test.h"

#define LINES_MAX 300

struct job {
    const struct llmx_tokenizer *tokenizer;
    json_t *lines[LINES_MAX];
    size_t n;
    _Atomic int wrong;
};

static void check_line(void *context, size_t block, int thread)
{
    (void)thread;
    struct job *job = context;
    const json_t *line = job->lines[block % job->n], *text = json_object_get(line, "text"),
                 *want = json_object_get(line, "ids");
    int32_t *ids;
    int n = llmx_tokenize(job->tokenizer, json_string_value(text), json_string_length(text), 0, 1,
                          &ids, NULL);
    bool is_same = n == (int)json_array_size(want);
    for (int i = 0; is_same && i < n; i++)
        is_same = ids[i] == json_integer_value(json_array_get(want, (size_t)i));
    job->wrong += !is_same;
    free(ids);
}

/* One tokenizer, four threads: the same ids (and, under TSan, no race). */
static void test_tokenizer__is_shared_by_threads(void **state)
{
    (void)state;
    struct job job = {0};
    struct jsonl jsonl;
    struct llmx_error err;
    struct llmx_tokenizer *t;
    assert_int_equal(llmx_tokenizer_open(&t, "tests/golden/tokenizer/qwen2", &err), 0);
    job.tokenizer = t;
    assert_int_equal(jsonl_open(&jsonl, "tests/golden/tokenizer/qwen2/ids.jsonl", &err), 0);
    jsonl.allows_nul = true;
    while (job.n < LINES_MAX && jsonl_read(&jsonl, &job.lines[job.n], &err) == 1)
        job.n++;
    struct threads *pool = threads_create(4, &err);
    assert_non_null(pool);
    threads_for(pool, job.n * 8, check_line, &job);
    threads_destroy(pool);
    assert_int_equal(job.wrong, 0);
    for (size_t i = 0; i < job.n; i++)
        json_decref(job.lines[i]);
    jsonl_close(&jsonl);
    llmx_tokenizer_destroy(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_tokenizer__is_shared_by_threads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
