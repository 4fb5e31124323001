#include "base/err.h"

#include "base/plain.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct llmx_error *err, enum llmx_code code, const char *format, ...)
{
    if (!err)
        return -1;
    va_list args;
    va_start(args, format);
    err->code = code;
    plain_vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    return -1;
}

int err_system(struct llmx_error *err, const char *format, ...)
{
    int cause = errno;
    if (!err)
        return -1;
    va_list args;
    va_start(args, format);
    plain_vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    err->code = cause == ENOENT ? LLMX_NOT_FOUND : cause == ENOMEM ? LLMX_NO_MEMORY : LLMX_IO;
    size_t used = strlen(err->message);
    snprintf(err->message + used, sizeof err->message - used, ": %s", plain_strerror(cause));
    return -1;
}

int err_prefix(struct llmx_error *err, const char *format, ...)
{
    if (!err)
        return -1;
    char said[LLMX_MESSAGE_MAX];
    memcpy(said, err->message, sizeof said);
    va_list args;
    va_start(args, format);
    plain_vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    size_t used = strlen(err->message);
    snprintf(err->message + used, sizeof err->message - used, ": %s", said);
    return -1;
}
