/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * A kernel under control, with a scenario that can be run any number of
 * times.
 */
#ifndef _SESSION_H_
#define _SESSION_H_

#include <vnetsim/explore.h>

#include "engine.h"

#pragma GCC visibility push(hidden)

/*
 * Boots, sets the scenario up and remembers the state that runs start from.
 * 0, or an errno of vs_boot().  If the set-up fails the session is open all
 * the same, and has a verdict that no run changes.
 */
int	vx_session_open(const struct vs_scenario *scenario, bool ledger);
/*
 * The threads of the scenario as vx.strategy wants them, what comes after
 * them, and a verdict in vx.verdict: is it a failure?
 */
bool	vx_session_run(uint64_t seed);
void	vx_session_close(void);

#pragma GCC visibility pop

#endif /* !_SESSION_H_ */
