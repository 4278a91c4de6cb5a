/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Historical behaviours that can be switched on.
 *
 * Every switch has the id of its entry in the bug catalogue; off means fixed.
 * A profile is a set of switches: what was not yet fixed at some date.  The
 * choice is made at boot and constant afterwards.
 */
#ifndef _BUGS_H_
#define _BUGS_H_

#include <sys/types.h>

/* (ID, "id", first profile that has it fixed, what it brings back) */
#define	BUGS(X)								\
	X(VNET_RETURN_UNLOCKED, "epair-vnet-return-uaf",		\
	    "borrowed interfaces return without ifnet_detach_sxlock")	\
	X(VNET_DESTROY_UNLOCKED, "vnet-destroy-detach-race",		\
	    "vnet destructors run without ifnet_detach_sxlock")		\
	X(VMOVE_UNLOCKED, "vmove-destroy-race",				\
	    "loan and reclaim move without ifnet_detach_sxlock")	\
	X(CLONE_CALLER_LOCKS, "vmove-destroy-stale-vnet",		\
	    "ifnet_detach_sxlock is the business of if_clone's callers")

enum bug {
#define	X(id, name, text)	BUG_##id,
	BUGS(X)
#undef X
	BUG_COUNT
};

extern bool bug_enabled[BUG_COUNT];

#define	BUG(id)		__predict_false(bug_enabled[BUG_##id])

/*
 * Selects the switches: "PROFILE[,+ID|,-ID]...".  0, or EINVAL for a name
 * that does not exist, with nothing changed.
 */
int	bugs_select(const char *spec);
const char	*bug_name(enum bug bug);
const char	*bug_text(enum bug bug);

#endif /* !_BUGS_H_ */
