/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * vnetsim bugs: the switches, and the story of each.
 */
#include <string.h>

#include <vnetsim/vnetsim.h>

#include "cli.h"
#include "stories.h"

static void
usage(FILE *out)
{
	fprintf(out,
"usage: vnetsim bugs [ID]\n"
"Lists the switches of --profile P,+ID,-ID: the id; the year and the commit\n"
"or review by which it is known; its kind; how it is with it in 15-STABLE of\n"
"August 2026 (S15); the oldest and the newest profile that has it on; and\n"
"whether scenarios/ID.scn shows it.  With an ID, its story, in which\n"
"  H, V0   are the host and its stack, \"T1 (H)\" a thread of root there;\n"
"  J, VJ   a vnet jail and its stack, as K, VK; P a process, or a jail;\n"
"  [switch: before X]   a thread that could go on is put off just there.\n"
"exit status: 0, 2 usage\n");
}

static const struct story *
story_find(const char *id)
{
	const struct story *s;

	for (s = stories; s->id != NULL; s++)
		if (strcmp(s->id, id) == 0)
			return (s);
	return (NULL);
}

/* The row "| KEY | VALUE |" of a story, as one word; "-" if there is none. */
static void
story_value(const struct story *s, const char *key, char *value, size_t size)
{
	char row[64];
	const char *p;
	size_t n = 0;

	snprintf(row, sizeof(row), "\n| %s | ", key);
	p = s != NULL ? strstr(s->text, row) : NULL;
	if (p != NULL)
		p += strlen(row);
	for (; p != NULL && *p != '|' && n + 1 < size; p++) {
		if (*p != ' ')
			value[n++] = *p;
		else if (p[-1] != ',' && p[1] != '|')
			value[n++] = '-';
	}
	if (n == 0)
		value[n++] = '-';
	value[n] = '\0';
}

static void
bug_list(const struct vs_bug *bug)
{
	const struct story *s = story_find(bug->id);
	char year[8], commit[16], kind[40], s15[24], profiles[16];

	story_value(s, "year", year, sizeof(year));
	story_value(s, "commit", commit, sizeof(commit));
	story_value(s, "kind", kind, sizeof(kind));
	story_value(s, "S15", s15, sizeof(s15));
	snprintf(profiles, sizeof(profiles), "%s-%s", bug->first, bug->last);
	printf("%-38s %-4s %-12s %-22s %-14s %-8s %s\n", bug->id, year, commit,
	    kind, s15, strcmp(bug->first, "fixed") == 0 ? "-" : profiles,
	    s != NULL && s->scenario ? "scenario" : "-");
}

static void
bug_tell(const struct vs_bug *bug)
{
	const struct story *s = story_find(bug->id);

	printf("%s\nSwitched on: %s.\n", s != NULL ? s->text : bug->id,
	    bug->text);
	if (strcmp(bug->first, "fixed") != 0)
		printf("Profiles that have it on: %s to %s.\n", bug->first,
		    bug->last);
	if (s != NULL && s->scenario)
		printf("Shown by: vnetsim explore scenarios/%s.scn --bug on\n",
		    bug->id);
}

int
cli_bugs(int argc, char **argv)
{
	const struct vs_bug *bugs;
	size_t n = vs_bugs(&bugs);

	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		usage(stdout);
		return (EXIT_CLEAN);
	}
	if (argc > 2 || (argc > 1 && argv[1][0] == '-'))
		return (cli_usage_error("bugs", "what is \"%s\"?",
		    argv[argc - 1]));
	for (size_t i = 0; i < n; i++)
		if (argc == 1)
			bug_list(&bugs[i]);
		else if (strcmp(bugs[i].id, argv[1]) == 0) {
			bug_tell(&bugs[i]);
			return (EXIT_CLEAN);
		}
	return (argc == 1 ? EXIT_CLEAN : cli_usage_error("bugs",
	    "there is no \"%s\"; \"vnetsim bugs\" lists them", argv[1]));
}
