/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Signals, as far as files send them.
 */
#ifndef _KPI_SYS_SIGNALVAR_H_
#define _KPI_SYS_SIGNALVAR_H_

#include <sys/sigio.h>

#include <signal.h>

/*
 * Tells the owner, if there is one.  `sig` is SIGIO or SIGURG, which a process
 * without a handler ignores; there are no handlers, so what can be seen is
 * the event "signal".  Any context.
 */
void	pgsigio(struct sigio **sigiop, int sig, int checkctty);

#endif /* !_KPI_SYS_SIGNALVAR_H_ */
