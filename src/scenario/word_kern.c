/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * kldload(8), sysctl(8), sleep(1), kill(1); and what FreeBSD has not: refs,
 * the reference ledger, and check, whether all lists fit together.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vnetsim/inspect.h>
#include <vnetsim/observe.h>
#include <vnetsim/syscalls.h>
#include <vnetsim/vnetsim.h>

#include "words.h"

/* --- modules ----------------------------------------------------------- */

int
word_kldload(struct shell *s, int argc, char *const *argv)
{
	int error = vs_kldload(argv[1], NULL);

	(void)argc;
	return (error == 0 ? 0 : word_error(s, "kldload", argv[1], error));
}

/* -f overrides what a module says when it is asked first. */
int
word_kldunload(struct shell *s, int argc, char *const *argv)
{
	int error, fileid;

	if (argc == 2)
		error = vs_kldunload(argv[1]);
	else if ((error = vs_kldfind(argv[2], &fileid)) == 0)
		error = vs_kldunloadf(fileid, 1);
	return (error == 0 ? 0 : word_error(s, "kldunload", argv[argc - 1],
	    error));
}

int
word_kldstat(struct shell *s, int argc, char *const *argv)
{
	struct vs_kldstat stat;

	(void)argc, (void)argv;
	word_print(s, "Id Refs Name\n");
	for (int id = 0; vs_kldnext(id, &stat) == 0; id = stat.id)
		word_print(s, "%2d %4d %s\n", stat.id, stat.refs, stat.name);
	return (0);
}

/* --- variables --------------------------------------------------------- */

/* Its size, of a number's format; 0: it is none. */
static size_t
number_size(const char *format)
{
	switch (format[0]) {
	case 'I':
		return (sizeof(int));
	case 'L':
	case 'Q':
		return (sizeof(long));
	case 'C':
		return (1);
	default:
		return (0);
	}
}

static int
sysctl_show(struct shell *s, const char *name, const char *format)
{
	char text[1024] = "";
	size_t len = sizeof(text) - 1, size = number_size(format);
	int64_t value = 0;
	int error;

	if ((error = vs_sysctl(name, text, &len, NULL, 0)) != 0)
		return (error);
	if (size == 0 || len != size) {
		word_print(s, "%s: %s\n", name, format[0] == 'A' ? text :
		    format);
		return (0);
	}
	memcpy(&value, text, size);
	if (size == sizeof(int) && format[1] != 'U')
		value = (int)value;
	word_print(s, "%s: %" PRId64 "\n", name, value);
	return (0);
}

static int
sysctl_set(const char *name, const char *format, const char *text)
{
	size_t size = number_size(format);
	int64_t value;
	char *end;

	if (size == 0)
		return (vs_sysctl(name, NULL, NULL, text, strlen(text) + 1));
	value = strtoll(text, &end, 0);
	if (end == text || *end != '\0')
		return (EINVAL);
	return (vs_sysctl(name, NULL, NULL, &value, size));
}

static int
sysctl_one(struct shell *s, const char *word)
{
	char name[256], format[VS_SYSCTL_FORMATLEN];
	const char *value = strchr(word, '=');
	int error;

	if (snprintf(name, sizeof(name), "%.*s", value != NULL ?
	    (int)(value - word) : (int)strlen(word), word) >=
	    (int)sizeof(name))
		return (ENAMETOOLONG);
	if ((error = vs_sysctl_format(name, format, NULL)) != 0)
		return (error);
	if (format[0] == 'N')
		return (EISDIR);
	return (value != NULL ? sysctl_set(name, format, value + 1) :
	    sysctl_show(s, name, format));
}

int
word_sysctl(struct shell *s, int argc, char *const *argv)
{
	int error, last = 0;

	for (int i = 1; i < argc; i++)
		if ((error = sysctl_one(s, argv[i])) != 0)
			last = word_error(s, "sysctl", argv[i], error);
	return (last);
}

/* --- processes --------------------------------------------------------- */

int
word_sleep(struct shell *s, int argc, char *const *argv)
{
	long long ns = 0;
	int error;

	(void)argc;
	(void)seconds_parse(argv[1], &ns);
	error = vs_nanosleep(ns);
	return (error == 0 ? 0 : word_error(s, "sleep", argv[1], error));
}

static const struct {
	const char	*name;
	int		number;		/* FreeBSD's and the host's alike */
} signals[] = {
	{ "HUP", 1 }, { "INT", 2 }, { "QUIT", 3 }, { "KILL", 9 },
	{ "ALRM", 14 }, { "TERM", 15 },
};

int
signal_find(const char *name)
{
	unsigned long n;

	if (number_parse(name, 1, 31, &n))
		return ((int)n);
	if (strncmp(name, "SIG", 3) == 0)
		name += 3;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (strcmp(signals[i].name, name) == 0)
			return (signals[i].number);
	return (0);
}

int
word_kill(struct shell *s, int argc, char *const *argv)
{
	int error, sig = argc > 2 ? signal_find(argv[1] + 1) : 15;
	const char *process = argv[argc - 1];
	unsigned long pid;

	if (!number_parse(process, 1, 99999, &pid))
		pid = (unsigned long)script_pid(process);
	error = pid == 0 ? ESRCH : vs_kill((int)pid, sig);
	return (error == 0 ? 0 : word_error(s, "kill", process, error));
}

/* --- refs -------------------------------------------------------------- */

/* "KIND NAME: ..." of the ledger; a jail is a prison there. */
static bool
refs_wanted(const char *line, const char *kind, const char *name)
{
	size_t len;

	if (kind == NULL)
		return (true);
	if (strcmp(kind, "jail") == 0)
		kind = "prison";
	len = strlen(kind);
	if (strncmp(line, kind, len) != 0 || line[len] != ' ')
		return (false);
	if (name == NULL)
		return (true);
	line += len + 1;
	len = strlen(name);
	return (strncmp(line, name, len) == 0 && line[len] == ':');
}

static bool
refs_print(struct shell *s, char *text, const char *kind, const char *name)
{
	bool any = false, wanted = false;
	char *line, *rest = text;

	while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {
		if (line[0] != '\t')
			wanted = refs_wanted(line, kind, name);
		if (wanted)
			word_print(s, "%s\n", line);
		any |= wanted;
	}
	return (any);
}

/* ENOENT if nothing was asked for by name and found. */
int
word_refs(struct shell *s, int argc, char *const *argv)
{
	const char *name = argc > 2 ? argv[2] : NULL;
	size_t size;
	char *text;
	bool any;

	if (s->print == NULL)
		return (0);
	size = vs_ledger_print_all(NULL, 0) + 65536;
	if ((text = malloc(size)) == NULL)
		abort();
	(void)vs_ledger_print_all(text, size);
	any = refs_print(s, text, argc > 1 ? argv[1] : NULL, name);
	free(text);
	return (any || name == NULL ? 0 : word_error(s, "refs", name,
	    ENOENT));
}

/* --- check -------------------------------------------------------------- */

#define	NAMES_MAX	64

/* Two of one name; what the kernel's own check allows where it is a bug. */
static void
check_names(void)
{
	char names[NAMES_MAX][16];
	size_t n = vs_if_list(names, NAMES_MAX);

	for (size_t i = 0; i < n && i < NAMES_MAX; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(names[i], names[k]) == 0)
				vs_fail("check: two interfaces are called %s",
				    names[i]);
}

/* Something that is wrong is wrong whoever asked, so it ends the run. */
int
word_check(struct shell *s, int argc, char *const *argv)
{
	char text[1024] = "";

	(void)s, (void)argc, (void)argv;
	check_names();
	if (vs_check_invariants(text, sizeof(text)) == 0 &&
	    vs_check_jails(text, sizeof(text)) == 0 &&
	    vs_check_cdevs(text, sizeof(text)) == 0 &&
	    vs_check_devfs(text, sizeof(text)) == 0)
		return (0);
	text[strcspn(text, "\n")] = '\0';
	vs_fail("check: %s", text);
}
