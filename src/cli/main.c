/* main.c - finds the command, reads its options, runs it. */
#include "base/plain.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "llmxrec/llmxrec.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

/* One row a command, in the order in which a user meets them. */
/* clang-format off */
#define COMMANDS(X) \
    X(data) X(split) \
    X(train) X(evaluate) X(recommend) X(similar) X(embeddings) X(compare) X(evidence_test) \
    X(facts) X(examples) X(tune) X(explain) X(gate) X(show) \
    X(faithfulness) X(grounding) X(text_metrics) X(judge) X(ratings) X(attributes) X(bias) X(lint) X(rerank) \
    X(report) X(reproduce) X(serve) X(feedback) X(study) \
    X(model) X(tokenize) X(score) X(generate) X(merge) X(export) \
    X(bench)
/* clang-format on */

#define DECLARE(NAME) extern const struct command cmd_##NAME;
#define ROW(NAME)     &cmd_##NAME,
COMMANDS(DECLARE)
static const struct command *const commands[] = {COMMANDS(ROW) NULL};

static struct llmx_stop stop;

/* The first signal asks long work to stop where it can be resumed; a second one ends the program. */
static void on_signal(int number)
{
    llmx_stop_ask(&stop);
    signal(number, SIG_DFL);
}

static int print_overview(FILE *f)
{
    fputs("llmxrec " LLMX_VERSION
          " - from an interaction log to recommendations with honest, written reasons\n\n"
          "Usage: llmxrec COMMAND [options]\n\n",
          f);
    for (const struct command *const *c = commands; *c; c++)
        fprintf(f, "  %-13s %s\n", (*c)->name, (*c)->summary);
    fputs("\nllmxrec COMMAND --help says more, with an example.\n", f);
    return 0;
}

static const struct command *find_command(const char *name)
{
    for (const struct command *const *c = commands; *c; c++)
        if (strcmp((*c)->name, name) == 0)
            return *c;
    const char *names[64] = {0};
    int n = 0;
    for (const struct command *const *c = commands; *c && n < 64; c++)
        names[n++] = (*c)->name;
    const char *near = opt_nearest(name, names, n);
    fprintf(stderr, "llmxrec: there is no command '%s'%s%s%s (llmxrec help lists them)\n", name,
            near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    return NULL;
}

static int help(int argc, char **argv)
{
    if (argc == 0)
        return print_overview(stdout);
    if (strcmp(argv[0], "--man") == 0) {
        opt_print_man(commands, LLMX_VERSION, stdout);
        return 0;
    }
    if (strcmp(argv[0], "--bash") == 0) {
        opt_print_completion(commands, stdout);
        return 0;
    }
    const struct command *command = find_command(argv[0]);
    if (!command)
        return 2;
    opt_print_help(command, stdout);
    return 0;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct llmx_error err;
    struct common common = {.stop = &stop};
    struct progress progress;
    bool help_asked;
    if (opt_parse(command, &common, argc, argv, &help_asked, &err) != 0) {
        opt_fail(&err);
        return err.code == LLMX_NO_MEMORY ? 1 : 2;
    }
    if (help_asked) {
        opt_print_help(command, stdout);
        return 0;
    }
    if (opt_check_outs(command, &err) != 0)
        return opt_fail(&err);
    progress_init(&progress, stderr, common.quiet, &stop);
    common.progress = progress_callback(&progress);
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    signal(SIGPIPE, SIG_IGN); /* a reader that went away is a write error with a message */
    int status = command->run(&common);
    progress_end(&progress);
    return status;
}

static int choose(int argc, char **argv)
{
    if (argc < 2) {
        print_overview(stderr);
        return 2;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("llmxrec " LLMX_VERSION);
        return 0;
    }
    if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
        strcmp(argv[1], "-h") == 0)
        return help(argc - 2, argv + 2);
    const struct command *command = find_command(argv[1]);
    return command ? run(command, argc - 2, argv + 2) : 2;
}

int main(int argc, char **argv)
{
    const int status = choose(argc, argv);
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    if (status == 0)
        fprintf(stderr, "llmxrec: cannot write standard output: %s\n", plain_strerror(errno));
    return status ? status : 1;
}
