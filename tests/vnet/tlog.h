/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What the test klds do, written down in order, and what they are told to do.
 */
#ifndef _TLOG_H_
#define _TLOG_H_

#include <stdbool.h>

struct vnet;

/* Notes `what`, with the running thread's vnet. */
void	tlog(const char *what);
/* Forgets that, and what is told below. */
void	tlog_clear(void);
/* "a.load a.init ...": everything so far. */
const char	*tlog_text(void);
/* The vnet of the n-th entry that says `what`; NULL if there is none. */
struct vnet	*tlog_vnet(const char *what, int n);
int	tlog_count(const char *what);

/* What the module tkld_a answers to events. */
extern int tkld_a_load_error;
extern int tkld_a_quiesce_error;
extern int tkld_a_unload_error;
/* Whether its vnet destructor takes ifnet_detach_sxlock, as cloners do. */
extern bool tkld_a_detaches;

#endif /* !_TLOG_H_ */
