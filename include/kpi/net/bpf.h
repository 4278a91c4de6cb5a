/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Packet capture, bpf(4): records, taps and listeners.
 *
 * An interface has a record for each link type it was attached with.  The
 * record holds a reference on the interface until a grace period after
 * bpfdetach(), so an interface that somebody taps outlives its detach.  There
 * is no /dev/bpf; a listener is attached by the functions at the end and gets
 * a copy of every packet.
 */
#ifndef _KPI_NET_BPF_H_
#define _KPI_NET_BPF_H_

#include <sys/eventhandler.h>
#include <sys/cdefs.h>
#include <sys/queue.h>
#include <sys/ck.h>
#include <net/dlt.h>
#include <net/if.h>

struct bpf_d;
struct bpf_if;
struct ifnet;
struct mbuf;

CK_LIST_HEAD(bpfd_list, bpf_d);

/*
 * The part of a record that drivers' inline tests look at.
 * Locks: (b) bpf_sx, read in the net epoch.
 */
struct bpf_if_ext {
	CK_LIST_ENTRY(bpf_if)	bif_next;	/* (b) all records */
	struct bpfd_list	bif_dlist;	/* (b) listeners */
};

/*
 * bpfattach(): sleeps; after if_attach(), before the interface is used.
 * bpfattach2() stores the record at `driverp` (bpfattach: in if_bpf).
 * bpfdetach(): sleeps; undoes all of an interface's records; listeners are
 * cut off.
 */
void	bpfattach(struct ifnet *ifp, u_int dlt, u_int hdrlen);
void	bpfattach2(struct ifnet *ifp, u_int dlt, u_int hdrlen,
	    struct bpf_if **driverp);
void	bpfdetach(struct ifnet *ifp);
/*
 * What if_vmove() calls: cuts every listener off the interface's records and
 * leaves the records.
 */
void	bpf_ifdetach(struct ifnet *ifp);

/*
 * Taps.  Any context but a spin mutex; the packet is only read.  The record
 * may be NULL or one that was just detached, if the caller is in a net epoch
 * section that began before.
 */
void	bpf_tap(struct bpf_if *bp, const u_char *pkt, u_int pktlen);
void	bpf_mtap(struct bpf_if *bp, struct mbuf *m);
void	bpf_mtap2(struct bpf_if *bp, void *data, u_int dlen, struct mbuf *m);
void	bpf_tap_if(if_t ifp, const u_char *pkt, u_int pktlen);
void	bpf_mtap_if(if_t ifp, struct mbuf *m);
void	bpf_mtap2_if(if_t ifp, void *data, u_int dlen, struct mbuf *m);
bool	bpf_peers_present_if(if_t ifp);

static inline bool
bpf_peers_present(const struct bpf_if *bpf)
{
	const struct bpf_if_ext *ext = (const struct bpf_if_ext *)bpf;

	return (ext != NULL && !CK_LIST_EMPTY(&ext->bif_dlist));
}

#define	BPF_TAP(ifp, pkt, pktlen)	bpf_tap_if((ifp), (pkt), (pktlen))
/* As ether_output() does, a VLAN tag in the packet header is not shown. */
#define	BPF_MTAP(ifp, m)						\
	bpf_mtap_if((ifp), (m))
#define	BPF_MTAP2(ifp, data, dlen, m)					\
	bpf_mtap2_if((ifp), (data), (dlen), (m))
#define	ETHER_BPF_MTAP(ifp, m)	BPF_MTAP((ifp), (m))

/*
 * A listener in place of an open /dev/bpf.  `fn` is called in the tapping
 * thread, inside the net epoch, with a copy of the bytes; it must not sleep.
 *
 * bpf_listen(): attaches to the first record of the interface called `name`
 * in curvnet, asking for promiscuous mode if wanted.  ENXIO: no such
 * interface or no record on it; otherwise ifpromisc()'s error.  Sleeps.
 * bpf_unlisten(): detaches and frees; gives promiscuity back unless the
 * listener was cut off by a move or a detach.  No call of fn is running or
 * to come when it returns.  Sleeps.
 */
typedef void bpf_listen_fn(void *arg, const u_char *pkt, u_int pktlen);
int	bpf_listen(const char *name, bool promisc, bpf_listen_fn *fn,
	    void *arg, struct bpf_d **dp);
void	bpf_unlisten(struct bpf_d *d);
/* Whether it is still attached to an interface. */
bool	bpf_listening(const struct bpf_d *d);
u_int	bpf_listener_dlt(const struct bpf_d *d);

typedef void (*bpf_track_fn)(void *, struct ifnet *, int dlt, int attach);
EVENTHANDLER_DECLARE(bpf_track, bpf_track_fn);

#endif /* !_KPI_NET_BPF_H_ */
