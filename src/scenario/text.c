/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Numbers, errnos, and what words print.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "words.h"

#define	ERRNO_MAX	134

void
word_print(struct shell *s, const char *fmt, ...)
{
	char text[4096];
	va_list ap;

	if (s->print == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	s->print(s->arg, false, text);
}

static int
complain(struct shell *s, const char *command, const char *what,
    const char *why, int error)
{
	char text[2048];

	snprintf(text, sizeof(text), "%s: %s%s%s\n", command, what,
	    what[0] != '\0' ? ": " : "", why);
	s->print(s->arg, true, text);
	return (error);
}

int
word_error(struct shell *s, const char *command, const char *what, int error)
{
	if (s->print == NULL)
		return (error);
	return (complain(s, command, what, strerror(error), error));
}

int
word_message(struct shell *s, const char *command, const char *what,
    const char *message, int error)
{
	if (error == 0 || s->print == NULL)
		return (error);
	if (message[0] == '\0')
		return (word_error(s, command, what, error));
	return (complain(s, command, "", message, error));
}

const char *
errno_name(int error)
{
	const char *name = NULL;

	if (error == 0)
		return ("ok");
	if (error == -1)
		return ("ERESTART");
#ifdef __GLIBC__
	name = strerrorname_np(error);
#endif
	return (name != NULL ? name : "an unknown errno");
}

int
errno_find(const char *name)
{
	for (int error = 0; error < ERRNO_MAX; error++)
		if (strcmp(errno_name(error), name) == 0)
			return (error);
	return (-1);
}

bool
number_parse(const char *text, unsigned long low, unsigned long high,
    unsigned long *value)
{
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return (false);
	errno = 0;
	*value = strtoul(text, &end, 10);
	return (*end == '\0' && errno == 0 && *value >= low &&
	    *value <= high);
}

bool
seconds_parse(const char *text, long long *ns)
{
	long long unit = 1000000000;
	unsigned long whole;
	char head[16];
	size_t len = strcspn(text, ".");

	if (len >= sizeof(head))
		return (false);
	memcpy(head, text, len);
	head[len] = '\0';
	if (!number_parse(head, 0, 999999, &whole))
		return (false);
	*ns = (long long)whole * unit;
	if (text[len] == '\0')
		return (true);
	for (text += len + 1; *text >= '0' && *text <= '9' && unit > 1;
	    text++)
		*ns += (*text - '0') * (unit /= 10);
	return (*text == '\0' && text[-1] != '.');
}
