/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Words, a line at a time: "vnetsim sh".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vnetsim/inspect.h>
#include <vnetsim/scenario.h>

#include "words.h"

struct vs_shell {
	struct shell	shell;
	char		*names[SHELL_HANDLES];	/* of its handles */
	unsigned	line;
};

struct vs_shell *
vs_shell_open(void (*print)(void *arg, bool error, const char *text),
    void *arg)
{
	struct vs_shell *s = calloc(1, sizeof(*s));

	if (s == NULL)
		abort();
	s->shell.print = print;
	s->shell.arg = arg;
	return (s);
}

void
vs_shell_close(struct vs_shell *s)
{
	forks_join();
	for (int i = 0; i < SHELL_HANDLES; i++)
		free(s->names[i]);
	free(s);
}

/* A handle's name is a word of a line, and the line goes. */
static void
keep_names(struct vs_shell *s)
{
	char *names[SHELL_HANDLES] = { NULL };

	for (int i = 0; i < s->shell.nhandles; i++) {
		if ((names[i] = strdup(s->shell.handles[i].name)) == NULL)
			abort();
		s->shell.handles[i].name = names[i];
	}
	for (int i = 0; i < SHELL_HANDLES; i++)
		free(s->names[i]);
	memcpy(s->names, names, sizeof(names));
}

static int
say(const struct vs_shell *s, struct vs_mistakes *m, unsigned column,
    const char *why)
{
	m->count = 1;
	snprintf(m->text, sizeof(m->text), "line %u, column %u: %s\n",
	    s->line, column, why);
	return (2);
}

int
vs_shell_run(struct vs_shell *s, const char *line, struct vs_mistakes *m)
{
	char *text = strdup(line), why[WORDS_WHY];
	const struct word *word = NULL;
	const char *wrong;
	unsigned column;
	struct words w;
	int bad, status = 0;

	if (text == NULL)
		abort();
	s->line++;
	if ((wrong = words_split(text, &w, &column)) != NULL)
		status = say(s, m, column, wrong);
	else if (w.n > 0 && (word = word_find(w.n, w.v, &bad, why)) == NULL)
		status = say(s, m, w.column[bad], why);
	else if (w.n > 0) {
		status = word->run(&s->shell, w.n, w.v) != 0;
		keep_names(s);
		/* What the line has set off has come to rest. */
		vs_jail_settle();
	}
	free(text);
	return (status);
}

const char *
vs_shell_forms(void)
{
	static char text[4096];
	size_t len = 0;

	if (text[0] == '\0')
		for (const struct word *w = word_forms; w->form != NULL; w++)
			len += (size_t)snprintf(text + len,
			    sizeof(text) - len, "%s\n", w->form);
	return (text);
}
