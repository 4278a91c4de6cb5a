/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * vnetsim explore: results, as JSON and as text.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli.h"
#include "explore.h"

/* --- numbers and strings of a result ------------------------------------- */

static json_int_t
number(const json_t *result, const char *key)
{
	return (json_integer_value(json_object_get(result, key)));
}

static const char *
string(const json_t *result, const char *key)
{
	const char *s = json_string_value(json_object_get(result, key));

	return (s != NULL ? s : "");
}

static bool
truth(const json_t *result, const char *key)
{
	return (json_is_true(json_object_get(result, key)));
}

static void
set_number(json_t *result, const char *key, uint64_t value)
{
	json_object_set_new(result, key, json_integer((json_int_t)value));
}

static void
set_string(json_t *result, const char *key, const char *value)
{
	json_object_set_new(result, key, json_string_nocheck(value));
}

/* --- making one ---------------------------------------------------------- */

static void
add_failure(json_t *result, const struct vs_explored *e)
{
	set_string(result, "message", e->message);
	if (e->thread != NULL)
		set_string(result, "thread", e->thread);
	set_number(result, "preemptions", e->preemptions);
	json_object_set_new(result, "least", json_boolean(e->least));
	set_number(result, "tried", e->tried);
	set_number(result, "steps", e->steps);
	json_object_set_new(result, "shrink_seconds",
	    json_real(e->shrink_seconds));
	if (e->schedule != NULL)
		set_string(result, "schedule", e->schedule);
	if (e->replay != NULL)
		set_string(result, "replay", e->replay);
	if (e->report != NULL)
		set_string(result, "report", e->report);
}

json_t *
explore_result(const struct exploration *x, const struct vs_explored *e)
{
	json_t *result = json_object();
	char shard[48];

	set_string(result, "scenario", x->scenario.name);
	set_string(result, "profile", x->scenario.config.profile);
	set_string(result, "strategy", x->how.strategy);
	set_number(result, "seed", x->how.seed);
	snprintf(shard, sizeof(shard), "%lu/%lu", x->shard, x->shards);
	json_object_set_new(result, "shards", json_pack("[s]", shard));
	set_string(result, "outcome", e->diverged != NULL ?
	    "not reproducible" : vs_kind_name(e->kind));
	set_number(result, "schedules", e->schedules);
	set_number(result, "failures", e->failures);
	json_object_set_new(result, "cpu_seconds", json_real(e->seconds));
	/* Shrinking and telling are not counted. */
	json_object_set_new(result, "schedules_per_second", json_real(
	    e->seconds > 0 ? (double)e->schedules / e->seconds : 0));
	json_object_set_new(result, "complete", json_boolean(e->complete));
	if (e->classes != 0)
		set_number(result, "classes", e->classes);
	if (e->loops)
		json_object_set_new(result, "loops", json_true());
	if (e->race != NULL && e->race[0] != '\0')
		set_string(result, "race", e->race);
	if (e->first_failure != 0 || e->kind != VS_CLEAN) {
		set_number(result, "first_failure", e->first_failure);
		add_failure(result, e);
	}
	return (result);
}

/* --- adding -------------------------------------------------------------- */

static bool
failed(const json_t *result)
{
	return (strcmp(string(result, "outcome"), "clean") != 0);
}

static void
add_numbers(json_t *sum, const json_t *part)
{
	static const char *const integers[] = { "schedules", "failures",
	    "classes" };
	static const char *const reals[] = { "cpu_seconds",
	    "schedules_per_second" };

	for (size_t i = 0; i < 3; i++)
		if (json_object_get(part, integers[i]) != NULL)
			set_number(sum, integers[i],
			    (uint64_t)(number(sum, integers[i]) +
			    number(part, integers[i])));
	for (size_t i = 0; i < 2; i++)
		if (json_object_get(part, reals[i]) != NULL)
			json_object_set_new(sum, reals[i], json_real(
			    json_real_value(json_object_get(sum, reals[i])) +
			    json_real_value(json_object_get(part, reals[i]))));
}

/* The failure with the lowest number is the first one. */
static void
add_failures(json_t *sum, const json_t *part)
{
	static const char *const keys[] = { "outcome", "message", "thread",
	    "first_failure", "preemptions", "least", "tried", "steps",
	    "shrink_seconds", "schedule", "replay", "report" };
	json_t *value;

	if (string(sum, "race")[0] == '\0' && string(part, "race")[0] != '\0')
		set_string(sum, "race", string(part, "race"));
	if (!failed(part) || (failed(sum) && number(sum, "first_failure") <=
	    number(part, "first_failure")))
		return;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if ((value = json_object_get(part, keys[i])) != NULL)
			json_object_set(sum, keys[i], value);
		else
			json_object_del(sum, keys[i]);
	}
}

bool
explore_result_has(const json_t *shards, const json_t *shard)
{
	for (size_t i = 0; i < json_array_size(shards); i++)
		if (json_equal(json_array_get(shards, i), shard))
			return (true);
	return (false);
}

bool
explore_result_whole(const json_t *result, size_t *all)
{
	const json_t *shards = json_object_get(result, "shards");
	const char *name = json_string_value(json_array_get(shards, 0));
	const char *slash = name != NULL ? strchr(name, '/') : NULL;

	*all = slash != NULL ? strtoul(slash + 1, NULL, 10) : 0;
	return (json_array_size(shards) >= *all);
}

void
explore_result_add(json_t *sum, const json_t *part)
{
	json_t *shards = json_object_get(sum, "shards"), *shard;
	const json_t *others = json_object_get(part, "shards");

	add_numbers(sum, part);
	add_failures(sum, part);
	if (truth(part, "loops"))
		json_object_set_new(sum, "loops", json_true());
	json_object_set_new(sum, "complete", json_boolean(
	    truth(sum, "complete") && truth(part, "complete")));
	for (size_t i = 0; i < json_array_size(others); i++) {
		shard = json_array_get(others, i);
		if (!explore_result_has(shards, shard))
			json_array_append(shards, shard);
	}
}

/* --- files --------------------------------------------------------------- */

char *
explore_file_read(const char *command, const char *path)
{
	size_t len = 0, size = 0, n;
	FILE *in = fopen(path, "r");
	char *text = NULL, *grown;

	if (in == NULL) {
		cli_usage_error(command, "cannot read %s: %s", path,
		    strerror(errno));
		return (NULL);
	}
	do {
		if (len + 1 >= size) {
			size = size * 2 + 65536;
			if ((grown = realloc(text, size)) == NULL)
				abort();
			text = grown;
		}
		n = fread(text + len, 1, size - len - 1, in);
		len += n;
	} while (n > 0);
	text[len] = '\0';
	fclose(in);
	return (text);
}

static bool
is_result(const json_t *result)
{
	return (json_is_object(result) &&
	    json_is_string(json_object_get(result, "scenario")) &&
	    json_is_string(json_object_get(result, "profile")) &&
	    json_is_string(json_object_get(result, "strategy")) &&
	    json_is_integer(json_object_get(result, "seed")) &&
	    json_is_string(json_object_get(result, "outcome")) &&
	    json_is_integer(json_object_get(result, "schedules")) &&
	    json_is_array(json_object_get(result, "shards")));
}

/* Rather now than after an hour. */
int
explore_check_out(const char *command, const char *option, const char *out)
{
	char path[4096], *slash;

	if (out == NULL)
		return (-1);
	snprintf(path, sizeof(path), "%s", out);
	if ((slash = strrchr(path, '/')) == NULL)
		snprintf(path, sizeof(path), ".");
	else
		slash[slash == path] = '\0';
	if (access(path, W_OK) == 0)
		return (-1);
	return (cli_usage_error(command, "%s: cannot write into %s", option,
	    path));
}

json_t *
explore_result_read(const char *command, const char *path)
{
	char *text = explore_file_read(command, path);
	json_t *result;

	if (text == NULL)
		return (NULL);
	result = json_loads(text, 0, NULL);
	free(text);
	if (!is_result(result)) {
		json_decref(result);
		cli_usage_error(command, "%s is no result of \"vnetsim "
		    "explore --json\", or was cut short: run that part again",
		    path);
		return (NULL);
	}
	return (result);
}

/* --- telling ------------------------------------------------------------- */

unsigned
explore_columns(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	unsigned long n;

	if (columns != NULL && cli_number(columns, 40, 10000, &n))
		return ((unsigned)n);
	if (!isatty(STDOUT_FILENO) ||
	    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 40)
		return (80);
	return (size.ws_col);
}

static void
tell_clean(const json_t *r)
{
	json_int_t classes = number(r, "classes");
	size_t parts = json_array_size(json_object_get(r, "shards")), all;

	if (!truth(r, "complete"))
		printf("clean: no failure in these schedules; others were "
		    "not tried\n");
	else if (!explore_result_whole(r, &all))
		printf("clean: no failure in %" JSON_INTEGER_FORMAT " %s, all "
		    "of %zu of %zu parts\n", classes != 0 ? classes :
		    number(r, "schedules"), classes != 0 ? "classes" :
		    "schedules", parts, all);
	else if (classes != 0)
		printf("clean: all %" JSON_INTEGER_FORMAT " classes "
		    "explored\n", classes);
	else
		printf("clean: all schedules explored\n");
	if (truth(r, "loops"))
		printf("loops that wait for another thread: only rounds with "
		    "something new\n");
}

static void
tell_text(const json_t *r, const char *out)
{
	const char *report = string(r, "report");

	printf("%s, profile %s, strategy %s, seed %" JSON_INTEGER_FORMAT
	    ": %" JSON_INTEGER_FORMAT " schedules, %.0f a second\n",
	    string(r, "scenario"), string(r, "profile"),
	    string(r, "strategy"), number(r, "seed"), number(r, "schedules"),
	    json_real_value(json_object_get(r, "schedules_per_second")));
	if (string(r, "race")[0] != '\0')
		printf("besides, and not counted: data race: %s\n",
		    string(r, "race"));
	if (!failed(r)) {
		tell_clean(r);
		return;
	}
	if (report[0] != '\0')
		printf("\n%s", report);
	else
		printf("%s: %s\n", string(r, "outcome"), string(r, "message"));
	printf("\nfound in schedule %" JSON_INTEGER_FORMAT,
	    number(r, "first_failure"));
	if (number(r, "failures") > 1)
		printf(", and %" JSON_INTEGER_FORMAT " failed in all",
		    number(r, "failures"));
	if (string(r, "replay")[0] == '\0')
		printf("; it did not fail again, so there is no replay\n");
	else if (out != NULL)
		printf("; again: vnetsim replay %s\n", out);
	else
		printf("; --out FILE keeps it for \"vnetsim replay FILE\"\n");
}

int
explore_result_tell(const json_t *result, const char *out, bool json)
{
	char *text = json_dumps(result, JSON_INDENT(2) |
	    JSON_REAL_PRECISION(6));
	const char *replay = string(result, "replay");
	bool good = true;

	if (json && out != NULL)
		good = vs_file_write(out, text);
	else if (json)
		printf("%s\n", text);
	else if (out != NULL && replay[0] != '\0')
		good = vs_file_write(out, replay);
	free(text);
	if (!good)
		return (EXIT_USAGE);
	if (!json)
		tell_text(result, out);
	return (failed(result) ? EXIT_FOUND : EXIT_CLEAN);
}
