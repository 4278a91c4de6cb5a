/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The scenarios that "vnetsim explore" knows by name.
 *
 * They are in a shared object of their own, one for each kernel, so that what
 * an exploration puts back before each schedule is theirs and nothing else.
 */
#ifndef _SCENARIOS_H_
#define _SCENARIOS_H_

#include <vnetsim/explore.h>

struct builtin_scenario {
	const struct vs_scenario *scenario;
	const char	*bug;		/* switches that it shows, or NULL */
	const char	*text;
};

/* The last one has no scenario. */
extern const struct builtin_scenario builtin_scenarios[];

extern const struct vs_scenario scenario_epair_destroy_vmove;
extern const struct vs_scenario scenario_detach_sx;
extern const struct vs_scenario scenario_tun_jail;
extern const struct vs_scenario scenario_ifnet_3;
extern const struct vs_scenario scenario_philosophers;

#endif /* !_SCENARIOS_H_ */
