/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Virtual network stacks: their data, their constructors and destructors,
 * their birth and death.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/eventhandler.h>
#include <sys/fail.h>
#include <sys/jail.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/proc.h>
#include <sys/queue.h>
#include <sys/rwlock.h>
#include <sys/sx.h>
#include <sys/taskqueue.h>
#include <net/if.h>
#include <net/if_private.h>
#include <net/vnet.h>

#include <vnetsim/observe.h>

#include "boot.h"
#include "bugs.h"

static MALLOC_DEFINE(M_VNET, "vnet", "network stack control block");
static MALLOC_DEFINE(M_VNET_DATA, "vnet_data", "V_ variables");

#define	VNET_MAGIC_DEAD	0xdeadbeef

TAILQ_HEAD(vnet_sysinit_head, vnet_sysinit);

static void	vnet_sysinit_insert(struct vnet_sysinit_head *list,
		    struct vnet_sysinit *vs);

/* Writers take both locks, the sx first; readers need one of the two. */
struct vnet_list_head vnet_head = LIST_HEAD_INITIALIZER(vnet_head);
struct sx vnet_sxlock;
SX_SYSINIT(vnet_sxlock, &vnet_sxlock, "vnet_sxlock");
struct rwlock vnet_rwlock;
RW_SYSINIT(vnet_rwlock, &vnet_rwlock, "vnet_rwlock");

struct vnet *vnet0;

/*
 * Constructors and destructors, ascending by (subsystem, order), equal keys
 * in the order of registration.  The lock is held shared while one vnet is
 * built or torn down, exclusively while a record comes or goes, which
 * includes running it in all vnets.
 */
static struct vnet_sysinit_head vnet_constructors =
    TAILQ_HEAD_INITIALIZER(vnet_constructors);
static struct vnet_sysinit_head vnet_destructors =
    TAILQ_HEAD_INITIALIZER(vnet_destructors);
static struct sx vnet_sysinit_sxlock;
SX_SYSINIT(vnet_sysinit, &vnet_sysinit_sxlock, "vnet_sysinit_sxlock");

/*
 * Who has V_ data, by slot, and who has blocks of it: all vnets, from before
 * they are listed until after they have left the list.  Both under the lock,
 * which is a leaf.
 */
static struct sx vnet_data_lock;
SX_SYSINIT(vnet_data, &vnet_data_lock, "vnet_data alloc lock");
static const struct kld_image *vnet_images[VNET_SLOTS];
static bool vnet_constructs[VNET_SLOTS];	/* it has constructors */
static LIST_HEAD(, vnet) vnet_all = LIST_HEAD_INITIALIZER(vnet_all);
static u_int vnet_nextid;			/* vnet_data_lock */

/* --- V_ data -------------------------------------------------------------- */

static size_t
vnet_data_size(const struct kld_image *image)
{

	return (image->ki_vnet_end - image->ki_vnet);
}

/*
 * A block of zeros.  It is as well aligned as the master copy can be known to
 * need, since the offsets of the variables are those in the master copy.
 */
static void *
vnet_block_alloc(const struct kld_image *image)
{
	size_t align;

	align = (uintptr_t)image->ki_vnet & -(uintptr_t)image->ki_vnet;
	return (malloc_aligned(vnet_data_size(image),
	    ulmin(ulmax(align, sizeof(void *)), CACHE_LINE_SIZE), M_VNET_DATA,
	    M_WAITOK | M_ZERO));
}

static void
vnet_block_free(struct vnet *vnet, unsigned slot)
{

	free(vnet->vnet_data[slot], M_VNET_DATA);
	vnet->vnet_data[slot] = NULL;
}

static void
vnet_block_fill(struct vnet *vnet, const struct kld_image *image)
{

	memcpy(vnet->vnet_data[image->ki_slot], image->ki_vnet,
	    vnet_data_size(image));
}

static bool
image_constructs(const struct kld_image *image)
{
	struct sysinit * const *si;

	for (si = image->ki_sysinit; si < image->ki_sysinit_end; si++)
		if ((*si)->func == (sysinit_cfunc_t)(void (*)(void))
		    vnet_register_sysinit)
			return (true);
	return (false);
}

bool
vnet_data_alloc(struct kld_image *image)
{
	struct vnet *vnet;
	unsigned slot;

	image->ki_slot = 0;
	if (vnet_data_size(image) == 0)
		return (true);
	sx_xlock(&vnet_data_lock);
	for (slot = 1; slot < VNET_SLOTS; slot++)
		if (vnet_images[slot] == NULL)
			break;
	if (slot == VNET_SLOTS) {
		sx_xunlock(&vnet_data_lock);
		return (false);
	}
	vnet_images[slot] = image;
	vnet_constructs[slot] = image_constructs(image);
	image->ki_slot = slot;
	LIST_FOREACH(vnet, &vnet_all, vnet_all) {
		vnet->vnet_data[slot] = vnet_block_alloc(image);
		vnet->vnet_started[slot] = false;
	}
	sx_xunlock(&vnet_data_lock);
	return (true);
}

/*
 * Reaches the vnets on the list.  One that is being built is not on it yet:
 * holding off the constructors makes sure that it either is by now, or will
 * look at the master copies later than this.
 */
void
vnet_data_copy(const struct kld_image *image)
{
	struct vnet *vnet;
	bool locked;

	if (image->ki_slot == 0)
		return;
	locked = !BUG(MASTER_COPIED_EARLY);
	if (locked)
		sx_xlock(&vnet_sysinit_sxlock);
	VNET_LIST_RLOCK();
	VNET_FOREACH(vnet)
		vnet_block_fill(vnet, image);
	VNET_LIST_RUNLOCK();
	if (locked)
		sx_xunlock(&vnet_sysinit_sxlock);
}

void
vnet_data_free(struct kld_image *image)
{
	struct vnet *vnet;

	if (image->ki_slot == 0)
		return;
	sx_xlock(&vnet_data_lock);
	LIST_FOREACH(vnet, &vnet_all, vnet_all)
		vnet_block_free(vnet, image->ki_slot);
	vnet_images[image->ki_slot] = NULL;
	sx_xunlock(&vnet_data_lock);
	image->ki_slot = 0;
}

void *
vnet_data_instance(const struct vnet *vnet, const void *master)
{
	const struct kld_image *image;
	const char *p = master;
	void *instance = NULL;
	unsigned slot;

	sx_slock(&vnet_data_lock);
	for (slot = 1; slot < VNET_SLOTS; slot++) {
		image = vnet_images[slot];
		if (image != NULL && p >= image->ki_vnet &&
		    p < image->ki_vnet_end)
			instance = __vnet_instance(vnet, image, master);
	}
	sx_sunlock(&vnet_data_lock);
	KASSERT(instance != NULL, ("%s: %p is no V_ variable", __func__,
	    master));
	return (instance);
}

/* A new vnet gets its number, and its blocks with nothing in them. */
static void
vnet_data_init(struct vnet *vnet)
{
	unsigned slot;

	sx_xlock(&vnet_data_lock);
	vnet->vnet_id = vnet_nextid++;
	for (slot = 1; slot < VNET_SLOTS; slot++)
		if (vnet_images[slot] != NULL)
			vnet->vnet_data[slot] =
			    vnet_block_alloc(vnet_images[slot]);
	LIST_INSERT_HEAD(&vnet_all, vnet, vnet_all);
	sx_xunlock(&vnet_data_lock);
}

static void
vnet_data_fill(struct vnet *vnet)
{
	unsigned slot;

	sx_slock(&vnet_data_lock);
	for (slot = 1; slot < VNET_SLOTS; slot++)
		if (vnet_images[slot] != NULL)
			vnet_block_fill(vnet, vnet_images[slot]);
	sx_sunlock(&vnet_data_lock);
}

static void
vnet_data_fini(struct vnet *vnet)
{
	unsigned slot;

	sx_xlock(&vnet_data_lock);
	LIST_REMOVE(vnet, vnet_all);
	for (slot = 1; slot < VNET_SLOTS; slot++)
		vnet_block_free(vnet, slot);
	sx_xunlock(&vnet_data_lock);
}

/* --- birth and death ------------------------------------------------------ */

static void
vnet_link(struct vnet *vnet)
{

	sx_xlock(&vnet_sxlock);
	rw_wlock(&vnet_rwlock);
	LIST_INSERT_HEAD(&vnet_head, vnet, vnet_le);
	rw_wunlock(&vnet_rwlock);
	sx_xunlock(&vnet_sxlock);
}

static void
vnet_unlink(struct vnet *vnet)
{

	sx_xlock(&vnet_sxlock);
	rw_wlock(&vnet_rwlock);
	LIST_REMOVE(vnet, vnet_le);
	rw_wunlock(&vnet_rwlock);
	sx_xunlock(&vnet_sxlock);
	__atomic_store_n(&vnet->vnet_shutdown, true, __ATOMIC_RELAXED);
}

static void
vnet_set_state(struct vnet *vnet, enum sysinit_sub_id subsystem)
{

	/* Interface ioctls look at it without a lock. */
	__atomic_store_n(&vnet->vnet_state, subsystem, __ATOMIC_RELAXED);
}

static void
vnet_run_constructor(struct vnet *vnet, const struct vnet_sysinit *vs)
{

	vnet->vnet_started[vs->image->ki_slot] = true;
	vs->func(vs->arg);
}

/*
 * A vnet that was made while a kld came or went may have none of the kld's
 * constructors behind it; then it has no use for the destructors.  FreeBSD 15
 * does not ask (destructor-without-constructor).
 */
static void
vnet_run_destructor(struct vnet *vnet, const struct vnet_sysinit *vs)
{
	unsigned slot = vs->image->ki_slot;

	if (vnet_constructs[slot] && !vnet->vnet_started[slot] &&
	    !BUG(DETACH_NULL_CLONER))
		return;
	vs->func(vs->arg);
}

static void
vnet_construct(struct vnet *vnet)
{
	struct vnet_sysinit *vs;

	sx_assert(&vnet_sysinit_sxlock, SA_LOCKED);
	TAILQ_FOREACH(vs, &vnet_constructors, link) {
		vnet_set_state(vnet, vs->subsystem);
		vnet_run_constructor(vnet, vs);
	}
}

static void
vnet_destruct(struct vnet *vnet)
{
	struct vnet_sysinit *vs;

	sx_assert(&vnet_sysinit_sxlock, SA_LOCKED);
	TAILQ_FOREACH_REVERSE(vs, &vnet_destructors, vnet_sysinit_head, link) {
		vnet_set_state(vnet, vs->subsystem);
		vnet_run_destructor(vnet, vs);
	}
}

/*
 * A vnet copies the master copies, runs the constructors and is listed under
 * one hold of their lock.  A kld that is being loaded therefore finds it
 * listed with everything done but this kld's part, or comes first.  FreeBSD
 * 15 holds the lock for the constructors alone.
 */
struct vnet *
vnet_alloc(void)
{
	struct vnet *vnet;
	char name[16];

	vnet = malloc(sizeof(*vnet), M_VNET, M_WAITOK | M_ZERO);
	vnet->vnet_magic_n = VNET_MAGIC_N;
	vnet_data_init(vnet);
	snprintf(name, sizeof(name), "vnet%u", vnet->vnet_id);
	VS_LEDGER(birth, VS_VNET, vnet, name, "prison");
	if (BUG(MASTER_COPIED_EARLY))
		vnet_data_fill(vnet);
	KFAIL_POINT_CODE(DEBUG_FP, vnet_alloc_start, (void)0);
	CURVNET_SET_QUIET(vnet);
	sx_slock(&vnet_sysinit_sxlock);
	if (!BUG(MASTER_COPIED_EARLY))
		vnet_data_fill(vnet);
	vnet_construct(vnet);
	if (BUG(CONSTRUCTOR_MISSED))
		sx_sunlock(&vnet_sysinit_sxlock);
	KFAIL_POINT_CODE(DEBUG_FP, vnet_alloc_constructed, (void)0);
	vnet_link(vnet);
	if (!BUG(CONSTRUCTOR_MISSED))
		sx_sunlock(&vnet_sysinit_sxlock);
	CURVNET_RESTORE();
	return (vnet);
}

static void
vnet_free(struct vnet *vnet)
{

	vnet_data_fini(vnet);
	VS_LEDGER(death, VS_VNET, vnet);
	vnet->vnet_magic_n = VNET_MAGIC_DEAD;
	free(vnet, M_VNET);
}

/* Keeps every interface where it is while the destructors run. */
static void
vnet_detach_lock(void)
{

	if (!BUG(VNET_DESTROY_UNLOCKED))
		sx_xlock(&ifnet_detach_sxlock);
}

static void
vnet_detach_unlock(void)
{

	if (!BUG(VNET_DESTROY_UNLOCKED))
		sx_xunlock(&ifnet_detach_sxlock);
}

/*
 * A vnet leaves the list under the lock of the destructors, so that one which
 * is taken away by an unload has been run here, or will be.  The unload holds
 * that lock when a destructor wants to detach something, and so the detach
 * lock comes second here too; the list's lock is not held across it, because
 * unloads walk the list while they detach.  FreeBSD 15 unlists first, takes
 * the detach lock next, and the lock of the destructors last, which can end
 * in a destructor that never runs, and in a deadlock.
 */
void
vnet_destroy(struct vnet *vnet)
{

	KASSERT(vnet->vnet_sockcnt == 0,
	    ("%s: vnet still has sockets", __func__));
	if (BUG(DESTRUCTOR_SKIPPED))
		vnet_unlink(vnet);
	KFAIL_POINT_CODE(DEBUG_FP, vnet_destroy_start, (void)0);
	CURVNET_SET_QUIET(vnet);
	if (BUG(DETACH_SYSINIT_ABBA)) {
		vnet_detach_lock();
		KFAIL_POINT_CODE(DEBUG_FP, vnet_destroy_detach_locked,
		    (void)0);
	}
	sx_slock(&vnet_sysinit_sxlock);
	if (!BUG(DESTRUCTOR_SKIPPED))
		vnet_unlink(vnet);
	if (!BUG(DETACH_SYSINIT_ABBA)) {
		KFAIL_POINT_CODE(DEBUG_FP, vnet_destroy_sysinit_locked,
		    (void)0);
		vnet_detach_lock();
	}
	vnet_destruct(vnet);
	sx_sunlock(&vnet_sysinit_sxlock);
	vnet_detach_unlock();
	CURVNET_RESTORE();
	/*
	 * link-event-after-detach: a link task that began before its interface
	 * went home may still be in this vnet.
	 */
	if (!BUG(LINK_AFTER_DETACH))
		taskqueue_drain_all(taskqueue_swi);
	vnet_free(vnet);
}

#ifdef INVARIANTS
void
vnet_check(const struct vnet *vnet, const char *what, const char *file,
    int line, const char *func)
{

	if (vnet == NULL || vnet->vnet_magic_n != VNET_MAGIC_N)
		kassert_panic("%s at %s:%d %s() curvnet=%p vnet=%p", what,
		    file, line, func, curvnet, vnet);
}
#endif

/* --- vnet0 ---------------------------------------------------------------- */

/*
 * Its list of constructors is empty: each runs when it is registered, at its
 * own place in the order of the boot.
 */
static void
vnet0_init(void *arg __unused)
{

	vnet_nextid = 0;
	curvnet = prison0.pr_vnet = vnet0 = vnet_alloc();
}
SYSINIT(vnet0_init, SI_SUB_VNET, SI_ORDER_FIRST, vnet0_init, NULL);

/*
 * The end of the kernel begins with vnet0, which goes like any other: its
 * destructors run while everything that they stand on is still there.  Others
 * have been left behind by somebody, and are to be found as a leak.
 */
void
vnet_shutdown(void)
{

	vnet_destroy(vnet0);
	while (!LIST_EMPTY(&vnet_head))
		vnet_unlink(LIST_FIRST(&vnet_head));
	prison0.pr_vnet = vnet0 = NULL;
}

/* The boot has vnet0 as its current vnet. */
static void
vnet0_leave(void *arg __unused)
{

	curvnet = NULL;
}
SYSINIT(vnet0_leave, SI_SUB_VNET_DONE, SI_ORDER_ANY, vnet0_leave, NULL);

/* Leaves vnet_state at SI_SUB_VNET_DONE in every vnet but vnet0. */
static void
vnet_constructors_done(const void *arg __unused)
{

}
VNET_SYSINIT(vnet_constructors_done, SI_SUB_VNET_DONE, SI_ORDER_ANY,
    vnet_constructors_done, NULL);

/* --- registration --------------------------------------------------------- */

static void
vnet_sysinit_insert(struct vnet_sysinit_head *list, struct vnet_sysinit *vs)
{
	struct vnet_sysinit *next;

	TAILQ_FOREACH(next, list, link) {
		if (next->subsystem > vs->subsystem ||
		    (next->subsystem == vs->subsystem &&
		    next->order > vs->order))
			break;
	}
	if (next != NULL)
		TAILQ_INSERT_BEFORE(next, vs, link);
	else
		TAILQ_INSERT_TAIL(list, vs, link);
}

/* Newest vnet first; vnet_state stays as it is. */
static void
vnet_sysinit_run(const struct vnet_sysinit *vs,
    void (*run)(struct vnet *, const struct vnet_sysinit *))
{
	struct vnet *vnet;

	sx_assert(&vnet_sysinit_sxlock, SA_XLOCKED);
	VNET_LIST_RLOCK();
	VNET_FOREACH(vnet) {
		CURVNET_SET_QUIET(vnet);
		run(vnet, vs);
		CURVNET_RESTORE();
	}
	VNET_LIST_RUNLOCK();
}

void
vnet_register_sysinit(void *arg)
{
	struct vnet_sysinit *vs = arg;

	sx_xlock(&vnet_sysinit_sxlock);
	vnet_sysinit_insert(&vnet_constructors, vs);
	vnet_sysinit_run(vs, vnet_run_constructor);
	sx_xunlock(&vnet_sysinit_sxlock);
}

void
vnet_deregister_sysinit(void *arg)
{
	struct vnet_sysinit *vs = arg;

	sx_xlock(&vnet_sysinit_sxlock);
	TAILQ_REMOVE(&vnet_constructors, vs, link);
	sx_xunlock(&vnet_sysinit_sxlock);
	KFAIL_POINT_CODE(DEBUG_FP, vnet_constructor_gone, (void)0);
}

void
vnet_register_sysuninit(void *arg)
{

	sx_xlock(&vnet_sysinit_sxlock);
	vnet_sysinit_insert(&vnet_destructors, arg);
	sx_xunlock(&vnet_sysinit_sxlock);
	KFAIL_POINT_CODE(DEBUG_FP, vnet_destructor_known, (void)0);
}

void
vnet_deregister_sysuninit(void *arg)
{
	struct vnet_sysinit *vs = arg;

	sx_xlock(&vnet_sysinit_sxlock);
	KFAIL_POINT_CODE(DEBUG_FP, vnet_destructor_locked, (void)0);
	vnet_sysinit_run(vs, vnet_run_destructor);
	TAILQ_REMOVE(&vnet_destructors, vs, link);
	sx_xunlock(&vnet_sysinit_sxlock);
}

/* --- eventhandlers -------------------------------------------------------- */

void
vnet_global_eventhandler_iterator_func(void *arg, ...)
{
	struct eventhandler_entry_vimage *entry = arg;
	void (*func)(void *);
	struct vnet *vnet;

	func = (void (*)(void *))entry->func;
	VNET_LIST_RLOCK();
	VNET_FOREACH(vnet) {
		CURVNET_SET(vnet);
		func(entry->ee_arg);
		CURVNET_RESTORE();
	}
	VNET_LIST_RUNLOCK();
}
