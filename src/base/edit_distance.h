/* edit_distance.h - how far apart two words are, for naming what a misspelt one may mean. */
#ifndef BASE_EDIT_DISTANCE_H
#define BASE_EDIT_DISTANCE_H

#define EDIT_BYTES_MAX 64 /* of a word: nobody misspells a longer one into another */

/* Bytes to insert, delete or change (Levenshtein 1966); INT_MAX where a word is longer than EDIT_BYTES_MAX. */
int edit_distance(const char *a, const char *b);

#endif
