/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What the files of fail(9) share: a setting, parsed.
 */
#ifndef _FAIL_VAR_H_
#define _FAIL_VAR_H_

#include <sys/types.h>

#define	FAIL_ENTRIES	20		/* terms of a setting at most */
#define	FAIL_TEXT	1023		/* bytes */
#define	PROB_MAX	1000000		/* 100 % */

enum fail_action {
	FAIL_OFF,
	FAIL_PANIC,
	FAIL_RETURN,
	FAIL_BREAK,
	FAIL_PRINT,
	FAIL_SLEEP,
	FAIL_PAUSE,
	FAIL_YIELD,
	FAIL_DELAY
};

/* One term.  Lock: (c) constant, (f) the fail point lock. */
struct fail_entry {
	enum fail_action fe_action;	/* (c) */
	int		fe_prob;	/* (c) of PROB_MAX */
	int		fe_count;	/* (f) runs left, -1 without end */
	int		fe_arg;		/* (c) */
	int		fe_pid;		/* (c) -1: any */
};

struct fail_point_setting {
	int		fs_refs;	/* (f) the point, and who evaluates */
	int		fs_n;		/* (c) */
	struct fail_entry fs_entries[FAIL_ENTRIES];
};

/*
 * Reads a setting and drops what can never run, saying so on the console.
 * Any thread.  0 or EINVAL.
 */
int	fail_parse(const char *text, struct fail_point_setting *fs);
/* The text of a setting, "off" for NULL; cut where the buffer ends. */
void	fail_print(const struct fail_point_setting *fs, char *buf,
	    size_t size);
/* That of the point `name`.  Any thread.  0 or ENOENT. */
int	fail_point_text(const char *name, char *buf, size_t size);

#endif /* !_FAIL_VAR_H_ */
