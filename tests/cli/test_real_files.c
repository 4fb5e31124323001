/* The commands of docs/data.md, "Files that people have", over look-alikes of those files (tests/real, made up): from what
 * is published to recommendations and to reasons with titles in them. */
#include "support/http_server.h"
#include "support/test.h"

#include <unistd.h>

#define TRAIN "llmxrec train "
#define RUN   "--out runs/"

/* What prompts and reasons must hold: titles, years, members of lists, profiles. */
static const struct {
    const char *name, *holds[6];
} known[] = {
    {"ml-100k", {"Café du Nord", "The Birch House", "1994", "technician"}},
    {"ml-1m",
     {"Café du Nord", "Ember Valley (La Vallée des braises)\\\"", "Comedy, Crime", "1996"}},
    {"ml-25m", {"He said \\\"Dune\\\", she left\\\"", "The Birch House", "Comedy, Crime", "1995"}},
    {"amazon-2018",
     {"Copper Kettle & Lid", "Home & Kitchen, Furniture, Office", "Norrvik", "$9.99"}},
    {"amazon-2023", {"Copper Kettle & Lid", "Home & Kitchen, Lighting", "Halden", "17.99"}},
    {"yelp", {"Amber Café", "Birch & Sons, Bakers", "Coffee & Tea, Cafes", "Springfield"}},
    {"steam-200k", {"Copper, Coal and Crown", "Birch Tactics: Gold"}},
    {"lastfm-360k", {"\\\"Copper\\\" Al & the Kettles", "Émber", "Chile"}},
    {"lastfm-1k", {"\\\"Copper\\\" Al & the Kettles", "Émber", "Japan"}},
    {"goodbooks-10k", {"Dunes: A \\\"Short\\\" History", "Ines Prado, J. Kamau, Lea Zorn", "1813"}},
    {"h-and-m", {"Copper belt, slim", "Garment Upper body", "Dark Blue", "age: 24"}},
    {"book-crossing",
     {"Dunes: A \\\"Short\\\" History", "Lettres de la Forêt", "The Amber Road; or, North",
      "2002"}},
    {"retailrocket", {"355902", "categories: 1340"}},
    {"gorse", {"Trees, drawn in 3D", "graphics, maps", "c, tree"}},
};
#define KNOWN (sizeof known / sizeof *known)

/* A server that has nothing to say: what people get is the plain sentence, titles and all. */
static void answer(void *context, int number, const char *request, char *response,
                   unsigned long size)
{
    (void)context, (void)number, (void)request;
    snprintf(
        response, size,
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"data\":[{\"id\":\"mute\"}],\"choices\":"
        "[{\"message\":{\"content\":\"Hm.\"}}]}");
}

/* Runs a line in the folder of a data set; it must end well. */
static void run(const char *name, const char *line)
{
    char command[4096], *said;
    snprintf(command, sizeof command, "PATH=$T/bin:$PATH; cd $T/real/%s && { %s; }", name, line);
    const int status = test_shell(command, &said);
    if (status != 0)
        fail_msg("%s: %s\nends with %d: %s", name, line, status, said);
    free(said);
}

/* Copies the files, gzipped where the commands want them so. */
static void lay_out(const char *name, const char *row)
{
    char line[512];
    snprintf(line, sizeof line,
             "mkdir -p $T/real && rm -rf $T/real/%s && cp -R tests/real/%s $T/real%s", name, name,
             strstr(row, ".gz ") ? " && gzip $T/real/*/*.json*" : "");
    char *said;
    if (test_shell(line, &said) != 0)
        fail_msg("%s: %s", name, said);
    free(said);
}

/* The commands of the docs that are the same for all: the line that begins so, for this data set and this server. */
static void run_common(const char *docs, const char *begin, const char *name, const char *base)
{
    char line[512], *out = line;
    const char *s = strstr(docs, begin);
    assert_non_null(s);
    for (const char *end = strchr(s, '\n'); s < end;) {
        const bool is_name = strncmp(s, "NAME", 4) == 0, is_base = strncmp(s, "MODEL", 5) == 0;
        out +=
            snprintf(out, sizeof line - (size_t)(out - line), "%.*s", is_name || is_base ? 200 : 1,
                     is_name   ? name
                     : is_base ? base
                               : s);
        s += is_name ? 4 : is_base ? 5 : 1;
    }
    snprintf(out, sizeof line - (size_t)(out - line), "%s",
             strstr(begin, "explain") ? " --tries 1 --keep-prompts" : "");
    run(name, line);
}

static void assert_known(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "real/%s/explanations.jsonl", name);
    char *text = test_read(test_path(path));
    size_t i = 0;
    while (i < KNOWN && strcmp(known[i].name, name) != 0)
        i++;
    if (i == KNOWN)
        fail_msg("nothing is known of %s", name);
    for (int k = 0; i < KNOWN && k < 6 && known[i].holds[k]; k++)
        if (!strstr(text, known[i].holds[k]))
            fail_msg("%s: no \"%s\" in\n%.3000s", name, known[i].holds[k], text);
    free(text);
}

/* Runs what stands between backquotes in a row of the table, then what is common. */
static void check_row(const char *docs, char *row, const char *base)
{
    char name[64] = "";
    sscanf(strstr(row, RUN), RUN "%63[a-z0-9-]", name);
    lay_out(name, row);
    for (char *s = strchr(row, '`'); s; s = strchr(s, '`')) {
        char *end = strchr(s + 1, '`');
        *end = '\0';
        run(name, s + 1);
        s = end + 1;
    }
    run_common(docs, "llmxrec recommend runs/NAME", name, base);
    run_common(docs, "llmxrec explain recs.jsonl --run runs/NAME", name, base);
    assert_known(name);
}

static void test_docs__commands_for_files_that_people_have(void **state)
{
    (void)state;
    test_needs_program();
    struct http_server *server = http_server_start(answer, NULL);
    char base[128], *docs = test_read("docs/data.md"), *rows = test_read("docs/data.md");
    size_t n = 0;
    snprintf(base, sizeof base, "%s/v1", http_server_url(server));
    test_command("mkdir -p $T/bin && ln -s $(realpath $LLMXREC) $T/bin/llmxrec", 0, "");
    for (char *row = rows, *end; (end = strchr(row, '\n')); row = end + 1) {
        *end = '\0';
        if (*row != '|' || !strstr(row, TRAIN) || !strstr(row, RUN))
            continue;
        check_row(docs, row, base);
        n++;
    }
    assert_int_equal(n, KNOWN);
    free(docs);
    free(rows);
    http_server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_docs__commands_for_files_that_people_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
