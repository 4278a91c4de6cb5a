/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Benchmarks: ours and a peer's, in one process, by turns.
 *
 * A row is measured by running both sides alternately REPEATS times and
 * taking the median of each, so that whatever else the machine does hits
 * both.  Nothing here is a test: figures depend on the machine, ratios less.
 */
#ifndef _BENCH_H_
#define _BENCH_H_

#include <stdbool.h>
#include <stdint.h>

#define	REPEATS		15

/* What a row's ratio must be to meet its target. */
enum bench_target {
	AT_MOST,		/* ours / peer <= target: costs */
	AT_LEAST,		/* ours / peer >= target: rates */
	REPORT_AT_MOST,		/* ours <= target, no peer */
	REPORT_AT_LEAST,	/* ours >= target, no peer */
	REPORT_EXACTLY,		/* ours == target, no peer */
};

/*
 * Measured by functions in this process, or by a command that prints numbers;
 * the peer by a function, or not here at all.
 */
struct bench_row {
	const char	*area;
	const char	*name;
	const char	*unit;
	const char	*peer_name;
	enum bench_target kind;
	double		target;
	/* One measurement, in `unit`; peer returns < 0 if it is absent. */
	double		(*ours)(void);
	double		(*peer)(void);
	const char	*command;	/* instead of ours(), from bench/ */
	unsigned	column;		/* which of its numbers */
	unsigned	repeats;	/* 0: REPEATS */
	double		recorded;	/* the peer's, measured earlier */
};

extern const struct bench_row bench_lock_rows[];
extern const unsigned bench_lock_nrows;
extern const struct bench_row bench_kernel_rows[];
extern const unsigned bench_kernel_nrows;
extern const struct bench_row bench_cdev_rows[];
extern const unsigned bench_cdev_nrows;
extern const struct bench_row bench_explore_rows[];
extern const unsigned bench_explore_nrows;

double	bench_now(void);	/* seconds */
/* Boots a kernel for the rows that need one, if none runs; and ends it. */
void	bench_boot(void);
void	bench_shutdown(void);
bool	bench_booted(void);
/* The number that the row's command prints. */
double	bench_command(const struct bench_row *row);
/* Runs fn(arg) on a kernel thread of the booted kernel. */
void	bench_run(void (*fn)(void *), void *arg);

#endif /* !_BENCH_H_ */
