/* thinking.h - what a reasoning model says to itself before its answer: blocks of <think>, <thinking> and the like. */
#ifndef EXPLAIN_THINKING_H
#define EXPLAIN_THINKING_H

#include <stddef.h>

/* Cuts every block out of n bytes of text: <think> ... </think>, <thinking ...> too, [THINK], in any case, wherever it stands; one
 * that has no end with all behind it, and an end that has no beginning with all before it, since the beginning may have stood in
 * the prompt. returns the bytes that are left, without white space around them where something was cut */
size_t thinking_cut(char *text, size_t n);

/* How many bytes of a text that still grows stand, once its thinking is cut: not the beginning of a mark at its end ("<thi"). */
size_t thinking_settled(const char *text, size_t n);

#endif
