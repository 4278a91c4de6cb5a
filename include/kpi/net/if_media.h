/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Media selection, ifmedia(9).
 *
 * A media word is type (ETHER), subtype (1000_T), options (FDX) and instance.
 * The driver locks its list; adding may sleep.
 */
#ifndef _KPI_NET_IF_MEDIA_H_
#define _KPI_NET_IF_MEDIA_H_

#include <sys/queue.h>
#include <sys/types.h>
#include <net/if.h>

struct ifnet;

typedef int (*ifm_change_cb_t)(if_t ifp);
typedef void (*ifm_stat_cb_t)(if_t ifp, struct ifmediareq *req);

struct ifmedia_entry {
	LIST_ENTRY(ifmedia_entry) ifm_list;
	int	ifm_media;
	int	ifm_data;			/* driver's */
	void	*ifm_aux;			/* driver's */
};

/* All fields are the driver's to lock. */
struct ifmedia {
	int	ifm_mask;			/* bits to ignore */
	int	ifm_media;			/* as the user set it */
	struct ifmedia_entry *ifm_cur;		/* chosen entry */
	LIST_HEAD(, ifmedia_entry) ifm_list;
	ifm_change_cb_t	ifm_change;
	ifm_stat_cb_t	ifm_status;
};

void	ifmedia_init(struct ifmedia *ifm, int dontcare_mask,
	    ifm_change_cb_t change, ifm_stat_cb_t status);
void	ifmedia_add(struct ifmedia *ifm, int mword, int data, void *aux);
/* Chooses the matching entry; panics if there is none. */
void	ifmedia_set(struct ifmedia *ifm, int mword);
void	ifmedia_removeall(struct ifmedia *ifm);
/*
 * SIOCSIFMEDIA (ENXIO: no such medium; the change callback's error, the old
 * choice then stays) and SIOCGIFMEDIA (EINVAL: negative count, EFAULT,
 * E2BIG: the list did not fit).  EINVAL for any other command.
 */
int	ifmedia_ioctl(struct ifnet *ifp, struct ifreq *ifr,
	    struct ifmedia *ifm, u_long cmd);
uint64_t ifmedia_baudrate(int mword);

#define	IFM_ETHER	0x00000020
#define	IFM_NMASK	0x000000e0
#define	IFM_NSHIFT	5
#define	IFM_TMASK	0x0000001f
#define	IFM_ETH_XTYPE	0x00007800
#define	IFM_ETH_XSHIFT	(11 - 5)
#define	IFM_IMASK	0xf0000000
#define	IFM_ISHIFT	28
#define	IFM_OMASK	0x0000ff00
#define	IFM_GMASK	0x0ff00000

/* Subtypes of every type, then Ethernet's. */
#define	IFM_AUTO	0
#define	IFM_MANUAL	1
#define	IFM_NONE	2
#define	IFM_10_T	3
#define	IFM_10_2	4
#define	IFM_10_5	5
#define	IFM_100_TX	6
#define	IFM_100_FX	7
#define	IFM_100_T4	8
#define	IFM_1000_SX	11
#define	IFM_1000_LX	14
#define	IFM_1000_T	16
#define	IFM_10G_LR	18
#define	IFM_10G_SR	19
#define	IFM_10G_T	26
#define	IFM_UNKNOWN	31

#define	IFM_FDX		0x00100000
#define	IFM_HDX		0x00200000
#define	IFM_FLOW	0x00400000
#define	IFM_FLAG0	0x01000000
#define	IFM_FLAG1	0x02000000
#define	IFM_FLAG2	0x04000000
#define	IFM_LOOP	0x08000000

#define	IFM_AVALID	0x00000001	/* ifm_status: ACTIVE is valid */
#define	IFM_ACTIVE	0x00000002
#define	IFM_STATUS_VALID	IFM_AVALID

#define	IFM_TYPE(x)	((x) & IFM_NMASK)
#define	IFM_SUBTYPE(x)	((x) & IFM_TMASK)
#define	IFM_INST(x)	(((x) & IFM_IMASK) >> IFM_ISHIFT)
#define	IFM_OPTIONS(x)	((x) & (IFM_OMASK | IFM_GMASK))
#define	IFM_INST_MAX	IFM_INST(IFM_IMASK)
#define	IFM_MAKEWORD(type, subtype, options, instance)			\
	((type) | (subtype) | (options) | ((instance) << IFM_ISHIFT))

#endif /* !_KPI_NET_IF_MEDIA_H_ */
