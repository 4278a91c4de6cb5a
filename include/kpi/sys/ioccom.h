/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Encoding of ioctl(2) requests, FreeBSD's: direction in the top three bits,
 * length of the argument in the next 13, group and number.
 */
#ifndef _KPI_SYS_IOCCOM_H_
#define _KPI_SYS_IOCCOM_H_

#include <sys/types.h>

/* Keep the host's encoding out. */
#ifndef _SYS_IOCTL_H
#define	_SYS_IOCTL_H		1
#endif
#ifndef _ASM_GENERIC_IOCTL_H
#define	_ASM_GENERIC_IOCTL_H	1
#endif
#undef _IO
#undef _IOR
#undef _IOW
#undef _IOWR
#undef _IOC
#undef IOC_IN
#undef IOC_OUT
#undef IOC_INOUT

#define	IOCPARM_SHIFT	13
#define	IOCPARM_MASK	((1 << IOCPARM_SHIFT) - 1)
#define	IOCPARM_LEN(x)	(((x) >> 16) & IOCPARM_MASK)
#define	IOCBASECMD(x)	((x) & ~(IOCPARM_MASK << 16))
#define	IOCGROUP(x)	(((x) >> 8) & 0xff)
#define	IOCPARM_MAX	(1 << IOCPARM_SHIFT)

#define	IOC_VOID	0x20000000UL	/* no argument, or an int by value */
#define	IOC_OUT		0x40000000UL	/* copied out to the caller */
#define	IOC_IN		0x80000000UL	/* copied in from the caller */
#define	IOC_INOUT	(IOC_IN | IOC_OUT)
#define	IOC_DIRMASK	(IOC_VOID | IOC_OUT | IOC_IN)

#define	_IOC(inout, group, num, len)					\
	((unsigned long)((inout) |					\
	    (((len) & IOCPARM_MASK) << 16) | ((group) << 8) | (num)))
#define	_IO(g, n)	_IOC(IOC_VOID, (g), (n), 0)
#define	_IOWINT(g, n)	_IOC(IOC_VOID, (g), (n), sizeof(int))
#define	_IOR(g, n, t)	_IOC(IOC_OUT, (g), (n), sizeof(t))
#define	_IOW(g, n, t)	_IOC(IOC_IN, (g), (n), sizeof(t))
#define	_IOWR(g, n, t)	_IOC(IOC_INOUT, (g), (n), sizeof(t))

#endif /* !_KPI_SYS_IOCCOM_H_ */
