/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The scenarios that "vnetsim explore" knows by name, and the functions that
 * scenario files can call by name.
 *
 * They are in a shared object of their own, one for each kernel, so that what
 * an exploration puts back before each schedule is theirs and nothing else.
 */
#ifndef _SCENARIOS_H_
#define _SCENARIOS_H_

#include <vnetsim/explore.h>
#include <vnetsim/scenario.h>

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

/* The last one has no name. */
extern const struct vs_hook builtin_hooks[];

int	hook_tdev_create(void);
int	hook_tdev_create_closing(void);
int	hook_tdev_create_private(void);
int	hook_tdev_destroy(void);
int	hook_tdev_clone_register(void);
int	hook_tdev_clone_deregister(void);
int	hook_tdev_drain(void);
int	hook_tst_attach(void);
int	hook_tst_unplug(void);
int	hook_tst_cloner_attach(void);
int	hook_tst_cloner_detach(void);
int	hook_tst_arrival_register(void);
int	hook_tst_arrival_deregister(void);
int	hook_tst_arrival_end(void);
int	hook_tproc_attach_both(void);
int	hook_tproc_lend(void);
int	hook_tst_leave(void);
int	hook_tst_input_register(void);
int	hook_tst_input_deregister(void);
int	hook_tst_removal_register(void);
int	hook_tst_removal_deregister(void);

#endif /* !_SCENARIOS_H_ */
