/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Packet capture: records of interfaces and the listeners on them.
 *
 * bpf_sx guards all lists.  A tap walks a record's listeners in the net epoch
 * without it, so records and listeners are freed after a grace period only.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/epoch.h>
#include <sys/eventhandler.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mbuf.h>
#include <sys/refcount.h>
#include <sys/sx.h>
#include <net/bpf.h>
#include <net/if.h>
#include <net/if_private.h>
#include <net/vnet.h>

#include "bugs.h"
#include "lazy.h"

static MALLOC_DEFINE(M_BPF, "BPF", "BPF records and listeners");

/* Order: ifnet_detach_sxlock, bpf_sx, what a driver's ioctl takes. */
static struct sx bpf_sx;
SX_SYSINIT(bpf, &bpf_sx, "bpf global lock");
#define	BPF_LOCK()		sx_xlock(&bpf_sx)
#define	BPF_UNLOCK()		sx_xunlock(&bpf_sx)
#define	BPF_LOCK_ASSERT()	sx_assert(&bpf_sx, SA_XLOCKED)

/*
 * A link type of an interface.
 * Locks: (b) bpf_sx, (c) constant, (a) atomic.
 */
struct bpf_if {
	struct bpf_if_ext bif_ext;	/* (b) must come first */
	u_int		bif_dlt;	/* (c) */
	u_int		bif_hdrlen;	/* (c) */
	struct ifnet	*bif_ifp;	/* (c) held until the record is freed */
	LIST_ENTRY(bpf_if) bif_link;	/* (b) if_bpfrecords */
	struct bpf_if	**bif_driverp;	/* (c) where the driver finds it */
	u_int		bif_refcnt;	/* (a) list, and one a listener */
	struct epoch_context bif_epoch_ctx;
};
CTASSERT(offsetof(struct bpf_if, bif_ext) == 0);

/*
 * A listener.
 * Locks: (b) bpf_sx, (c) constant, (l) bpf_sx or the net epoch to read.
 */
struct bpf_d {
	CK_LIST_ENTRY(bpf_d) bd_next;	/* (l) bif_dlist */
	struct bpf_if	*bd_bif;	/* (b) NULL: cut off */
	bool		bd_promisc;	/* (b) asked for promiscuous mode */
	bpf_listen_fn	*bd_fn;		/* (c) */
	void		*bd_arg;	/* (c) */
};

static CK_LIST_HEAD(, bpf_if) bpf_iflist;	/* (b) newest first */

/*
 * What a driver's pointer leads to after bpfdetach(): nobody ever listens, so
 * a late tap does nothing.  Never written.
 */
static const struct bpf_if dead_bpf_if;

/* --- records -------------------------------------------------------------- */

static void
bpfif_free(epoch_context_t ctx)
{
	struct bpf_if *bp = __containerof(ctx, struct bpf_if, bif_epoch_ctx);

	if_rele_named(bp->bif_ifp, "bpf");
	free(bp, M_BPF);
}

static void
bpfif_rele(struct bpf_if *bp)
{
	if (refcount_release(&bp->bif_refcnt))
		NET_EPOCH_RECLAIM(bpfif_free, &bp->bif_epoch_ctx);
}

void
bpfattach2(struct ifnet *ifp, u_int dlt, u_int hdrlen,
    struct bpf_if **driverp)
{
	struct bpf_if *bp;

	bp = malloc(sizeof(*bp), M_BPF, M_WAITOK | M_ZERO);
	CK_LIST_INIT(&bp->bif_ext.bif_dlist);
	bp->bif_dlt = dlt;
	bp->bif_hdrlen = hdrlen;
	bp->bif_ifp = ifp;
	bp->bif_driverp = driverp;
	refcount_init(&bp->bif_refcnt, 1);
	if_ref_named(ifp, "bpf");
	BPF_LOCK();
	__atomic_store_n(driverp, bp, __ATOMIC_RELEASE);
	CK_LIST_INSERT_HEAD(&bpf_iflist, bp, bif_ext.bif_next);
	LIST_INSERT_HEAD(&ifp->if_bpfrecords, bp, bif_link);
	BPF_UNLOCK();
}

void
bpfattach(struct ifnet *ifp, u_int dlt, u_int headerlen)
{
	bpfattach2(ifp, dlt, headerlen, &ifp->if_bpf);
}

/*
 * Takes a listener off its record.  Its promiscuity is given back unless the
 * interface itself goes.
 */
static void
bpf_detachd(struct bpf_d *d, bool give_back)
{
	struct bpf_if *bp = d->bd_bif;
	struct ifnet *ifp;
	int error;

	BPF_LOCK_ASSERT();
	if (bp == NULL)
		return;
	ifp = bp->bif_ifp;
	d->bd_bif = NULL;
	CK_LIST_REMOVE(d, bd_next);
	CURVNET_SET(if_getvnet(ifp));
	EVENTHANDLER_INVOKE(bpf_track, ifp, bp->bif_dlt, 0);
	if (d->bd_promisc && give_back) {
		d->bd_promisc = false;
		error = ifpromisc(ifp, 0);
		/* A driver that has gone already cannot be told. */
		if (error != 0 && error != ENXIO)
			if_printf(ifp, "bpf: cannot leave promiscuous mode: "
			    "%d\n", error);
	}
	CURVNET_RESTORE();
	bpfif_rele(bp);
}

static void
bpf_cut_listeners(struct bpf_if *bp, bool give_back)
{
	struct bpf_d *d;

	while ((d = CK_LIST_FIRST(&bp->bif_ext.bif_dlist)) != NULL)
		bpf_detachd(d, give_back);
}

void
bpfdetach(struct ifnet *ifp)
{
	struct bpf_if *bp;

	BPF_LOCK();
	while ((bp = LIST_FIRST(&ifp->if_bpfrecords)) != NULL) {
		LIST_REMOVE(bp, bif_link);
		CK_LIST_REMOVE(bp, bif_ext.bif_next);
		__atomic_store_n(bp->bif_driverp,
		    __DECONST(struct bpf_if *, &dead_bpf_if),
		    __ATOMIC_RELEASE);
		bpf_cut_listeners(bp, false);
		bpfif_rele(bp);
	}
	BPF_UNLOCK();
}

void
bpf_ifdetach(struct ifnet *ifp)
{
	struct bpf_if *bp;

	BPF_LOCK();
	/*
	 * promisc-left-by-cut-listener: S15 takes the interface for one that
	 * goes, although it only moves, and leaves its counter raised.
	 */
	LIST_FOREACH(bp, &ifp->if_bpfrecords, bif_link)
		bpf_cut_listeners(bp, !BUG(BPF_KEEPS_PROMISC));
	BPF_UNLOCK();
}

/* --- taps ----------------------------------------------------------------- */

/* Hands a copy of the bytes to every listener. */
static void
bpf_deliver(struct bpf_if *bp, const u_char *pkt, u_int pktlen)
{
	struct bpf_d *d;

	CK_LIST_FOREACH(d, &bp->bif_ext.bif_dlist, bd_next)
		d->bd_fn(d->bd_arg, pkt, pktlen);
}

void
bpf_tap(struct bpf_if *bp, const u_char *pkt, u_int pktlen)
{
	struct epoch_tracker et;

	if (!bpf_peers_present(bp))
		return;
	NET_EPOCH_ENTER(et);
	bpf_deliver(bp, pkt, pktlen);
	NET_EPOCH_EXIT(et);
}

/*
 * One copy serves all listeners.  Without memory the packet is not shown, as
 * when a capture buffer is full.
 */
void
bpf_mtap2(struct bpf_if *bp, void *data, u_int dlen, struct mbuf *m)
{
	struct epoch_tracker et;
	u_char *copy;
	u_int len;

	if (!bpf_peers_present(bp))
		return;
	len = m_length(m, NULL);
	copy = malloc(MAX(dlen + len, 1), M_BPF, M_NOWAIT);
	if (copy == NULL)
		return;
	if (dlen > 0)
		memcpy(copy, data, dlen);
	m_copydata(m, 0, len, (caddr_t)copy + dlen);
	NET_EPOCH_ENTER(et);
	bpf_deliver(bp, copy, dlen + len);
	NET_EPOCH_EXIT(et);
	free(copy, M_BPF);
}

void
bpf_mtap(struct bpf_if *bp, struct mbuf *m)
{
	bpf_mtap2(bp, NULL, 0, m);
}

/* The record is replaced by the dead one while packets still pass. */
static struct bpf_if *
bpf_of(if_t ifp)
{
	return (__atomic_load_n(&ifp->if_bpf, __ATOMIC_ACQUIRE));
}

void
bpf_tap_if(if_t ifp, const u_char *pkt, u_int pktlen)
{
	bpf_tap(bpf_of(ifp), pkt, pktlen);
}

void
bpf_mtap_if(if_t ifp, struct mbuf *m)
{
	bpf_mtap(bpf_of(ifp), m);
}

void
bpf_mtap2_if(if_t ifp, void *data, u_int dlen, struct mbuf *m)
{
	bpf_mtap2(bpf_of(ifp), data, dlen, m);
}

bool
bpf_peers_present_if(if_t ifp)
{
	return (bpf_peers_present(bpf_of(ifp)));
}

/* --- listeners ------------------------------------------------------------ */

/*
 * The record that was attached to the interface first.  Found in the list, as
 * the driver's pointer may lead to the dead record.
 */
static struct bpf_if *
bpf_find(struct ifnet *ifp)
{
	struct bpf_if *bp, *found = NULL;

	BPF_LOCK_ASSERT();
	CK_LIST_FOREACH(bp, &bpf_iflist, bif_ext.bif_next)
		if (bp->bif_ifp == ifp)
			found = bp;
	return (found);
}

int
bpf_listen(const char *name, bool promisc, bpf_listen_fn *fn, void *arg,
    struct bpf_d **dp)
{
	struct bpf_if *bp = NULL;
	struct ifnet *ifp;
	struct bpf_d *d;
	int error = 0;

	d = malloc(sizeof(*d), M_BPF, M_WAITOK | M_ZERO);
	d->bd_fn = fn;
	d->bd_arg = arg;
	BPF_LOCK();
	/*
	 * A move unlists the interface first and cuts its listeners off then,
	 * with this lock held: what is listed now will be cut off.
	 */
	ifp = ifunit_ref(name);
	if (ifp != NULL)
		bp = bpf_find(ifp);
	if (bp == NULL)
		error = ENXIO;
	else if (promisc)
		error = ifpromisc(ifp, 1);
	if (error == 0) {
		d->bd_bif = bp;
		d->bd_promisc = promisc;
		refcount_acquire(&bp->bif_refcnt);
		CK_LIST_INSERT_HEAD(&bp->bif_ext.bif_dlist, d, bd_next);
		EVENTHANDLER_INVOKE(bpf_track, ifp, bp->bif_dlt, 1);
		*dp = d;
	}
	BPF_UNLOCK();
	if (ifp != NULL)
		if_rele(ifp);
	if (error != 0)
		free(d, M_BPF);
	return (error);
}

void
bpf_unlisten(struct bpf_d *d)
{
	BPF_LOCK();
	bpf_detachd(d, true);
	BPF_UNLOCK();
	NET_EPOCH_WAIT();
	free(d, M_BPF);
}

bool
bpf_listening(const struct bpf_d *d)
{
	bool on;

	BPF_LOCK();
	on = d->bd_bif != NULL;
	BPF_UNLOCK();
	return (on);
}

u_int
bpf_listener_dlt(const struct bpf_d *d)
{
	u_int dlt;

	BPF_LOCK();
	dlt = d->bd_bif != NULL ? d->bd_bif->bif_dlt : (u_int)-1;
	BPF_UNLOCK();
	return (dlt);
}
