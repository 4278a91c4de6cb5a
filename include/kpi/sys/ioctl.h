/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * ioctl(2): FreeBSD's numbers in place of the host's.
 */
#ifndef _KPI_SYS_IOCTL_H_
#define _KPI_SYS_IOCTL_H_

#include <sys/filio.h>
#include <sys/ioccom.h>
#include <sys/sockio.h>
#include <sys/ttycom.h>

/* The host's own, for files that also talk to the real machine. */
int	ioctl(int fd, unsigned long request, ...);

#endif /* !_KPI_SYS_IOCTL_H_ */
