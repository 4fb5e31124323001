/* routes.c - which handler answers what. */
#include "serve/app.h"

const struct http_route app_routes[] = {
    {"GET", "/", web_file, HTTP_QUICK, HTTP_OPEN},
    {"GET", "/page.js", web_file, HTTP_QUICK, HTTP_OPEN},
    {"GET", "/style.css", web_file, HTTP_QUICK, HTTP_OPEN},
    {"GET", "/openapi.json", web_file, HTTP_QUICK, HTTP_OPEN},
    {"GET", "/healthz", api_health, HTTP_SLOW, HTTP_OPEN},
    {"GET", "/metrics", api_metrics, HTTP_QUICK, HTTP_TOKEN},
    {"GET", "/v1/users", api_users, HTTP_QUICK, HTTP_TOKEN},
    {"GET", "/v1/users/{user}", api_user, HTTP_QUICK, HTTP_TOKEN},
    {"GET", "/v1/items", api_items, HTTP_QUICK, HTTP_TOKEN},
    {"GET", "/v1/items/{item}", api_item, HTTP_QUICK, HTTP_TOKEN},
    {"GET", "/v1/recommendations", api_recommendations, HTTP_TRY, HTTP_TOKEN},
    {"POST", "/v1/recommendations", api_recommend_to, HTTP_SLOW, HTTP_TOKEN},
    {"GET", "/v1/evidence", api_evidence, HTTP_SLOW, HTTP_TOKEN},
    {"POST", "/v1/evidence", api_evidence, HTTP_SLOW, HTTP_TOKEN},
    {"GET", "/v1/explanations", api_explanations, HTTP_SLOW, HTTP_TOKEN},
    {"POST", "/v1/explanations", api_explain, HTTP_SLOW, HTTP_TOKEN},
    {"GET", "/study/{link}", web_file, HTTP_QUICK, HTTP_OPEN},
    {"GET", "/study.js", web_file, HTTP_QUICK, HTTP_OPEN},
    {"GET", "/v1/studies/{link}", api_study, HTTP_SLOW, HTTP_OPEN},
    {"POST", "/v1/studies/{link}", api_study_step, HTTP_SLOW, HTTP_OPEN},
    {"POST", "/v1/feedback", api_feedback, HTTP_SLOW, HTTP_TOKEN},
    {NULL, NULL, NULL, HTTP_QUICK, HTTP_TOKEN},
};
