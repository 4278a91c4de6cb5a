/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * tst: an interface of a piece of hardware that can be pulled out, a cloner
 * that always fails, and handlers of an interface's arrival that take their
 * time: for scenarios that need what no driver of the tree does.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/eventhandler.h>
#include <sys/jail.h>
#include <sys/kernel.h>
#include <sys/proc.h>
#include <sys/sockio.h>
#include <sys/ucred.h>
#include <net/if.h>
#include <net/if_clone.h>
#include <net/if_types.h>
#include <net/if_var.h>
#include <net/vnet.h>

#include "scenarios.h"

static if_t tst;			/* set-up, then who pulls it out */
static struct if_clone *tst_cloner;	/* set-up and finally */
static eventhandler_tag tst_tags[2];	/* set-up, then who takes it away */

/* --- hardware ------------------------------------------------------------ */

static int
tst_ioctl(if_t ifp __unused, u_long cmd, caddr_t data __unused)
{
	return (cmd == SIOCSIFFLAGS ? 0 : EINVAL);
}

static if_t
tst_alloc(int unit)
{
	if_t ifp = if_alloc(IFT_OTHER);

	if_initname(ifp, "tst", unit);
	if_setioctlfn(ifp, tst_ioctl);
	return (ifp);
}

/* In the vnet of the caller. */
int
hook_tst_attach(void)
{
	CURVNET_SET(TD_TO_VNET(curthread));
	tst = tst_alloc(0);
	if_attach(tst);
	CURVNET_RESTORE();
	return (0);
}

/* The carrier is reported last, when the hardware has come to rest. */
int
hook_tst_unplug(void)
{
	CURVNET_SET(if_getvnet(tst));
	if_detach(tst);
	if_link_state_change(tst, LINK_STATE_DOWN);
	if_free(tst);
	CURVNET_RESTORE();
	return (0);
}

/* --- a cloner ------------------------------------------------------------ */

/* Its parameters take a while to be copied in, and then are wrong. */
static int
tst_clone_create(struct if_clone *ifc __unused, char *name __unused,
    size_t len __unused, struct ifc_data *ifd __unused, if_t *ifpp __unused)
{
	if_t ifp = tst_alloc(0);

	pause("tstcpy", hz);
	if_free(ifp);
	return (EINVAL);
}

static int
tst_clone_destroy(struct if_clone *ifc __unused, if_t ifp __unused,
    uint32_t flags __unused)
{
	return (EOPNOTSUPP);
}

int
hook_tst_cloner_attach(void)
{
	struct if_clone_addreq req = {
		.create_f = tst_clone_create,
		.destroy_f = tst_clone_destroy,
	};

	CURVNET_SET(TD_TO_VNET(curthread));
	tst_cloner = ifc_attach_cloner("tst", &req);
	CURVNET_RESTORE();
	return (tst_cloner != NULL ? 0 : EEXIST);
}

int
hook_tst_cloner_detach(void)
{
	CURVNET_SET(TD_TO_VNET(curthread));
	ifc_detach_cloner(tst_cloner);
	CURVNET_RESTORE();
	return (0);
}

/* --- handlers ------------------------------------------------------------ */

static void
tst_arrival(void *arg __unused, if_t ifp __unused)
{
	pause("tstarr", hz);
}

int
hook_tst_arrival_register(void)
{
	for (size_t i = 0; i < nitems(tst_tags); i++)
		tst_tags[i] = EVENTHANDLER_REGISTER(ifnet_arrival_event,
		    tst_arrival, NULL, EVENTHANDLER_PRI_ANY);
	return (0);
}

/* One of two, as when one of two modules goes. */
int
hook_tst_arrival_deregister(void)
{
	EVENTHANDLER_DEREGISTER(ifnet_arrival_event, tst_tags[1]);
	return (0);
}

int
hook_tst_arrival_end(void)
{
	EVENTHANDLER_DEREGISTER(ifnet_arrival_event, tst_tags[0]);
	return (0);
}
