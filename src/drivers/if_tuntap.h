/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * tun(4), tap(4) and vmnet(4): what the parts of the driver share.
 *
 * if_tuntap.c		the module, vnets and jails
 * if_tuntap_create.c	creation
 * if_tuntap_destroy.c	destruction
 * if_tuntap_dev.c	the device's face: open, read, write, ...
 * if_tuntap_ioctl.c	its requests
 * if_tuntap_if.c	the interface's face: packets and requests
 */
#ifndef _IF_TUNTAP_H_
#define _IF_TUNTAP_H_

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic_common.h>
#include <sys/condvar.h>
#include <sys/conf.h>
#include <sys/epoch.h>
#include <sys/fail.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mbuf.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/selinfo.h>
#include <sys/sigio.h>
#include <sys/signalvar.h>
#include <sys/socket.h>
#include <sys/sockio.h>
#include <sys/sx.h>
#include <net/bpf.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_clone.h>
#include <net/if_private.h>
#include <net/if_tap.h>
#include <net/if_tun.h>
#include <net/if_types.h>
#include <net/if_var.h>
#include <net/vnet.h>
#include <netinet/tcp_lro.h>

#include "bugs.h"

/* tun_flags */
#define	TUN_OPEN	0x0001		/* somebody has the device */
#define	TUN_INITED	0x0002		/* the interface is there */
#define	TUN_LMODE	0x0020		/* a socket address goes in front */
#define	TUN_RWAIT	0x0040		/* a reader sleeps */
#define	TUN_ASYNC	0x0080		/* readers want SIGIO */
#define	TUN_IFHEAD	0x0100		/* an address family in front */
#define	TUN_DYING	0x0200		/* being destroyed: no new users */
#define	TUN_L2		0x0400		/* frames: tap, vmnet */
#define	TUN_VMNET	0x0800		/* keeps its state over a close */
#define	TUN_TRANSIENT	0x1000		/* goes with the last close */
#define	TUN_REVOKED	0x2000		/* is destroyed under its opener */
#define	TUN_READY	(TUN_OPEN | TUN_INITED)

/*
 * A kind of device.
 * Locks: (c) constant while loaded, (g) tunmtx, (d) the device layer's.
 */
struct tuntap_driver {
	struct cdevsw	cdevsw;		/* (c) its d_name is the kind's */
	int		ident_flags;	/* (c) TUN_L2, TUN_VMNET */
	struct unrhdr	*unrhdr;	/* (g) units of all vnets */
	struct clonedevs *clones;	/* (d) devices by unit */
};

/*
 * A tunnel.
 * Locks: (c) constant once TUN_INITED, (g) tunmtx, (t) tun_mtx, (r)
 * tun_alias_sx.
 */
struct tuntap_softc {
	TAILQ_ENTRY(tuntap_softc) tun_list;	/* (g) tunhead */
	struct tuntap_driver *tun_drv;		/* (c) */
	struct cdev	*tun_dev;		/* (c) */
	struct cdev	*tun_alias;		/* (r) second name of tun_dev */
	struct ifnet	*tun_ifp;		/* (c) NULL: none yet */
	int		tun_flags;		/* (t) TUN_* */
	pid_t		tun_pid;		/* (t) who has opened it */
	int		tun_busy;		/* (t) users to wait for */
	int		tun_vhdrlen;		/* (t) virtio header's size */
	struct ether_addr tun_ether;		/* (t) address of the far end */
	struct sigio	*tun_sigio;		/* the sigio lock */
	struct selinfo	tun_rsel;		/* who waits; (t) notes */
	struct mtx	tun_mtx;
	struct cv	tun_cv;			/* tun_busy has gone down */
	struct lro_ctrl	tun_lro;		/* (t) */
	struct epoch_context tun_epoch;		/* its deferred end */
};

#define	TUN_LOCK(tp)		mtx_lock(&(tp)->tun_mtx)
#define	TUN_UNLOCK(tp)		mtx_unlock(&(tp)->tun_mtx)
#define	TUN_LOCK_ASSERT(tp)	mtx_assert(&(tp)->tun_mtx, MA_OWNED)

/* A place where a test may hold a thread. */
#define	TUN_PAUSE(name)	KFAIL_POINT_CODE(DEBUG_FP, name, (void)0)

MALLOC_DECLARE(M_TUN);
extern int tundebug;
extern bool tun_devfs_cloning, tap_devfs_cloning;
extern bool tap_user_open, tap_up_on_open;

#define	TUN_KINDS	3
extern struct tuntap_driver tuntap_drivers[TUN_KINDS];
TAILQ_HEAD(tuntap_list, tuntap_softc);
extern struct tuntap_list tunhead;		/* tunmtx: all tunnels */
extern struct mtx tunmtx;			/* tunnels and units */

/*
 * Validity of if_softc, for whoever comes in through the interface.
 * Before tun_mtx.
 */
extern struct sx tun_ioctl_sx;

/* Constant, unlike the flags around it in tun_flags. */
static inline bool
tun_is_l2(const struct tuntap_softc *tp)
{
	return ((tp->tun_drv->ident_flags & TUN_L2) != 0);
}

static inline bool
tun_ready(const struct tuntap_softc *tp)
{
	TUN_LOCK_ASSERT(tp);
	return ((tp->tun_flags & TUN_READY) == TUN_READY);
}

/* "tun", "tun3": whose, and which unit, -1 for any.  EINVAL, ENXIO. */
int	tun_name2info(const char *name, struct tuntap_driver **drvp,
	    int *unitp);
/* One user more: EBUSY once it is dying.  tun_unbusy_locked(): tun_mtx. */
int	tun_busy(struct tuntap_softc *tp);
int	tun_busy_locked(struct tuntap_softc *tp);
void	tun_unbusy_locked(struct tuntap_softc *tp);
/* The cloners' methods, and the handlers of events. */
ifc_create_f tun_clone_create;
ifc_destroy_f tun_clone_destroy;
void	tunclone(void *arg, struct ucred *cred, char *name, int namelen,
	    struct cdev **dev);
void	tunrename(void *arg, if_t ifp);
/* The one that made the interface; NULL if it is going or gone. */
/* Around a creation, or what must not meet half of one.  Sleeps, recurses. */
void	tun_create_enter(void);
void	tun_create_exit(void);
struct if_clone *tun_home_cloner(struct ifnet *ifp,
	    struct tuntap_driver *drv);
/*
 * Destroys a tunnel.  0, or with TUN_WAIT_SIG the errno of a signal.  Sleeps;
 * ifnet_detach_sxlock is held.
 */
int	tun_destroy(struct tuntap_softc *tp, int how);
#define	TUN_WAIT_SIG	0x1	/* a signal ends the wait for the close */
#define	TUN_REVOKE	0x2	/* no wait: the opener keeps a dead file */
/* Waits until the units of all nodes that have gone are back. */
void	tun_wait_late_units(void);
/*
 * The last close of a transient tunnel, which is not locked and may be freed
 * already: the interface's softc tells.
 */
void	tun_destroy_transient(struct tuntap_softc *tp, struct ifnet *ifp,
	    struct tuntap_driver *drv);
/* Fills in the methods of a new interface. */
void	tun_if_init(struct ifnet *ifp, bool l2);

extern const struct cdevsw tun_methods;
d_ioctl_t tunioctl;

#endif /* !_IF_TUNTAP_H_ */
