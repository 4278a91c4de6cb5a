/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * vnetsim refs: the ledger of an object, from its birth on.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "trace.h"

static void
usage(FILE *out)
{
	fprintf(out, "%s",
"usage: vnetsim refs FILE.scn|REPLAY [KIND] [NAME]\n"
"Prints who took and gave up references on an object in a run, and how many\n"
"there were then: NAME is its name, as epair0b, KIND what it is, as ifnet or\n"
"\"prison user\".  Without a name the objects are listed.\n"
SHOWN_USAGE
"exit status: 0 it was shown, 1 there is no such object, 2 usage, or a bad\n"
"             file\n");
}

static const struct option options[] = { SHOWN_OPTIONS };

static bool
is_kind(const char *text)
{
	for (int k = 0; k < VS_OBJECT_COUNT; k++)
		if (strcmp(vs_object_name((enum vs_object)k), text) == 0)
			return (true);
	return (false);
}

/* --- objects ------------------------------------------------------------- */

/* It may have had the name at any time. */
static bool
was_called(const struct vs_story *story, uint32_t life, const char *name)
{
	const struct vs_story_entry *e;

	if (strcmp(story->lives[life].name, name) == 0)
		return (true);
	for (uint32_t i = 0; i < story->nentries; i++) {
		e = &story->entries[i];
		if (e->life == life && (e->what == VS_ENTRY_BIRTH ||
		    e->what == VS_ENTRY_RENAME) && e->holder != NULL &&
		    strcmp(e->holder, name) == 0)
			return (true);
	}
	return (false);
}

static bool
is_wanted(const struct vs_story *story, uint32_t life, const char *kind,
    const char *name)
{
	return ((kind == NULL || strcmp(vs_object_name(
	    story->lives[life].kind), kind) == 0) &&
	    (name == NULL || was_called(story, life, name)));
}

/* "step 12", or when else. */
static const char *
when(const struct vs_story *story, uint32_t step, char *buf, size_t size)
{
	if (step == 0)
		return ("before");
	if (step > story->nsteps)
		return ("after");
	snprintf(buf, size, "step %u", step);
	return (buf);
}

static void
print_head(const struct vs_story *story, uint32_t life)
{
	const struct vs_story_life *l = &story->lives[life];
	char step[24];

	printf("%s %s: ", vs_object_name(l->kind), l->name);
	if (l->dead)
		printf("gone, %s%s\n", when(story, l->died, step,
		    sizeof(step)), l->died == 0 ? " the run" :
		    l->died > story->nsteps ? " the run" : "");
	else
		printf("%zu reference%s in the end\n", l->refs,
		    l->refs == 1 ? "" : "s");
}

static void
print_entry(const struct vs_story *story, const struct vs_story_entry *e)
{
	char step[24];

	printf("  %-10s %-12s %3zu  %s%s%s", when(story, e->step, step,
	    sizeof(step)), e->thread != VS_NOTHING ?
	    story->threads[e->thread].name : "-", e->refs,
	    vs_entry_name(e->what), e->holder != NULL ? " " : "",
	    e->holder != NULL ? e->holder : "");
	if (e->function != NULL)
		printf(", %s%s%s", e->function, e->callers != NULL ? " < " :
		    "", e->callers != NULL ? e->callers : "");
	putchar('\n');
}

static void
print_life(const struct vs_story *story, uint32_t life)
{
	print_head(story, life);
	for (uint32_t i = 0; i < story->nentries; i++)
		if (story->entries[i].life == life)
			print_entry(story, &story->entries[i]);
}

static int
show(const struct vs_story *story, const char *kind, const char *name)
{
	bool any = false;

	for (uint32_t i = 0; i < story->nlives; i++) {
		if (!is_wanted(story, i, kind, name))
			continue;
		if (name != NULL)
			print_life(story, i);
		else
			print_head(story, i);
		any = true;
	}
	if (any)
		return (EXIT_CLEAN);
	fprintf(stderr, "vnetsim refs: no %s%s%s in this run; without a name "
	    "all are listed\n", kind != NULL ? kind : "object",
	    name != NULL ? " " : "", name != NULL ? name : "");
	return (EXIT_FOUND);
}

/* --- arguments ----------------------------------------------------------- */

/* [KIND] [NAME], KIND being one of few words. */
static int
parse_object(char **words, int n, const char **kind, const char **name)
{
	*kind = *name = NULL;
	if (n > 0 && is_kind(words[0]))
		*kind = words[0];
	else if (n > 1)
		return (cli_usage_error("refs", "\"%s\" is no kind of object: "
		    "give ifnet, cloner, prison, \"prison user\", ucred, "
		    "vnet, eventhandler or cdev", words[0]));
	words += *kind != NULL;
	n -= *kind != NULL;
	if (n > 1)
		return (cli_usage_error("refs", "what is \"%s\"?", words[1]));
	if (n == 1)
		*name = words[0];
	return (-1);
}

int
cli_refs(int argc, char **argv)
{
	struct shown shown = { 0 };
	const struct vs_story *story;
	const char *kind, *name, *file = NULL;
	char *arguments[argc + 2];
	int c, status;

	cli_same_addresses();
	memcpy(arguments + 1, argv, (size_t)(argc + 1) * sizeof(*argv));
	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h') {
			usage(stdout);
			return (EXIT_CLEAN);
		}
		if ((status = shown_option(&shown, "refs", c)) >= 0)
			return (status);
	}
	if (shown.entry == NULL && optind == argc)
		return (cli_usage_error("refs", "give a scenario file, or a "
		    "replay, and an object"));
	if (shown.entry == NULL)
		file = argv[optind++];
	if ((status = parse_object(argv + optind, argc - optind, &kind,
	    &name)) >= 0)
		return (status);
	story = shown_story(&shown, file, arguments + 1, &status);
	return (story != NULL ? show(story, kind, name) : status);
}
