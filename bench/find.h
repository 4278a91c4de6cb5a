/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The programs of bench/programs, and what others need for their bugs.
 */
#ifndef _FIND_H_
#define _FIND_H_

#include <stdint.h>

struct find_program {
	const char	*name;
	int		(*main)(void);
	/*
	 * Schedules to the first bug: the least of the means published for
	 * RFF (ASPLOS 2024), PERIOD (ICSE 2022) and SURW (ASPLOS 2025), for
	 * the programs of SCTBench that ours are written after.
	 */
	double		published;
	uint64_t	cap;		/* on schedules */
};

extern const struct find_program find_programs[];
extern const unsigned find_nprograms;

#endif /* !_FIND_H_ */
