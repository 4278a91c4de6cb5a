/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The run that is shown: a failure's, else one that does not fail.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "trace.h"

static int
number_option(const char *command, const char *name, unsigned long low,
    unsigned long *value)
{
	if (cli_number(optarg, low, INT64_MAX, value))
		return (-1);
	return (cli_usage_error(command, "--%s: \"%s\" is not a number from "
	    "%lu to %lu", name, optarg, low, (unsigned long)INT64_MAX));
}

int
shown_option(struct shown *s, const char *command, int c)
{
	s->given |= c != 'm';
	switch (c) {
	case 'b':
		return (switches_add(&s->switches, command, optarg));
	case 'p':
		s->switches.profile = optarg;
		return (-1);
	case 'm':
		s->module = optarg;
		return (-1);
	case 'e':
		s->entry = optarg;
		return (-1);
	case 'n':
		return (number_option(command, "schedules", 1,
		    &s->schedules));
	case 'x':
		return (number_option(command, "seed", 0, &s->seed));
	case 'a':
		s->locks_only = strcmp(optarg, "off") == 0;
		if (s->locks_only || strcmp(optarg, "on") == 0)
			return (-1);
		return (cli_usage_error(command, "--accesses: \"%s\" is not "
		    "on or off", optarg));
	default:
		return (cli_usage_error(command, "bad option, or one without "
		    "its value"));
	}
}

/* --- a scenario ---------------------------------------------------------- */

/* As "vnetsim explore" does it: the instrumented one sees most. */
static void
choose_kernel(const struct shown *s, char **arguments)
{
	const char *kernel = "instrumented";

	if (s->module != NULL && !cli_is_script(s->module))
		kernel = explore_module_kernel(s->module);
	else if (s->locks_only)
		return;
	if (!cli_kernel_given && kernel != NULL &&
	    strcmp(kernel, cli_kernel) != 0)
		cli_become(kernel, arguments);
}

static const struct vs_story *
tell_scenario(struct shown *s, const char *name, const char *command,
    int *status)
{
	struct vs_explore how = {
		.schedules = s->schedules != 0 ? s->schedules : 1000,
		.seed = s->seed, .locks_only = s->locks_only, .story = true,
	};
	const struct vs_explored *e;
	struct vs_scenario scenario;
	struct vs_script *script;

	if ((*status = explore_scenario(command, name, s->module, s->entry,
	    &scenario, &script)) >= 0)
		return (NULL);
	if (script != NULL)
		s->title = vs_script_title(script);
	switches_profile(&s->switches, scenario.config.profile,
	    script != NULL ? vs_script_switches(script) : "", s->profile,
	    sizeof(s->profile));
	scenario.config.profile = s->profile;
	how.pass_races = script != NULL &&
	    !vs_script_expects_race(script, s->profile);
	if ((e = vs_explore(&scenario, &how)) == NULL)
		*status = cli_usage_error(command, "--profile: \"%s\" is "
		    "unknown, or a module of the scenario is", s->profile);
	else if (e->story == NULL)
		*status = cli_usage_error(command, "%s: the failure did not "
		    "come again: %s", name, e->message);
	return (e != NULL ? e->story : NULL);
}

/* --- a replay ------------------------------------------------------------ */

static const struct vs_story *
tell_replay(struct shown *s, const char *path, char **arguments, int *status)
{
	const struct vs_explore how = { .story = true };
	const struct vs_explored *e = NULL;
	struct vs_scenario scenario;
	struct vs_script *script;
	char *text;

	if (s->given) {
		*status = cli_usage_error(arguments[0], "%s is a replay: its "
		    "profile, bugs and schedule are what they were", path);
		return (NULL);
	}
	*status = EXIT_USAGE;
	if ((text = explore_replay_text(arguments[0], path)) == NULL)
		return (NULL);
	*status = explore_replay_scenario(arguments, path, text, s->module,
	    &scenario, &script);
	if (*status < 0 && (e = vs_replay(&scenario, text, &how)) == NULL)
		*status = cli_usage_error(arguments[0], "%s: %s", path,
		    vs_replay_error());
	free(text);
	if (*status >= 0 || e == NULL)
		return (NULL);
	if (script != NULL)
		s->title = vs_script_title(script);
	if (e->diverged == NULL)
		return (e->story);
	*status = explore_replay_diverged(arguments[0], path, e->diverged);
	return (NULL);
}

/* What is no file may be the name of a scenario. */
static bool
is_replay(const char *name)
{
	FILE *in;

	if (name == NULL || cli_is_script(name) ||
	    (in = fopen(name, "r")) == NULL)
		return (strchr(name != NULL ? name : "", '/') != NULL &&
		    !cli_is_script(name));
	fclose(in);
	return (true);
}

const struct vs_story *
shown_story(struct shown *s, const char *name, char **arguments, int *status)
{
	s->title = "";
	if (is_replay(name))
		return (tell_replay(s, name, arguments, status));
	choose_kernel(s, arguments);
	return (tell_scenario(s, name, arguments[0], status));
}
