/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Terminal requests, as far as network devices take them.
 */
#ifndef _KPI_SYS_TTYCOM_H_
#define _KPI_SYS_TTYCOM_H_

#include <sys/ioccom.h>

#undef TIOCSPGRP
#undef TIOCGPGRP
#undef TIOCOUTQ

#define	TIOCSPGRP	_IOW('t', 118, int)
#define	TIOCGPGRP	_IOR('t', 119, int)
#define	TIOCOUTQ	_IOR('t', 115, int)

#endif /* !_KPI_SYS_TTYCOM_H_ */
