/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Scenario files from the disk to a struct vs_scenario.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vnetsim/scenario.h>

#include "script.h"

static char *
copy(const char *text, size_t len)
{
	char *p = malloc(len + 1);

	if (p == NULL)
		abort();
	if (len != 0)
		memcpy(p, text, len);
	p[len] = '\0';
	return (p);
}

/* --- reading ----------------------------------------------------------- */

/* "scenarios/a.scn" is called "a". */
static char *
name_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t len;

	if (slash != NULL)
		path = slash + 1;
	len = strlen(path);
	if (len > 4 && strcmp(path + len - 4, ".scn") == 0)
		len -= 4;
	return (copy(path, len));
}

static char *
switches_of(const struct vs_script *s)
{
	char text[BUGS_MAX * 64] = "";
	size_t len = 0;

	for (unsigned i = 0; i < s->nbugs && len < sizeof(text); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    ",+%s", s->bugs[i]);
	return (copy(text, strlen(text)));
}

/* Of text that is none, the place. */
static bool
is_text(struct parser *p, const char *text, size_t len)
{
	const char *nul = memchr(text, '\0', len);

	p->line = 1;
	if (len > SCRIPT_MAX) {
		mistake(p, 1, "a file of more than %d bytes; make several of "
		    "it", SCRIPT_MAX);
		return (false);
	}
	if (nul == NULL) {
		p->line = 0;
		return (true);
	}
	for (; (len = (size_t)(nul - text)) != 0 &&
	    memchr(text, '\n', len) != NULL; p->line++)
		text = (const char *)memchr(text, '\n', len) + 1;
	mistake(p, (unsigned)len + 1, "a zero byte; is this a text file?");
	return (false);
}

struct vs_script *
vs_script_parse(const char *name, const char *text, size_t len,
    const struct vs_hook *hooks, struct vs_mistakes *mistakes)
{
	struct vs_script *s = calloc(1, sizeof(*s));
	struct parser *p = calloc(1, sizeof(*p));

	if (s == NULL || p == NULL)
		abort();
	mistakes->count = 0;
	mistakes->text[0] = '\0';
	s->path = copy(name, strlen(name));
	s->name = name_of(name);
	s->hooks = hooks;
	p->script = s;
	p->mistakes = mistakes;
	if (is_text(p, text, len)) {
		s->text = copy(text, len);
		s->source = copy(text, len);
		parse_text(p);
	}
	block_free(&p->broken);
	free(p);
	if (mistakes->count != 0) {
		vs_script_free(s);
		return (NULL);
	}
	s->switches = switches_of(s);
	script_bind(s);
	script_operations(s);
	return (s);
}

/* All of it, and a byte more than a file may have. */
static size_t
read_file(FILE *file, char **text)
{
	size_t len;

	if ((*text = malloc(SCRIPT_MAX + 1)) == NULL)
		abort();
	len = fread(*text, 1, SCRIPT_MAX + 1, file);
	return (len);
}

struct vs_script *
vs_script_load(const char *path, const struct vs_hook *hooks,
    struct vs_mistakes *mistakes)
{
	FILE *file = fopen(path, "re");
	struct vs_script *s = NULL;
	char *text = NULL;
	size_t len = 0;

	errno = file == NULL ? errno : 0;
	if (file != NULL)
		len = read_file(file, &text);
	if (file == NULL || ferror(file) != 0) {
		mistakes->count = 1;
		snprintf(mistakes->text, sizeof(mistakes->text), "%s: %s; "
		    "give the path of a scenario file\n", path,
		    strerror(errno));
	} else
		s = vs_script_parse(path, text, len, hooks, mistakes);
	free(text);
	if (file != NULL)
		fclose(file);
	return (s);
}

void
vs_script_free(struct vs_script *s)
{
	if (s == NULL)
		return;
	block_free(&s->setup);
	block_free(&s->finally);
	for (unsigned i = 0; i < s->nthreads; i++)
		block_free(&s->threads[i]);
	free(s->path);
	free(s->name);
	free(s->text);
	free(s->source);
	free(s->title);
	free(s->switches);
	free(s->modules);
	free(s->profile);
	free(s);
}

/* --- asking ------------------------------------------------------------ */

const char *
vs_script_name(const struct vs_script *s)
{
	return (s->name);
}

const char *
vs_script_title(const struct vs_script *s)
{
	return (s->title != NULL ? s->title : "");
}

const char *
vs_script_switches(const struct vs_script *s)
{
	return (s->switches);
}
