/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Scenarios by name.
 */
#include <stddef.h>

#include "scenarios.h"

const struct builtin_scenario builtin_scenarios[] = {
	{ &scenario_epair_destroy_vmove, "vmove-destroy-race",
	    "half a pair is destroyed while the other moves home and back" },
	{ &scenario_detach_sx, "vmove-destroy-stale-vnet,detach-finds-nothing",
	    "a driver is unloaded while one of its interfaces moves home" },
	{ &scenario_tun_jail, "tun-cdev-extra-ref,tun-node-pins-jail",
	    "a jail that cloned a tunnel's device is removed" },
	{ &scenario_ifnet_3, NULL,
	    "three threads and an object whose reference comes too late" },
	{ &scenario_philosophers, NULL,
	    "three philosophers, each with the left fork first" },
	{ NULL, NULL, NULL }
};
