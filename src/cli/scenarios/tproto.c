/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Parts of a protocol: a group that is left by a deferred call, a taker of
 * queued packets, a jail method that waits for tasks.  Each stands for code
 * of FreeBSD that is not modelled, as far as a scenario needs it.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/epoch.h>
#include <sys/jail.h>
#include <sys/kernel.h>
#include <sys/mbuf.h>
#include <sys/osd.h>
#include <sys/proc.h>
#include <sys/socket.h>
#include <sys/taskqueue.h>
#include <sys/ucred.h>
#include <net/if.h>
#include <net/if_var.h>
#include <net/netisr.h>
#include <net/vnet.h>

#include "scenarios.h"

/* --- a group ------------------------------------------------------------- */

static struct epoch_context leave_ctx;	/* once in a scenario */
static if_t leave_ifp;			/* who leaves, then the call */

/* Nobody else knows that it will be called: it has no reference. */
static void
leave_deferred(epoch_context_t ctx __unused)
{
	struct sockaddr group = {
		.sa_len = sizeof(group), .sa_family = AF_INET
	};

	CURVNET_SET(if_getvnet(leave_ifp));
	(void)if_delmulti(leave_ifp, &group);
	CURVNET_RESTORE();
}

/* As the close of a socket that is in a group does it. */
int
hook_tst_leave(void)
{
	struct epoch_tracker et;
	int error = ENXIO;

	CURVNET_SET(TD_TO_VNET(curthread));
	NET_EPOCH_ENTER(et);
	if ((leave_ifp = ifunit("tst0")) != NULL) {
		NET_EPOCH_CALL(leave_deferred, &leave_ctx);
		error = 0;
	}
	NET_EPOCH_EXIT(et);
	CURVNET_RESTORE();
	return (error);
}

/* --- packets ------------------------------------------------------------- */

/* It must come in the stack that its interface is in. */
static void
input(struct mbuf *m)
{
	if_t ifp = m->m_pkthdr.rcvif;

	KASSERT(if_getvnet(ifp) == curvnet,
	    ("%s: a packet of %s in another vnet", __func__, if_name(ifp)));
	if_inc_counter(ifp, IFCOUNTER_IPACKETS, 1);
	m_freem(m);
}

static const struct netisr_handler input_handler = {
	.nh_name = "tst",
	.nh_handler = input,
	.nh_proto = NETISR_IP,
};

int
hook_tst_input_register(void)
{
	netisr_register(&input_handler);
	return (0);
}

int
hook_tst_input_deregister(void)
{
	netisr_unregister(&input_handler);
	return (0);
}

/* --- the removal of a jail ----------------------------------------------- */

static unsigned removal_slot;		/* set-up and finally */

static int
removal(void *obj __unused, void *data __unused)
{
	taskqueue_drain_all(taskqueue_thread);
	return (0);
}

int
hook_tst_removal_register(void)
{
	static const osd_method_t methods[PR_MAXMETHOD] = {
		[PR_METHOD_REMOVE] = removal,
	};

	removal_slot = osd_jail_register(NULL, methods);
	return (0);
}

int
hook_tst_removal_deregister(void)
{
	osd_jail_deregister(removal_slot);
	return (0);
}
