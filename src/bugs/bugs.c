/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Selection of profiles and switches.
 */
#include <sys/param.h>

#include <string.h>

#include <vnetsim/vnetsim.h>

#include "bugs.h"

bool bug_enabled[BUG_COUNT];

static const struct bug_entry {
	const char	*name;
	enum bug_profile	from;	/* first profile that has it */
	enum bug_profile	until;	/* first one that has not */
	const char	*text;
} bug_table[BUG_COUNT] = {
#define	X(id, name, from, until, text)					\
	[BUG_##id] = { name, from, until, text },
	BUGS(X)
#undef X
};

static const char *const profile_names[] = {
	[P0] = "P0",
	[P1] = "P1",
	[P2] = "P2",
	[P3] = "P3",
	[P4] = "P4",
	[PS15] = "S15",
	[PFIXED] = "fixed",
};

/* Is the word of that length `name`? */
static bool
word_is(const char *word, size_t len, const char *name)
{
	return (strlen(name) == len && strncmp(word, name, len) == 0);
}

static bool
profile_apply(const char *word, size_t len, bool *enabled)
{
	const struct bug_entry *be;
	size_t p, i;

	for (p = 0; p < nitems(profile_names); p++)
		if (word_is(word, len, profile_names[p]))
			break;
	if (p == nitems(profile_names))
		return (false);
	for (i = 0; i < BUG_COUNT; i++) {
		be = &bug_table[i];
		enabled[i] = be->from <= p && p < be->until;
	}
	return (true);
}

static bool
switch_apply(const char *word, size_t len, bool *enabled)
{
	size_t i;

	if (len < 2 || (word[0] != '+' && word[0] != '-'))
		return (false);
	for (i = 0; i < BUG_COUNT; i++)
		if (word_is(word + 1, len - 1, bug_table[i].name)) {
			enabled[i] = word[0] == '+';
			return (true);
		}
	return (false);
}

int
bugs_select(const char *spec)
{
	bool enabled[BUG_COUNT] = { false };
	bool first = true;
	size_t len;

	if (spec == NULL)
		spec = "";
	for (; *spec != '\0'; spec += len, first = false) {
		if (!first)
			spec++;
		len = strcspn(spec, ",");
		if (switch_apply(spec, len, enabled))
			continue;
		/* A profile stands in front or not at all. */
		if (!first || !profile_apply(spec, len, enabled))
			return (EINVAL);
	}
	memcpy(bug_enabled, enabled, sizeof(bug_enabled));
	return (0);
}

const char *
bug_name(enum bug bug)
{
	return (bug_table[bug].name);
}

const char *
bug_text(enum bug bug)
{
	return (bug_table[bug].text);
}

size_t
vs_bugs(const struct vs_bug **bugs)
{
	static struct vs_bug table[BUG_COUNT];
	const struct bug_entry *be;
	size_t i;

	for (i = 0; i < BUG_COUNT; i++) {
		be = &bug_table[i];
		table[i].id = be->name;
		table[i].first = profile_names[be->from];
		table[i].last = profile_names[be->until - 1];
		table[i].text = be->text;
	}
	*bugs = table;
	return (BUG_COUNT);
}
