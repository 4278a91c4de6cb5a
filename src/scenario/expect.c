/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What a file expects, and whether it came.
 */
#include <string.h>

#include <vnetsim/vnetsim.h>

#include "script.h"

/* --- reading ----------------------------------------------------------- */

/* As vs_kind_name() has it, with dashes for blanks. */
static bool
kind_is(const char *word, enum vs_kind kind)
{
	const char *name = vs_kind_name(kind);

	for (; *word != '\0' && (*word == *name ||
	    (*word == '-' && *name == ' ')); word++)
		name++;
	return (*word == '\0' && *name == '\0');
}

static bool
kind_find(const char *word, unsigned *kinds)
{
	for (int kind = VS_PANIC; kind <= VS_EXPECTATION; kind++)
		if (kind_is(word, (enum vs_kind)kind)) {
			*kinds |= 1u << kind;
			return (true);
		}
	return (false);
}

/* "bug: KIND... [says TEXT]" */
static void
parse_bug_expected(struct parser *p)
{
	static const char kinds[] = "panic, assertion, witness, deadlock, "
	    "use-after-free, leak, livelock, signal, lost-wakeup, overrun, "
	    "data-race, expectation";
	const struct words *w = &p->words;
	struct expectation e = { .line = p->line };
	int i;

	for (i = 2; i < w->n && strcmp(w->v[i], "says") != 0; i++)
		if (!kind_find(w->v[i], &e.kinds)) {
			mistake(p, w->column[i], "\"%.40s\" is no kind of "
			    "bug; there are %s", w->v[i], kinds);
			return;
		}
	if (e.kinds == 0)
		mistake(p, w->column[i], "which kind of bug? Give one or "
		    "more of %s", kinds);
	else if (i < w->n && i + 2 != w->n)
		mistake(p, w->column[i + 1 < w->n ? i + 2 : w->n],
		    "\"says\" takes one text, in quotes");
	else if (p->script->nexpect == EXPECT_MAX)
		mistake(p, 1, "more than %d bugs are expected; put kinds in "
		    "one line", EXPECT_MAX);
	else {
		e.says = i < w->n ? w->v[i + 1] : NULL;
		p->script->expect[p->script->nexpect++] = e;
	}
}

void
parse_expect(struct parser *p)
{
	const struct words *w = &p->words;

	if (w->n > 1 && strcmp(w->v[1], "bug:") == 0)
		parse_bug_expected(p);
	else if (w->n == 2 && strcmp(w->v[1], "ok") == 0)
		p->script->expect_ok = true;
	else
		mistake(p, w->column[w->n > 1 && strcmp(w->v[1], "ok") == 0 ?
		    2 : 1], "write \"expect ok\" or \"expect bug: KIND...\"");
}

/* --- is a switch on? --------------------------------------------------- */

/* Which state of FreeBSD, oldest first; the newest for what is not known. */
static int
profile_order(const char *name, size_t len)
{
	static const char *const profiles[] = { "P0", "P1", "P2", "P3", "P4",
	    "S15", "fixed" };
	int i;

	for (i = 0; i < 6; i++)
		if (strlen(profiles[i]) == len &&
		    strncmp(profiles[i], name, len) == 0)
			break;
	return (i);
}

static bool
in_profile(const struct vs_bug *bug, const char *name, size_t len)
{
	int order = profile_order(name, len);

	return (order >= profile_order(bug->first, strlen(bug->first)) &&
	    order <= profile_order(bug->last, strlen(bug->last)) &&
	    order != profile_order("", 0));
}

/* With "PROFILE,+ID,-ID": what comes last counts. */
static bool
switch_is_on(const char *profile, const struct vs_bug *bug)
{
	size_t len = strcspn(profile, ",");
	bool on = in_profile(bug, profile, len);

	while (profile[len] == ',') {
		profile += len + 1;
		len = strcspn(profile, ",");
		if (len == strlen(bug->id) + 1 &&
		    strncmp(profile + 1, bug->id, len - 1) == 0)
			on = profile[0] == '+';
	}
	return (on);
}

static bool
bug_is_on(const struct vs_script *s, const char *profile)
{
	const struct vs_bug *bugs;
	size_t n = vs_bugs(&bugs);

	for (unsigned i = 0; i < s->nbugs; i++)
		for (size_t k = 0; k < n; k++)
			if (strcmp(bugs[k].id, s->bugs[i]) == 0 &&
			    switch_is_on(profile, &bugs[k]))
				return (true);
	return (false);
}

/* --- did it come? ------------------------------------------------------ */

bool
vs_script_expects(const struct vs_script *s, const char *profile,
    enum vs_kind kind, const char *message)
{
	const struct expectation *e;

	if (!bug_is_on(s, profile != NULL ? profile : "fixed"))
		return (kind == VS_CLEAN);
	for (e = s->expect; e < s->expect + s->nexpect; e++)
		if ((e->kinds & 1u << kind) != 0 && (e->says == NULL ||
		    strstr(message, e->says) != NULL))
			return (true);
	return (s->nexpect == 0 && kind != VS_CLEAN);
}

bool
vs_script_expects_race(const struct vs_script *s, const char *profile)
{
	const struct expectation *e;

	if (s->nexpect == 0 ||
	    !bug_is_on(s, profile != NULL ? profile : "fixed"))
		return (true);
	for (e = s->expect; e < s->expect + s->nexpect; e++)
		if ((e->kinds & 1u << VS_RACE) != 0)
			return (true);
	return (false);
}
