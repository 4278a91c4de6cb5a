/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * A scenario file, read.
 *
 *	parse.c		lines into statements
 *	statement.c	a line inside a block
 *	expect.c	what is to come of it
 *	script.c	files, text, freeing
 *	run.c		threads that do it
 *	leave.c		without what a failure does not need
 *
 * All of it is constant from the end of the parsing on, but for what is left
 * out, and in libc's memory: a snapshot does not contain it, and needs not to.
 */
#ifndef _SCRIPT_H_
#define _SCRIPT_H_

#include <vnetsim/explore.h>
#include <vnetsim/scenario.h>

#include "words.h"

#pragma GCC visibility push(hidden)

#define	REPEAT_DEPTH	8
#define	REPEAT_MAX	1000000
#define	RESULTS_MAX	8
#define	BUGS_MAX	16
#define	EXPECT_MAX	8
#define	SCRIPT_MAX	(1 << 20)	/* bytes */
#define	THREAD_NAME_MAX	19

enum statement_kind {
	DO_WORD,
	DO_CALL,
	DO_REPEAT,
	DO_END,
};

struct statement {
	enum statement_kind kind;
	unsigned	line;
	unsigned	column;		/* of its last word */
	char		*text;		/* for messages */
	const struct word *word;
	const struct vs_hook *hook;
	int		argc;
	char		**argv;
	unsigned	times;		/* of a repeat */
	unsigned	partner;	/* index of its end; of that, of it */
	bool		any;		/* whatever comes of it is right */
	bool		stops;		/* and if not, the block ends */
	bool		left_out;	/* not done; a repeat: not repeated */
	int		nresults;
	int		results[RESULTS_MAX];	/* one of these must */
};

struct block {
	const char	*name;		/* of a thread; "setup", "finally" */
	const char	*jail;		/* or NULL */
	unsigned	uid;
	bool		given;
	unsigned	line;
	struct statement *statements;
	unsigned	n;
	unsigned	ready;		/* so many come before "ready" */
};

/* An "expect bug:" line. */
struct expectation {
	unsigned	line;
	unsigned	kinds;		/* bits, by enum vs_kind */
	const char	*says;		/* in the message, or NULL */
};

struct vs_script {
	char		*path;		/* as messages have it */
	char		*name;
	char		*text;		/* what words point into */
	char		*source;	/* the same, whole */
	char		*title;
	char		*switches;
	char		*modules;	/* or NULL: all */
	const char	*bugs[BUGS_MAX];
	unsigned	nbugs;
	bool		expect_ok;
	struct expectation expect[EXPECT_MAX];
	unsigned	nexpect;
	struct block	setup;
	struct block	finally;
	struct block	threads[VS_SCENARIO_THREADS];
	unsigned	nthreads;
	const struct vs_hook *hooks;
	struct vs_scenario scenario;
	struct vs_operations operations;	/* of that */
	char		*profile;	/* of that */
	/* Set while it runs on real threads; see run.c. */
	const struct vs_script_run *how;
};

/* --- parsing ----------------------------------------------------------- */

struct parser {
	struct vs_script *script;
	struct vs_mistakes *mistakes;
	struct block	*block;		/* lines belong to; NULL: to none yet */
	struct block	broken;		/* what belongs to a broken heading */
	unsigned	line;
	unsigned	depth;
	unsigned	open[REPEAT_DEPTH];	/* statements */
	const char	*handles[SHELL_HANDLES];	/* of the block */
	unsigned	nhandles;
	bool		ready;		/* the block has had its "ready" */
	struct words	words;
};

void	mistake(struct parser *p, unsigned column, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
/* Joins words with blanks; to be freed. */
char	*words_join(char *const *v, int n);
void	*script_grow(void *array, unsigned n, size_t size);
void	parse_text(struct parser *p);
void	parse_statement(struct parser *p);
void	parse_block_end(struct parser *p);
void	parse_expect(struct parser *p);
void	block_free(struct block *b);

/* The functions of a scenario's threads (run.c), its operations (leave.c). */
void	script_bind(struct vs_script *script);
void	script_operations(struct vs_script *script);

#pragma GCC visibility pop

#endif /* !_SCRIPT_H_ */
