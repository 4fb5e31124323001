/* source_files.h - the files that a data set came from: which, how large, and whether one is still what it was. */
#ifndef DATA_SOURCE_FILES_H
#define DATA_SOURCE_FILES_H

#include "data/data_files.h"
#include "data/data_report.h"

/* "interactions", "valid", "test", "users", "items", by enum source_part. */
extern const char *const source_part_names[SOURCES];

/* Notes which there are and how large they are now. */
int source_files_note(struct source_file files[static SOURCES], const struct data_files *found,
                      struct llmx_error *err);
void source_files_release(struct source_file files[static SOURCES]);

/* A 64-bit fingerprint of a file's first `bytes` bytes. -1: it has fewer, is no file, or cannot be read */
int source_file_hash(const char *path, int64_t bytes, uint64_t *hash);

#endif
