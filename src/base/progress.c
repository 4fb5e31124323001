#include "base/progress.h"

#include "base/clock.h"
#include "base/plain.h"

#include <string.h>
#include <unistd.h>

#define TERMINAL_INTERVAL_S 0.1  /* smooth to the eye */
#define PLAIN_INTERVAL_S    10.0 /* a log file stays short */
#define BAR_CELLS           24
#define SHOWN_MAX_S         (1e4 * 3600) /* what is farther away is no estimate */

void progress_init(struct progress *progress, FILE *stream, bool is_quiet,
                   const struct llmx_stop *stop)
{
    *progress = (struct progress){.stream = stream, .is_quiet = is_quiet, .stop = stop};
    progress->is_terminal = isatty(fileno(stream)) == 1;
}

static void print_time(FILE *stream, double seconds)
{
    const int s = seconds < SHOWN_MAX_S ? (int)(seconds + 0.5) : (int)SHOWN_MAX_S;
    if (s >= 3600)
        fprintf(stream, "%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
    else
        fprintf(stream, "%d:%02d", s / 60, s % 60);
}

static void print_bar(FILE *stream, double share)
{
    const int full = (int)(share < 1 ? share * BAR_CELLS : BAR_CELLS);
    for (int i = 0; i < BAR_CELLS; i++)
        fputs(i < full ? "━" : i == full ? "╸" : " ", stream);
}

static void show(struct progress *p, double done, double total, const char *note, double now)
{
    double elapsed = now - p->stage_start_s, rate = elapsed > 0 ? done / elapsed : 0;
    double share = total > 0 ? done / total : 0;
    bool is_complete = total > 0 && done >= total;
    fprintf(p->stream, p->is_terminal ? "\r\033[K%-12s " : "%s: ", p->stage);
    if (p->is_terminal)
        print_bar(p->stream, share);
    plain_fprintf(p->stream, " %.0f/%.0f", done, total);
    if (rate > 0)
        plain_fprintf(p->stream, rate < 10 ? "  %.2f/s" : "  %.0f/s", rate);
    fputs("  ", p->stream);
    print_time(p->stream, is_complete || rate <= 0 ? elapsed : (total - done) / rate);
    fputs(is_complete ? "" : " left", p->stream);
    if (note && note[0])
        fprintf(p->stream, "  %s", note);
    fputs(p->is_terminal && !is_complete ? "" : "\n", p->stream);
    fflush(p->stream);
    p->line_is_open = p->is_terminal && !is_complete;
    p->last_shown_s = now;
}

static int report(void *context, const char *stage, double done, double total, const char *note)
{
    struct progress *p = context;
    double now = clock_now_s();
    if (strncmp(p->stage, stage, sizeof p->stage - 1) != 0) {
        progress_end(p);
        snprintf(p->stage, sizeof p->stage, "%s", stage);
        p->stage_start_s = now;
        p->last_shown_s = p->is_terminal ? 0 : now;
    }
    double interval = p->is_terminal ? TERMINAL_INTERVAL_S : PLAIN_INTERVAL_S;
    bool is_complete = total > 0 && done >= total;
    if (!p->is_quiet && (now - p->last_shown_s >= interval || is_complete))
        show(p, done, total, note, now);
    if (is_complete)
        p->stage[0] = '\0';
    return llmx_stop_asked(p->stop);
}

struct llmx_progress progress_callback(struct progress *progress)
{
    return (struct llmx_progress){report, progress};
}

void progress_end(struct progress *progress)
{
    if (progress->line_is_open)
        fputc('\n', progress->stream);
    progress->line_is_open = false;
}
