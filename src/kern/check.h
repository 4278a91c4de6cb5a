/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What the checks of <vnetsim/inspect.h> have in common: a line for each
 * violation, in the caller's buffer as far as there is room.
 */
#ifndef _CHECK_H_
#define _CHECK_H_

#include "boot.h"

/* Of one thread, which runs the check. */
struct check_report;

/* Runs fn(td, report) as a system call; returns how many violations. */
unsigned	check_run(syscall_fn *fn, char *buf, size_t size);
/* Notes a violation; the text ends in a newline. */
void	check_failed(struct check_report *report, const char *fmt, ...)
	    __printflike(2, 3);

/*
 * Live nodes whose credential keeps a jail that was removed; allprison_lock
 * (kern_conf_check.c).
 */
void	check_node_jails(struct check_report *report);

#endif /* !_CHECK_H_ */
