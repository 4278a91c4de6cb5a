/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * vnetsim replay and vnetsim merge.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "explore.h"

/* --- replay -------------------------------------------------------------- */

static void
replay_usage(FILE *out)
{
	fprintf(out,
"usage: vnetsim replay FILE [--module M.so] [--gdb]\n"
"Runs the schedule in FILE, which \"vnetsim explore --out FILE\" has written\n"
"(with or without --json), and stops at the first event that is not as it was\n"
"recorded.\n"
"  --module M.so    the module, if it is not where it was\n"
"  --gdb            in a debugger that stops where it fails\n"
"exit status: 0 it does not fail, 1 it fails as recorded, 2 usage, or the\n"
"             file does not belong to this code\n");
}

/* A result holds the replay's text in one of its strings. */
char *
explore_replay_text(const char *command, const char *path)
{
	char *text = explore_file_read(command, path), *inner;
	json_t *result;

	if (text == NULL || text[0] != '{' ||
	    (result = json_loads(text, 0, NULL)) == NULL)
		return (text);
	free(text);
	text = NULL;
	if (json_is_string(json_object_get(result, "replay"))) {
		inner = strdup(json_string_value(json_object_get(result,
		    "replay")));
		text = inner;
	} else
		cli_usage_error(command, "%s is a result without a failure: "
		    "there is nothing to replay", path);
	json_decref(result);
	return (text);
}

/*
 * The debugger stops where a run gets its verdict, at the innermost frame that
 * is not the explorer's.  Without its Python it is the explorer's.
 */
static int
run_gdb(const char *path, const char *module)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	static const char up[] = "python while f.older() and "
	    "'libvnetsim-host' in (gdb.solib_name(f.pc()) or ''): "
	    "f = f.older()";
	static const char hint[] = "echo \\nThis thread ends the run: \"bt\" "
	    "shows how it came here, \"continue\" the report.\\n\"run\" does "
	    "the same again, so breakpoints can be set and passed as often "
	    "as\\nneeded: \"tbreak FUNCTION\", \"run\".\\n";
	const char *const argv[] = {
		"gdb", "-q",
		"-ex", "set confirm off", "-ex", "set pagination off",
		"-ex", "set breakpoint pending on",
		/* The snapshot's, on first writes. */
		"-ex", "handle SIGSEGV nostop noprint pass",
		"-ex", "break vx_fail", "-ex", "break host_halt",
		"-ex", "run",
		"-ex", "python f = gdb.newest_frame()",
		"-ex", up,
		"-ex", "python f.select()",
		"-ex", "frame",
		"-ex", hint,
		"--args", self, "replay", path,
		module != NULL ? "--module" : NULL, module, NULL
	};

	if (n > 0) {
		self[n] = '\0';
		execvp("gdb", (char *const *)(uintptr_t)argv);
	}
	return (cli_usage_error("replay", "--gdb: cannot run gdb: %s",
	    strerror(errno)));
}

int
explore_replay_diverged(const char *command, const char *path,
    const char *how)
{
	fprintf(stderr, "vnetsim %s: %s does not belong to this code\n%s\n",
	    command, path, how);
	return (EXIT_USAGE);
}

static int
replay_tell(const char *path, const struct vs_explored *e)
{
	if (e->diverged != NULL)
		return (explore_replay_diverged("replay", path, e->diverged));
	if (e->kind == VS_CLEAN) {
		printf("clean: the schedule does not fail any more\n");
		return (EXIT_CLEAN);
	}
	printf("%s", e->report);
	return (EXIT_FOUND);
}

/* Runs it with the kernel that it was recorded with. */
static int
choose_kernel(const char *path, const char *kernel, char **argv)
{
	if (kernel == NULL || strcmp(kernel, cli_kernel) == 0)
		return (-1);
	if (!cli_kernel_given)
		cli_become(kernel, argv);
	return (cli_usage_error(argv[0], "%s was recorded with the kernel "
	    "\"%s\", and this one is \"%s\": install it beside this one, or "
	    "leave out --kernel", path, kernel, cli_kernel));
}

int
explore_replay_scenario(char **argv, const char *path, const char *text,
    const char *module, struct vs_scenario *s, struct vs_script **script)
{
	struct vs_replay_info info;
	int status;

	if (vs_replay_read(text, &info) != 0)
		return (cli_usage_error(argv[0], "%s: %s", path,
		    vs_replay_error()));
	if ((status = choose_kernel(path, info.kernel, argv)) >= 0)
		return (status);
	if (module == NULL)
		module = info.module;
	return (explore_scenario(argv[0], module == NULL ? info.scenario :
	    NULL, module, info.entry, s, script));
}

static int
replay(char **argv, const char *path, const char *module, const char *text)
{
	const struct vs_explore how = { .columns = explore_columns() };
	const struct vs_explored *e;
	struct vs_scenario scenario;
	struct vs_script *script;
	int status;

	status = explore_replay_scenario(argv, path, text, module, &scenario,
	    &script);
	if (status >= 0)
		return (status);
	if ((e = vs_replay(&scenario, text, &how)) == NULL)
		return (cli_usage_error("replay", "%s: %s", path,
		    vs_replay_error()));
	return (replay_tell(path, e));
}

int
cli_replay(int argc, char **argv)
{
	static const struct option options[] = {
		{ "module", required_argument, NULL, 'm' },
		{ "gdb", no_argument, NULL, 'g' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	const char *module = NULL, *path;
	bool gdb = false;
	char *text;
	int c, status;

	cli_same_addresses();
	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h') {
			replay_usage(stdout);
			return (EXIT_CLEAN);
		}
		if (c == 'm')
			module = optarg;
		else if (c == 'g')
			gdb = true;
		else
			return (cli_usage_error("replay", "bad option"));
	}
	if (optind + 1 != argc)
		return (cli_usage_error("replay", "give one file"));
	path = argv[optind];
	if ((text = explore_replay_text("replay", path)) == NULL)
		return (EXIT_USAGE);
	status = gdb ? run_gdb(path, module) : replay(argv, path, module, text);
	free(text);
	return (status);
}

/* --- merge --------------------------------------------------------------- */

static void
merge_usage(FILE *out)
{
	fprintf(out,
"usage: vnetsim merge [--json] [--out FILE] RESULT...\n"
"Adds up what the parts of one exploration have found: files that \"vnetsim\n"
"explore --shard I/N --json --out RESULT\" has written.\n"
"exit status: 0 no failure, 1 a failure was found, 2 usage, or a bad file\n");
}

/* Parts of one exploration have this in common. */
static const char *
differs(const json_t *a, const json_t *b)
{
	static const char *const keys[] = { "scenario", "profile",
	    "strategy", "seed" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!json_equal(json_object_get(a, keys[i]),
		    json_object_get(b, keys[i])))
			return (keys[i]);
	return (NULL);
}

static const char *
shared_shard(const json_t *a, const json_t *b)
{
	const json_t *as = json_object_get(a, "shards");
	const json_t *bs = json_object_get(b, "shards");
	const json_t *x;

	for (size_t i = 0; i < json_array_size(as); i++) {
		x = json_array_get(as, i);
		if (explore_result_has(bs, x))
			return (json_string_value(x));
	}
	return (NULL);
}

static int
merge_file(json_t **sum, const char *path)
{
	json_t *part = explore_result_read("merge", path);
	const char *what;
	int status = -1;

	if (part == NULL)
		return (EXIT_USAGE);
	if (*sum == NULL)
		*sum = json_incref(part);
	else if ((what = differs(*sum, part)) != NULL)
		status = cli_usage_error("merge", "%s is of another "
		    "exploration: its %s is not that of the others", path,
		    what);
	else if ((what = shared_shard(*sum, part)) != NULL)
		status = cli_usage_error("merge", "%s: shard %s is there "
		    "twice", path, what);
	else
		explore_result_add(*sum, part);
	json_decref(part);
	return (status);
}

static void
note_missing(json_t *sum)
{
	size_t all;

	if (!explore_result_whole(sum, &all))
		fprintf(stderr, "vnetsim merge: only %zu of %zu parts are "
		    "here\n", json_array_size(json_object_get(sum, "shards")),
		    all);
}

static int
merge(int argc, char **argv, const char *out, bool json)
{
	json_t *sum = NULL;
	int status = -1;

	for (int i = 0; i < argc && status < 0; i++)
		status = merge_file(&sum, argv[i]);
	if (status < 0) {
		note_missing(sum);
		status = explore_result_tell(sum, out, json);
	}
	json_decref(sum);
	return (status);
}

int
cli_merge(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "out", required_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	const char *out = NULL;
	bool json = false;
	int c;

	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h') {
			merge_usage(stdout);
			return (EXIT_CLEAN);
		}
		if (c == 'j')
			json = true;
		else if (c == 'o')
			out = optarg;
		else
			return (cli_usage_error("merge", "bad option"));
	}
	if (optind == argc)
		return (cli_usage_error("merge", "give the results' files"));
	return (merge(argc - optind, argv + optind, out, json));
}
