#include "recommend/bpr_step.h"
#include "support/test.h"

#include <jansson.h>

#define DIM_MAX 128

/* Triples and tables of one step, with room for every array. */
struct fixture {
    struct batch batch;
    struct bpr_step step;
    size_t user_floats, item_floats;
};

static float *floats(size_t n)
{
    float *p = aligned_alloc(64, (n * sizeof(float) + 63) / 64 * 64);
    assert_non_null(p);
    memset(p, 0, n * sizeof(float));
    return p;
}

static void make_tables(struct fixture *f, int users, int items, int dim)
{
    f->user_floats = (size_t)users * (size_t)dim;
    f->item_floats = (size_t)items * (size_t)dim;
    struct adam_table *tables[] = {&f->step.users, &f->step.items};
    for (int i = 0; i < 2; i++) {
        const size_t n = i == 0 ? f->user_floats : f->item_floats;
        *tables[i] = (struct adam_table){floats(n), floats(n), floats(n)};
    }
    f->step.dim = dim;
    f->step.batch = &f->batch;
    f->step.old_user = floats((size_t)f->batch.n * (size_t)dim);
    f->step.slope = floats((size_t)f->batch.n);
    f->step.loss = floats((size_t)f->batch.n);
}

static void release(struct fixture *f)
{
    struct adam_table *tables[] = {&f->step.users, &f->step.items};
    for (int i = 0; i < 2; i++) {
        free(tables[i]->row);
        free(tables[i]->first);
        free(tables[i]->second);
    }
    free(f->step.old_user);
    free(f->step.slope);
    free(f->step.loss);
    batch_release(&f->batch);
}

static json_t *golden(void)
{
    json_t *all = json_load_file("tests/golden/recbole/bpr_tiny.json", 0, NULL);
    assert_non_null(all);
    return all;
}

static double value(const json_t *tables, const char *name, size_t i)
{
    const json_t *values = json_object_get(json_object_get(tables, name), "values");
    assert_true(i < json_array_size(values));
    return json_number_value(json_array_get(values, i));
}

#define USERS "user_embedding.weight"
#define ITEMS "item_embedding.weight"

/* RecBole's rows: 6 users and 8 items with the padding rows, dim 4; its triples, sorted by user. */
static void load(struct fixture *f, const json_t *all)
{
    const json_t *triples = json_object_get(all, "triples_user_pos_neg"),
                 *params = json_object_get(all, "params");
    const int n = (int)json_array_size(triples);
    assert_int_equal(batch_create(&f->batch, n, NULL), 0);
    for (llmx_id user = 0; user < 6; user++) {
        for (int t = 0; t < n; t++) {
            const json_t *triple = json_array_get(triples, (size_t)t);
            if (json_integer_value(json_array_get(triple, 0)) != user)
                continue;
            f->batch.slot[f->batch.n] = user;
            f->batch.positive[f->batch.n] = (llmx_id)json_integer_value(json_array_get(triple, 1));
            f->batch.negative[f->batch.n++] =
                (llmx_id)json_integer_value(json_array_get(triple, 2));
        }
    }
    batch_group(&f->batch, 8);
    make_tables(f, 6, 8, 4);
    for (size_t i = 0; i < f->user_floats; i++)
        f->step.users.row[i] = (float)value(params, USERS, i);
    for (size_t i = 0; i < f->item_floats; i++)
        f->step.items.row[i] = (float)value(params, ITEMS, i);
}

static double mean_loss(const struct fixture *f)
{
    double sum = 0;
    for (int t = 0; t < f->batch.n; t++)
        sum += (double)f->step.loss[t] / f->batch.n;
    return sum;
}

static void test_bpr__loss_and_gradients_equal_recbole(void **state)
{
    (void)state;
    struct fixture f = {0};
    json_t *all = golden();
    const json_t *grads = json_object_get(all, "grads");
    float gradient[DIM_MAX];
    load(&f, all);
    f.step.adam = adam_at(1e-3, 1);
    for (int g = 0; g < f.batch.n_users;
         g++) { /* a group at a time, whose gradient is what scratch then holds */
        bpr_users_reference(&f.step, g, g + 1, gradient);
        for (size_t i = 0; i < 4; i++)
            assert_near(gradient[i], value(grads, USERS, (size_t)f.batch.user[g] * 4 + i), 1e-7);
    }
    for (int g = 0; g < f.batch.n_items; g++) {
        bpr_items_reference(&f.step, g, g + 1, gradient);
        for (size_t i = 0; i < 4; i++)
            assert_near(gradient[i], value(grads, ITEMS, (size_t)f.batch.item[g] * 4 + i), 1e-7);
    }
    assert_near(mean_loss(&f), json_number_value(json_object_get(all, "loss")), 1e-7);
    release(&f);
    json_decref(all);
}

static void test_bpr__adam_equals_recbole(void **state)
{
    (void)state;
    struct fixture f = {0};
    json_t *all = golden();
    float scratch[DIM_MAX];
    load(&f, all);
    for (uint64_t t = 1; t <= 3; t++) {
        const json_t *after = json_object_get(all, t == 1 ? "after_step_1" : "after_step_3");
        f.step.adam = adam_at(1e-3, t);
        bpr_users_reference(&f.step, 0, f.batch.n_users, scratch);
        bpr_items_reference(&f.step, 0, f.batch.n_items, scratch);
        if (t == 2)
            continue;
        const json_t *params = json_object_get(after, "params");
        assert_near(mean_loss(&f), json_number_value(json_object_get(after, "loss_before_step")),
                    2e-7);
        for (size_t i = 0; i < f.user_floats; i++)
            assert_near(f.step.users.row[i], value(params, USERS, i), 3e-7);
        for (size_t i = 0; i < f.item_floats; i++)
            assert_near(f.step.items.row[i], value(params, ITEMS, i), 3e-7);
    }
    release(&f);
    json_decref(all);
}

/* Random triples with repeated users and items. */
static void randomise(struct fixture *f, int n, int users, int items, int dim)
{
    struct rng rng = rng_stream(3, RNG_SAMPLING, (uint64_t)dim);
    assert_int_equal(batch_create(&f->batch, n, NULL), 0);
    f->batch.n = n;
    for (int t = 0; t < n; t++) {
        f->batch.slot[t] = t * users / n;
        f->batch.positive[t] = (llmx_id)rng_below(&rng, (uint32_t)items);
        f->batch.negative[t] = (llmx_id)rng_below(&rng, (uint32_t)items);
    }
    batch_group(&f->batch, items);
    make_tables(f, users, items, dim);
    f->step.l2 = 0.1f;
    f->step.adam = adam_at(0.01, 5);
    for (size_t i = 0; i < f->user_floats; i++)
        f->step.users.row[i] = (float)rng_normal(&rng);
    for (size_t i = 0; i < f->item_floats; i++)
        f->step.items.row[i] = (float)rng_normal(&rng);
}

static void test_bpr__fast_passes_equal_the_reference(void **state)
{
    (void)state;
    const int dims[] = {16, 64, 80, 128, 20};
    for (size_t d = 0; d < sizeof dims / sizeof *dims; d++) {
        struct fixture a = {0}, b = {0};
        bpr_pass *users, *items;
        _Alignas(64) float scratch[DIM_MAX];
        randomise(&a, 300, 40, 50, dims[d]);
        randomise(&b, 300, 40, 50, dims[d]);
        bpr_passes(dims[d], &users, &items);
        for (int repeat = 0; repeat < 3; repeat++) {
            bpr_users_reference(&a.step, 0, a.batch.n_users, scratch);
            bpr_items_reference(&a.step, 0, a.batch.n_items, scratch);
            users(&b.step, 0, b.batch.n_users, scratch);
            items(&b.step, 0, b.batch.n_items, scratch);
        }
        for (int t = 0; t < a.batch.n; t++)
            assert_near(b.step.loss[t], a.step.loss[t], 1e-4 * (1 + a.step.loss[t]));
        for (size_t i = 0; i < a.user_floats; i++)
            assert_near(b.step.users.row[i], a.step.users.row[i], 2e-5);
        for (size_t i = 0; i < a.item_floats; i++)
            assert_near(b.step.items.row[i], a.step.items.row[i], 2e-5);
        release(&a);
        release(&b);
    }
}

/* The weight decay's part of the gradient, which RecBole's BPR does not have, by finite differences. */
static double objective(struct fixture *f)
{
    double sum = 0;
    for (int g = 0; g < f->batch.n_users; g++) {
        for (int t = f->batch.user_start[g]; t < f->batch.user_start[g + 1]; t++) {
            double x = 0, norm = 0;
            for (int i = 0; i < f->step.dim; i++) {
                const double u = (double)f->step.users.row[f->batch.user[g] * f->step.dim + i];
                const double p = (double)f->step.items.row[f->batch.positive[t] * f->step.dim + i];
                const double n = (double)f->step.items.row[f->batch.negative[t] * f->step.dim + i];
                x += u * (p - n);
                norm += u * u + p * p + n * n;
            }
            sum += log1p(exp(-x)) + (double)f->step.l2 / 2 * norm;
        }
    }
    return sum / f->batch.n;
}

static void test_bpr__gradient_with_decay_is_that_of_the_objective(void **state)
{
    (void)state;
    struct fixture f = {0};
    float gradient[DIM_MAX];
    const int dim = 5;
    randomise(&f, 30, 4, 6, dim);
    double expected[6][5];
    for (int item = 0; item < 6; item++) {
        for (int i = 0; i < dim; i++) {
            float *at = &f.step.items.row[item * dim + i];
            const float kept = *at, h = 1e-2f;
            *at = kept + h;
            double up = objective(&f);
            *at = kept - h;
            expected[item][i] = (up - objective(&f)) / (2 * (double)h);
            *at = kept;
        }
    }
    bpr_users_reference(&f.step, 0, f.batch.n_users, gradient);
    for (int g = 0; g < f.batch.n_items; g++) {
        bpr_items_reference(&f.step, g, g + 1, gradient);
        for (int i = 0; i < dim; i++)
            assert_near(gradient[i], expected[f.batch.item[g]][i], 2e-5);
    }
    release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bpr__loss_and_gradients_equal_recbole),
        cmocka_unit_test(test_bpr__adam_equals_recbole),
        cmocka_unit_test(test_bpr__fast_passes_equal_the_reference),
        cmocka_unit_test(test_bpr__gradient_with_decay_is_that_of_the_objective),
    };
    return cmocka_run_group_tests_name("bpr_step", tests, NULL, NULL);
}
