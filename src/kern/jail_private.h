/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What the jail files share.
 */
#ifndef _JAIL_PRIVATE_H_
#define _JAIL_PRIVATE_H_

#include <sys/types.h>
#include <sys/jail.h>
#include <sys/malloc.h>

struct iovec;
struct vfsoptlist;

MALLOC_DECLARE(M_PRISON);

/* prison_deref(): what to do, and which locks the caller holds. */
#define	PD_DEREF	0x01	/* give up one pr_ref */
#define	PD_DEUREF	0x02	/* give up one pr_uref */
#define	PD_KILL		0x04	/* make it and its descendants die */
#define	PD_LOCKED	0x10	/* pr_mtx */
#define	PD_LIST_SLOCKED	0x20	/* allprison_lock, shared */
#define	PD_LIST_XLOCKED	0x40	/* allprison_lock, exclusive */
#define	PD_LOCK_FLAGS	0x70

/*
 * Fields that are looked at without their lock are read and written
 * atomically, without any order.
 */
static inline unsigned
pr_flags_load(const struct prison *pr)
{
	return (__atomic_load_n(&pr->pr_flags, __ATOMIC_RELAXED));
}

static inline void
pr_flags_set(struct prison *pr, unsigned set, unsigned clear)
{
	__atomic_store_n(&pr->pr_flags, (pr->pr_flags & ~clear) | set,
	    __ATOMIC_RELAXED);
}

static inline unsigned
pr_allow_load(const struct prison *pr)
{
	return (__atomic_load_n(&pr->pr_allow, __ATOMIC_RELAXED));
}

static inline void
pr_allow_set(struct prison *pr, unsigned set, unsigned clear)
{
	__atomic_store_n(&pr->pr_allow, (pr->pr_allow & ~clear) | set,
	    __ATOMIC_RELAXED);
}

static inline enum prison_state
pr_state_load(const struct prison *pr)
{
	return (__atomic_load_n(&pr->pr_state, __ATOMIC_RELAXED));
}

static inline void
pr_state_set(struct prison *pr, enum prison_state state)
{
	__atomic_store_n(&pr->pr_state, state, __ATOMIC_RELAXED);
}

/* A field that has a plain type. */
#define	PR_STORE(field, value)						\
	__atomic_store_n(&(field), (value), __ATOMIC_RELAXED)

/* --- kern_jail.c ---------------------------------------------------------- */

/*
 * Holders of references, for the ledger: a reference is given back under the
 * name it was taken.
 */
extern const char pr_holder_call[];	/* a system call in progress */
extern const char pr_holder_persist[];	/* PR_PERSIST */
extern const char pr_holder_cred[];	/* a credential: pr_ref */
extern const char pr_holder_proc[];	/* a process: pr_uref */
extern const char pr_holder_child[];	/* a child prison: both */
extern const char pr_holder_task[];	/* prison_complete() */
extern const char pr_holder_kill[];	/* prison_deref_kill() */

void	prison_hold_as(struct prison *pr, const char *holder);
void	prison_free_as(struct prison *pr, const char *holder);
/* A user reference; the first one may be taken only under both locks. */
void	prison_uref_hold(struct prison *pr, const char *holder);
/* References that are known not to be the last. */
void	prison_free_not_last(struct prison *pr, const char *holder);
void	prison_uref_free_not_last(struct prison *pr, const char *holder);
/* Tells the ledger that a user reference has changed hands. */
void	prison_uref_pass(struct prison *pr, const char *from, const char *to);

/* At shutdown: proc0's references. */
void	prison0_rele(void);

/* Links a new prison below `ppr` and makes it known; allprison_lock X. */
void	prison_insert(struct prison *pr, struct prison *ppr);
/* Gives a prison the id, and its place in the list; allprison_lock X. */
void	prison_renumber(struct prison *pr, int id);
/* A free id, or 0: the next automatic one, or one for a dying prison. */
int	prison_next_id(void);
int	prison_next_dead_id(void);
/* Prison by id in any state, prison0 too; allprison_lock. */
struct prison *prison_lookup(int id);

/* --- kern_jail_deref.c ---------------------------------------------------- */

/*
 * Gives up references and locks as `flags` say; nothing is held on return.
 * `ref` and `uref` are the holders of the two counts.
 */
void	prison_deref(struct prison *pr, int flags, const char *ref,
	    const char *uref);
/* The same for the last user reference, with no more than pr_mtx. */
void	prison_uref_last_unlocked(struct prison *pr);
/* Gets allprison_lock exclusively and pr_mtx; returns the new lock flags. */
int	prison_lock_xlock(struct prison *pr, int flags);

/* --- kern_jail_attach.c --------------------------------------------------- */

/*
 * Moves the calling process into `pr`: allprison_lock and pr_mtx on entry as
 * `lockflags` say, nothing on return.
 */
int	do_jail_attach(struct thread *td, struct prison *pr, int lockflags);

/* --- kern_jail_addr.c ----------------------------------------------------- */

extern const unsigned pr_family_user[PR_FAMILY_MAX];	/* PR_IP?_USER */
extern const unsigned pr_family_flag[PR_FAMILY_MAX];	/* PR_IP? */

/*
 * A list from `n` addresses of the family, checked and sorted: 0, EINVAL.
 * `*listp` is NULL for none.  Sleeps.
 */
int	prison_ip_alloc(pr_family_t af, const void *addresses, int n,
	    struct prison_ip **listp);
/* Frees at once, or after those who look at it in the network epoch. */
void	prison_ip_free_now(struct prison_ip *list);
void	prison_ip_free(struct prison_ip *list);
/* 0, EPERM unless every address is one of ppr's. */
int	prison_ip_allowed(const struct prison *ppr, pr_family_t af,
	    const struct prison_ip *list);
/* 0, or EADDRINUSE if another jail of that vnet has one; allprison_lock. */
int	prison_ip_conflict(const struct prison *pr, struct prison *ppr,
	    pr_family_t af, const struct prison_ip *list);
/* Gives `pr` a list (which it owns then) or a copy of its parent's. */
void	prison_ip_set(struct prison *pr, pr_family_t af,
	    struct prison_ip *list);
/* A copy of ppr's list, for a jail that inherits it.  Sleeps. */
void	prison_ip_inherit(struct prison *pr, const struct prison *ppr,
	    pr_family_t af);
/*
 * Cuts the lists of all descendants that share pr's vnet.  pr_mtx held; does
 * not sleep, and returns false if some could not be cut for want of memory.
 */
bool	prison_ip_restrict(struct prison *pr, pr_family_t af);
/* The rest of that job: sleeps, no pr_mtx held. */
void	prison_ip_restrict_wait(struct prison *pr, pr_family_t af);
/* The addresses as an array for jail_get(2). */
const void *prison_ip_bytes(const struct prison *pr, pr_family_t af,
	    int *len);

/* --- kern_jail_param.c ---------------------------------------------------- */

/* A boolean parameter: its two names and its bit. */
struct jail_bool {
	const char	*name;
	const char	*noname;
	unsigned	flag;
};
/* A "jailsys" parameter and the bits that its values stand for. */
struct jail_sys {
	const char	*name;
	unsigned	disable;
	unsigned	new;
};
extern const struct jail_bool jail_bools[];	/* ends with a NULL name */
extern const struct jail_sys jail_sys[];
/* allow.*, including what modules added; up to the first NULL name. */
#define	JAIL_ALLOW_MAX	32
extern struct jail_bool jail_allow[JAIL_ALLOW_MAX];

extern int jail_max_af_ips;		/* security.jail.jail_max_af_ips */
extern int jail_default_enforce_statfs;	/* security.jail.enforce_statfs */
extern int jail_meta_maxbufsize;	/* security.jail.meta_maxbufsize */

/* --- kern_jailmeta.c ------------------------------------------------------  */

/* A copy of a jail's "env"; allprison_lock held.  Sleeps. */
char	*jail_env_text(struct prison *pr);
void	jail_env_free(char *text);

/* --- kern_jaildesc.c ------------------------------------------------------ */

struct file;
/*
 * A new descriptor, not yet tied to a jail, and a reference on its file: 0,
 * EPERM, EMFILE.  Sleeps.
 */
int	jaildesc_alloc(struct thread *td, bool owning, struct file **fpp,
	    int *fdp);
/* Ties it to a prison, whose pr_mtx is held. */
void	jaildesc_set_prison(struct file *fp, struct prison *pr);
/* Makes a plain one of an owning one. */
void	jaildesc_disown(struct file *fp);
/* Prison and opener behind a descriptor, both held: EBADF, EINVAL, ENOENT. */
int	jaildesc_find(struct thread *td, int fd, struct prison **prp,
	    struct ucred **credp);
/* Parts a prison from its descriptors; pr_mtx held. */
void	jaildesc_prison_cleanup(struct prison *pr);

/* --- the calls ------------------------------------------------------------ */

int	kern_jail_set(struct thread *td, const struct iovec *iov,
	    unsigned iovcnt, int flags);
/* Lengths in `iov` become those of the values. */
int	kern_jail_get(struct thread *td, struct iovec *iov, unsigned iovcnt,
	    int flags);
int	kern_jail_attach(struct thread *td, int jid);
int	kern_jail_remove(struct thread *td, int jid);
int	kern_jail_attach_jd(struct thread *td, int fd);
int	kern_jail_remove_jd(struct thread *td, int fd);

/* kern_jail_opts.c: writes the message back if there is one. */
void	jail_errmsg_copyout(struct vfsoptlist *opts, const struct iovec *iov,
	    unsigned iovcnt);

#endif /* !_JAIL_PRIVATE_H_ */
