/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Lines into words, as a shell does it, without its expansions.
 */
#include <string.h>

#include "words.h"

#define	BLANKS	" \t\r\n"

/*
 * One word from `*from`, written at `*to`, which is never ahead of it; false
 * if a quote does not end.
 */
static bool
word_copy(char **from, char **to, bool *quoted)
{
	char *p = *from, *q = *to, quote = '\0';

	for (; *p != '\0'; p++) {
		if (quote == '\0' && strchr(BLANKS, *p) != NULL)
			break;
		if (quote == '\0' && (*p == '\'' || *p == '"')) {
			quote = *p;
			*quoted = true;
		} else if (quote != '\0' && *p == quote)
			quote = '\0';
		else if (quote != '\'' && *p == '\\' && p[1] != '\0') {
			*q++ = *++p;
			*quoted = true;
		} else
			*q++ = *p;
	}
	*from = p;
	*to = q;
	return (quote == '\0');
}

const char *
words_split(char *line, struct words *w, unsigned *column)
{
	char *from = line, *to = line;

	w->n = 0;
	for (;;) {
		from += strspn(from, BLANKS);
		*column = (unsigned)(from - line) + 1;
		w->column[w->n] = *column;
		if (*from == '\0' || *from == '#')
			break;
		if (w->n == WORDS_MAX)
			return ("too many words; a line has at most 64");
		w->quoted[w->n] = false;
		w->v[w->n] = to;
		if (!word_copy(&from, &to, &w->quoted[w->n]))
			return ("a quote does not end; write it in front of "
			    "the line's end, too");
		/* What is written here has been read. */
		if (*from != '\0')
			from++;
		*to++ = '\0';
		w->n++;
	}
	w->v[w->n] = NULL;
	return (NULL);
}
