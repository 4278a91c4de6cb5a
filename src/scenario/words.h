/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Words: FreeBSD's commands, as they are typed.
 *
 *	split.c		a line into words
 *	form.c		do they fit one of the forms; if not, where, and why
 *	words.c		the table of forms
 *	word_*.c	what they do
 *	shell.c		one line after the other: "vnetsim sh"
 *
 * A line is cut and checked before anything runs.  What a word does runs on a
 * kernel thread, with the credential of that thread's process, and so in
 * whatever jail that is in; it may be a fiber of the controlled scheduler,
 * where nothing may be kept in libc's memory.
 *
 * This room is the host's side: it includes <vnetsim/...> and libc.
 */
#ifndef _WORDS_H_
#define _WORDS_H_

#include <stdbool.h>
#include <stddef.h>

#pragma GCC visibility push(hidden)

#define	WORDS_MAX	64
#define	WORDS_WHY	512
#define	SHELL_HANDLES	16
#define	BYTES_MAX	16384	/* of a read or a write */

/* --- lines (split.c) --------------------------------------------------- */

/* The words of a line; they stand in its text, which the cutting overwrites. */
struct words {
	int		n;
	char		*v[WORDS_MAX + 1];	/* NULL at the end */
	unsigned	column[WORDS_MAX + 1];	/* from 1; [n]: the end */
	bool		quoted[WORDS_MAX];
};

/*
 * Cuts a line: blanks separate, '...', "..." and \ quote, # begins a comment.
 * NULL, or what is wrong, at `*column`.
 */
const char	*words_split(char *line, struct words *w, unsigned *column);

/* --- whoever runs words ------------------------------------------------ */

/* Used by one thread.  A process that is started gets a copy. */
struct shell {
	/* Output and error messages; NULL: nobody wants to know. */
	void		(*print)(void *arg, bool error, const char *text);
	void		*arg;
	struct {
		const char	*name;
		int		fd;
	} handles[SHELL_HANDLES];
	int		nhandles;
};

/* 0 or an errno, of words that fit. */
typedef int word_fn(struct shell *s, int argc, char *const *argv);

/*
 * A form that a line can have.  What is in capitals stands for a word of a
 * kind (form.c), "a|b" for one of these, [X] for one that may be left out,
 * X... for one or more.
 */
struct word {
	const char	*form;
	word_fn		*run;
};
extern const struct word word_forms[];	/* the last has no form */

/*
 * The form that the words fit; NULL, and then why not, and which word it is:
 * argc if one is missing.
 */
const struct word	*word_find(int argc, char *const *argv, int *bad,
			    char why[WORDS_WHY]);

/* Prints, if anybody wants to know. */
void	word_print(struct shell *s, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
/* Prints "COMMAND: WHAT: errno's text"; returns the errno. */
int	word_error(struct shell *s, const char *command, const char *what,
	    int error);
/* The same with the kernel's words, if there are any. */
int	word_message(struct shell *s, const char *command, const char *what,
	    const char *message, int error);

/* "EINVAL" for an errno, "ok" for 0; a constant. */
const char	*errno_name(int error);
/* The errno of that name, 0 for "ok"; -1 if there is none. */
int	errno_find(const char *name);
/* A number, whole or not; false unless all of `text` is one in range. */
bool	number_parse(const char *text, unsigned long low, unsigned long high,
	    unsigned long *value);
/* Seconds, with at most nine decimals, as nanoseconds. */
bool	seconds_parse(const char *text, long long *ns);
/* A request of ioctl(2) by its name, or its number; 0: there is none. */
unsigned long	request_find(const char *name);
/* "KILL", "SIGKILL" or "9"; 0: there is none. */
int	signal_find(const char *name);

/*
 * Gives an open file a name, which stands for the new descriptor if it was in
 * use: 0, EMFILE.  The descriptor behind a name; -1, which no call takes, if
 * there is none (word_dev.c).
 */
int	handle_set(struct shell *s, const char *name, int fd);
int	handle_fd(const struct shell *s, const char *name);

/* The process of a thread of the running scenario; 0: none (run.c). */
int	script_pid(const char *thread);
/* Waits for all processes that "fork" has started (word_jail.c). */
void	forks_join(void);

/* --- word_*.c ---------------------------------------------------------- */

word_fn word_if_list, word_if_create, word_if_destroy, word_if_up,
    word_if_down, word_if_vnet, word_if_reclaim, word_if_name, word_if_group,
    word_if_ungroup, word_if_addr, word_if_unaddr, word_if_show,
    word_if_members, word_if_describe, word_if_send;
word_fn word_link_get, word_link_delete, word_link_create;
word_fn word_jail_create, word_jail_modify, word_jail_remove, word_jexec,
    word_jls, word_fork, word_await, word_jaildesc, word_jattach, word_jremove;
word_fn word_mount, word_umount, word_ls, word_stat, word_open, word_close,
    word_read, word_write, word_poll, word_ioctl, word_revoke;
word_fn word_kldload, word_kldunload, word_kldstat, word_sysctl, word_sleep,
    word_kill, word_refs, word_check;

#pragma GCC visibility pop

#endif /* !_WORDS_H_ */
