/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The language of fail(9):
 *
 *	setting = term *("->" term)
 *	term    = *(number "%" / integer "*") action
 *	    ["(" integer ")" ["[pid " integer "]"]]
 */
#include <sys/param.h>
#include <sys/systm.h>

#include "fail_var.h"

static const char * const action_names[] = {
	[FAIL_OFF] = "off",
	[FAIL_PANIC] = "panic",
	[FAIL_RETURN] = "return",
	[FAIL_BREAK] = "break",
	[FAIL_PRINT] = "print",
	[FAIL_SLEEP] = "sleep",
	[FAIL_PAUSE] = "pause",
	[FAIL_YIELD] = "yield",
	[FAIL_DELAY] = "delay",
};

/* Each of the following takes its piece off the front, or returns false. */

static bool
take(const char **p, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*p, word, len) != 0)
		return (false);
	*p += len;
	return (true);
}

static bool
take_integer(const char **p, int *value)
{
	bool negative = take(p, "-");
	int64_t n = 0;

	if (**p < '0' || **p > '9')
		return (false);
	for (; **p >= '0' && **p <= '9'; ++*p)
		n = MIN(n * 10 + (**p - '0'), INT_MAX);
	*value = negative ? -n : n;
	return (true);
}

/* Up to four digits behind the point count, the fifth rounds. */
static int
take_fraction(const char **p)
{
	int digits = 0, scale = PROB_MAX / 100, units = 0;

	for (; **p >= '0' && **p <= '9'; ++*p) {
		scale /= 10;
		if (++digits <= 4)
			units += scale * (**p - '0');
		else if (digits == 5)
			units += **p >= '5';
	}
	return (units);
}

/* "2.5%" or "3*", what comes before an action. */
static bool
take_modifier(const char **p, struct fail_entry *fe)
{
	const char *start = *p;
	int fraction = 0, number = 0;
	bool point, whole;

	whole = take_integer(p, &number);
	point = take(p, ".");
	if (point)
		fraction = take_fraction(p);
	if ((whole || point) && number >= 0 && take(p, "%")) {
		fe->fe_prob = number >= 100 ? PROB_MAX :
		    number * (PROB_MAX / 100) + fraction;
		return (true);
	}
	if (whole && !point && number > 0 && take(p, "*")) {
		fe->fe_count = number;
		return (true);
	}
	*p = start;
	return (false);
}

static bool
take_action(const char **p, enum fail_action *action)
{
	size_t i;

	for (i = 0; i < nitems(action_names); i++) {
		if (take(p, action_names[i])) {
			*action = (enum fail_action)i;
			return (true);
		}
	}
	return (false);
}

static bool
take_term(const char **p, struct fail_entry *fe)
{
	fe->fe_prob = PROB_MAX;
	fe->fe_count = -1;
	fe->fe_arg = 0;
	fe->fe_pid = -1;
	while (take_modifier(p, fe))
		;
	if (!take_action(p, &fe->fe_action))
		return (false);
	if (!take(p, "("))
		return (true);
	if (!take_integer(p, &fe->fe_arg) || !take(p, ")"))
		return (false);
	if (!take(p, "[pid "))
		return (true);
	return (take_integer(p, &fe->fe_pid) && take(p, "]"));
}

/* Drops the terms that cannot be reached, in place. */
static void
setting_reduce(struct fail_point_setting *fs)
{
	const struct fail_entry *fe;
	bool end = false;
	int i, n = 0;

	for (i = 0; i < fs->fs_n; i++) {
		fe = &fs->fs_entries[i];
		if (end)
			printf("Discarding unreachable entry %s\n",
			    action_names[fe->fe_action]);
		else if (fe->fe_prob == 0)
			printf("Discarding entry which cannot execute %s\n",
			    action_names[fe->fe_action]);
		else if (fe->fe_action == FAIL_OFF && fe->fe_count < 0 &&
		    fe->fe_prob == PROB_MAX)
			end = true;
		else {
			end = fe->fe_action == FAIL_PAUSE &&
			    fe->fe_prob == PROB_MAX && fe->fe_pid < 0 &&
			    fe->fe_count < 0;
			fs->fs_entries[n++] = *fe;
		}
	}
	fs->fs_n = n;
}

int
fail_parse(const char *text, struct fail_point_setting *fs)
{
	const char *p = text;

	if (strlen(text) > FAIL_TEXT)
		return (EINVAL);
	fs->fs_n = 0;
	do {
		if (fs->fs_n == FAIL_ENTRIES ||
		    !take_term(&p, &fs->fs_entries[fs->fs_n]))
			return (EINVAL);
		fs->fs_n++;
	} while (take(&p, "->"));
	if (*p != '\0')
		return (EINVAL);
	setting_reduce(fs);
	return (0);
}

/* --- the other way round -------------------------------------------------- */

static size_t
print_probability(int prob, char *buf, size_t size)
{
	const int percent = PROB_MAX / 100;
	int digits = 4, fraction = prob % percent;

	if (prob == PROB_MAX)
		return (0);
	if (fraction == 0)
		return (snprintf(buf, size, "%d%%", prob / percent));
	for (; fraction % 10 == 0; digits--)
		fraction /= 10;
	return (snprintf(buf, size, "%d.%0*d%%", prob / percent, digits,
	    fraction));
}

static size_t
print_term(const struct fail_entry *fe, char *buf, size_t size)
{
	size_t len;

	len = print_probability(fe->fe_prob, buf, size);
	if (fe->fe_count >= 0)
		len += snprintf(buf + len, size - len, "%d*", fe->fe_count);
	len += snprintf(buf + len, size - len, "%s",
	    action_names[fe->fe_action]);
	if (fe->fe_arg != 0)
		len += snprintf(buf + len, size - len, "(%d)", fe->fe_arg);
	if (fe->fe_pid != -1)
		len += snprintf(buf + len, size - len, "[pid %d]",
		    fe->fe_pid);
	return (len);
}

void
fail_print(const struct fail_point_setting *fs, char *buf, size_t size)
{
	char term[64];
	int i;

	strlcpy(buf, fs == NULL ? "off" : "", size);
	for (i = 0; fs != NULL && i < fs->fs_n; i++) {
		print_term(&fs->fs_entries[i], term, sizeof(term));
		if (i > 0)
			strlcat(buf, "->", size);
		strlcat(buf, term, size);
	}
}
