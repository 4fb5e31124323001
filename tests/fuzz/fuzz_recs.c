/* Any bytes as recommendation lines, as people's histories and as a list of users, for the small data set. */
#include "explain/recs.h"
#include "fuzz/bytes_file.h"
#include "run/people.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void ignore(void *context, const char *message)
{
    (void)context, (void)message;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static struct llmx_data *data;
    struct llmx_error err;
    struct llmx_explain_options options = llmx_explain_defaults();
    struct recs recs;
    struct people people;
    const char *path = bytes_file(bytes, n);
    if (!data && llmx_data_open(&data, "tests/golden/tiny", NULL, &err) != 0)
        abort();
    options.notice = ignore;
    options.users_max = (int)(n % 3);
    if (recs_open(&recs, path, data, &options, &err) == 0)
        recs_release(&recs);
    people_read(&people, data, &(struct llmx_recommend_options){.history = path}, &err);
    people_release(&people);
    people_read(&people, data, &(struct llmx_recommend_options){.users = path}, &err);
    people_release(&people);
    return 0;
}
