/* Any bytes as a template file, with which a prompt is then written. */
#include "explain/prompt.h"
#include "explain/template.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static struct llmx_data *data;
    static struct catalogue *catalogue;
    const llmx_id history[] = {1, 2};
    struct llmx_error err;
    struct template template;
    struct text text = {0};
    if (!data && (llmx_data_open(&data, "tests/golden/tiny", NULL, &err) != 0 ||
                  !(catalogue = catalogue_create(data, &err))))
        abort();
    if (template_parse(&template, "fuzz", (const char *)bytes, n, NULL, data, &err) != 0)
        return 0;
    const struct llmx_given given = {.user = 0,
                                     .item = 3,
                                     .history = history,
                                     .n_history = 2,
                                     .evidence = history,
                                     .n_evidence = 1,
                                     .columns = template.columns,
                                     .words_max = 75};
    prompt_shared(&text, &template, catalogue, &given, true);
    prompt_own(&text, &template, catalogue, &given, true);
    prompt_fallback(&text, &template, catalogue, &given);
    text_release(&text);
    template_release(&template);
    return 0;
}
