/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * A script without some of its lines: what a failure does not need.
 *
 * Operations are the lines of the threads and of "setup", in this order; that
 * of a "repeat" is the repeating, so that its lines are done once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script.h"

static bool
is_operation(const struct statement *st)
{
	return (st->kind == DO_REPEAT ? st->times > 1 : st->kind != DO_END);
}

/* The i-th of the block; or counts them down. */
static struct statement *
block_operation(struct block *b, unsigned *i)
{
	for (unsigned k = 0; k < b->n; k++)
		if (is_operation(&b->statements[k]) && (*i)-- == 0)
			return (&b->statements[k]);
	return (NULL);
}

static struct statement *
operation(struct vs_script *s, unsigned i)
{
	struct statement *st = NULL;

	for (unsigned t = 0; t < s->nthreads && st == NULL; t++)
		st = block_operation(&s->threads[t], &i);
	return (st != NULL ? st : block_operation(&s->setup, &i));
}

static void
leave_out(void *arg, unsigned i, bool out)
{
	operation(arg, i)->left_out = out;
}

static unsigned
count(const struct block *b)
{
	unsigned n = 0;

	for (unsigned k = 0; k < b->n; k++)
		n += is_operation(&b->statements[k]);
	return (n);
}

/* --- as text ----------------------------------------------------------- */

static const struct statement *
block_line(const struct block *b, unsigned line)
{
	for (unsigned k = 0; k < b->n; k++)
		if (b->statements[k].line == line)
			return (&b->statements[k]);
	return (NULL);
}

static const struct statement *
statement_at(const struct vs_script *s, unsigned line)
{
	const struct statement *st = block_line(&s->setup, line);

	for (unsigned t = 0; t < s->nthreads && st == NULL; t++)
		st = block_line(&s->threads[t], line);
	return (st);
}

static bool
is_listed(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = list; (p = strstr(p, word)) != NULL; p++)
		if ((p == list || p[-1] == ' ') &&
		    (p[len] == '\0' || p[len] == ' '))
			return (true);
	return (false);
}

static const struct block *
block_of(const struct vs_script *s, const struct statement *st)
{
	const struct block *b;

	for (unsigned t = 0; t < s->nthreads; t++) {
		b = &s->threads[t];
		if (st >= b->statements && st < b->statements + b->n)
			return (b);
	}
	return (&s->setup);
}

/* The head or the end of a loop with nothing left in it. */
static bool
is_empty_loop(const struct vs_script *s, const struct statement *st)
{
	const struct block *b = block_of(s, st);
	unsigned at = (unsigned)(st - b->statements), i, end;

	if (st->kind != DO_REPEAT && st->kind != DO_END)
		return (false);
	i = st->kind == DO_REPEAT ? at : st->partner;
	end = b->statements[i].partner;
	while (++i < end)
		if (b->statements[i].kind < DO_REPEAT &&
		    !b->statements[i].left_out)
			return (false);
	return (true);
}

/* What begins there is a thread's that is left out, or something else. */
static void
heading(const struct vs_script *s, const char *text, unsigned line,
    const char *without, bool *skip)
{
	if (*text == ' ' || *text == '\t' || *text == '\n' || *text == '#')
		return;
	*skip = false;
	for (unsigned t = 0; t < s->nthreads; t++)
		if (s->threads[t].line == line)
			*skip = is_listed(without, s->threads[t].name);
}

static char *
text_without(void *arg, const char *without)
{
	const struct vs_script *s = arg;
	const struct statement *st;
	char *result = NULL;
	unsigned line = 1;
	bool skip = false;
	size_t size, len;
	FILE *out = open_memstream(&result, &size);

	if (out == NULL)
		abort();
	for (const char *p = s->source; *p != '\0'; p += len, line++) {
		len = strcspn(p, "\n");
		len += p[len] == '\n';
		heading(s, p, line, without, &skip);
		st = statement_at(s, line);
		if (st != NULL && is_empty_loop(s, st))
			continue;
		if (skip || (st != NULL && st->left_out &&
		    st->kind != DO_REPEAT))
			continue;
		if (st != NULL && st->left_out)
			fprintf(out, "\trepeat 1\n");
		else
			fprintf(out, "%.*s", (int)len, p);
	}
	fclose(out);
	return (result);
}

void
script_operations(struct vs_script *s)
{
	s->operations.n = count(&s->setup);
	for (unsigned t = 0; t < s->nthreads; t++)
		s->operations.n += count(&s->threads[t]);
	s->operations.leave_out = leave_out;
	s->operations.text = text_without;
	s->scenario.operations = &s->operations;
}
