/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What our drivers need to mend a defect of FreeBSD's and its KPI does not
 * have; like bugs.h, not for a user's driver.
 */
#ifndef _MENDS_H_
#define _MENDS_H_

/*
 * Keeps a name in curvnet for the caller: EEXIST if an interface has it or
 * somebody keeps it.  Nobody else can attach, rename or move an interface to
 * it until it is released; look-ups do not see it.  Sleeps.
 */
int	ifnames_reserve(const char *name);
void	ifnames_release(const char *name);

#endif /* !_MENDS_H_ */
