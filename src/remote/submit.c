/* submit.c - questions from any thread to a remote that stays open: one thread of its own asks them, and sleeps while there
 * are none. It is started by the first. */
#include "base/memory.h"
#include "remote/asking.h"

#include <stdlib.h>

#define POLL_MS 200 /* how soon a stop is seen; submitting and cancelling end a wait at once */

/* ---- on the remote's thread ---- */

static struct llmx_question *take_next(void *context)
{
    struct llmx_remote *remote = context;
    pthread_mutex_lock(&remote->lock);
    struct llmx_question *q = remote->first;
    if (q) {
        remote->first = q->next;
        if (!q->next)
            remote->last = NULL;
        remote->n_waiting--;
    }
    pthread_mutex_unlock(&remote->lock);
    return q;
}

static bool is_unwanted(void *context, const struct llmx_question *question)
{
    struct llmx_remote *remote = context;
    pthread_mutex_lock(&remote->lock);
    const bool unwanted =
        question->is_cancelled || remote->is_closing || llmx_stop_asked(question->stop);
    pthread_mutex_unlock(&remote->lock);
    return unwanted;
}

/* The question may be gone as soon as it is marked. */
static void end(struct llmx_remote *remote, struct llmx_question *question)
{
    pthread_mutex_lock(&remote->lock);
    question->is_over = 1;
    remote->n_questions--;
    pthread_cond_broadcast(&remote->some_over);
    pthread_mutex_unlock(&remote->lock);
}

static bool tell(void *context, struct llmx_question *q, enum landing how)
{
    struct llmx_remote *remote = context;
    (void)how;
    if (q->finished && q->finished(q) && !is_unwanted(remote, q)) {
        free(q->text);
        q->text = NULL;
        return true;
    }
    end(remote, q);
    return false;
}

static bool has_work(const struct llmx_remote *remote)
{
    return remote->first || remote->asking->n_busy > 0;
}

static void *thread_main(void *context)
{
    struct llmx_remote *remote = context;
    struct llmx_error err;
    for (;;) {
        pthread_mutex_lock(&remote->lock);
        while (!has_work(remote) && !remote->is_closing)
            pthread_cond_wait(&remote->news, &remote->lock);
        const bool goes_on = has_work(remote);
        pthread_mutex_unlock(&remote->lock);
        if (!goes_on)
            return NULL;
        if (asking_round(remote->asking, POLL_MS, &err) != 0)
            asking_fail(remote->asking, &err);
    }
}

/* ---- on any thread ---- */

/* Under the lock. */
static int start(struct llmx_remote *remote, struct llmx_error *err)
{
    if (remote->asking)
        return 0;
    struct asking *asking = mem_array(1, sizeof *asking, err);
    if (!asking)
        return -1;
    int status = asking_open(asking, remote, err);
    asking->next = take_next;
    asking->tell = tell;
    asking->is_unwanted = is_unwanted;
    asking->context = remote;
    remote->asking = asking;
    if (status == 0 && pthread_create(&remote->thread, NULL, thread_main, remote) != 0)
        status = err_set(err, LLMX_IO, "cannot start a thread for %s", remote->url);
    if (status != 0) {
        remote->asking = NULL;
        asking_close(asking);
        free(asking);
    }
    return status;
}

/* Nobody will tell of it: whoever waits for it all the same gets the reason. */
static int refuse(struct llmx_question *question, const struct llmx_error *why,
                  struct llmx_error *err)
{
    question->error = *why;
    question->is_over = 1;
    if (err)
        *err = *why;
    return -1;
}

int llmx_remote_submit(struct llmx_remote *remote, struct llmx_question *question,
                       struct llmx_error *err)
{
    struct llmx_error why;
    if (!question->prompt || question->max_tokens < 1) {
        err_set(&why, LLMX_BAD_OPTION, "a question needs a prompt and max_tokens of 1 or more");
        return refuse(question, &why, err);
    }
    pthread_mutex_lock(&remote->lock);
    int status = start(remote, &why);
    if (status == 0) {
        question->error = (struct llmx_error){0};
        question->text = NULL;
        question->is_over = question->is_cancelled = 0;
        question->next = NULL;
        *(remote->last ? &remote->last->next : &remote->first) = question;
        remote->last = question;
        remote->n_questions++;
        remote->n_waiting++;
        pthread_cond_signal(&remote->news);
        curl_multi_wakeup(remote->asking->multi);
    }
    pthread_mutex_unlock(&remote->lock);
    return status == 0 ? 0 : refuse(question, &why, err);
}

/* Under the lock. */
static void leave(struct llmx_remote *remote)
{
    if (--remote->n_awaiting == 0)
        pthread_cond_signal(&remote->none_waits);
}

/* Under the lock. */
static void await(struct llmx_remote *remote, const struct llmx_question *question)
{
    remote->n_awaiting++;
    while (!question->is_over)
        pthread_cond_wait(&remote->some_over, &remote->lock);
    leave(remote);
}

int llmx_remote_wait(struct llmx_remote *remote, struct llmx_question *question,
                     struct llmx_error *err)
{
    pthread_mutex_lock(&remote->lock);
    await(remote, question);
    pthread_mutex_unlock(&remote->lock);
    if (question->error.code == LLMX_OK)
        return 0;
    if (err)
        *err = question->error;
    return -1;
}

/* Under the lock: from the questions that wait; false when it is not among them. */
static bool take_out(struct llmx_remote *remote, const struct llmx_question *question)
{
    struct llmx_question *before = NULL, **at = &remote->first;
    for (; *at && *at != question; at = &before->next)
        before = *at;
    if (!*at)
        return false;
    *at = question->next;
    if (remote->last == question)
        remote->last = before;
    remote->n_waiting--;
    return true;
}

void llmx_remote_cancel(struct llmx_remote *remote, struct llmx_question *question)
{
    pthread_mutex_lock(&remote->lock);
    question->is_cancelled = 1;
    if (take_out(remote, question)) {
        remote->n_awaiting++;
        pthread_mutex_unlock(&remote->lock);
        err_set(&question->error, LLMX_INTERRUPTED, "cancelled");
        if (question->finished)
            question->finished(question);
        end(remote, question);
        pthread_mutex_lock(&remote->lock);
        leave(remote);
    } else if (!question->is_over) {
        curl_multi_wakeup(remote->asking->multi);
        await(remote, question);
    }
    pthread_mutex_unlock(&remote->lock);
}

void llmx_remote_load(struct llmx_remote *remote, struct llmx_remote_load *load)
{
    pthread_mutex_lock(&remote->lock);
    *load = (struct llmx_remote_load){.asking = remote->n_questions - remote->n_waiting,
                                      .waiting = remote->n_waiting};
    pthread_mutex_unlock(&remote->lock);
}

void server_close_questions(struct llmx_remote *remote)
{
    pthread_mutex_lock(&remote->lock);
    struct asking *asking = remote->asking;
    remote->is_closing = true;
    pthread_cond_signal(&remote->news);
    if (asking)
        curl_multi_wakeup(asking->multi);
    pthread_mutex_unlock(&remote->lock);
    if (!asking)
        return;
    pthread_join(remote->thread, NULL);
    pthread_mutex_lock(&remote->lock);
    while (remote->n_awaiting > 0)
        pthread_cond_wait(&remote->none_waits, &remote->lock);
    pthread_mutex_unlock(&remote->lock);
    asking_close(asking);
    free(asking);
}
