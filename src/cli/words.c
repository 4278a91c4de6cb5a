/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Lines into words, as a shell does it, without its expansions.
 */
#include <string.h>

#include "session.h"

/*
 * One word from `*from`, written at `*to`, which is never ahead of it; false
 * if a quote does not end.
 */
static bool
word_copy(char **from, char **to)
{
	char *p = *from, *q = *to, quote = '\0';

	for (; *p != '\0'; p++) {
		if (quote == '\0' && strchr(" \t\n", *p) != NULL)
			break;
		if (quote == '\0' && (*p == '\'' || *p == '"'))
			quote = *p;
		else if (quote != '\0' && *p == quote)
			quote = '\0';
		else if (quote != '\'' && *p == '\\' && p[1] != '\0')
			*q++ = *++p;
		else
			*q++ = *p;
	}
	*from = p;
	*to = q;
	return (quote == '\0');
}

int
words_split(char *line, char *words[WORDS_MAX + 1], const char **error,
    unsigned *column)
{
	char *from = line, *to = line;
	int n = 0;

	for (;;) {
		from += strspn(from, " \t\n");
		if (*from == '\0' || *from == '#')
			break;
		*column = (unsigned)(from - line) + 1;
		if (n == WORDS_MAX) {
			*error = "too many words";
			return (-1);
		}
		words[n++] = to;
		if (!word_copy(&from, &to)) {
			*error = "a quote does not end";
			return (-1);
		}
		/* What is written here has been read. */
		if (*from != '\0')
			from++;
		*to++ = '\0';
	}
	words[n] = NULL;
	return (n);
}
