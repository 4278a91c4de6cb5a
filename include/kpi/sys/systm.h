/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What every kernel file needs: console, memory blocks, sleeping, unit
 * numbers, user memory.
 */
#ifndef _KPI_SYS_SYSTM_H_
#define _KPI_SYS_SYSTM_H_

#include <sys/types.h>
#include <sys/kassert.h>
#include <sys/kpi_libc.h>
#include <sys/pcpu.h>
#include <sys/queue.h>

#include <string.h>
#include <strings.h>

#include <sys/libkern.h>

struct inpcb;
struct lock_object;
struct mtx;
struct socket;
struct thread;
struct ucred;
struct unrhdr;

extern const int osreldate;
extern int mp_ncpus;
extern int vs_strict;		/* vs_config.strict: report what FreeBSD
				   lets pass */

/*
 * User memory.  A user address is an ordinary pointer here; NULL is a bad
 * one, and a fail point can make any access fail.  May sleep; 0 or EFAULT,
 * copyinstr() also ENAMETOOLONG.
 */
int	copyin(const void *udaddr, void *kaddr, size_t len);
int	copyout(const void *kaddr, void *udaddr, size_t len);
int	copyinstr(const void *udaddr, void *kaddr, size_t len,
	    size_t *lencopied);

/*
 * sleep(9).  `chan` is any address; `pri` may carry PCATCH, PDROP, PNOLOCK;
 * `timo` is in ticks, 0 for ever.  0, EWOULDBLOCK, EINTR or ERESTART.
 */
int	_sleep(const void *chan, struct lock_object *lock, int pri,
	    const char *wmesg, sbintime_t sbt, sbintime_t pr, int flags);
#define	msleep(chan, mtx, pri, wmesg, timo)				\
	_sleep((chan), &(mtx)->lock_object, (pri), (wmesg),		\
	    tick_sbt * (timo), 0, 0)
#define	msleep_sbt(chan, mtx, pri, wmesg, bt, pr, flags)		\
	_sleep((chan), &(mtx)->lock_object, (pri), (wmesg), (bt), (pr), (flags))
#define	tsleep(chan, pri, wmesg, timo)					\
	_sleep((chan), NULL, (pri), (wmesg), tick_sbt * (timo), 0, 0)
#define	tsleep_sbt(chan, pri, wmesg, bt, pr, flags)			\
	_sleep((chan), NULL, (pri), (wmesg), (bt), (pr), (flags))
int	msleep_spin_sbt(const void *chan, struct mtx *mtx, const char *wmesg,
	    sbintime_t sbt, sbintime_t pr, int flags);
#define	msleep_spin(chan, mtx, wmesg, timo)				\
	msleep_spin_sbt((chan), (mtx), (wmesg), tick_sbt * (timo), 0, 0)
/*
 * pause(9): sleeps for a time, at least a tick.  EWOULDBLOCK; with C_CATCH
 * (pause_sig()) also EINTR or ERESTART.
 */
int	pause_sbt(const char *wmesg, sbintime_t sbt, sbintime_t pr, int flags);
#define	pause_sig(wmesg, timo)						\
	pause_sbt((wmesg), tick_sbt * (timo), 0, C_CATCH)
/*
 * Wake all sleepers, who waits longest, or who came last.  Any context.
 */
void	wakeup(const void *chan);
void	wakeup_one(const void *chan);
void	wakeup_any(const void *chan);

/* sbintime_t is 32.32 fixed-point seconds. */
#define	SBT_1S		((sbintime_t)1 << 32)
#define	SBT_1M		(SBT_1S * 60)
#define	SBT_1MS		(SBT_1S / 1000)
#define	SBT_1US		(SBT_1S / 1000000)
#define	SBT_MAX		0x7fffffffffffffffLL
#define	tick_sbt	SBT_1MS

/* critical(9): nothing that may block until the matching exit. */
void	critical_enter(void);
void	critical_exit(void);

/* unr(9) */
#define	UNR_NO_MTX	((void *)(uintptr_t)-1)
struct unrhdr *new_unrhdr(int low, int high, struct mtx *mutex);
void	init_unrhdr(struct unrhdr *uh, int low, int high, struct mtx *mutex);
void	delete_unrhdr(struct unrhdr *uh);
void	clear_unrhdr(struct unrhdr *uh);
void	clean_unrhdr(struct unrhdr *uh);
void	clean_unrhdrl(struct unrhdr *uh);
int	alloc_unr(struct unrhdr *uh);
int	alloc_unrl(struct unrhdr *uh);
int	alloc_unr_specific(struct unrhdr *uh, u_int item);
void	free_unr(struct unrhdr *uh, u_int item);
void	*create_iter_unr(struct unrhdr *uh);
int	next_iter_unr(void *handle);
void	free_iter_unr(void *handle);

struct unrhdr64 {
	uint64_t	counter;
};
static inline void
new_unrhdr64(struct unrhdr64 *u, uint64_t low)
{
	__atomic_store_n(&u->counter, low, __ATOMIC_RELAXED);
}
static inline uint64_t
alloc_unr64(struct unrhdr64 *u)
{
	return (__atomic_fetch_add(&u->counter, 1, __ATOMIC_RELAXED));
}

/* kern.hostuuid and its like for generated addresses. */
void	getcredhostid(struct ucred *cred, unsigned long *hostid);
void	getcredhostuuid(struct ucred *cred, char *buf, size_t size);

#endif /* !_KPI_SYS_SYSTM_H_ */
