/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * vnetsim trace.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "trace.h"

static void
usage(FILE *out)
{
	fprintf(out, "%s",
"usage: vnetsim trace FILE.scn|REPLAY [-o FILE] [--html FILE] [--text]\n"
"Shows one run.\n"
"  -o FILE          as Chrome trace events, for https://ui.perfetto.dev\n"
"  --html FILE      as a page for a browser, which needs no network\n"
"  --text           on the terminal (default), as wide as that is or COLUMNS\n"
"                   says, in color if it has some and NO_COLOR is not set\n"
"  --all            in the text, each step and thread\n"
SHOWN_USAGE
"exit status: 0 it was shown, 2 usage, or a bad file\n");
}

static const struct option options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "html", required_argument, NULL, 'H' },
	{ "text", no_argument, NULL, 't' },
	{ "all", no_argument, NULL, 'A' },
	SHOWN_OPTIONS
};

struct trace {
	struct shown	shown;
	const char	*json;		/* files, or NULL */
	const char	*html;
	bool		text;
	bool		all;
};

json_t *
trace_string(const char *text)
{
	json_t *string;
	char *copy;

	if (text == NULL)
		return (json_null());
	if ((string = json_string(text)) != NULL ||
	    (copy = strdup(text)) == NULL)
		return (string);
	/* No UTF-8: what is ASCII is kept. */
	for (char *p = copy; *p != '\0'; p++)
		if ((*p & 0x80) != 0)
			*p = '?';
	string = json_string(copy);
	free(copy);
	return (string);
}

static bool
has_color(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return (isatty(STDOUT_FILENO) && (no == NULL || no[0] == '\0') &&
	    term != NULL && strcmp(term, "dumb") != 0);
}

/* Takes the text. */
static bool
write_file(const char *path, char *text)
{
	bool good = vs_file_write(path, text);

	free(text);
	return (good);
}

static int
show(const struct trace *t, const struct vs_story *story)
{
	const struct vs_story_text how = {
		.width = explore_columns(), .color = has_color(),
		.all = t->all,
	};

	if (t->json != NULL && !write_file(t->json, trace_events(story)))
		return (EXIT_USAGE);
	if (t->html != NULL && !write_file(t->html, trace_page(story,
	    t->shown.title)))
		return (EXIT_USAGE);
	if (t->text || (t->json == NULL && t->html == NULL))
		vs_story_print(story, stdout, &how);
	return (EXIT_CLEAN);
}

/* -1, or the exit status. */
static int
parse_option(struct trace *t, int c)
{
	switch (c) {
	case 'o':
		t->json = optarg;
		return (-1);
	case 'H':
		t->html = optarg;
		return (-1);
	case 't':
		t->text = true;
		return (-1);
	case 'A':
		t->all = true;
		return (-1);
	case 'h':
		usage(stdout);
		return (EXIT_CLEAN);
	default:
		return (shown_option(&t->shown, "trace", c));
	}
}

int
cli_trace(int argc, char **argv)
{
	struct trace t = { 0 };
	const struct vs_story *story;
	char *arguments[argc + 2];
	int c, status;

	cli_same_addresses();
	memcpy(arguments + 1, argv, (size_t)(argc + 1) * sizeof(*argv));
	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "o:h", options, NULL)) != -1)
		if ((status = parse_option(&t, c)) >= 0)
			return (status);
	if (optind + (t.shown.entry == NULL) != argc)
		return (cli_usage_error("trace", "give one scenario file, or "
		    "one replay"));
	if ((status = explore_check_out("trace", "-o", t.json)) >= 0 ||
	    (status = explore_check_out("trace", "--html", t.html)) >= 0)
		return (status);
	story = shown_story(&t.shown, argv[optind], arguments + 1, &status);
	return (story != NULL ? show(&t, story) : status);
}
