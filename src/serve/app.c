/* app.c - the state that handlers share. */
#include "serve/app.h"

struct live *app_live(struct app *app)
{
    pthread_mutex_lock(&app->lock);
    struct live *live = app->live;
    live_hold(live);
    pthread_mutex_unlock(&app->lock);
    return live;
}
