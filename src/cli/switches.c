/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * --profile and --bug, and scenario files by name: what several commands have.
 */
#include <string.h>

#include <vnetsim/vnetsim.h>

#include "cli.h"
#include "scenarios/scenarios.h"

static bool
is_bug(const char *id, size_t len)
{
	const struct vs_bug *bugs;
	size_t n = vs_bugs(&bugs);

	for (size_t i = 0; i < n; i++)
		if (strlen(bugs[i].id) == len &&
		    strncmp(bugs[i].id, id, len) == 0)
			return (true);
	return (false);
}

int
switches_add(struct switches *s, const char *command, const char *text)
{
	const char *value = strchr(text, '=');
	size_t len = strlen(s->list), id;

	if (strcmp(text, "on") == 0) {
		s->all = true;
		return (-1);
	}
	if (value == NULL || (strcmp(value, "=on") != 0 &&
	    strcmp(value, "=off") != 0))
		return (cli_usage_error(command, "--bug: \"%s\" is not "
		    "ID=on, ID=off or on", text));
	id = (size_t)(value - text);
	if (!is_bug(text, id))
		return (cli_usage_error(command, "--bug: there is no "
		    "\"%.*s\"; \"vnetsim bugs\" lists them", (int)id, text));
	if (len + id + 3 > sizeof(s->list))
		return (cli_usage_error(command, "--bug: too many"));
	snprintf(s->list + len, sizeof(s->list) - len, ",%c%.*s",
	    value[2] == 'n' ? '+' : '-', (int)id, text);
	return (-1);
}

void
switches_profile(const struct switches *s, const char *base,
    const char *scenario, char *buf, size_t size)
{
	snprintf(buf, size, "%s%s%s", s->profile != NULL ? s->profile :
	    base != NULL ? base : "fixed", s->all ? scenario : "", s->list);
}

bool
cli_is_script(const char *name)
{
	size_t len = name != NULL ? strlen(name) : 0;

	return (len > 4 && strcmp(name + len - 4, ".scn") == 0);
}

struct vs_script *
cli_script_load(const char *command, const char *path,
    const struct vs_hook *hooks)
{
	struct vs_mistakes mistakes;
	struct vs_script *script = vs_script_load(path, hooks != NULL ? hooks :
	    builtin_hooks, &mistakes);

	if (script == NULL)
		fprintf(stderr, "vnetsim %s: %u mistake%s\n%s", command,
		    mistakes.count, mistakes.count == 1 ? "" : "s",
		    mistakes.text);
	return (script);
}
