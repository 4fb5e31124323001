/* api_chat.c - the model as OpenAI's clients ask for it: /v1/models and /v1/chat/completions. */
#include "base/memory.h"
#include "base/number.h"
#include "base/plain_json.h"
#include "serve/app.h"
#include "serve/study.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TURNS_MAX  64
#define TOKENS_MAX 4096 /* of an answer */
#define REPLACEMENT                                                                                \
    "\xef\xbf\xbd" /* U+FFFD, which ends a text also where a character is not whole yet */

static const char *model_name(const struct live *live)
{
    return live->explain.model_name ? live->explain.model_name : "llmxrec";
}

HANDLER(api_models)
{
    struct live *live = app_live(context);
    json_t *list = json_array();
    (void)request;
    if (live->generator)
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:i, s:s}", "id", model_name(live), "object",
                                        "model", "created", 0, "owned_by", "llmxrec"));
    reply_json(reply, json_pack("{s:s, s:o}", "object", "list", "data", list));
    live_drop(live);
}

/* ---- what is asked ---- */

/* What a request's messages say; strings belong to the request's object. */
struct talk {
    const char *system, *last;
    struct llmx_chat_turn earlier[TURNS_MAX];
    int n_earlier;
};

static bool refuse_order(struct http_reply *reply)
{
    http_refuse(reply, 400,
                "\"messages\" must be an optional system message, then user and assistant in turn, "
                "a user's last");
    return false;
}

/* The text of a message: a string, or OpenAI's list of {"type":"text","text"} with one of them. */
static const char *content_of(const json_t *message)
{
    const json_t *content = json_object_get(message, "content");
    if (json_is_array(content) && json_array_size(content) == 1)
        content = json_object_get(json_array_get(content, 0), "text");
    return json_string_value(content);
}

static bool read_messages(const json_t *messages, struct http_reply *reply, struct talk *talk)
{
    const size_t n = json_array_size(messages);
    for (size_t i = 0; i < n; i++) {
        const json_t *message = json_array_get(messages, i);
        const char *role = json_string_value(json_object_get(message, "role")),
                   *text = content_of(message);
        if (!role || !text)
            return refuse_order(reply);
        const bool is_system = strcmp(role, "system") == 0 || strcmp(role, "developer") == 0;
        if (is_system && i == 0)
            talk->system = text;
        else if (strcmp(role, "user") == 0 && !talk->last)
            talk->last = text;
        else if (strcmp(role, "assistant") == 0 && talk->last && talk->n_earlier < TURNS_MAX) {
            talk->earlier[talk->n_earlier++] = (struct llmx_chat_turn){talk->last, text};
            talk->last = NULL;
        } else
            return refuse_order(reply);
    }
    return talk->last ? true : refuse_order(reply);
}

/* A number of the object; `otherwise` where there is none or it is null. */
static bool read_number(const json_t *object, const char *key, double least, double most,
                        struct http_reply *reply, double *value)
{
    const json_t *given = json_object_get(object, key);
    if (!given || json_is_null(given))
        return true;
    *value = json_number_value(given);
    if (json_is_number(given) && *value >= least && *value <= most)
        return true;
    http_refuse(reply, 400, "%s must be a number from %g to %g", key, least, most);
    return false;
}

static bool read_whole(const json_t *object, const char *key, double least, double most,
                       struct http_reply *reply, double *value)
{
    if (!read_number(object, key, least, most, reply, value))
        return false;
    if (*value == floor(*value))
        return true;
    http_refuse(reply, 400, "%s must be a whole number", key);
    return false;
}

/* ---- answering ---- */

struct completion {
    const struct http_request *request;
    const struct live *live;
    bool is_stream;
    char id[16 + STUDY_SECRET_BYTES];
    size_t told; /* bytes of the text that the client has */
    struct llmx_generation generation;
    struct llmx_request asked;
};

static bool read_sampling(const json_t *object, struct http_reply *reply, struct completion *c)
{
    double tokens = 256, temperature = 1, top_p = 1, seed = 0, choices = 1;
    if (!read_whole(object, "max_tokens", 1, TOKENS_MAX, reply, &tokens) ||
        !read_whole(object, "max_completion_tokens", 1, TOKENS_MAX, reply, &tokens) ||
        !read_number(object, "temperature", 0, 2, reply, &temperature) ||
        !read_number(object, "top_p", 0, 1, reply, &top_p) ||
        !read_whole(object, "seed", -9007199254740991.0, 9007199254740991.0, reply, &seed) ||
        !read_whole(object, "n", 1, 1, reply, &choices))
        return false;
    c->generation.max_tokens = (int)tokens;
    c->generation.sampling = (struct llmx_sampling){(float)temperature, (float)top_p, 0, 1};
    c->generation.seed = (uint64_t)(int64_t)seed;
    return true;
}

static const char *finish_name(const struct llmx_generation *g)
{
    return g->finish == LLMX_FINISH_LENGTH ? "length" : "stop";
}

/* {"id","object","created","model","choices":[choice]} */
static json_t *envelope(const struct completion *c, const char *object, json_t *choice)
{
    return json_pack("{s:s, s:s, s:I, s:s, s:[o]}", "id", c->id, "object", object, "created",
                     (json_int_t)time(NULL), "model", model_name(c->live), "choices", choice);
}

static int send_data(const struct http_request *request, const char *bytes)
{
    struct text event = {0};
    text_printf(&event, "data: %s\n\n", bytes);
    const int status = event.failed ? -1 : http_stream_put(request, event.s, event.n);
    text_release(&event);
    return status;
}

static int send_chunk(const struct completion *c, json_t *delta, const char *finish)
{
    json_t *chunk = envelope(
        c, "chat.completion.chunk",
        json_pack("{s:i, s:o, s:s?}", "index", 0, "delta", delta, "finish_reason", finish));
    char *bytes = chunk ? plain_json_dumps(chunk, JSON_COMPACT) : NULL;
    const int status = bytes ? send_data(c->request, bytes) : -1;
    free(bytes);
    json_decref(chunk);
    return status;
}

static int send_error(const struct completion *c, const struct llmx_error *err)
{
    json_t *error =
        json_pack("{s:{s:s, s:s}}", "error", "message", err->message, "type", "server_error");
    char *bytes = error ? plain_json_dumps(error, JSON_COMPACT) : NULL;
    const int status = bytes ? send_data(c->request, bytes) : -1;
    free(bytes);
    json_decref(error);
    return status;
}

/* Sends what the text has more than was told, but for a last character that may not be whole. */
static int send_more(struct completion *c, bool is_last)
{
    const struct llmx_generation *g = &c->generation;
    const size_t mark = sizeof REPLACEMENT - 1;
    char *text;
    if (llmx_detokenize(llmx_model_tokenizer(llmx_generator_model(c->live->generator)), g->tokens,
                        g->n_tokens, &text, NULL) != 0)
        return -1;
    size_t n = strlen(text);
    if (!is_last && n >= mark && strcmp(text + n - mark, REPLACEMENT) == 0)
        n -= mark;
    int status = 0;
    if (n > c->told) {
        text[n] = '\0';
        status = send_chunk(c, json_pack("{s:s}", "content", text + c->told), NULL);
        c->told = n;
    }
    free(text);
    return status;
}

static int hear_token(struct llmx_request *asked, struct llmx_generation *g)
{
    struct completion *c = asked->context;
    (void)g;
    return c->is_stream ? send_more(c, false) : http_is_gone(c->request);
}

static void finish_stream(struct completion *c, int status, const struct llmx_error *err)
{
    if (status != 0)
        send_error(c, err);
    else if (send_more(c, true) == 0 &&
             send_chunk(c, json_object(), finish_name(&c->generation)) == 0)
        send_data(c->request, "[DONE]");
}

static json_t *usage_json(const struct llmx_generation *g)
{
    return json_pack("{s:i, s:i, s:i}", "prompt_tokens", g->n_prompt, "completion_tokens",
                     g->n_tokens, "total_tokens", g->n_prompt + g->n_tokens);
}

static void finish_whole(struct completion *c, struct http_reply *reply)
{
    const struct llmx_generation *g = &c->generation;
    struct llmx_error err;
    char *text;
    if (llmx_detokenize(llmx_model_tokenizer(llmx_generator_model(c->live->generator)), g->tokens,
                        g->n_tokens, &text, &err) != 0) {
        reply_error(reply, &err);
        return;
    }
    json_t *object =
        envelope(c, "chat.completion",
                 json_pack("{s:i, s:{s:s, s:s}, s:s}", "index", 0, "message", "role", "assistant",
                           "content", text, "finish_reason", finish_name(g)));
    if (object)
        json_object_set_new(object, "usage", usage_json(g));
    reply_json(reply, object);
    free(text);
}

static void complete(struct completion *c, struct http_reply *reply)
{
    struct llmx_error err;
    struct llmx_generator *generator = c->live->generator;
    c->asked = (struct llmx_request){
        .group = {.generations = &c->generation, .n = 1}, .token = hear_token, .context = c};
    if (c->is_stream &&
        (http_stream_open(c->request) != 0 ||
         send_chunk(c, json_pack("{s:s, s:s}", "role", "assistant", "content", ""), NULL) != 0))
        return;
    int status = llmx_generator_submit(generator, &c->asked, &err);
    if (status == 0)
        status = llmx_generator_wait(generator, &c->asked, &err);
    if (c->is_stream)
        finish_stream(c, status, &err);
    else if (status != 0)
        reply_error(reply, &err);
    else
        finish_whole(c, reply);
}

static void chat(const struct live *live, const struct http_request *request, const json_t *object,
                 struct http_reply *reply)
{
    struct completion c = {.request = request, .live = live};
    struct talk talk = {0};
    struct llmx_error err;
    int32_t *ids = NULL;
    char letters[STUDY_SECRET_BYTES];
    if (study_secret(letters, &err) != 0) {
        reply_error(reply, &err);
        return;
    }
    snprintf(c.id, sizeof c.id, "chatcmpl-%s", letters);
    const json_t *model = json_object_get(object, "model");
    if (model && !json_is_string(model)) {
        http_refuse(reply, 400, "\"model\" must be a text");
        return;
    }
    if (!read_flag(object, "stream", reply, &c.is_stream) ||
        !read_messages(json_object_get(object, "messages"), reply, &talk) ||
        !read_sampling(object, reply, &c))
        return;
    const int n = llmx_chat_ids(llmx_generator_model(live->generator), talk.system, talk.earlier,
                                talk.n_earlier, talk.last, strlen(talk.last), &ids, &err);
    if (n < 0 || !(c.generation.tokens = mem_array((size_t)c.generation.max_tokens,
                                                   sizeof *c.generation.tokens, &err)))
        reply_error(reply, &err);
    else {
        c.generation.prompt = ids;
        c.generation.n_prompt = n;
        complete(&c, reply);
    }
    free(c.generation.tokens);
    free(ids);
}

HANDLER(api_chat)
{
    struct live *live = app_live(context);
    json_t *object = body_object(request, reply, NULL);
    if (object && !live->generator)
        http_refuse(reply, 501, "nothing writes here: start the server with --base");
    else if (object)
        chat(live, request, object, reply);
    json_decref(object);
    live_drop(live);
}
