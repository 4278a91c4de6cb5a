/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Lines against forms.
 */
#include <stdio.h>
#include <string.h>

#include "words.h"

#define	TOKEN_MAX	48

/* How far some words fit a form. */
struct fit {
	int		at;		/* the first word that does not; -1 */
	char		wanted[TOKEN_MAX];	/* there, "" for the end */
	const char	*reason;	/* beside that, or NULL */
	char		inner[WORDS_WHY];	/* of a command in the command */
};

/* --- kinds of words ---------------------------------------------------- */

static const char *
is_ifname(const char *word)
{
	if (word[0] == '\0' || word[0] == '-')
		return ("the name of an interface");
	return (strlen(word) < 16 ? NULL :
	    "an interface's name has at most 15 characters");
}

static const char *
is_text(const char *word)
{
	return (word[0] != '\0' ? NULL : "it is empty");
}

static const char *
is_device(const char *word)
{
	return (strncmp(word, "/dev", 4) == 0 &&
	    (word[4] == '\0' || word[4] == '/') ? NULL :
	    "a path below /dev");
}

static const char *
is_path(const char *word)
{
	return (word[0] == '/' ? NULL : "a path from the root");
}

static const char *
is_handle(const char *word)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

	return (word[0] != '\0' && strspn(word, letters) == strlen(word) ?
	    NULL : "a handle's name has letters, digits and _");
}

static const char *
is_bytes(const char *word)
{
	unsigned long n;

	return (number_parse(word, 0, BYTES_MAX, &n) ? NULL :
	    "a number from 0 to 16384");
}

static const char *
is_value(const char *word)
{
	unsigned long n;

	return (number_parse(word, 0, 0x7fffffff, &n) ? NULL :
	    "a number from 0 to 2147483647");
}

static const char *
is_seconds(const char *word)
{
	long long ns;

	return (seconds_parse(word, &ns) ? NULL :
	    "seconds, as in 1 or 0.25, less than a million");
}

static const char *
is_request(const char *word)
{
	return (request_find(word) != 0 ? NULL :
	    "a request by name, as TUNSTRANSIENT, or as a number, 0x...");
}

static const char *
is_signal(const char *word)
{
	return (word[0] == '-' && signal_find(word + 1) != 0 ? NULL :
	    "a signal, as in -KILL, -INT or -9");
}

static const char *
is_process(const char *word)
{
	return (word[0] != '\0' && word[0] != '-' ? NULL :
	    "a thread of the scenario, or a process's number");
}

static const struct kind {
	const char	*name;
	const char	*(*check)(const char *word);
} kinds[] = {
	{ "IFNAME", is_ifname },
	{ "JAIL", is_text },
	{ "GROUP", is_ifname },
	{ "ADDRESS", is_text },
	{ "LINK", is_ifname },
	{ "TEXT", is_text },
	{ "PARAMETER", is_text },
	{ "MODULE", is_text },
	{ "VARIABLE", is_text },
	{ "DEVICE", is_device },
	{ "PATH", is_path },
	{ "HANDLE", is_handle },
	{ "BYTES", is_bytes },
	{ "VALUE", is_value },
	{ "SECONDS", is_seconds },
	{ "REQUEST", is_request },
	{ "SIGNAL", is_signal },
	{ "PROCESS", is_process },
	{ "KIND", is_text },
	{ "NAME", is_text },
};

/* --- tokens ------------------------------------------------------------ */

/* The next token of a form, with its brackets and dots; false at the end. */
static bool
next_token(const char **form, char token[TOKEN_MAX])
{
	size_t len;

	*form += strspn(*form, " ");
	len = strcspn(*form, " ");
	if (len == 0 || len >= TOKEN_MAX)
		return (false);
	memcpy(token, *form, len);
	token[len] = '\0';
	*form += len;
	return (true);
}

static bool
is_one_of(const char *word, const char *alternatives)
{
	size_t len, wanted = strlen(word);

	for (;; alternatives += len + 1) {
		len = strcspn(alternatives, "|");
		if (len == wanted && strncmp(word, alternatives, len) == 0)
			return (true);
		if (alternatives[len] == '\0')
			return (false);
	}
}

/* NULL: it fits; else a reason, "" if the token is reason enough. */
static const char *
token_fits(const char *token, const char *word)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(token, kinds[i].name) == 0)
			return (kinds[i].check(word));
	return (is_one_of(word, token) ? NULL : "");
}

/* --- commands in commands ---------------------------------------------- */

/* argv[at..], the first of them from `text` on, must be a command. */
static bool
fits_command(int argc, char *const *argv, int at, char *text, struct fit *fit)
{
	char *inner[WORDS_MAX + 1];
	int bad, n = 0;

	if (at < argc)
		inner[n++] = text;
	while (at + n < argc) {
		inner[n] = argv[at + n];
		n++;
	}
	inner[n] = NULL;
	fit->at = -1;
	if (n == 0) {
		fit->at = at;
		return (false);
	}
	if (word_find(n, inner, &bad, fit->inner) == NULL)
		fit->at = at + bad;
	return (fit->at < 0);
}

/* Of a jail: "name=j persist", and at the end perhaps "command=ls /dev". */
static bool
fits_parameters(int argc, char *const *argv, int at, struct fit *fit)
{
	static const char command[] = "command=";

	if (at >= argc) {
		fit->at = at;
		return (false);
	}
	for (int i = at; i < argc; i++) {
		if (strncmp(argv[i], command, strlen(command)) == 0)
			return (fits_command(argc, argv, i, argv[i] +
			    strlen(command), fit));
		if ((fit->reason = is_text(argv[i])) != NULL) {
			fit->at = i;
			return (false);
		}
	}
	fit->at = -1;
	return (true);
}

/* --- forms ------------------------------------------------------------- */

/* One or more words that fit; how many, 0 if the first does not. */
static int
fits_many(const char *token, int argc, char *const *argv, int at,
    struct fit *fit)
{
	int n = 0;

	while (at + n < argc &&
	    (fit->reason = token_fits(token, argv[at + n])) == NULL)
		n++;
	return (n);
}

/*
 * One token and the words from `*at` on, which goes ahead; false if they do
 * not fit.
 */
static bool
fits_token(char *token, int argc, char *const *argv, int *at, struct fit *fit)
{
	size_t len = strlen(token);
	int n;

	if (len > 3 && strcmp(token + len - 3, "...") == 0) {
		token[len - 3] = '\0';
		n = fits_many(token, argc, argv, *at, fit);
		*at += n;
		return (n > 0 && *at == argc);
	}
	if (token[0] == '[') {
		token[len - 1] = '\0';
		memmove(token, token + 1, len - 1);
		if (*at == argc)
			return (true);
	}
	if (*at == argc)
		return (false);
	fit->reason = token_fits(token, argv[*at]);
	*at += fit->reason == NULL;
	return (fit->reason == NULL);
}

static void
fits(const char *form, int argc, char *const *argv, struct fit *fit)
{
	char token[TOKEN_MAX];
	int at = 0;

	fit->inner[0] = fit->wanted[0] = '\0';
	fit->reason = NULL;
	while (next_token(&form, token)) {
		if (strcmp(token, "COMMAND") == 0) {
			(void)fits_command(argc, argv, at, argv[at], fit);
			at = argc;
		} else if (strcmp(token, "PARAMETERS") == 0) {
			(void)fits_parameters(argc, argv, at, fit);
			at = argc;
		} else if (fits_token(token, argc, argv, &at, fit))
			continue;
		else
			fit->at = at;
		snprintf(fit->wanted, sizeof(fit->wanted), "%s", token);
		return;
	}
	fit->at = at == argc ? -1 : at;
}

/* --- what to say ------------------------------------------------------- */

/* "a, b or c": one more, unless it is there already. */
static void
add_wanted(char *list, size_t size, const char *token)
{
	const char *there = strstr(list, token);
	size_t len = strlen(list), n = strlen(token);

	if (there != NULL && (there == list || there[-1] == ' ') &&
	    (there[n] == ',' || there[n] == '\0'))
		return;
	snprintf(list + len, size - len, "%s%s", len == 0 ? "" : ", ", token);
}

static void
say_unknown(const char *word, char why[WORDS_WHY])
{
	char list[WORDS_WHY - 96] = "", name[TOKEN_MAX];
	const char *form;

	for (const struct word *w = word_forms; w->form != NULL; w++) {
		form = w->form;
		(void)next_token(&form, name);
		add_wanted(list, sizeof(list), name);
	}
	snprintf(why, WORDS_WHY, "there is no command \"%.40s\"; there are %s",
	    word, list);
}

static void
say(int argc, char *const *argv, const struct fit *best, const char *list,
    char why[WORDS_WHY])
{
	if (best->inner[0] != '\0')
		snprintf(why, WORDS_WHY, "%s", best->inner);
	else if (best->at == argc)
		snprintf(why, WORDS_WHY, "something is missing after "
		    "\"%.40s\"; give %s", argv[argc - 1], list);
	else if (list[0] == '\0')
		snprintf(why, WORDS_WHY, "\"%.40s\" is too much; the command "
		    "ends before it", argv[best->at]);
	else
		snprintf(why, WORDS_WHY, "\"%.40s\" cannot stand here; give "
		    "%s%s%s%s", argv[best->at], list,
		    best->reason != NULL && best->reason[0] != '\0' ? " (" :
		    "", best->reason != NULL ? best->reason : "",
		    best->reason != NULL && best->reason[0] != '\0' ? ")" :
		    "");
}

const struct word *
word_find(int argc, char *const *argv, int *bad, char why[WORDS_WHY])
{
	struct fit fit, best = { .at = 0 };
	char list[WORDS_WHY / 2] = "";

	for (const struct word *w = word_forms; w->form != NULL; w++) {
		fits(w->form, argc, argv, &fit);
		if (fit.at < 0)
			return (w);
		if (fit.at == 0 || fit.at < best.at)
			continue;
		if (fit.at > best.at) {
			best = fit;
			list[0] = '\0';
		}
		if (best.reason == NULL || best.reason[0] == '\0')
			best.reason = fit.reason;
		if (fit.wanted[0] != '\0')
			add_wanted(list, sizeof(list), fit.wanted);
	}
	*bad = best.at;
	if (best.at == 0)
		say_unknown(argv[0], why);
	else
		say(argc, argv, &best, list, why);
	return (NULL);
}
