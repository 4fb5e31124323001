/* app.h - the server's state, and what all handlers share. */
#ifndef SERVE_APP_H
#define SERVE_APP_H

#include "serve/counters.h"
#include "serve/http.h"
#include "serve/live.h"
#include "serve/store.h"
#include "serve/study_cache.h"

#include <jansson.h>
#include <pthread.h>

struct app {
    struct llmx_serve_options options;
    pthread_mutex_t lock; /* of `live` */
    struct live *live;    /* the present one: app_live */
    struct store *store;
    struct study_cache studies;
    struct http *http;
    const struct http_route *routes; /* all of them */
    struct counters counters;
};

/* The present live, held: live_drop it. */
struct live *app_live(struct app *app);

/* All routes (routes.c), and the handlers by the file they stand in. A handler's context is the app. */
extern const struct http_route app_routes[];

#define HANDLER(NAME)                                                                              \
    void NAME(void *context, const struct http_request *request, struct http_reply *reply)
HANDLER(api_users);           /* api_people.c */
HANDLER(api_user);            /* api_people.c */
HANDLER(api_items);           /* api_items.c */
HANDLER(api_item);            /* api_items.c */
HANDLER(api_items_named);     /* api_items.c */
HANDLER(api_recommendations); /* api_recommendations.c */
HANDLER(api_recommend_to);    /* api_recommendations.c */
HANDLER(api_evidence);        /* api_evidence.c */
HANDLER(api_explanations);    /* api_explanations.c */
HANDLER(api_explain);         /* api_explanations.c */
HANDLER(api_feedback);        /* api_feedback.c */
HANDLER(api_about);           /* api_health.c */
HANDLER(api_health);          /* api_health.c */
HANDLER(api_metrics);         /* api_health.c */
HANDLER(api_models);          /* api_chat.c */
HANDLER(api_chat);            /* api_chat.c */
HANDLER(api_report);          /* api_report.c */
HANDLER(api_study);           /* api_study.c */
HANDLER(api_study_step);      /* api_study.c */
HANDLER(web_file);            /* web.c */

/* ---- reply.c: what handlers read from requests and write into replies ---- */

/* Writes the value, and lets go of it; a NULL value is memory that was not to be had. */
void reply_json(struct http_reply *reply, json_t *value);
/* Refuses with the status that fits the error's code. */
void reply_error(struct http_reply *reply, const struct llmx_error *err);

/* A whole number of the query, `otherwise` where it is not given; else refuses and returns false. */
bool query_int(const struct http_request *request, struct http_reply *reply, const char *name,
               int least, int most, int otherwise, int *value);
/* Searches the names as "query", "offset" and "limit" of the query say, and writes the rows. returns how many, or -1 and refused */
#define PAGE_MAX 100
int query_names(const struct names_index *index, const struct http_request *request,
                struct http_reply *reply, llmx_id rows[static PAGE_MAX]);
/* The body, an object of no other keys than these (up to a NULL; NULL: of any); NULL and refused otherwise. json_decref it. */
json_t *body_object(const struct http_request *request, struct http_reply *reply,
                    const char *const *keys);
/* Has the object no other keys than these? Else refuses and returns false. */
bool has_only_keys(json_t *object, const char *const *keys, struct http_reply *reply);
/* true or false of the object, false where it is not given or null; else refuses and returns false. */
bool read_flag(const json_t *object, const char *key, struct http_reply *reply, bool *is_set);
/* Who is meant: "user", of the query or of the object (NULL: none), or "history", a list of items, of the object. The
 * person's history is the caller's to free. Refused and false otherwise. */
bool read_person(const struct live *live, const struct http_request *request, const json_t *object,
                 struct http_reply *reply, struct llmx_person *person, llmx_id **history);
/* Of what carried an item, so much may be told of it. */
#define TOLD_EVIDENCE 16
/* An item by its token; refused and -1 where there is none. */
llmx_id read_item(const struct live *live, const char *token, struct http_reply *reply);

json_t *user_json(const struct live *live, llmx_id user); /* {"user","profile"} */
json_t *item_json(const struct live *live, llmx_id item); /* {"item","title"} */
/* Columns of a row as [{"name","value"}]; the title's is left out. */
json_t *columns_json(const struct live *live, enum llmx_side side, llmx_id row);
json_t *evidence_json(const struct live *live, const struct llmx_recommendation *r);

#endif
