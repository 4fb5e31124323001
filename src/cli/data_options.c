#include "cli/data_options.h"

#include "base/err.h"
#include "base/number.h"

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
    static const char *const choices[] = {"guess", "yes", "no", NULL};
    int header = duplicate < 0 ? -1 : opt_choose("header", flags->header, choices, err);
    int quotes = header < 0 ? -1 : opt_choose("quotes", flags->quotes, choices, err);
    char separator;
    double min_rating = 0;
    if (flags->min_rating &&
        !number_parse(flags->min_rating, strlen(flags->min_rating), &min_rating))
        return err_set(err, LLMX_BAD_OPTION, "min-rating takes a number, not '%s'",
                       flags->min_rating);
    if (quotes < 0 || separator_of(flags->separator, &separator, err) != 0)
        return -1;
    *options = (struct llmx_data_options){.columns = flags->columns,
                                          .separator = separator,
                                          .min_user = flags->min_user,
                                          .min_item = flags->min_item,
                                          .min_rating = min_rating,
                                          .has_min_rating = flags->min_rating != NULL,
                                          .header = (enum llmx_choice)header,
                                          .quotes = (enum llmx_choice)quotes,
                                          .notice = opt_tell,
                                          .duplicates = (enum llmx_duplicates)duplicate,
                                          .timestamps = (enum llmx_timestamps)time,
                                          .threads = common->threads,
                                          .skip_bad = flags->skip_bad,
                                          .valid_path = flags->valid,
                                          .test_path = flags->test,
                                          .split_by = flags->split_by};
    return 0;
}
