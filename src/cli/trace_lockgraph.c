/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * vnetsim lockgraph: the order of locks as WITNESS has learned it, for
 * GraphViz.
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
"usage: vnetsim lockgraph FILE.scn|REPLAY [-o FILE] [--all]\n"
"Prints the order in which a run takes locks, as WITNESS has learned it, for\n"
"dot(1): A -> B says that A was held when B was taken, with the place of the\n"
"first time; dashed, that a thread waits for B in the end.  What turns the\n"
"order round is red.\n"
"  -o FILE          into a file\n"
"  --all            with the order that is known at boot\n"
SHOWN_USAGE
"exit status: 0 it was shown, 2 usage, or a bad file\n");
}

static const struct option options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "all", no_argument, NULL, 'A' },
	SHOWN_OPTIONS
};

/* In quotes, for dot. */
static void
put_name(FILE *out, const char *name)
{
	putc('"', out);
	for (; *name != '\0'; name++) {
		if (*name == '"' || *name == '\\')
			putc('\\', out);
		putc(*name == '\n' ? ' ' : *name, out);
	}
	putc('"', out);
}

/* A shape a class: what sleeps is round. */
static void
put_node(FILE *out, const char *name, const char *class)
{
	const char *shape = strcmp(class, "sx") == 0 ? "ellipse" :
	    strncmp(class, "spin", 4) == 0 ? "diamond" :
	    strncmp(class, "sleep", 5) == 0 ? "box" : "hexagon";

	fputs("\t", out);
	put_name(out, name);
	fprintf(out, " [shape=%s, tooltip=", shape);
	put_name(out, class);
	fputs("];\n", out);
}

static void
put_order(FILE *out, const struct vs_story_order *o)
{
	char label[96];

	fputs("\t", out);
	put_name(out, o->from);
	fputs(" -> ", out);
	put_name(out, o->to);
	fputs(" [", out);
	if (o->wanted) {
		snprintf(label, sizeof(label), "%s waits", o->thread);
		fputs("style=dashed, label=", out);
		put_name(out, label);
	} else if (o->thread != NULL) {
		fputs("label=", out);
		put_name(out, o->place);
		fputs(", tooltip=", out);
		put_name(out, o->thread);
	} else
		fputs("style=dotted, tooltip=\"known at boot\"", out);
	fprintf(out, "%s];\n", o->reversal ? ", color=red, fontcolor=red, "
	    "penwidth=2, constraint=false" : "");
}

static bool
seen_before(const struct vs_story *story, const bool *shown, uint32_t edge,
    const char *name)
{
	for (uint32_t i = 0; i < edge; i++)
		if (shown[i] && (strcmp(story->orders[i].from, name) == 0 ||
		    strcmp(story->orders[i].to, name) == 0))
			return (true);
	return (false);
}

static void
put_graph(FILE *out, const struct vs_story *story, bool all)
{
	bool *shown = calloc(story->norders + 1, sizeof(*shown));
	const struct vs_story_order *o;

	if (shown == NULL)
		abort();
	fputs("digraph locks {\n\tlabel=", out);
	put_name(out, story->scenario);
	fputs(";\n\trankdir=LR;\n\tnode [fontname=\"sans-serif\"];\n"
	    "\tedge [fontname=\"sans-serif\", fontsize=9];\n", out);
	for (uint32_t i = 0; i < story->norders; i++) {
		o = &story->orders[i];
		shown[i] = all || o->thread != NULL;
		if (!shown[i])
			continue;
		if (!seen_before(story, shown, i, o->from))
			put_node(out, o->from, o->from_class);
		if (!seen_before(story, shown, i, o->to) &&
		    strcmp(o->from, o->to) != 0)
			put_node(out, o->to, o->to_class);
		put_order(out, o);
	}
	fputs("}\n", out);
	free(shown);
}

static int
show(const struct vs_story *story, const char *path, bool all)
{
	char *text = NULL;
	size_t size;
	FILE *out;
	bool good = true;

	if (strcmp(story->kernel, "plain") == 0)
		return (cli_usage_error("lockgraph", "the kernel \"plain\" "
		    "has no WITNESS: take another, see --kernel"));
	if ((out = open_memstream(&text, &size)) == NULL)
		abort();
	put_graph(out, story, all);
	fclose(out);
	if (path != NULL)
		good = vs_file_write(path, text);
	else
		fputs(text, stdout);
	free(text);
	return (good ? EXIT_CLEAN : EXIT_USAGE);
}

int
cli_lockgraph(int argc, char **argv)
{
	struct shown shown = { 0 };
	const struct vs_story *story;
	const char *path = NULL;
	char *arguments[argc + 2];
	bool all = false;
	int c, status = -1;

	cli_same_addresses();
	memcpy(arguments + 1, argv, (size_t)(argc + 1) * sizeof(*argv));
	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "o:h", options, NULL)) != -1) {
		if (c == 'h') {
			usage(stdout);
			return (EXIT_CLEAN);
		}
		if (c == 'o')
			path = optarg;
		else if (c == 'A')
			all = true;
		else if ((status = shown_option(&shown, "lockgraph", c)) >= 0)
			return (status);
	}
	if (optind + (shown.entry == NULL) != argc)
		return (cli_usage_error("lockgraph", "give one scenario file, "
		    "or one replay"));
	if ((status = explore_check_out("lockgraph", "-o", path)) >= 0)
		return (status);
	story = shown_story(&shown, argv[optind], arguments + 1, &status);
	return (story != NULL ? show(story, path, all) : status);
}
