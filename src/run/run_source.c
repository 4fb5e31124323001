/* run_source.c - the data of a run, by what the run remembers of them. */
#include "base/err.h"
#include "base/memory.h"
#include "base/option_name.h"
#include "data/data_settings.h"
#include "llmxrec/recommend.h"
#include "run/data_record.h"
#include "run/moved.h"
#include "run/run_config.h"
#include "run/run_dir.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int llmx_run_source(struct llmx_run_source *source, const char *run_dir, struct llmx_error *err)
{
    struct run_config *config = mem_array(1, sizeof *config, err);
    if (!config || run_config_read(config, run_dir, err) != 0) {
        free(config);
        return -1;
    }
    const char *path = arena_text(&config->texts, run_dir, strlen(run_dir), err);
    if (!path) {
        run_config_release(config);
        free(config);
        return -1;
    }
    *source = (struct llmx_run_source){.path = config->data_path,
                                       .options = config->data,
                                       .train = config->train,
                                       .run_dir = path,
                                       .config = config};
    return 0;
}

void llmx_run_source_release(struct llmx_run_source *source)
{
    if (source->config)
        run_config_release(source->config);
    free(source->config);
    *source = (struct llmx_run_source){0};
}

/* Another way to read than the run's? */
static int check_setting(const struct llmx_run_source *source, const struct data_setting *setting,
                         const char *value, struct llmx_error *err)
{
    struct llmx_data_options asked = source->options;
    struct text is = {0}, was = {0};
    char flag[OPTION_FLAG_MAX];
    if (data_setting_read(&asked, setting, value, err) != 0)
        return -1;
    if (!data_setting_put(&was, &source->options, setting))
        text_puts(&was, "(unset)");
    data_setting_put(&is, &asked, setting);
    int status = text_check(&was, err) != 0 ? -1 : text_check(&is, err);
    if (status == 0 && strcmp(was.s, is.s) != 0)
        status = err_set(err, LLMX_MISMATCH,
                         "the run %s read its data with %s: %s, not %s; leave it away, the run "
                         "knows how its data are read",
                         source->run_dir, option_flag(flag, setting->name), was.s, is.s);
    text_release(&was);
    text_release(&is);
    return status;
}

int llmx_run_source_set(struct llmx_run_source *source, const char *name, const char *value,
                        struct llmx_error *err)
{
    const struct data_setting *setting = data_setting_find(name);
    if (option_name_is(name, "data")) {
        source->path = value;
        return 0;
    }
    return !setting || setting->kind == DATA_SETTING_PATH || setting->kind == DATA_SETTING_FREE
               ? llmx_data_set(&source->options, name, value, err)
               : check_setting(source, setting, value, err);
}

static int open_data(struct llmx_data **data, const struct llmx_run_source *source,
                     struct llmx_error *err)
{
    struct run_config *config = source->config;
    struct llmx_data_options options = source->options;
    struct llmx_error why = {0};
    if (!source->path)
        return err_set(err, LLMX_NOT_FOUND,
                       "the run %s does not say which data it was trained on; give --data",
                       source->run_dir);
    const bool is_elsewhere = source->path != config->data_path;
    if (is_elsewhere && config->data_path &&
        moved_files(&options, config->data_path, source->path, &config->texts, err) != 0)
        return -1;
    if (llmx_data_open(data, source->path, &options, &why) == 0)
        return 0;
    err_set(err, why.code, "%s", why.message);
    if (why.code == LLMX_NOT_FOUND && !is_elsewhere)
        err_prefix(err, "the data of %s are not where they were; --data says where they are now",
                   source->run_dir);
    else if (why.code == LLMX_NOT_FOUND && access(source->path, F_OK) == 0)
        err_prefix(err, "%s/config.yaml names a file that is neither there nor beside the data",
                   source->run_dir);
    return -1;
}

static int tell_changes(const struct llmx_run_source *source, const struct llmx_data *data,
                        struct llmx_error *err)
{
    struct text changes = {0};
    int status = 0;
    if (source->notice)
        status = data_record_changes(&changes, data, source->run_dir, err);
    for (char *line = status == 0 ? changes.s : NULL, *end; line && (end = strchr(line, '\n'));
         line = end + 1) {
        *end = '\0';
        source->notice(source->notice_context, line);
    }
    text_release(&changes);
    return status;
}

int llmx_run_data_open(struct llmx_data **data, const struct llmx_run_source *source,
                       struct llmx_error *err)
{
    struct llmx_data *opened = NULL;
    if (run_dir_check_finished(source->run_dir, err) != 0 || open_data(&opened, source, err) != 0)
        return -1;
    if (data_record_check(opened, source->run_dir, err) != 0 ||
        tell_changes(source, opened, err) != 0) {
        llmx_data_destroy(opened);
        return -1;
    }
    *data = opened;
    return 0;
}
