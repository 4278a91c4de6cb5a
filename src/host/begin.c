/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Where the threads of a scenario stand when schedules begin.
 */
#include <vnetsim/explore.h>

#include "control.h"

void
vs_scenario_begin(void)
{
	if (host_controlled())
		host_control->begin();
}
