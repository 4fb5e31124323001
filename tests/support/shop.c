/* shop.c - a small run made by the program, and a server over it. */
#include "support/shop.h"

#include "support/test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct llmx_stop stop;
static struct llmx_serve_options how;
static struct llmx_error failure;
static _Atomic int port;
static pthread_t server;

/* 20 people take 8 of 12 films each, two a day: u0 from the first of March 2000. Of one film the article stands behind. */
static void write_data(void)
{
    char inter[8192] = "user_id:token\titem_id:token\ttimestamp:float\n", items[4096];
    for (int u = 0; u < 20; u++)
        for (int k = 0; k < 8; k++)
            snprintf(inter + strlen(inter), sizeof inter - strlen(inter), "u%d\ti%d\t%d\n", u,
                     (u % 4 * 2 + k + (k == 7 ? u % 3 : 0)) % 12, 951868800 + 43200 * (10 * u + k));
    snprintf(items, sizeof items, "item_id:token\ttitle:token_seq\tclass:token_seq\n");
    for (int i = 0; i < 12; i++) {
        if (i == 5)
            snprintf(items + strlen(items), sizeof items - strlen(items), "i5\t%s\tDrama\n",
                     SHOP_NASTY);
        else
            snprintf(items + strlen(items), sizeof items - strlen(items), "i%d\t%sFilm %c%s\t%s\n",
                     i, i == 10 ? "" : "The ", 'A' + i, i == 10 ? ", The" : "",
                     i % 2 ? "Drama" : "Comedy Action");
    }
    test_file("shop.inter", inter);
    test_file("shop.item", items);
    test_file("shop.user", "user_id:token\tage:token\nu0\t31\nu1\t<b>9</b>\n");
}

static void run(const char *command)
{
    char *out;
    if (test_shell(command, &out) != 0)
        fail_msg("%s: %s", command, out);
    free(out);
}

void shop_make(void)
{
    test_needs_program();
    write_data();
    run("cd $T && mkdir -p shop && mv shop.* shop/ && "
        "$LLMXREC train --data shop --model itemknn --out run --quiet && "
        "$LLMXREC recommend run --top 3 --out recs.jsonl --quiet");
    run("cd $T && sed 's/\"rank\".*/\"explanation\":\"Ours: a film.\"}/' recs.jsonl >ours.jsonl && "
        "sed 's/\"rank\".*/\"explanation\":\"Theirs: <b>a film<\\/b>.\"}/' recs.jsonl "
        ">theirs.jsonl");
}

struct llmx_study_made shop_study(const char *db, const char *yaml, char (*links)[SHOP_LINK], int n)
{
    char ours[256], theirs[256], recs[256], out[256];
    const char *const files[] = {ours, theirs};
    struct llmx_study_made made;
    struct llmx_data *data;
    struct llmx_error err;
    snprintf(ours, sizeof ours, "%s", test_path("ours.jsonl"));
    snprintf(theirs, sizeof theirs, "%s", test_path("theirs.jsonl"));
    snprintf(recs, sizeof recs, "%s", test_path("recs.jsonl"));
    snprintf(out, sizeof out, "%s", test_path("links.txt"));
    assert_int_equal(llmx_data_open(&data, test_path("shop"), NULL, &err), 0);
    const char *questions = test_file("study.yaml", yaml);
    const struct llmx_study_options study = {files, 2, recs, data, questions, db, 1};
    if (llmx_study_new(&study, out, &made, &err) != 0)
        fail_msg("%s", err.message);
    llmx_data_destroy(data);
    FILE *f = fopen(out, "r");
    for (int i = 0; i < n; i++)
        assert_int_equal(fscanf(f, "/study/%63s\n", links[i]), 1);
    fclose(f);
    return made;
}

static void hear_ready(void *context, const char *address, int at)
{
    (void)context;
    (void)address;
    port = at;
}

static void *serve(void *context)
{
    if (llmx_serve(&how, &failure) != 0)
        port = -1;
    return context;
}

int shop_open(const char *db, void (*more)(struct llmx_serve_options *options))
{
    static char run_dir[256];
    snprintf(run_dir, sizeof run_dir, "%s", test_path("run"));
    stop = (struct llmx_stop){0};
    port = 0;
    how = (struct llmx_serve_options){
        .run_dir = run_dir, .db = db, .threads = 2, .ready = hear_ready, .stop = &stop};
    if (more)
        more(&how);
    assert_int_equal(pthread_create(&server, NULL, serve, NULL), 0);
    while (port == 0)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    if (port < 0)
        fail_msg("%s", failure.message);
    return port;
}

void shop_close(void)
{
    llmx_stop_ask(&stop);
    pthread_join(server, NULL);
}

pid_t shop_program(const char *option, const char *value, int *at_port)
{
    static const char address[] = "http://127.0.0.1:";
    int ends[2];
    char line[512] = "";
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        execl(test_program(), "llmxrec", "serve", "--run", test_path("run"), option, value,
              "--port", "0", (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    FILE *said = fdopen(ends[0], "r");
    *at_port = 0;
    while (*at_port == 0 && fgets(line, sizeof line, said)) {
        const char *at = strstr(line, address);
        if (at)
            *at_port = (int)strtol(at + strlen(address), NULL, 10);
    }
    fclose(said);
    if (*at_port == 0)
        fail_msg("the server did not begin: %s", line);
    return child;
}
