/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Error numbers: the host's values, because they meet the host's C library,
 * and the names that only FreeBSD has.
 */
#ifndef _KPI_SYS_ERRNO_H_
#define _KPI_SYS_ERRNO_H_

#include <errno.h>

#ifndef EDOOFUS
#define	EDOOFUS		2088	/* programming error */
#endif
#ifndef EFTYPE
#define	EFTYPE		2079
#endif
#ifndef ENOATTR
#define	ENOATTR		2087
#endif
#ifndef EPROCLIM
#define	EPROCLIM	2067
#endif
#ifndef ECAPMODE
#define	ECAPMODE	2094
#endif
#ifndef ENOTCAPABLE
#define	ENOTCAPABLE	2093
#endif
#ifndef EINTEGRITY
#define	EINTEGRITY	2097
#endif

/* Pseudo-errors, seen inside the kernel only. */
#undef ERESTART
#define	ERESTART	(-1)	/* restart the system call */
#define	EJUSTRETURN	(-2)
#define	ENOIOCTL	(-3)	/* ioctl not handled by this layer */
#define	EDIRIOCTL	(-4)
#define	ERELOOKUP	(-5)

#endif /* !_KPI_SYS_ERRNO_H_ */
