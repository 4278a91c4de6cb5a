/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * epair(4): two Ethernet interfaces and a cable between them.
 *
 * A packet sent on one half is put on the other half's queue, and a task
 * feeds it in from there: neither the sender's stack nor its locks reach into
 * the receiver.  The halves may be in different vnets.  They are made and
 * destroyed together, from either side.
 */
#include "if_epair.h"

#include <sys/fail.h>
#include <sys/hash.h>
#include <sys/jail.h>
#include <sys/kernel.h>
#include <sys/libkern.h>
#include <sys/module.h>
#include <sys/proc.h>
#include <sys/sysctl.h>
#include <net/if_clone.h>
#include <net/vnet.h>

struct taskqueue *epair_tq;

struct sx epair_sx;
SX_SYSINIT(epair_sx, &epair_sx, "epair");

static struct mtx epair_n_index_mtx;	/* counter of addresses made */
static uint64_t epair_n_index;		/* epair_n_index_mtx */

VNET_DEFINE_STATIC(struct if_clone *, epair_cloner);
#define	V_epair_cloner	VNET(epair_cloner)

SYSCTL_DECL(_net_link);
static SYSCTL_NODE(_net_link, OID_AUTO, epair, CTLFLAG_RW | CTLFLAG_MPSAFE, 0,
    "epair sysctl");
static bool epair_gen_addr = true;
SYSCTL_BOOL(_net_link_epair, OID_AUTO, ether_gen_addr, CTLFLAG_RWTUN,
    &epair_gen_addr, false,
    "Generate MAC with FreeBSD OUI using ether_gen_addr(9)");

/* --- creation ------------------------------------------------------------- */

static int
epair_match(struct if_clone *ifc __unused, const char *name)
{
	static const char prefix[] = "epair";

	if (strncmp(name, prefix, sizeof(prefix) - 1) != 0)
		return (0);
	for (name += sizeof(prefix) - 1; *name != '\0'; name++)
		if (*name < '0' || *name > '9')
			return (0);
	return (1);
}

/*
 * Chooses the unit and the names of both halves: `name` becomes a's.  On
 * failure nothing stays reserved.
 */
static int
epair_choose_names(struct if_clone *ifc, char *name, size_t len, int *unit)
{
	char *suffix;
	int error;
	bool taken;

	error = ifc_name2unit(name, unit);
	if (error == 0)
		error = ifc_alloc_unit(ifc, unit);
	if (error != 0)
		return (error);
	suffix = name + strlen(name);
	if (suffix[-1] < '0' || suffix[-1] > '9')	/* wildcard */
		suffix += snprintf(suffix, len - strlen(name), "%d", *unit);
	if ((size_t)(suffix - name) + 2 > len) {
		ifc_free_unit(ifc, *unit);
		return (ENOSPC);
	}
	suffix[1] = '\0';
	suffix[0] = 'b';
	taken = ifunit(name) != NULL;
	suffix[0] = 'a';
	taken = taken || ifunit(name) != NULL;
	if (taken) {
		ifc_free_unit(ifc, *unit);
		return (EEXIST);
	}
	return (0);
}

/*
 * The old way of making addresses: 02, four bytes that differ from pair to
 * pair and from host to host, and 0a.
 */
static void
epair_count_addr(struct ether_addr *mac)
{
	uint32_t key[4], hash;
	unsigned long hostid;
	uint64_t n;

	mtx_lock(&epair_n_index_mtx);
	n = epair_n_index++;
	mtx_unlock(&epair_n_index_mtx);
	getcredhostid(curthread->td_ucred, &hostid);
	if (hostid == 0)
		arc4rand(&hostid, sizeof(hostid), 0);
	memcpy(&key[0], &n, sizeof(n));
	key[2] = (uint64_t)hostid;
	key[3] = (uint64_t)hostid >> 32;
	hash = jenkins_hash32(key, nitems(key), 0);
	mac->octet[0] = 0x02;
	memcpy(&mac->octet[1], &hash, sizeof(hash));
	mac->octet[5] = 0x0a;
}

static void
epair_set_running(struct ifnet *ifp, bool on)
{
	if_setdrvflagbits(ifp, on ? IFF_DRV_RUNNING : 0,
	    on ? 0 : IFF_DRV_RUNNING);
	if_link_state_change(ifp, on ? LINK_STATE_UP : LINK_STATE_DOWN);
}

static int
epair_create(struct if_clone *ifc, char *name, size_t len,
    struct ifc_data *ifd __unused, if_t *ifpp)
{
	struct epair_half *a, *b;
	struct ether_addr mac;
	char *suffix;
	int error, unit;

	error = epair_choose_names(ifc, name, len, &unit);
	if (error != 0)
		return (error);
	/* From here on nothing can fail. */
	KFAIL_POINT_CODE(DEBUG_FP, epair_create_named, (void)0);
	suffix = name + strlen(name) - 1;
	a = epair_alloc_half();
	b = epair_alloc_half();
	a->h_oifp = b->h_ifp;
	b->h_oifp = a->h_ifp;

	epair_setup(a, name, unit);
	if (epair_gen_addr)
		ether_gen_addr_byname(name, &mac);
	else
		epair_count_addr(&mac);
	ether_ifattach(a->h_ifp, mac.octet);

	*suffix = 'b';
	epair_setup(b, name, unit);
	if (epair_gen_addr)
		ether_gen_addr_byname(name, &mac);
	else
		mac.octet[5] = 0x0b;
	ether_ifattach(b->h_ifp, mac.octet);
	if_clone_addif(ifc, b->h_ifp);
	*suffix = 'a';

	epair_set_running(a->h_ifp, true);
	epair_set_running(b->h_ifp, true);
	*ifpp = a->h_ifp;
	return (0);
}

/* --- destruction ---------------------------------------------------------- */

/* Called for the half that was named, and by itself for the other one. */
static int
epair_destroy(struct if_clone *ifc, if_t ifp, uint32_t flags __unused)
{
	struct epair_half *h = ifp->if_softc, *o;
	struct ifnet *oifp;
	int error, unit;

	if (h == NULL)
		return (0);
	unit = ifp->if_dunit;
	oifp = h->h_oifp;
	o = oifp->if_softc;

	epair_set_running(ifp, false);
	epair_set_running(oifp, false);
	ether_ifdetach(ifp);
	ether_ifdetach(oifp);
	/*
	 * Nobody queues any more, but what was queued may still wait for its
	 * task.  epair-task-after-softc-free: S15 leaves that to luck.
	 */
	if (!BUG(EPAIR_TASK_UNDRAINED)) {
		taskqueue_drain(epair_tq, &h->h_task);
		taskqueue_drain(epair_tq, &o->h_task);
	}
	if (!BUG(EPAIR_IOCTL_UNLOCKED)) {
		sx_xlock(&epair_sx);
		ifp->if_softc = NULL;
	}
	oifp->if_softc = NULL;
	if (!BUG(EPAIR_IOCTL_UNLOCKED))
		sx_xunlock(&epair_sx);

	CURVNET_SET_QUIET(oifp->if_vnet);
	epair_drain(o);
	error = if_clone_destroyif(ifc, oifp);
	if (error != 0)
		panic("%s: if_clone_destroyif() for our 2nd iface failed: %d",
		    __func__, error);
	epair_free_half(o);
	CURVNET_RESTORE();

	epair_drain(h);
	epair_free_half(h);
	ifc_free_unit(ifc, unit);
	return (0);
}

/* --- module --------------------------------------------------------------- */

static void
epair_vnet_start(const void *unused __unused)
{
	struct if_clone_addreq req = {
		.match_f = epair_match,
		.create_f = epair_create,
		.destroy_f = epair_destroy,
	};

	V_epair_cloner = ifc_attach_cloner("epair", &req);
}
VNET_SYSINIT(epair_vnet_start, SI_SUB_PSEUDO, SI_ORDER_ANY, epair_vnet_start,
    NULL);

static void
epair_vnet_fini(const void *unused __unused)
{
	ifc_detach_cloner(V_epair_cloner);
}
VNET_SYSUNINIT(epair_vnet_fini, SI_SUB_INIT_IF, SI_ORDER_ANY,
    epair_vnet_fini, NULL);

static void
epair_load(void)
{
	mtx_init(&epair_n_index_mtx, "epairidx", NULL, MTX_DEF);
	epair_tq = taskqueue_create("epair_task", M_WAITOK,
	    taskqueue_thread_enqueue, &epair_tq);
	taskqueue_start_threads(&epair_tq, 1, PI_NET, "epair_task");
}

static void
epair_unload(void)
{
	taskqueue_drain_all(epair_tq);
	taskqueue_free(epair_tq);
	mtx_destroy(&epair_n_index_mtx);
}

static int
epair_event(module_t mod __unused, int type, void *data __unused)
{
	switch (type) {
	case MOD_LOAD:
		epair_load();
		return (0);
	case MOD_UNLOAD:
		/*
		 * epair-unload-event-first: the interfaces live on until the
		 * destructors of the vnets have run, but S15 pulls the queue
		 * from under them here.
		 */
		if (BUG(EPAIR_UNLOAD_EARLY))
			epair_unload();
		return (0);
	}
	return (EOPNOTSUPP);
}

/* Below the key of the vnets' destructors, so it runs after them. */
static void
epair_sysuninit(const void *unused __unused)
{
	if (!BUG(EPAIR_UNLOAD_EARLY))
		epair_unload();
}
SYSUNINIT(epair_sysuninit, SI_SUB_INIT_IF, SI_ORDER_FIRST, epair_sysuninit,
    NULL);

static moduledata_t epair_mod = { "if_epair", epair_event, NULL };
DECLARE_MODULE(if_epair, epair_mod, SI_SUB_PSEUDO, SI_ORDER_MIDDLE);
MODULE_VERSION(if_epair, 1);
