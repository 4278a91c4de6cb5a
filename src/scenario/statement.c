/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Lines inside blocks.
 */
#include <stdlib.h>
#include <string.h>

#include "script.h"

/* Room for one more; a power of two at a time. */
void *
script_grow(void *array, unsigned n, size_t size)
{
	if ((n & (n - 1)) != 0)
		return (array);
	array = realloc(array, (n == 0 ? 1 : 2 * (size_t)n) * size);
	if (array == NULL)
		abort();
	return (array);
}

static struct statement *
statement_add(struct parser *p, enum statement_kind kind)
{
	struct block *b = p->block;
	struct statement *st;

	b->statements = script_grow(b->statements, b->n, sizeof(*st));
	st = &b->statements[b->n++];
	memset(st, 0, sizeof(*st));
	st->kind = kind;
	st->line = p->line;
	return (st);
}

void
block_free(struct block *b)
{
	for (unsigned i = 0; i < b->n; i++) {
		free(b->statements[i].text);
		free(b->statements[i].argv);
	}
	free(b->statements);
}

/* --- results ----------------------------------------------------------- */

static bool
is_else_stop(const struct words *w, int i)
{
	return (strcmp(w->v[i], "else") == 0 && i + 2 == w->n &&
	    strcmp(w->v[i + 1], "stop") == 0);
}

/*
 * "-> ok ENXIO", "-> any", "-> ok else stop"; how many words stand before it.
 */
static int
parse_results(struct parser *p, struct statement *st)
{
	const struct words *w = &p->words;
	int arrow, error;

	for (arrow = 0; arrow < w->n; arrow++)
		if (!w->quoted[arrow] && strcmp(w->v[arrow], "->") == 0)
			break;
	if (arrow == w->n) {
		/* What must be there for the threads has to succeed. */
		st->any = p->block != &p->script->setup;
		st->nresults = 1;
		return (arrow);
	}
	if (arrow + 1 == w->n)
		mistake(p, w->column[w->n], "what is the result? Give ok, "
		    "any, or errnos, as ENXIO");
	for (int i = arrow + 1; i < w->n; i++) {
		if (i > arrow + 1 && is_else_stop(w, i)) {
			st->stops = true;
			break;
		}
		if (strcmp(w->v[i], "any") == 0)
			st->any = true;
		else if ((error = errno_find(w->v[i])) < 0)
			mistake(p, w->column[i], "\"%.40s\" is no result; "
			    "give ok, any, or errnos, as ENXIO, and \"else "
			    "stop\" at the end", w->v[i]);
		else if (st->nresults == RESULTS_MAX)
			mistake(p, w->column[i], "more than %d results; "
			    "write any", RESULTS_MAX);
		else
			st->results[st->nresults++] = error;
	}
	return (arrow);
}

/* --- commands ---------------------------------------------------------- */

static bool
is_open(const struct parser *p, const char *handle)
{
	for (unsigned i = 0; i < p->nhandles; i++)
		if (strcmp(p->handles[i], handle) == 0)
			return (true);
	return (false);
}

/* A name that was never given is a slip of the pen. */
static void
check_handle(struct parser *p, const struct statement *st)
{
	const char *name = st->argv[1];

	if (strstr(st->word->form, " HANDLE") == NULL || is_open(p, name))
		return;
	if (strcmp(st->argv[0], "open") != 0 &&
	    strcmp(st->argv[0], "jaildesc") != 0)
		mistake(p, p->words.column[1], "nothing was opened as "
		    "\"%.40s\" in this block; write \"open %.40s DEVICE\" "
		    "above it", name, name);
	else if (p->nhandles == SHELL_HANDLES)
		mistake(p, p->words.column[1], "more than %d handles in a "
		    "block; close and use one again", SHELL_HANDLES);
	else
		p->handles[p->nhandles++] = name;
}

static void
parse_word(struct parser *p)
{
	struct statement *st = statement_add(p, DO_WORD);
	int argc = parse_results(p, st), bad;
	char why[WORDS_WHY];

	if (argc == 0) {
		mistake(p, p->words.column[0], "a result of nothing; write "
		    "a command in front of \"->\"");
		return;
	}
	p->words.v[argc] = NULL;
	st->word = word_find(argc, p->words.v, &bad, why);
	if (st->word == NULL) {
		mistake(p, p->words.column[bad], "%s%s", why, bad == 0 ?
		    "; and repeat, end, call, ready" : "");
		return;
	}
	st->argc = argc;
	st->argv = calloc((size_t)argc + 1, sizeof(*st->argv));
	if (st->argv == NULL)
		abort();
	memcpy(st->argv, p->words.v, (size_t)argc * sizeof(*st->argv));
	st->text = words_join(st->argv, argc);
	st->column = p->words.column[argc - 1];
	check_handle(p, st);
}

static const struct vs_hook *
find_hook(const struct parser *p, const char *name)
{
	const struct vs_hook *hook;

	for (hook = p->script->hooks; hook != NULL && hook->name != NULL;
	    hook++)
		if (strcmp(hook->name, name) == 0)
			return (hook);
	return (NULL);
}

static void
parse_call(struct parser *p)
{
	struct statement *st = statement_add(p, DO_CALL);
	int argc = parse_results(p, st);

	if (argc != 2) {
		mistake(p, p->words.column[argc < 2 ? argc : 2],
		    "\"call\" takes the name of one hook");
		return;
	}
	st->hook = find_hook(p, p->words.v[1]);
	st->text = words_join(p->words.v, argc);
	if (st->hook == NULL)
		mistake(p, p->words.column[1], "there is no hook \"%.40s\"; "
		    "only a program that registers it can read this file",
		    p->words.v[1]);
}

/* --- loops ------------------------------------------------------------- */

static void
parse_repeat(struct parser *p)
{
	struct statement *st;
	unsigned long n = 1;

	if (p->words.n != 2 ||
	    !number_parse(p->words.v[1], 1, REPEAT_MAX, &n))
		mistake(p, p->words.column[p->words.n > 2 ? 2 : 1],
		    "\"repeat\" takes one number from 1 to %d", REPEAT_MAX);
	if (p->depth == REPEAT_DEPTH) {
		mistake(p, p->words.column[0], "more than %d loops in each "
		    "other; take one out", REPEAT_DEPTH);
		return;
	}
	st = statement_add(p, DO_REPEAT);
	st->times = (unsigned)n;
	p->open[p->depth++] = p->block->n - 1;
}

static void
parse_end(struct parser *p)
{
	struct statement *st;
	unsigned start;

	if (p->words.n != 1)
		mistake(p, p->words.column[1], "\"end\" stands alone");
	if (p->depth == 0) {
		mistake(p, p->words.column[0], "\"end\" of what? There is no "
		    "\"repeat\" open in this block");
		return;
	}
	start = p->open[--p->depth];
	st = statement_add(p, DO_END);
	st->partner = start;
	p->block->statements[start].partner = p->block->n - 1;
}

static bool
is_thread(const struct parser *p)
{
	return (p->block != &p->script->setup &&
	    p->block != &p->script->finally);
}

static void
parse_ready(struct parser *p)
{
	if (p->words.n != 1)
		mistake(p, p->words.column[1], "\"ready\" stands alone");
	else if (!is_thread(p))
		mistake(p, p->words.column[0], "\"ready\" is for threads; "
		    "leave it out");
	else if (p->depth != 0 || p->ready)
		mistake(p, p->words.column[0], "\"ready\" comes once, and "
		    "outside of \"repeat\"");
	else {
		p->ready = true;
		p->block->ready = p->block->n;
	}
}

/* --- all of them ------------------------------------------------------- */

void
parse_statement(struct parser *p)
{
	static const struct {
		const char	*name;
		void		(*parse)(struct parser *p);
	} others[] = {
		{ "call", parse_call },
		{ "repeat", parse_repeat },
		{ "end", parse_end },
		{ "ready", parse_ready },
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcmp(p->words.v[0], others[i].name) == 0) {
			others[i].parse(p);
			return;
		}
	parse_word(p);
}

void
parse_block_end(struct parser *p)
{
	if (p->block != NULL && p->depth != 0)
		mistake(p, 1, "the \"repeat\" in line %u has no end; write "
		    "\"end\" below it",
		    p->block->statements[p->open[p->depth - 1]].line);
	p->depth = 0;
}
