/* Any bytes as what a judge is asked, and as what it answers. */
#include "bytes_file.h"
#include "judge/judge.h"

#include <assert.h>
#include <math.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void ask(const uint8_t *bytes, size_t n)
{
    static const struct llmx_pair pair = {.text = {"{second}", " b\n"}};
    struct judge_prompt prompt;
    struct llmx_error err;
    struct text asked = {0};
    if (judge_prompt_open(&prompt, "judge", bytes_file(bytes, n), &err) != 0) {
        assert(err.code == LLMX_BAD_INPUT && strlen(err.message) > 0);
        return;
    }
    for (int first = 0; first < 2; first++) {
        judge_prompt_ask(&prompt, first ? "told" : "", &pair, first, &asked);
        assert(strstr(asked.s, prompt.is_single && first ? "b" : "{second}"));
    }
    text_release(&asked);
    judge_prompt_release(&prompt);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    char *answer = malloc(n + 1);
    memcpy(answer, bytes, n);
    answer[n] = '\0';
    const double says = judge_read_answer(answer);
    assert(isnan(says) || says == 0 || says == .5 || says == 1);
    free(answer);
    ask(bytes, n);
    return 0;
}
