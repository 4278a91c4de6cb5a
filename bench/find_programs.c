/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The list of programs.
 */
#include "find.h"

#define	PROGRAMS(p)							\
	p(account, 1, 10000)						\
	p(bluetooth_driver, 9, 10000)					\
	p(deadlock01, 2, 10000)						\
	p(lazy01, 2, 10000)						\
	p(reorder_5, 6, 10000)						\
	p(reorder_20, 6, 10000)						\
	p(reorder_100, 6, 10000)					\
	p(twostage_20, 6, 10000)					\
	p(twostage_100, 56, 10000)					\
	p(stack, 2, 10000)						\
	p(wronglock, 1, 10000)						\
	p(workstealqueue, 6, 10000)					\
	p(safestack, 368921, 3000000)

#define	DECLARE(name, published, cap)	int name##_main(void);
#define	ENTRY(name, published, cap)					\
	{ #name, name##_main, published, cap },

PROGRAMS(DECLARE)

const struct find_program find_programs[] = {
	PROGRAMS(ENTRY)
};
const unsigned find_nprograms = sizeof(find_programs) /
    sizeof(find_programs[0]);
