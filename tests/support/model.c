#include "support/model.h"

#include "support/test.h"

struct llmx_model *test_model(int threads)
{
    struct llmx_error err;
    struct llmx_model *model;
    const struct llmx_model_options options = {
        .precision = LLMX_PRECISION_F32, .threads = threads, .chat_template = "chatml"};
    if (llmx_model_open(&model, "tests/golden/llm/qwen2", &options, &err) != 0)
        fail_msg("%s", err.message);
    return model;
}
