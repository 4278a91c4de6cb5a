/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What a traced run keeps beside its events, for those who print it.
 */
#ifndef _TRACE_H_
#define _TRACE_H_

#include "tape.h"

#pragma GCC visibility push(hidden)

/* Of one event.  The strings are malloc'ed and may be NULL. */
struct vx_row {
	char		*object;	/* what it was done to, in short */
	char		*function;	/* who did it */
	char		*held;		/* locks held before it */
	bool		counted;	/* the object is a counter: */
	uint32_t	count;		/* its value before */
};
/* As many as vx.events. */
extern struct vx_row *vx_rows;

/* --- columns.c ----------------------------------------------------------- */

/* `block` is the base of the object whose references are shown, or 0. */
void	vx_columns_print(FILE *out, unsigned width, uintptr_t block);

/* --- explain.c ----------------------------------------------------------- */

/* The block of memory that the failure is about, or 0. */
uintptr_t	vx_broken_block(void);
void	vx_references_print(FILE *out, uintptr_t block);
/* "ifnet epair0b+0x18": what the ledger calls it; false if it does not. */
bool	vx_ledger_name(uintptr_t address, char *buf, size_t size);
/* Who waits for what, and holds what; where. */
void	vx_waits_print(FILE *out);
/* The id of the thread that failed, or VX_NOBODY. */
unsigned	vx_failed_thread(void);

#pragma GCC visibility pop

#endif /* !_TRACE_H_ */
