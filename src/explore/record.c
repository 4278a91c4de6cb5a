/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The text of a replay file.
 *
 *	vnetsim-replay 1
 *	scenario epair-destroy-vmove
 *	...				a key and a value a line
 *	schedule destroyer:14 mover:6
 *	events 437
 *	destroyer begin destroyer	a line for each event
 *	...
 *	end 5f0c...			a hash of all that stands above
 *
 * The events are what a replay is checked against.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../host/impl.h"
#include "tape.h"

#define	FORMAT		"1"

static char refusal[VS_MESSAGE_MAX];

void
vx_record_refuse(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(refusal, sizeof(refusal), fmt, ap);
	va_end(ap);
}

const char *
vs_replay_error(void)
{
	return (refusal);
}

static uint64_t
hash_text(const char *text, size_t len)
{
	uint64_t hash = 0xcbf29ce484222325ULL;

	while (len-- > 0)
		hash = (hash ^ (unsigned char)*text++) * 0x100000001b3ULL;
	return (hash);
}

/* --- writing ------------------------------------------------------------- */

/* A value is one line. */
static void
print_value(FILE *out, const char *key, const char *value)
{
	if (value == NULL || value[0] == '\0')
		return;
	fprintf(out, "%s ", key);
	for (; *value != '\0'; value++)
		putc(*value == '\n' ? ' ' : *value, out);
	putc('\n', out);
}

static void
print_header(FILE *out, const struct vx_failure *f)
{
	const char *profile = f->scenario->config.profile;

	print_value(out, "scenario", f->scenario->name);
	print_value(out, "module", f->how->module);
	print_value(out, "entry", f->how->entry);
	print_value(out, "profile", profile != NULL ? profile : "fixed");
	print_value(out, "kernel", host_kernel->name);
	print_value(out, "accesses", f->how->locks_only ? "off" : "on");
	fprintf(out, "image %016" PRIx64 "\n", host_image_hash());
	print_value(out, "points", f->exact ? "all" : "some");
	print_value(out, "fair", f->unfair ? "no" : "yes");
	print_value(out, "strategy", f->how->strategy);
	fprintf(out, "seed %" PRIu64 "\n", f->seed);
	print_value(out, "kind", vs_kind_name(f->kind));
	print_value(out, "message", f->message);
	print_value(out, "thread", f->thread);
	fprintf(out, "preemptions %u%s\n", f->preemptions,
	    f->least ? " (no fewer)" : "");
	print_value(out, "without", f->without);
	print_value(out, "left-out", f->left_out);
	fputs("schedule ", out);
	vx_tape_print(out, &f->tape);
	fputs("\nchoices ", out);
	vx_tape_print_choices(out, &f->tape);
	putc('\n', out);
}

char *
vx_record_print(const struct vx_failure *f, const char *events,
    size_t nevents)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		host_fatal("out of memory for a replay text");
	fprintf(out, "vnetsim-replay %s\n", FORMAT);
	print_header(out, f);
	fprintf(out, "events %zu\n%s", nevents, events);
	fflush(out);
	fprintf(out, "end %016" PRIx64 "\n", hash_text(text, size));
	fclose(out);
	return (text);
}

/* --- reading ------------------------------------------------------------- */

static bool
check_format(const char *text)
{
	static const char magic[] = "vnetsim-replay ";
	size_t len = sizeof(magic) - 1;

	if (strncmp(text, magic, len) != 0) {
		vx_record_refuse("no replay file: it does not begin with "
		    "\"vnetsim-replay\"; write one with "
		    "\"vnetsim explore ... --out FILE\"");
		return (false);
	}
	text += len;
	len = strcspn(text, "\n");
	if (len == strlen(FORMAT) && strncmp(text, FORMAT, len) == 0)
		return (true);
	vx_record_refuse("format %.*s is another version's (this one "
	    "reads %s): replay it with that version, or explore again",
	    (int)(len < 16 ? len : 16), text, FORMAT);
	return (false);
}

/* The last line vouches for all others; it is cut off. */
static bool
check_end(char *text)
{
	char *end = text, *next;
	uint64_t hash;

	for (next = text; (next = strstr(next, "\nend ")) != NULL; next++)
		end = next + 1;
	if (end != text && sscanf(end, "end %" SCNx64, &hash) == 1 &&
	    strlen(end) == sizeof("end 0123456789abcdef\n") - 1 &&
	    hash == hash_text(text, (size_t)(end - text))) {
		*end = '\0';
		return (true);
	}
	vx_record_refuse("the replay file was cut short or changed: copy it "
	    "again from where it was written, or explore again");
	return (false);
}

static bool
parse_events(struct vx_record *r, char *rest)
{
	char *line;
	size_t n = 0;

	r->events = calloc(r->nevents + 1, sizeof(*r->events));
	if (r->events == NULL)
		host_fatal("out of memory for a replay text");
	while (n < r->nevents && (line = strsep(&rest, "\n")) != NULL)
		r->events[n++] = line;
	return (n == r->nevents && rest != NULL && rest[0] == '\0');
}

/* Where the value of a key goes that is nothing but text. */
static const char **
text_field(struct vx_record *r, const char *key)
{
	const struct {
		const char	*key;
		const char	**field;
	} fields[] = {
		{ "scenario", &r->scenario }, { "module", &r->module },
		{ "entry", &r->entry }, { "profile", &r->profile },
		{ "kernel", &r->kernel }, { "kind", &r->kind },
		{ "message", &r->message }, { "thread", &r->thread },
		{ "without", &r->without },
		{ "left-out", &r->left_out },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (strcmp(fields[i].key, key) == 0)
			return (fields[i].field);
	return (NULL);
}

static bool
parse_lines(struct vx_record *r)
{
	const char *schedule = "", *choices = "", **field;
	char *rest = r->text, *line, *value;

	(void)strsep(&rest, "\n");
	while ((line = strsep(&rest, "\n")) != NULL && rest != NULL) {
		if ((value = strchr(line, ' ')) == NULL)
			return (false);
		*value++ = '\0';
		if ((field = text_field(r, line)) != NULL)
			*field = value;
		else if (strcmp(line, "accesses") == 0)
			r->locks_only = strcmp(value, "off") == 0;
		else if (strcmp(line, "points") == 0)
			r->exact = strcmp(value, "all") == 0;
		else if (strcmp(line, "fair") == 0)
			r->unfair = strcmp(value, "no") == 0;
		else if (strcmp(line, "image") == 0)
			r->image = strtoull(value, NULL, 16);
		else if (strcmp(line, "schedule") == 0)
			schedule = value;
		else if (strcmp(line, "choices") == 0)
			choices = value;
		else if (strcmp(line, "events") == 0) {
			r->nevents = strtoul(value, NULL, 10);
			return (r->nevents <= VX_STEPS &&
			    vx_tape_parse(&r->tape, schedule, choices) &&
			    parse_events(r, rest));
		}
	}
	return (false);
}

bool
vx_record_parse(struct vx_record *r, const char *text)
{
	memset(r, 0, sizeof(*r));
	refusal[0] = '\0';
	if (!check_format(text))
		return (false);
	if ((r->text = strdup(text)) == NULL)
		host_fatal("out of memory for a replay text");
	r->kind = r->message = r->thread = r->without =
	    r->left_out = "";
	if (!check_end(r->text))
		return (false);
	if (parse_lines(r) && r->scenario != NULL && r->profile != NULL)
		return (true);
	vx_record_refuse("the replay file is not complete: explore again");
	return (false);
}

void
vx_record_drop(struct vx_record *r)
{
	vx_tape_drop(&r->tape);
	free(r->events);
	free(r->text);
	memset(r, 0, sizeof(*r));
}
