/* A prefix that a group computed whole serves the next that begins so, and is let go by each of them. */
#include "fake_model.h"

#include "generate/backlog.h"
#include "support/test.h"

#define PREFIX 4

static int n_over;

static int hear_finished(void *context, struct llmx_group *group,
                         struct llmx_generation *generation)
{
    (void)context, (void)group, (void)generation;
    return 0;
}

static void hear_over(void *context, struct llmx_group *group, const struct llmx_error *err)
{
    (void)context, (void)group, (void)err;
    n_over++;
}

static const struct listener listener = {.finished = hear_finished, .over = hear_over};

/* A group of one text. */
struct one {
    struct llmx_generation text;
    struct llmx_group group;
};

static struct open_group *open_one(struct backlog *backlog, struct one *one, const int32_t *prefix)
{
    static const int32_t prompt[] = {9};
    struct llmx_error err;
    one->text = (struct llmx_generation){.prompt = prompt, .n_prompt = 1, .max_tokens = 3};
    one->group = (struct llmx_group){
        .prefix = prefix, .n_prefix = PREFIX, .generations = &one->text, .n = 1};
    struct open_group *open = backlog_check(backlog, &one->group, &listener, one, &err);
    assert_non_null(open);
    open->keeps_prefix = true;
    assert_int_equal(backlog_submit(backlog, open, &err), 0);
    assert_int_equal(backlog_open_next(backlog, &err), 1);
    return open;
}

/* The slot of a prefix, so many ids of it computed. */
static struct slot *take_prefix(struct backlog *backlog, int length)
{
    struct slot *slot = backlog_take(backlog);
    assert_non_null(slot);
    assert_null(slot->generation);
    slot->sequence.own->length = length;
    return slot;
}

static void write_text(struct backlog *backlog, const struct one *one)
{
    struct slot *slot = backlog_take(backlog);
    assert_non_null(slot);
    assert_ptr_equal(slot->generation, &one->text);
    backlog_close(backlog, slot);
}

static int count_holders(const struct backlog *backlog)
{
    int n = 0;
    for (int i = 0; i < KEPT_PREFIXES_MAX; i++)
        n += backlog->kept.at[i].holders;
    return n;
}

static void test_backlog__a_kept_prefix_serves_the_next_group(void **state)
{
    (void)state;
    static const int32_t prefix[PREFIX] = {1, 2, 3, 4};
    struct llmx_model model = {.threads = 1, .context = 64};
    struct backlog backlog;
    struct one first, second;
    n_over = 0;
    backlog_init(&backlog, &model, 1);
    const struct open_group *before = open_one(&backlog, &first, prefix);
    assert_false(before->is_ready);
    backlog_close(&backlog, take_prefix(&backlog, PREFIX));
    const struct open_group *behind = open_one(&backlog, &second, prefix);
    assert_null(backlog.waiting);
    assert_true(behind->is_ready);
    assert_ptr_equal(behind->prefix, before->prefix);
    assert_int_equal(count_holders(&backlog), 2);
    write_text(&backlog, &first);
    assert_int_equal(count_holders(&backlog), 1);
    write_text(&backlog, &second);
    assert_int_equal(count_holders(&backlog), 0);
    assert_int_equal(model.kvs, 1); /* it stays for a third */
    backlog_tell_over(&backlog);
    assert_int_equal(n_over, 2);
    backlog_release(&backlog);
    assert_int_equal(model.kvs, 0);
}

static void test_backlog__a_prefix_that_is_half_computed_is_not_kept(void **state)
{
    (void)state;
    static const int32_t prefix[PREFIX] = {5, 6, 7, 8};
    struct llmx_model model = {.threads = 1, .context = 64};
    struct llmx_error why = {.code = LLMX_INTERRUPTED};
    struct backlog backlog;
    struct one one;
    n_over = 0;
    backlog_init(&backlog, &model, 1);
    struct open_group *open = open_one(&backlog, &one, prefix);
    struct slot *slot = take_prefix(&backlog, PREFIX - 1);
    backlog_give_up(&backlog, open, &why);
    backlog_close(&backlog, slot);
    assert_null(kept_prefixes_take(&backlog.kept, prefix, PREFIX));
    assert_int_equal(count_holders(&backlog), 0);
    assert_int_equal(model.kvs, 0);
    backlog_tell_over(&backlog);
    assert_int_equal(n_over, 1);
    backlog_release(&backlog);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_backlog__a_kept_prefix_serves_the_next_group),
        cmocka_unit_test(test_backlog__a_prefix_that_is_half_computed_is_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
