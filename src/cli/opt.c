#include "cli/opt.h"

#include "base/arena.h"
#include "base/edit_distance.h"
#include "base/err.h"
#include "base/file.h"
#include "base/number.h"
#include "base/option_name.h"
#include "cli/option_file.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct common *target; /* where the shared options of the command at hand go */
static const char *seed_text, *threads_text;

static const char seed_default[] = "42"; /* by its place: the same number may be given */

const struct option_spec opt_shared[] = {
    OPT_FLAG("help", NULL, "say what this command does, with an example"),
    OPT_PATH("config", NULL, NULL, "YAML file of options (repeatable); the command line wins"),
    OPT_TEXT("seed", &seed_text, seed_default,
             "of every random choice: the same seed gives the same bytes"),
    OPT_TEXT("threads", &threads_text, "0", "threads to use; 0: one per core"),
    OPT_FLAG("quiet", NULL, "no progress and no summary, errors only"),
    OPT_END};

int opt_choose(const char *option, const char *word, const char *const *words,
               struct llmx_error *err)
{
    int n = 0;
    for (; words[n]; n++)
        if (strcmp(words[n], word) == 0)
            return n;
    const char *near = opt_nearest(word, words, n);
    return err_set(err, LLMX_BAD_OPTION, "%s%s: there is no '%s'%s%s%s (see --help)",
                   *option <= 'Z' ? "" : "--", option, word, near ? "; did you mean '" : "",
                   near ? near : "", near ? "'?" : "");
}

int opt_fail(const struct llmx_error *err)
{
    fprintf(stderr, "llmxrec: %s\n", err->message);
    return err->code == LLMX_BAD_OPTION ? 2 : err->code == LLMX_INTERRUPTED ? 130 : 1;
}

void opt_tell(void *context, const char *message)
{
    (void)context;
    fprintf(stderr, "llmxrec: %s\n", message);
}

const char *opt_nearest(const char *word, const char *const *words, int n)
{
    const size_t n_word = strlen(word);
    const char *best = NULL;
    int best_distance = ((int)strlen(word) + 1) / 2 + 1; /* farther than half the word is no help */
    for (int i = 0; i < n; i++) {
        const size_t more = strlen(words[i]) > n_word ? strlen(words[i]) - n_word : 0;
        const bool begins = strncmp(words[i], word, n_word) == 0;
        const bool ends = more && words[i][more - 1] == '-' && strcmp(words[i] + more, word) == 0;
        int d = begins || ends ? 1 : edit_distance(word, words[i]);
        if (d < best_distance) {
            best_distance = d;
            best = words[i];
        }
    }
    return best;
}

static bool is_option(const struct option_spec *spec)
{
    return spec->kind != OPTION_ARG && spec->kind != OPTION_ARGS;
}

static const struct option_spec *find_in(const struct option_spec *table, const char *name)
{
    for (; table->kind != OPTION_END; table++)
        if (is_option(table) && option_name_is(name, table->name))
            return table;
    return NULL;
}

static bool takes_file(const struct command *command)
{
    for (const struct option_spec *s = command->options; s->kind != OPTION_END; s++)
        if (!is_option(s) && strcmp(s->name, "FILE") == 0)
            return true;
    return false;
}

static const struct option_spec *find(const struct command *command, const char *name,
                                      struct llmx_error *err)
{
    const struct option_spec *spec = find_in(command->options, name);
    if (!spec)
        spec = find_in(opt_shared, name);
    if (spec)
        return spec;
    if (strcmp(name, "in") == 0 && takes_file(command)) {
        err_set(err, LLMX_BAD_OPTION, "%s has no option 'in': FILE stands alone, llmxrec %s FILE",
                command->name, command->name);
        return NULL;
    }
    const char *known[128];
    int n = 0;
    for (const struct option_spec *s = command->options; s->kind != OPTION_END && n < 100; s++)
        if (is_option(s))
            known[n++] = s->name;
    for (const struct option_spec *s = opt_shared; s->kind != OPTION_END; s++)
        known[n++] = s->name;
    const char *near = opt_nearest(name, known, n);
    err_set(err, LLMX_BAD_OPTION, "%s has no option '%s'%s%s%s (llmxrec %s --help lists them)",
            command->name, name, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "",
            command->name);
    return NULL;
}

static int set_int(const struct option_spec *spec, const char *text, struct llmx_error *err)
{
    char *end;
    errno = 0;
    long v = strtol(text, &end, 10);
    if (end == text || *end || errno || v < INT_MIN || v > INT_MAX)
        return err_set(err, LLMX_BAD_OPTION, "%s takes a whole number, not '%s'", spec->name, text);
    *spec->value.integer = (int)v;
    return 0;
}

static int set_real(const struct option_spec *spec, const char *text, struct llmx_error *err)
{
    if (number_parse(text, strlen(text), spec->value.real))
        return 0;
    return err_set(err, LLMX_BAD_OPTION, "%s takes a number, not '%s'", spec->name, text);
}

static int set_flag(bool *flag, const char *name, const char *text, struct llmx_error *err)
{
    if (strcmp(text, "true") == 0 || strcmp(text, "True") == 0)
        *flag = true;
    else if (strcmp(text, "false") == 0 || strcmp(text, "False") == 0)
        *flag = false;
    else
        return err_set(err, LLMX_BAD_OPTION, "%s is a switch: true or false, not '%s'", name, text);
    return 0;
}

/* Adds to what was given before. */
static int add_text(const char **list, const char *text, struct llmx_error *err)
{
    static struct arena lists; /* option values point here until the program ends */
    if (*list)
        text = arena_printf(&lists, err, "%s,%s", *list, text);
    if (!text)
        return -1;
    *list = text;
    return 0;
}

static int add_word(const struct option_spec *spec, const char *word, struct llmx_error *err)
{
    struct option_words *words = spec->value.words;
    if (words->n == OPTION_WORDS_MAX)
        return err_set(err, LLMX_BAD_OPTION, "%s is given more than %d times", spec->name,
                       OPTION_WORDS_MAX);
    words->word[words->n++] = word;
    return 0;
}

static int set_value(const struct option_spec *spec, const char *text, struct llmx_error *err)
{
    switch (spec->kind) {
    case OPTION_LIST:
        return add_text(spec->value.text, text, err);
    case OPTION_ARGS:
        return add_word(spec, text, err);
    case OPTION_INT:
        return set_int(spec, text, err);
    case OPTION_REAL:
        return set_real(spec, text, err);
    case OPTION_FLAG:
        return set_flag(spec->value.flag ? spec->value.flag : &target->quiet, spec->name, text,
                        err);
    case OPTION_ARG:
    case OPTION_TEXT:
    case OPTION_PATH:
    case OPTION_OUT:
        *spec->value.text = text;
        return 0;
    case OPTION_END:
        break;
    }
    return 0;
}

/* Shared options are kept as text while parsing, so that the table can show their defaults. */
static int finish_shared(struct common *common, struct llmx_error *err)
{
    if (!number_unsigned(seed_text, &common->seed))
        return err_set(err, LLMX_BAD_OPTION, "seed takes a whole number from 0 up, not '%s'",
                       seed_text);
    common->has_seed = seed_text != seed_default;
    struct option_spec threads = OPT_INT("threads", &common->threads, NULL, NULL);
    if (set_int(&threads, threads_text, err) != 0)
        return -1;
    if (common->threads < 0)
        return err_set(err, LLMX_BAD_OPTION,
                       "threads takes a number from 0 (one per core) up, not %s", threads_text);
    return 0;
}

static int set_defaults(const struct option_spec *table, struct llmx_error *err)
{
    for (; table->kind != OPTION_END; table++) {
        if (!table->value.text)
            continue;
        if (table->kind == OPTION_ARGS)
            table->value.words->n = 0;
        else if (table->fallback && strcmp(table->fallback, REQUIRED) != 0) {
            if (set_value(table, table->fallback, err) != 0)
                return -1;
        } else if (table->kind == OPTION_FLAG)
            *table->value.flag = false;
        else if (table->kind != OPTION_INT && table->kind != OPTION_REAL)
            *table->value.text = NULL;
    }
    return 0;
}

/* The words of a command line, walked twice: first for --config (files go below), then for everything. */
struct command_line {
    const struct command *command;
    char **argv;
    int argc, next;
    bool configs_only, help_asked;
};

/* An option as a file names it: by our name, or by RecBole's where we have none of that name. */
static int set_from_file(void *context, const char *key, const char *value, struct llmx_error *err)
{
    const struct command_line *w = context;
    const char *ours = find_in(w->command->options, key) ? NULL : option_file_our_name(key);
    const struct option_spec *spec = find(w->command, ours ? ours : key, err);
    if (!spec)
        return -1;
    if (!spec->value.text && strcmp(spec->name, "quiet") != 0)
        return err_set(err, LLMX_BAD_OPTION, "%s cannot be set in a file", spec->name);
    return set_value(spec, value, err);
}

static int take_option(struct command_line *w, char *word, struct llmx_error *err)
{
    char name[64];
    const char *equals = strchr(word, '='), *value = equals ? equals + 1 : NULL;
    size_t n = equals ? (size_t)(equals - word) : strlen(word);
    if (n >= sizeof name)
        return err_set(err, LLMX_BAD_OPTION, "%s has no option '%s'", w->command->name, word);
    memcpy(name, word, n);
    name[n] = '\0';
    const struct option_spec *spec = find(w->command, name, err);
    if (!spec)
        return -1;
    if (strcmp(spec->name, "help") == 0) {
        w->help_asked = true;
        return 0;
    }
    if (!value && spec->kind == OPTION_FLAG)
        value = "true";
    if (!value && w->next < w->argc)
        value = w->argv[w->next++];
    if (!value)
        return err_set(err, LLMX_BAD_OPTION, "%s needs a value after it", spec->name);
    if (strcmp(spec->name, "config") == 0)
        return w->configs_only ? option_file_read(value, set_from_file, w, err) : 0;
    return w->configs_only ? 0 : set_value(spec, value, err);
}

static int take_argument(struct command_line *w, int position, const char *word,
                         struct llmx_error *err)
{
    if (w->configs_only)
        return 0;
    for (const struct option_spec *s = w->command->options; s->kind != OPTION_END; s++) {
        if (s->kind == OPTION_ARGS || (s->kind == OPTION_ARG && position-- == 0))
            return set_value(s, word, err);
    }
    return err_set(err, LLMX_BAD_OPTION, "one word too many for %s: '%s'", w->command->name, word);
}

static int walk(struct command_line *w, struct llmx_error *err)
{
    bool options_end = false;
    int position = 0;
    for (w->next = 0; w->next < w->argc;) {
        char *word = w->argv[w->next++];
        int status = 0;
        if (!options_end && strcmp(word, "--") == 0)
            options_end = true;
        else if (!options_end && strcmp(word, "-h") == 0)
            w->help_asked = true;
        else if (!options_end && strncmp(word, "--", 2) == 0)
            status = take_option(w, word + 2, err);
        else if (!options_end && word[0] == '-' && word[1])
            status = err_set(err, LLMX_BAD_OPTION, "options have two dashes and a whole word: '%s'",
                             word);
        else
            status = take_argument(w, position++, word, err);
        if (status != 0)
            return -1;
    }
    return 0;
}

static int check_required(const struct command *command, struct llmx_error *err)
{
    for (const struct option_spec *s = command->options; s->kind != OPTION_END; s++) {
        if (!s->fallback || strcmp(s->fallback, REQUIRED) != 0 ||
            (s->kind == OPTION_ARGS ? s->value.words->n > 0 : *s->value.text != NULL))
            continue;
        return err_set(err, LLMX_BAD_OPTION, "%s needs %s%s: %s (llmxrec %s --help has an example)",
                       command->name, is_option(s) ? "--" : "", s->name, s->help, command->name);
    }
    return 0;
}

/* Is the value another than when the option is left out? */
static bool is_set(const struct option_spec *s)
{
    double number = 0;
    switch (s->kind) {
    case OPTION_INT:
    case OPTION_REAL:
        if (s->fallback)
            number_parse(s->fallback, strlen(s->fallback), &number);
        return number != (s->kind == OPTION_INT ? *s->value.integer : *s->value.real);
    case OPTION_FLAG:
        return *s->value.flag;
    case OPTION_ARGS:
        return s->value.words->n > 0;
    default:
        return *s->value.text && !(s->fallback && strcmp(*s->value.text, s->fallback) == 0);
    }
}

int opt_refuse(const struct option_spec *table, const void *into, size_t n, const char *reason,
               struct llmx_error *err)
{
    const uintptr_t first = (uintptr_t)into;
    for (; table->kind != OPTION_END; table++)
        if ((uintptr_t)table->value.text >= first && (uintptr_t)table->value.text < first + n &&
            is_set(table))
            return err_set(err, LLMX_BAD_OPTION, "%s%s %s", is_option(table) ? "--" : "",
                           table->name, reason);
    return 0;
}

int opt_check_action(const struct option_spec *table, const struct option_scope *scopes,
                     const char *const *actions, int action, struct llmx_error *err)
{
    for (const struct option_scope *s = scopes; s->into; s++) {
        char reason[200];
        size_t n = 0;
        if (s->actions >> action & 1)
            continue;
        for (int i = 0; actions[i]; i++)
            if (s->actions >> i & 1)
                n += (size_t)snprintf(reason + n, sizeof reason - n, "%s%s",
                                      n == 0                      ? "goes with "
                                      : s->actions >> i >> 1 != 0 ? ", "
                                                                  : " and ",
                                      actions[i]);
        snprintf(reason + n, sizeof reason - n, ", not with %s", actions[action]);
        if (opt_refuse(table, s->into, s->size, reason, err) != 0)
            return -1;
    }
    return 0;
}

static bool is_same_file(const char *path, const struct stat *other)
{
    struct stat s;
    return stat(path, &s) == 0 && s.st_dev == other->st_dev && s.st_ino == other->st_ino;
}

/* Any part of "a,b" */
static bool list_holds_file(const char *list, const struct stat *other)
{
    char path[PATH_MAX];
    for (size_t n; *list; list += n + (list[n] == ',')) {
        n = strcspn(list, ",");
        if (n >= sizeof path)
            continue;
        memcpy(path, list, n);
        path[n] = '\0';
        if (is_same_file(path, other))
            return true;
    }
    return false;
}

static bool names_file(const struct option_spec *s, const struct stat *other)
{
    if (s->kind == OPTION_ARGS) {
        for (int i = 0; i < s->value.words->n; i++)
            if (is_same_file(s->value.words->word[i], other))
                return true;
        return false;
    }
    if ((s->kind != OPTION_ARG && s->kind != OPTION_PATH && s->kind != OPTION_OUT &&
         s->kind != OPTION_LIST) ||
        !s->value.text || !*s->value.text)
        return false;
    return s->kind == OPTION_LIST ? list_holds_file(*s->value.text, other)
                                  : is_same_file(*s->value.text, other);
}

int opt_check_folder(const char *path, struct llmx_error *err)
{
    char folder[PATH_MAX], *place;
    struct stat st;
    if (strcmp(path, "-") == 0)
        return 0;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        errno = EISDIR;
        return err_system(err, "cannot write %s", path);
    }
    if (output_place(&place, path, err) != 0)
        return -1;
    if (!place) /* a device or a pipe */
        return 0;
    const char *slash = strrchr(place, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - place) + 1 : 1,
             slash ? place : ".");
    free(place);
    return access(folder, W_OK | X_OK) == 0 ? 0 : err_system(err, "cannot write %s", path);
}

/* Nothing that is read may be replaced by what is written. */
static int check_unread(const struct command *command, const struct option_spec *to,
                        struct llmx_error *err)
{
    struct stat out;
    if (stat(*to->value.text, &out) != 0 || !S_ISREG(out.st_mode))
        return 0;
    for (const struct option_spec *s = command->options; s->kind != OPTION_END; s++)
        if (s != to && names_file(s, &out))
            return err_set(err, LLMX_BAD_OPTION,
                           "--%s is the file of %s%s too, which would be lost: choose another",
                           to->name, is_option(s) ? "--" : "", s->name);
    return 0;
}

int opt_check_outs(const struct command *command, struct llmx_error *err)
{
    for (const struct option_spec *s = command->options; s->kind != OPTION_END; s++) {
        const bool is_file = s->kind == OPTION_OUT;
        if ((is_file || (s->kind == OPTION_PATH && strcmp(s->name, "out") == 0)) &&
            *s->value.text &&
            (check_unread(command, s, err) != 0 ||
             (is_file && opt_check_folder(*s->value.text, err) != 0)))
            return -1;
    }
    return 0;
}

int opt_parse(const struct command *command, struct common *common, int argc, char **argv,
              bool *help_asked, struct llmx_error *err)
{
    target = common;
    *help_asked = false;
    if (set_defaults(opt_shared, err) != 0 || set_defaults(command->options, err) != 0)
        return -1;
    struct command_line words = {
        .command = command, .argv = argv, .argc = argc, .configs_only = true};
    int status = walk(&words, err);
    *help_asked = words.help_asked;
    if (*help_asked)
        return 0;
    words.configs_only = false;
    if (status != 0 || walk(&words, err) != 0 || check_required(command, err) != 0)
        return -1;
    return finish_shared(common, err);
}

int opt_seconds(const char *option, const char *text, double *seconds, struct llmx_error *err)
{
    const size_t n = strlen(text);
    const char unit = n ? text[n - 1] : '\0';
    const double factor = unit == 's' ? 1 : unit == 'm' ? 60 : unit == 'h' ? 3600 : 0;
    double number = 0;
    if (factor > 0 && number_parse(text, n - 1, &number) && number > 0) {
        *seconds = number * factor;
        return 0;
    }
    return err_set(err, LLMX_BAD_OPTION, "--%s takes 90s, 20m or 2h, not '%s'", option, text);
}

int opt_integers(const char *list, int *values, int max, struct llmx_error *err)
{
    int n = 0;
    for (const char *p = list;; p++) {
        char *end;
        long v = strtol(p, &end, 10);
        if (end == p || (*end && *end != ',') || v <= 0 || v > INT_MAX ||
            (n && v <= values[n - 1]) || n == max)
            return err_set(err, LLMX_BAD_OPTION,
                           "'%s' is not a list of at most %d ascending numbers like 5,10,20", list,
                           max);
        values[n++] = (int)v;
        if (!*end)
            return n;
        p = end;
    }
}
