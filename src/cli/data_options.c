#include "cli/data_options.h"

#include "base/err.h"

#include <string.h>

static int separator_of(const char *word, char *separator, struct llmx_error *err)
{
    static const struct {
        const char *word;
        char separator;
    } words[] = {{"tab", '\t'}, {"\\t", '\t'}, {"space", ' '}, {"comma", ','}, {"::", ':'}};
    *separator = '\0';
    if (!word)
        return 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(word, words[i].word) == 0)
            *separator = words[i].separator;
    if (!*separator && strlen(word) == 1 && *word != ':' && *word != '"')
        *separator = *word;
    return *separator ? 0
                      : err_set(err, LLMX_BAD_OPTION,
                                "--separator: '%s' is not tab, space, :: or one character", word);
}

int data_options(const struct data_flags *flags, const struct common *common,
                 struct llmx_data_options *options, struct llmx_error *err)
{
    static const char *const timestamps[] = {"exact", "float32", "normalised-float32", NULL};
    static const char *const duplicates[] = {"keep", "first", "last", NULL};
    int time = opt_choose("timestamps", flags->timestamps, timestamps, err);
    int duplicate = time < 0 ? -1 : opt_choose("duplicates", flags->duplicates, duplicates, err);
    char separator;
    if (duplicate < 0 || separator_of(flags->separator, &separator, err) != 0)
        return -1;
    *options = (struct llmx_data_options){.columns = flags->columns,
                                          .separator = separator,
                                          .min_user = flags->min_user,
                                          .min_item = flags->min_item,
                                          .min_rating = flags->min_rating,
                                          .duplicates = (enum llmx_duplicates)duplicate,
                                          .timestamps = (enum llmx_timestamps)time,
                                          .threads = common->threads,
                                          .skip_bad = flags->skip_bad,
                                          .valid_path = flags->valid,
                                          .test_path = flags->test,
                                          .split_by = flags->split_by,
                                          .item_path = flags->item_file,
                                          .item_columns = flags->item_columns,
                                          .user_path = flags->user_file,
                                          .user_columns = flags->user_columns,
                                          .encoding = flags->encoding};
    return 0;
}
