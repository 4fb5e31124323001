/* error.h - how the library says that something went wrong.
 *
 *     struct llmx_error err;
 *     if (llmx_data_open(&data, "ml-100k", NULL, &err) != 0)
 *         fprintf(stderr, "%s\n", err.message);
 *
 * The library never prints and never exits. What can fail returns 0 or -1 (or a pointer or NULL) and
 * fills the last parameter. A caller may pass NULL for it when the message does not matter. */
#ifndef LLMXREC_ERROR_H
#define LLMXREC_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

/* Marks what the shared library exports; everything else is hidden. */
#define LLMX_API __attribute__((visibility("default")))

enum llmx_code {
    LLMX_OK = 0,
    LLMX_BAD_OPTION, /* a value the caller chose: out of range, contradicting another (exit status 2) */
    LLMX_BAD_INPUT, /* the content of a file or text */
    LLMX_NOT_FOUND, /* a file, user, item, field that is not there */
    LLMX_MISMATCH, /* two things that do not belong together: a run and a data set, a model and an adapter */
    LLMX_UNSUPPORTED, /* well formed, but not something this version can do */
    LLMX_TOO_LARGE,   /* past a named limit */
    LLMX_IO,          /* the system refused: disk full, no permission */
    LLMX_NO_MEMORY,
    LLMX_INTERRUPTED, /* the caller asked to stop (exit status 130) */
};

#define LLMX_MESSAGE_MAX 1024

struct llmx_error {
    enum llmx_code code;
    char message
        [LLMX_MESSAGE_MAX]; /* what, which file and line, what to do; UTF-8, no final newline */
};

/* Long work reports here, at most some tens of times a second, always from the calling thread.
 * Returning non-zero asks it to stop at the next safe point; it then fails with LLMX_INTERRUPTED. */
struct llmx_progress {
    int (*report)(void *context, const char *stage, double done, double total, const char *note);
    void *context;
};

/* A wish to stop, for work that runs on: as one signal handler or thread asks, others see it. All zero: none.
 *
 *     static struct llmx_stop stop;            // in the job or the options: .stop = &stop
 *     static void on_signal(int number) { llmx_stop_ask(&stop); }
 *
 * Nothing but these two functions touches a wish that others may be looking at. */
struct llmx_stop {
    int asked;
};
LLMX_API void llmx_stop_ask(struct llmx_stop *stop);        /* safe in a signal handler */
LLMX_API int llmx_stop_asked(const struct llmx_stop *stop); /* 0 or 1; NULL: never */

#ifdef __cplusplus
}
#endif
#endif
