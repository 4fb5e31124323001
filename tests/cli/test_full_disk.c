/* Disks that are full or read-only: a message, status 1, what stood there before still stands, and when there is
 * room again --resume ends in the same bytes. Needs leave to mount a small tmpfs for most of it. */
#include "support/test.h"

#define TINY "tests/golden/tiny"
#define MODEL                                                                                      \
    "--base tests/golden/llm/qwen2 --precision f32 --chat-template chatml --quiet --max-tokens "   \
    "24 "
#define EXPLAIN                                                                                    \
    "$LLMXREC explain $T/recs.jsonl --data " TINY " " MODEL                                        \
    "--template $T/short.txt --max-history 2 --evidence 1 "
#define TRAIN                                                                                      \
    "$LLMXREC train --data $T/many.inter --dim 16 --epochs 30 --quiet --checkpoint-seconds 0 "
#define FULL "No space left on device"

static const char *const writers[] = {
    "$LLMXREC data " TINY, /* to standard output alone */
    "$LLMXREC evaluate $T/run",
    "$LLMXREC evaluate $T/run --json",
    "$LLMXREC show $T/explained.jsonl --recs $T/recs.jsonl --data " TINY,
    "$LLMXREC help",
    "$LLMXREC --version",
    "$LLMXREC train --help",
    "$LLMXREC help --man",
    "$LLMXREC split " TINY, /* to --out, too */
    "$LLMXREC recommend $T/run --quiet",
    EXPLAIN,
    "$LLMXREC gate $T/explained.jsonl --recs $T/recs.jsonl --quiet --data " TINY,
    "$LLMXREC model tests/golden/llm/qwen2",
    "$LLMXREC tokenize --base tests/golden/llm/qwen2 $T/prompts.jsonl",
    "$LLMXREC score $T/prompts.jsonl --precision f32 --base tests/golden/llm/qwen2",
    "$LLMXREC generate $T/prompts.jsonl " MODEL,
};
#define WRITERS (sizeof writers / sizeof *writers)
#define TO_OUT  8 /* the first that takes --out */

static bool is_mounted;

static int set_up(void **state)
{
    (void)state;
    test_file("short.txt", "@history\n{n}: {title}\n@item\nWhy {title}?\n@evidence\n- {title}\n"
                           "@fallback\nYou took {evidence}, so you may like {title}.\n");
    test_file("prompts.jsonl", "{\"prompt\":\"a\",\"text\":\"a b\"}\n");
    is_mounted = test_shell("mkdir $T/disk && mount -t tmpfs -o size=64k tmpfs $T/disk", NULL) == 0;
    return test_shell("test -x $LLMXREC || exit 0; $LLMXREC train --data " TINY
                      " --out $T/run --epochs 3 --dim 8 --quiet && "
                      "$LLMXREC recommend $T/run --top 3 --quiet --out $T/recs.jsonl && " EXPLAIN
                      "--out $T/explained.jsonl",
                      NULL);
}

static int tear_down(void **state)
{
    (void)state;
    return is_mounted ? test_shell("umount $T/disk", NULL) : 0;
}

static void mounted(const char *options)
{
    char command[200];
    if (!is_mounted)
        skip();
    snprintf(command, sizeof command, "mount -o remount,%s $T/disk", options);
    test_command(command, 0, "");
}

/* The command with --out at a path on the small disk. */
static void check_out(size_t i, const char *path, const char *says)
{
    char command[1024];
    snprintf(command, sizeof command, "%s --out %s", writers[i], path);
    test_command(command, 1, says);
}

static void test_dev_full__is_told_by_every_command(void **state)
{
    (void)state;
    char command[1024];
    for (size_t i = 0; i < WRITERS; i++) {
        snprintf(command, sizeof command, "%s 2>&1 >/dev/full", writers[i]);
        test_command(command, 1, FULL);
        if (i >= TO_OUT)
            check_out(i, "/dev/full", FULL);
    }
}

static void test_full_disk__keeps_what_was_there(void **state)
{
    (void)state;
    mounted("size=64k,rw");
    test_command("echo old >$T/disk/old; cat /dev/zero >$T/disk/filler; true", 0, "");
    for (size_t i = TO_OUT; i < WRITERS; i++) {
        check_out(i, "$T/disk/old", FULL);
        test_command("cat $T/disk/old; rm -f $T/disk/old.partial; ls $T/disk | wc -l", 0,
                     "old\n2\n");
    }
    test_command("$LLMXREC train --quiet --data " TINY " --out $T/disk/run", 1, FULL);
    test_command("rm -r $T/disk/*", 0, "");
}

static void test_read_only__is_told_by_every_command(void **state)
{
    (void)state;
    mounted("ro");
    for (size_t i = TO_OUT; i < WRITERS; i++)
        check_out(i, "$T/disk/new", "Read-only file system");
    test_command("$LLMXREC train --quiet --data " TINY " --out $T/disk/run", 1,
                 "Read-only file system");
}

/* A disk that grows page by page stops training wherever it can be stopped. */
static void test_full_disk__training_resumes_to_the_same_bytes(void **state)
{
    (void)state;
    mounted("size=4k,rw");
    test_command("cp " TINY "/tiny.inter $T/many.inter; " TRAIN "--out $T/whole", 0, "");
    for (int kb = 4; kb < 400; kb += 8) {
        char *out, size[32];
        snprintf(size, sizeof size, "size=%dk,rw", kb);
        mounted(size);
        const int status = test_shell(TRAIN "--out $T/disk/run --resume", &out);
        if (status == 0) {
            free(out);
            assert_true(kb > 20);
            test_command("diff -r $T/whole $T/disk/run && rm -r $T/disk/run", 0, "");
            return;
        }
        assert_int_equal(status, 1);
        assert_contains(out, FULL);
        free(out);
    }
    fail_msg("training never ended");
}

static void test_full_disk__explaining_resumes_to_the_same_bytes(void **state)
{
    (void)state;
    mounted("size=8k,rw");
    for (int kb = 8, stops = 0; kb < 400; kb += 12, stops++) {
        char *out, size[32];
        snprintf(size, sizeof size, "size=%dk,rw", kb);
        mounted(size);
        const int status = test_shell(EXPLAIN "--out $T/disk/x.jsonl --resume", &out);
        if (status == 0) {
            free(out);
            assert_true(stops > 1);
            test_command("cmp $T/explained.jsonl $T/disk/x.jsonl && rm $T/disk/*", 0, "");
            return;
        }
        assert_int_equal(status, 1);
        assert_contains(out, FULL);
        free(out);
    }
    fail_msg("explaining never ended");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dev_full__is_told_by_every_command),
        cmocka_unit_test(test_full_disk__keeps_what_was_there),
        cmocka_unit_test(test_read_only__is_told_by_every_command),
        cmocka_unit_test(test_full_disk__training_resumes_to_the_same_bytes),
        cmocka_unit_test(test_full_disk__explaining_resumes_to_the_same_bytes),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
