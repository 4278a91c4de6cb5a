/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Lines outside and at the head of blocks.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vnetsim/vnetsim.h>

#include "script.h"

void
mistake(struct parser *p, unsigned column, const char *fmt, ...)
{
	struct vs_mistakes *m = p->mistakes;
	size_t len = strlen(m->text), size = sizeof(m->text);
	char line[WORDS_WHY + 512];
	va_list ap;
	int n;

	n = snprintf(line, sizeof(line), "%s:%u:%u: ", p->script->path,
	    p->line, column);
	if (n > 0 && (size_t)n < sizeof(line)) {
		va_start(ap, fmt);
		vsnprintf(line + n, sizeof(line) - (size_t)n, fmt, ap);
		va_end(ap);
	}
	m->count++;
	/* A line is there whole or not at all. */
	if (strlen(line) + 2 <= size - len)
		snprintf(m->text + len, size - len, "%s\n", line);
}

char *
words_join(char *const *v, int n)
{
	size_t size = 1;
	char *text;

	for (int i = 0; i < n; i++)
		size += strlen(v[i]) + 1;
	if ((text = calloc(1, size)) == NULL)
		abort();
	for (int i = 0; i < n; i++) {
		if (i > 0)
			strcat(text, " ");
		strcat(text, v[i]);
	}
	return (text);
}

/* --- heads ------------------------------------------------------------- */

static void
begin(struct parser *p, struct block *b)
{
	p->block = b;
	p->depth = p->nhandles = 0;
	p->ready = false;
	b->line = p->line;
}

static void
parse_title(struct parser *p)
{
	struct vs_script *s = p->script;

	if (s->title != NULL)
		mistake(p, 1, "a second title; leave one out");
	else if (p->words.n == 1)
		mistake(p, p->words.column[1], "a title without words; say "
		    "in one line what happens");
	else
		s->title = words_join(p->words.v + 1, p->words.n - 1);
}

static bool
is_bug(const char *id)
{
	const struct vs_bug *bugs;
	size_t n = vs_bugs(&bugs);

	for (size_t i = 0; i < n; i++)
		if (strcmp(bugs[i].id, id) == 0)
			return (true);
	return (false);
}

static void
parse_bug(struct parser *p)
{
	const struct words *w = &p->words;
	struct vs_script *s = p->script;

	if (w->n == 1)
		mistake(p, w->column[1], "which bug? \"vnetsim bugs\" lists "
		    "them");
	for (int i = 1; i < w->n; i++) {
		if (!is_bug(w->v[i]))
			mistake(p, w->column[i], "there is no switch "
			    "\"%.60s\"; \"vnetsim bugs\" lists them", w->v[i]);
		else if (s->nbugs == BUGS_MAX)
			mistake(p, w->column[i], "more than %d switches; "
			    "leave some out", BUGS_MAX);
		else
			s->bugs[s->nbugs++] = w->v[i];
	}
}

static void
parse_modules(struct parser *p)
{
	struct vs_script *s = p->script;

	if (s->modules != NULL)
		mistake(p, 1, "a second list of modules; make it one");
	else if (p->words.n == 1)
		mistake(p, p->words.column[1], "which modules? Give names, "
		    "as if_epair");
	else {
		s->modules = words_join(p->words.v + 1, p->words.n - 1);
		for (char *c = s->modules; *c != '\0'; c++)
			if (*c == ' ')
				*c = ',';
	}
}

static void
parse_single(struct parser *p, struct block *b)
{
	begin(p, &p->broken);
	if (p->words.n > 1)
		mistake(p, p->words.column[1], "\"%.40s\" is too much; "
		    "\"%s\" stands alone", p->words.v[1], p->words.v[0]);
	else if (b->given)
		mistake(p, 1, "a second \"%s\"; the first is in line %u",
		    p->words.v[0], b->line);
	else {
		begin(p, b);
		b->given = true;
		b->name = p->words.v[0];
	}
}

/* --- threads ----------------------------------------------------------- */

static bool
find_user(const char *name, unsigned *uid)
{
	unsigned long n;

	if (strcmp(name, "root") == 0)
		*uid = 0;
	else if (strcmp(name, "nobody") == 0)
		*uid = 65534;
	else if (number_parse(name, 0, 0x7fffffff, &n))
		*uid = (unsigned)n;
	else
		return (false);
	return (true);
}

/* "in JAIL" or "as USER"; false after a mistake. */
static bool
parse_where(struct parser *p, struct block *b, int i)
{
	const struct words *w = &p->words;

	if (strcmp(w->v[i], "in") != 0 && strcmp(w->v[i], "as") != 0) {
		mistake(p, w->column[i], "\"%.40s\" cannot stand here; give "
		    "\"in JAIL\" or \"as USER\"", w->v[i]);
		return (false);
	}
	if (i + 1 == w->n) {
		mistake(p, w->column[w->n], "\"%s\" whom? Give the %s",
		    w->v[i], w->v[i][0] == 'i' ? "jail's name" :
		    "user, by number, or root or nobody");
		return (false);
	}
	if (w->v[i][0] == 'i') {
		b->jail = w->v[i + 1];
		return (true);
	}
	if (find_user(w->v[i + 1], &b->uid))
		return (true);
	mistake(p, w->column[i + 1], "there is no user \"%.40s\"; give a "
	    "number, root or nobody", w->v[i + 1]);
	return (false);
}

static bool
name_is_good(struct parser *p)
{
	const struct words *w = &p->words;
	const char *why = NULL;

	if (w->n == 1) {
		mistake(p, w->column[1], "a thread without a name; write "
		    "\"thread NAME\"");
		return (false);
	}
	if (w->v[1][0] == '\0' || strlen(w->v[1]) > THREAD_NAME_MAX)
		why = "names have 1 to 19 characters";
	else if (w->v[1][0] == '-' || strcspn(w->v[1], " \t:\"\\") !=
	    strlen(w->v[1]))
		why = "names have no blanks, colons, quotes or dash in front";
	else if (w->v[1][0] >= '0' && w->v[1][0] <= '9')
		why = "names begin with a letter";
	for (unsigned i = 0; i < p->script->nthreads && why == NULL; i++)
		if (strcmp(p->script->threads[i].name, w->v[1]) == 0)
			why = "there is one of that name; take another";
	if (why != NULL)
		mistake(p, w->column[1], "\"%.40s\" is no name for a thread: "
		    "%s", w->v[1], why);
	return (why == NULL);
}

static void
parse_thread(struct parser *p)
{
	struct vs_script *s = p->script;
	struct block head = { .given = true };
	bool good = name_is_good(p);

	begin(p, &p->broken);
	for (int i = 2; i < p->words.n && good; i += 2)
		good = parse_where(p, &head, i);
	if (!good)
		return;
	if (s->nthreads == VS_SCENARIO_THREADS) {
		mistake(p, 1, "more than %d threads; leave some out",
		    VS_SCENARIO_THREADS);
		return;
	}
	head.name = p->words.v[1];
	s->threads[s->nthreads] = head;
	begin(p, &s->threads[s->nthreads++]);
}

/* --- all lines --------------------------------------------------------- */

static const struct heading {
	const char	*name;
	void		(*parse)(struct parser *p);
} headings[] = {
	{ "title", parse_title },
	{ "bug", parse_bug },
	{ "modules", parse_modules },
	{ "thread", parse_thread },
	{ "expect", parse_expect },
};

static void
parse_line(struct parser *p, char *line)
{
	const char *why, *first;
	unsigned column;

	if ((why = words_split(line, &p->words, &column)) != NULL) {
		mistake(p, column, "%s", why);
		return;
	}
	if (p->words.n == 0)
		return;
	first = p->words.v[0];
	for (size_t i = 0; i < sizeof(headings) / sizeof(headings[0]); i++)
		if (strcmp(first, headings[i].name) == 0) {
			parse_block_end(p);
			p->block = NULL;
			headings[i].parse(p);
			return;
		}
	if (strcmp(first, "setup") == 0 || strcmp(first, "finally") == 0) {
		parse_block_end(p);
		parse_single(p, first[0] == 's' ? &p->script->setup :
		    &p->script->finally);
	} else if (p->block == NULL)
		mistake(p, p->words.column[0], "\"%.40s\" belongs to no "
		    "block; write \"setup\", \"thread NAME\" or \"finally\" "
		    "above it", first);
	else
		parse_statement(p);
}

/* --- what can be known only at the end --------------------------------- */

static bool
is_process(const struct vs_script *s, const char *name)
{
	unsigned long pid;

	for (unsigned i = 0; i < s->nthreads; i++)
		if (strcmp(s->threads[i].name, name) == 0)
			return (true);
	return (number_parse(name, 1, 99999, &pid));
}

/* As "kill PROCESS" does. */
static bool
names_process(const struct word *word)
{
	static const char token[] = " PROCESS";
	size_t len = strlen(word->form), n = strlen(token);

	return (len > n && strcmp(word->form + len - n, token) == 0);
}

static void
check_processes(struct parser *p, const struct block *b)
{
	const struct statement *st;

	for (unsigned i = 0; i < b->n; i++) {
		st = &b->statements[i];
		if (st->word == NULL || !names_process(st->word) ||
		    is_process(p->script, st->argv[st->argc - 1]))
			continue;
		p->line = st->line;
		mistake(p, st->column, "there is no thread \"%.40s\"; give "
		    "the name of one", st->argv[st->argc - 1]);
	}
}

static void
check_all(struct parser *p)
{
	struct vs_script *s = p->script;

	if (s->nexpect != 0 && s->nbugs == 0) {
		p->line = s->expect[0].line;
		mistake(p, 1, "a bug is expected but none is named; write "
		    "\"bug ID\", see \"vnetsim bugs\"");
	}
	p->line = 1;
	if (s->nthreads == 0 && p->mistakes->count == 0)
		mistake(p, 1, "no thread; write \"thread NAME\" and what it "
		    "does in the lines below");
	check_processes(p, &s->setup);
	check_processes(p, &s->finally);
	for (unsigned i = 0; i < s->nthreads; i++)
		check_processes(p, &s->threads[i]);
}

void
parse_text(struct parser *p)
{
	char *rest = p->script->text, *line;

	while ((line = strsep(&rest, "\n")) != NULL) {
		p->line++;
		parse_line(p, line);
	}
	parse_block_end(p);
	check_all(p);
}
