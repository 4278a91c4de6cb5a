/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What docs/bugs/ID.md says of each bug; made from these files by
 * stories.cmake.
 */
#ifndef _STORIES_H_
#define _STORIES_H_

#include <stdbool.h>

struct story {
	const char	*id;		/* NULL at the end */
	bool		scenario;	/* there is scenarios/ID.scn */
	const char	*text;
};
extern const struct story stories[];

#endif /* !_STORIES_H_ */
