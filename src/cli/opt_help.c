/* opt_help.c - what the option tables say to people and shells: --help, the man page, bash completion. */
#include "cli/commands.h"
#include "cli/opt.h"

#include <string.h>

enum { HELP_INDENT = 27, HELP_WIDTH = 100 };

static bool is_argument(const struct option_spec *s)
{
    return s->kind == OPTION_ARG || s->kind == OPTION_ARGS;
}

/* Breaks between words, so that nothing but a long word goes beyond HELP_WIDTH. */
static void print_wrapped(FILE *f, const char *text)
{
    for (int column = HELP_INDENT; *text;) {
        const int n = (int)strcspn(text, " ");
        if (column > HELP_INDENT && column + 1 + n > HELP_WIDTH) {
            fprintf(f, "\n%*s", HELP_INDENT, "");
            column = HELP_INDENT;
        } else if (column > HELP_INDENT) {
            fputc(' ', f);
            column++;
        }
        fprintf(f, "%.*s", n, text);
        column += n;
        text += n + (text[n] == ' ');
    }
}

static void print_option(FILE *f, const struct option_spec *s)
{
    char left[80], text[600];
    static const char *const value_names[] = {
        [OPTION_TEXT] = " WORD", [OPTION_LIST] = " WORD", [OPTION_PATH] = " PATH",
        [OPTION_OUT] = " PATH",  [OPTION_INT] = " N",     [OPTION_REAL] = " X",
        [OPTION_FLAG] = ""};
    if (is_argument(s))
        snprintf(left, sizeof left, "%s%s", s->name, s->kind == OPTION_ARGS ? "..." : "");
    else
        snprintf(left, sizeof left, "--%s%s", s->name, value_names[s->kind]);
    const bool is_required = s->fallback && strcmp(s->fallback, REQUIRED) == 0;
    if (s->fallback && !is_required)
        snprintf(text, sizeof text, "%s [%s]", s->help, s->fallback);
    else
        snprintf(text, sizeof text, "%s%s", s->help,
                 is_required && !is_argument(s) ? " (required)" : "");
    fprintf(f, "  %-*s ", HELP_INDENT - 3, left);
    print_wrapped(f, text);
    fputc('\n', f);
}

void opt_print_help(const struct command *command, FILE *f)
{
    fprintf(f, "llmxrec %s - %s\n\nUsage: llmxrec %s", command->name, command->summary,
            command->name);
    for (const struct option_spec *s = command->options; s->kind != OPTION_END; s++) {
        bool is_required = s->fallback && strcmp(s->fallback, REQUIRED) == 0;
        if (is_argument(s))
            fprintf(f, is_required ? " %s%s" : " [%s%s]", s->name,
                    s->kind == OPTION_ARGS ? "..." : "");
        else if (is_required)
            fprintf(f, " --%s %s", s->name,
                    s->kind == OPTION_PATH || s->kind == OPTION_OUT ? "PATH" : "WORD");
    }
    fprintf(f, " [options]\n\n%s\n\n", command->description);
    for (const struct option_spec *s = command->options; s->kind != OPTION_END; s++)
        print_option(f, s);
    fputs("\nEverywhere:\n", f);
    for (const struct option_spec *s = opt_shared; s->kind != OPTION_END; s++)
        print_option(f, s);
    fprintf(f, "\nExample (after `make demo`, in its folder):\n%s\n", command->example);
}

/* In troff a leading dot or quote is a request and a backslash an escape. */
static void print_troff(FILE *f, const char *text)
{
    bool line_start = true;
    for (; *text; text++) {
        if (line_start && (*text == '.' || *text == '\''))
            fputs("\\&", f);
        if (*text == '\\')
            fputs("\\e", f);
        else if (*text == '-')
            fputs("\\-", f);
        else
            fputc(*text, f);
        line_start = *text == '\n';
    }
}

static void print_man_options(FILE *f, const struct option_spec *table)
{
    for (const struct option_spec *s = table; s->kind != OPTION_END; s++) {
        fprintf(f, ".TP\n.B ");
        print_troff(f, is_argument(s) ? "" : "--");
        print_troff(f, s->name);
        fputc('\n', f);
        print_troff(f, s->help);
        if (s->fallback && strcmp(s->fallback, REQUIRED) != 0)
            fprintf(f, " (default: %s)", s->fallback);
        fputc('\n', f);
    }
}

void opt_print_man(const struct command *const *commands, const char *version, FILE *f)
{
    fprintf(f,
            ".TH LLMXREC 1 \"\" \"llmxrec %s\"\n.SH NAME\nllmxrec \\- recommendations with honest, "
            "written reasons\n"
            ".SH SYNOPSIS\n.B llmxrec\n.I command\n[options]\n.SH COMMANDS\n",
            version);
    for (; *commands; commands++) {
        const struct command *c = *commands;
        fprintf(f, ".SS %s\n", c->name);
        print_troff(f, c->description);
        fputc('\n', f);
        print_man_options(f, c->options);
        fputs(".PP\n.nf\n", f);
        print_troff(f, c->example);
        fputs("\n.fi\n", f);
    }
    fputs(".SH COMMON OPTIONS\n", f);
    print_man_options(f, opt_shared);
    fputs(".SH EXIT STATUS\n0 done; 1 failed; 2 wrong usage; 3 done, but some items fell short; "
          "130 interrupted.\n",
          f);
}

void opt_print_completion(const struct command *const *commands, FILE *f)
{
    fputs("# bash completion for llmxrec; made by `llmxrec help --bash`\n_llmxrec()\n{\n"
          "    local word=${COMP_WORDS[COMP_CWORD]}\n    COMPREPLY=()\n    case ${COMP_WORDS[1]} "
          "in\n",
          f);
    for (const struct command *const *c = commands; *c; c++) {
        fprintf(f, "    %s) [[ $word == -* ]] && COMPREPLY=($(compgen -W '", (*c)->name);
        for (const struct option_spec *s = (*c)->options; s->kind != OPTION_END; s++)
            if (!is_argument(s))
                fprintf(f, "--%s ", s->name);
        for (const struct option_spec *s = opt_shared; s->kind != OPTION_END; s++)
            fprintf(f, "--%s ", s->name);
        fputs("' -- \"$word\")) ;;\n", f);
    }
    fputs("    esac\n    [[ $COMP_CWORD == 1 ]] && COMPREPLY=($(compgen -W 'help", f);
    for (const struct command *const *c = commands; *c; c++)
        fprintf(f, " %s", (*c)->name);
    fputs("' -- \"$word\"))\n}\ncomplete -o default -F _llmxrec llmxrec\n", f);
}
