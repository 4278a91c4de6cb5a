/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * tun(4), tap(4): the device's face.
 *
 * A device has one opener at a time, and that is a user (tun_busy) whom
 * destruction waits for.  So a method may use what it finds at the node.
 */
#include "if_tuntap.h"

#include <sys/event.h>
#include <sys/fcntl.h>
#include <sys/poll.h>
#include <sys/random.h>
#include <sys/syslog.h>
#include <sys/uio.h>
#include <dev/virtio/network/virtio_net.h>
#include <net/netisr.h>
#include <net/route.h>
#include <netinet/in.h>

#define	TUN_AFLEN	((int)sizeof(uint32_t))	/* TUN_IFHEAD's header */

static d_priv_dtor_t tundtor;

/* --- open and close ----------------------------------------------------- */

/* The device of `tp` has an opener from here on. */
static void
tun_opened(struct tuntap_softc *tp, struct thread *td)
{
	struct ifnet *ifp = tp->tun_ifp;

	TUN_LOCK_ASSERT(tp);
	if (tun_is_l2(tp)) {
		memcpy(tp->tun_ether.octet, IF_LLADDR(ifp), ETHER_ADDR_LEN);
		if_setdrvflagbits(ifp, IFF_DRV_RUNNING, IFF_DRV_OACTIVE);
		if (tap_up_on_open)
			if_setflagbits(ifp, IFF_UP, 0);
	}
	tp->tun_pid = td->td_proc->p_pid;
	tp->tun_flags |= TUN_OPEN;
	if_link_state_change(ifp, LINK_STATE_UP);
}

/* tun-reopen-while-dying: it was enough that no other process had it open. */
static bool
tun_may_open(const struct tuntap_softc *tp, const struct thread *td)
{
	if (BUG(TUN_OPEN_DYING))
		return (tp->tun_pid == 0 || tp->tun_pid == td->td_proc->p_pid);
	return ((tp->tun_flags & (TUN_OPEN | TUN_DYING)) == 0);
}

/*
 * The net epoch keeps the memory until the lock is held: a transient tunnel
 * is taken apart before its node, and its node then points at itself.
 */
static int
tunopen(struct cdev *dev, int oflags __unused, int devtype __unused,
    struct thread *td)
{
	struct epoch_tracker et;
	struct tuntap_softc *tp;
	int error = 0;

	NET_EPOCH_ENTER(et);
	tp = atomic_load_ptr(&dev->si_drv1);
	if (tp == NULL || (void *)tp == (void *)dev) {
		NET_EPOCH_EXIT(et);
		return (ENXIO);
	}
	TUN_LOCK(tp);
	if ((tp->tun_flags & TUN_INITED) == 0)
		error = ENXIO;
	else if (!tun_may_open(tp, td))
		error = EBUSY;
	KFAIL_POINT_CODE_FLAGS(DEBUG_FP, tun_open, FAIL_POINT_NONSLEEPABLE,
	    error = RETURN_VALUE);
	if (error != 0) {
		/* Nothing but the epoch keeps it. */
		TUN_UNLOCK(tp);
		NET_EPOCH_EXIT(et);
		return (error);
	}
	NET_EPOCH_EXIT(et);
	error = tun_busy_locked(tp);
	KASSERT(error == 0, ("Must be able to busy an unopen tunnel"));
	tun_opened(tp, td);
	TUN_UNLOCK(tp);
	(void)devfs_set_cdevpriv(tp, tundtor);
	return (error);
}

/* Whether what the opener has configured goes with him. */
static bool
tun_forgets(const struct tuntap_softc *tp)
{
	if ((tp->tun_flags & TUN_VMNET) != 0)
		return (false);
	return (!tun_is_l2(tp) ||
	    (if_getflags(tp->tun_ifp) & IFF_LINK0) == 0);
}

/* The interface goes down and loses its addresses. */
static void
tun_if_forget(struct tuntap_softc *tp)
{
	struct ifnet *ifp = tp->tun_ifp;

	TUN_LOCK_ASSERT(tp);
	if (tun_is_l2(tp))
		tcp_lro_free(&tp->tun_lro);
	if ((if_getflags(ifp) & IFF_UP) != 0) {
		TUN_UNLOCK(tp);
		if_down(ifp);
		TUN_LOCK(tp);
	}
	if ((if_getdrvflags(ifp) & IFF_DRV_RUNNING) != 0) {
		if_setdrvflagbits(ifp, 0, IFF_DRV_RUNNING);
		TUN_UNLOCK(tp);
		if_purgeaddrs(ifp);
		TUN_LOCK(tp);
	}
}

/*
 * The last close of the file, in whatever process has it; or the end of the
 * device under an opener who is still there.
 */
static void
tundtor(void *data)
{
	struct tuntap_softc *tp = data;
	struct tuntap_driver *drv = tp->tun_drv;
	struct ifnet *ifp = tp->tun_ifp;
	bool transient;

	TUN_LOCK(tp);
	if (curproc->p_pid != tp->tun_pid &&
	    (tp->tun_flags & TUN_REVOKED) == 0)
		log(LOG_INFO, "pid %d (%s), %s: tun/tap protocol violation, "
		    "non-controlling process closed last.\n",
		    (int)curproc->p_pid, curproc->p_comm,
		    tp->tun_dev->si_name);
	/* tun-open-flag-cleared-early: there is a lot to be done yet. */
	if (BUG(TUN_CLOSED_EARLY)) {
		tp->tun_flags &= ~TUN_OPEN;
		tun_unbusy_locked(tp);
	}
	CURVNET_SET(if_getvnet(ifp));
	IFQ_PURGE(&ifp->if_snd);
	if (tun_forgets(tp))
		tun_if_forget(tp);
	if_link_state_change(ifp, LINK_STATE_DOWN);
	CURVNET_RESTORE();
	TUN_UNLOCK(tp);
	funsetown(&tp->tun_sigio);
	TUN_LOCK(tp);
	selwakeuppri(&tp->tun_rsel, PZERO + 1);
	KNOTE_LOCKED(&tp->tun_rsel.si_note, 0);
	transient = (tp->tun_flags & TUN_TRANSIENT) != 0;
	/* Somebody destroys it already, and waits for no more than this. */
	if ((tp->tun_flags & TUN_DYING) != 0 && !BUG(TUN_TRANSIENT_CLOSE))
		transient = false;
	tp->tun_flags &= ~(TUN_OPEN | TUN_ASYNC);
	tp->tun_pid = 0;
	tp->tun_vhdrlen = 0;
	if (transient)
		tp->tun_flags |= TUN_DYING;
	/*
	 * The tunnel may be freed as soon as nobody is busy with it; what
	 * holds the memory now is the destruction of the node, which waits
	 * for this to return, or the interface's reference.
	 */
	if (transient && !BUG(TUN_TRANSIENT_CLOSE))
		if_ref(ifp);
	if (!BUG(TUN_CLOSED_EARLY))
		tun_unbusy_locked(tp);
	TUN_UNLOCK(tp);
	if (transient)
		tun_destroy_transient(tp, ifp, drv);
}

/* --- read --------------------------------------------------------------- */

/* The next packet, with tun_mtx; sleeps for it unless that is not wanted. */
static int
tun_dequeue_wait(struct tuntap_softc *tp, int flag, struct mbuf **mp)
{
	struct ifnet *ifp = tp->tun_ifp;
	int error;

	TUN_LOCK_ASSERT(tp);
	if (!tun_ready(tp))
		return (EHOSTDOWN);
	tp->tun_flags &= ~TUN_RWAIT;
	for (;;) {
		IFQ_DEQUEUE(&ifp->if_snd, *mp);
		if (*mp != NULL)
			return (0);
		if ((tp->tun_flags & TUN_REVOKED) != 0)
			return (ENXIO);
		if ((flag & O_NONBLOCK) != 0)
			return (EWOULDBLOCK);
		tp->tun_flags |= TUN_RWAIT;
		error = mtx_sleep(tp, &tp->tun_mtx, PCATCH | (PZERO + 1),
		    "tunread", 0);
		if (error != 0)
			return (error);
	}
}

/* The virtio header of a frame that is read; takes the frame on error. */
static int
tap_read_header(struct tuntap_softc *tp, struct uio *uio, int vhdrlen,
    struct mbuf **mp)
{
	struct virtio_net_hdr_mrg_rxbuf vhdr = { .num_buffers = 0 };
	int error;

	*mp = virtio_net_tx_offload(tp->tun_ifp, *mp, false, &vhdr.hdr);
	if (*mp == NULL)
		return (ENOBUFS);
	error = uiomove(&vhdr, MIN(vhdrlen, uio->uio_resid), uio);
	if (error != 0) {
		m_freem(*mp);
		*mp = NULL;
	}
	return (error);
}

/* One packet; what does not fit is lost. */
static int
tunread(struct cdev *dev, struct uio *uio, int flag)
{
	struct tuntap_softc *tp = dev->si_drv1;
	struct ifnet *ifp = tp->tun_ifp;
	struct mbuf *m;
	int error, vhdrlen;

	TUN_LOCK(tp);
	error = tun_dequeue_wait(tp, flag, &m);
	vhdrlen = tp->tun_vhdrlen;
	TUN_UNLOCK(tp);
	if (error != 0)
		return (error);
	if (tun_is_l2(tp))
		BPF_MTAP(ifp, m);
	if (vhdrlen > 0 &&
	    (error = tap_read_header(tp, uio, vhdrlen, &m)) != 0)
		return (error);
	error = m_mbuftouio(uio, m, 0);
	m_freem(m);
	return (error);
}

/* --- write -------------------------------------------------------------- */

/* Is a frame for this interface? */
static bool
tap_accepts(struct ifnet *ifp, const struct ether_header *eh)
{
	return ((if_getflags(ifp) & IFF_PROMISC) != 0 ||
	    ETHER_IS_MULTICAST(eh->ether_dhost) ||
	    memcmp(eh->ether_dhost, IF_LLADDR(ifp), ETHER_ADDR_LEN) == 0);
}

static int
tap_input(struct tuntap_softc *tp, struct mbuf *m,
    const struct virtio_net_hdr *vhdr)
{
	struct ifnet *ifp = tp->tun_ifp;
	struct epoch_tracker et;

	if (m->m_pkthdr.len < ETHER_HDR_LEN) {
		m_freem(m);
		return (0);
	}
	if (m->m_len < ETHER_HDR_LEN &&
	    (m = m_pullup(m, ETHER_HDR_LEN)) == NULL)
		return (ENOBUFS);
	if (!tap_accepts(ifp, mtod(m, struct ether_header *))) {
		m_freem(m);
		return (0);
	}
	if (vhdr != NULL && virtio_net_rx_csum(m, vhdr) != 0) {
		m_freem(m);
		return (0);
	}
	CURVNET_SET(if_getvnet(ifp));
	NET_EPOCH_ENTER(et);
	if ((if_getcapenable(ifp) & IFCAP_LRO) == 0 ||
	    tcp_lro_rx(&tp->tun_lro, m, 0) != 0)
		if_input(ifp, m);
	else
		tcp_lro_flush_all(&tp->tun_lro);
	NET_EPOCH_EXIT(et);
	CURVNET_RESTORE();
	if_inc_counter(ifp, IFCOUNTER_IPACKETS, 1);
	return (0);
}

/* The family in front of a packet, which loses it; 0 if it is too short. */
static uint32_t
tun_take_family(struct mbuf **mp)
{
	uint32_t family;

	if ((*mp)->m_pkthdr.len < TUN_AFLEN ||
	    (*mp = m_pullup(*mp, TUN_AFLEN)) == NULL)
		return (0);
	family = ntohl(*mtod(*mp, uint32_t *));
	m_adj(*mp, TUN_AFLEN);
	return (family);
}

static int
tun_input(struct tuntap_softc *tp, struct mbuf *m, bool head)
{
	struct ifnet *ifp = tp->tun_ifp;
	uint32_t family = AF_INET;
	struct epoch_tracker et;
	int isr;

	if (head && (family = tun_take_family(&m)) == 0) {
		m_freem(m);
		return (ENOBUFS);
	}
	BPF_MTAP2(ifp, &family, sizeof(family), m);
	if (family != AF_INET && family != AF_INET6) {
		m_freem(m);
		return (EAFNOSUPPORT);
	}
	isr = family == AF_INET ? NETISR_IP : NETISR_IPV6;
	M_SETFIB(m, if_getfib(ifp));
	if_inc_counter(ifp, IFCOUNTER_IPACKETS, 1);
	if_inc_counter(ifp, IFCOUNTER_IBYTES, m->m_pkthdr.len);
	random_harvest_queue(m, sizeof(*m), RANDOM_NET_TUN);
	CURVNET_SET(if_getvnet(ifp));
	NET_EPOCH_ENTER(et);
	netisr_dispatch(isr, m);
	NET_EPOCH_EXIT(et);
	CURVNET_RESTORE();
	return (0);
}

/* What goes before the packet, and how much there may be in all. */
struct tun_framing {
	bool	l2;
	bool	head;			/* TUN_IFHEAD */
	int	vhdrlen;
	ssize_t	limit;
};

static void
tun_framing(struct tuntap_softc *tp, struct tun_framing *tf)
{
	TUN_LOCK(tp);
	tf->l2 = tun_is_l2(tp);
	tf->head = (tp->tun_flags & TUN_IFHEAD) != 0;
	tf->vhdrlen = tf->l2 ? tp->tun_vhdrlen : 0;
	TUN_UNLOCK(tp);
	tf->limit = tf->l2 ? TAPMRU + tf->vhdrlen :
	    TUNMRU + (tf->head ? TUN_AFLEN : 0);
}

static int
tunwrite(struct cdev *dev, struct uio *uio, int flag __unused)
{
	struct tuntap_softc *tp = dev->si_drv1;
	struct virtio_net_hdr_mrg_rxbuf vhdr = { .num_buffers = 0 };
	struct ifnet *ifp = tp->tun_ifp;
	struct tun_framing tf;
	struct mbuf *m;
	int error;

	/* Whoever writes to an interface that is down is not told. */
	if ((if_getflags(ifp) & IFF_UP) == 0 || uio->uio_resid == 0)
		return (0);
	tun_framing(tp, &tf);
	if (uio->uio_resid < 0 || uio->uio_resid > tf.limit)
		return (EIO);
	if (tf.vhdrlen > 0 &&
	    (error = uiomove(&vhdr, tf.vhdrlen, uio)) != 0)
		return (error);
	m = m_uiotombuf(uio, M_NOWAIT, 0, tf.l2 ? ETHER_ALIGN : 0, M_PKTHDR);
	if (m == NULL) {
		if_inc_counter(ifp, IFCOUNTER_IERRORS, 1);
		return (ENOBUFS);
	}
	m->m_pkthdr.rcvif = ifp;
	if (tf.l2)
		return (tap_input(tp, m, tf.vhdrlen > 0 ? &vhdr.hdr : NULL));
	return (tun_input(tp, m, tf.head));
}

/* --- waiting ------------------------------------------------------------ */

static int
tunpoll(struct cdev *dev, int events, struct thread *td)
{
	struct tuntap_softc *tp = dev->si_drv1;
	int revents = events & (POLLOUT | POLLWRNORM);

	TUN_LOCK(tp);
	if ((events & (POLLIN | POLLRDNORM)) != 0) {
		if (!IFQ_IS_EMPTY(&tp->tun_ifp->if_snd))
			revents |= events & (POLLIN | POLLRDNORM);
		else
			selrecord(td, &tp->tun_rsel);
	}
	TUN_UNLOCK(tp);
	return (revents);
}

static void
tunkqdetach(struct knote *kn)
{
	struct tuntap_softc *tp = kn->kn_hook;

	knlist_remove(&tp->tun_rsel.si_note, kn, 0);
}

static int
tunkqread(struct knote *kn, long hint __unused)
{
	struct tuntap_softc *tp = kn->kn_hook;

	TUN_LOCK_ASSERT(tp);
	kn->kn_data = _IF_QLEN(&tp->tun_ifp->if_snd);
	return (kn->kn_data > 0);
}

static int
tunkqwrite(struct knote *kn, long hint __unused)
{
	struct tuntap_softc *tp = kn->kn_hook;

	kn->kn_data = if_getmtu(tp->tun_ifp);
	return (1);
}

static const struct filterops tun_read_filterops = {
	.f_event = tunkqread,
	.f_copy = knote_triv_copy,
	.f_detach = tunkqdetach,
	.f_isfd = 1,
};

static const struct filterops tun_write_filterops = {
	.f_event = tunkqwrite,
	.f_copy = knote_triv_copy,
	.f_detach = tunkqdetach,
	.f_isfd = 1,
};

static int
tunkqfilter(struct cdev *dev, struct knote *kn)
{
	struct tuntap_softc *tp = dev->si_drv1;

	if (kn->kn_filter != EVFILT_READ && kn->kn_filter != EVFILT_WRITE)
		return (EINVAL);
	kn->kn_fop = kn->kn_filter == EVFILT_READ ? &tun_read_filterops :
	    &tun_write_filterops;
	kn->kn_hook = tp;
	knlist_add(&tp->tun_rsel.si_note, kn, 0);
	return (0);
}

const struct cdevsw tun_methods = {
	.d_flags = D_NEEDMINOR,
	.d_version = D_VERSION,
	.d_kqfilter = tunkqfilter,
	.d_poll = tunpoll,
	.d_ioctl = tunioctl,
	.d_write = tunwrite,
	.d_read = tunread,
	.d_open = tunopen,
};
