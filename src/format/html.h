/* html.h - writing HTML in which no text can become markup.
 *
 *     html_put(f, "<td lang=\"%s\">%s</td>\n", lang, title);
 *
 * The format is the page's author's; what is put in comes from anywhere. */
#ifndef FORMAT_HTML_H
#define FORMAT_HTML_H

#include <stddef.h>
#include <stdio.h>

/* Writes the format, with every text escaped so that it may stand between tags and in quoted attributes. Of printf it knows
 * %s, %.*s, %d, %zu, %.Nf, %g and %%. */
void html_put(FILE *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* n bytes of text, escaped: & < > " ' as entities; what is no UTF-8 as U+FFFD, as are characters that HTML has no place for
 * (control characters but tab and line feed, noncharacters). */
void html_text(FILE *f, const char *text, size_t n);

#endif
