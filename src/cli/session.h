/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * A booted kernel and the commands that are typed at it.
 *
 * An applet has the name and the words of the FreeBSD command it stands for.
 * It runs on a kernel thread, with the credential of that thread's process,
 * and so in whatever jail that is in; it prints errors as the command does.
 */
#ifndef _SESSION_H_
#define _SESSION_H_

#include <stdbool.h>
#include <stddef.h>

#define	WORDS_MAX	64

/* All constant while a line is run. */
struct session {
	unsigned	line;		/* of the input, from 1 */
};

/* 0, 1 (it failed, and has said so), or 2: usage. */
typedef int applet_fn(struct session *s, int argc, char **argv);

applet_fn applet_ifconfig;
applet_fn applet_jail;
applet_fn applet_jexec;
applet_fn applet_jls;
applet_fn applet_ls;
applet_fn applet_refs;

/* Runs a command by its name; says so, and returns 2, if there is none. */
int	session_run(struct session *s, int argc, char **argv);
/* Prints "NAME: WHAT: errno's text" and returns 1. */
int	applet_fail(const char *name, const char *what, int error);
/* Prints "usage: TEXT" and returns 2. */
int	applet_usage(const char *text);

/*
 * Cuts a line into words, in place: blanks separate, '...', "..." and \ quote,
 * # begins a comment.  The number of words, or -1 with `*error` and `*column`,
 * from 1.
 */
int	words_split(char *line, char *words[WORDS_MAX + 1],
	    const char **error, unsigned *column);

#endif /* !_SESSION_H_ */
