/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Locks that were alive when the memory around them was freed.
 *
 * FreeBSD does not look, so the run goes on as it does there: WITNESS counts
 * such a lock for ever, and whoever waits for it waits in somebody else's
 * memory.  Here they are kept on record for the proof at shutdown.
 */
#ifdef WITNESS

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/lock.h>
#include <sys/malloc.h>

#include "boot.h"
#include "malloc_var.h"
#include "witness.h"

#define	LOST_MAX	20		/* places in the report */

/* Copies: the lock's memory and its module may be gone when it is told. */
struct lost_lock {
	char		ll_type[WITNESS_NAME_MAX];
	const char	*ll_class;
	char		ll_memory[32];	/* malloc type */
	char		ll_place[128];	/* who freed it */
	u_int		ll_count;	/* how often there */
};

/* (l) lost_lock */
static int lost_lock;
static struct lost_lock lost[LOST_MAX];		/* (l) */
static int nlost;				/* (l) */
static u_int nlost_more;			/* (l) found no room */

/*
 * Whether these bytes are a lock that was initialised and not destroyed.  They
 * may be anything: the pointer is followed only when it is known to be a lock
 * type's.  What bytes there are between members is nobody's business, so it
 * must not be seen that they were looked at.
 */
static bool __attribute__((no_sanitize("thread")))
is_live_lock(const struct lock_object *lock)
{
	const u_int live = LO_INITIALIZED | LO_WITNESS;

	return ((lock->lo_flags & live) == live &&
	    witness_is_type(lock->lo_witness) &&
	    lock->lo_witness->w_class == LOCK_CLASS(lock));
}

static void
lost_add(const struct lost_lock *ll)
{
	int i;

	for (i = 0; i < nlost; i++)
		if (strcmp(lost[i].ll_type, ll->ll_type) == 0 &&
		    strcmp(lost[i].ll_place, ll->ll_place) == 0)
			break;
	if (i == LOST_MAX)
		nlost_more++;
	else if (i < nlost)
		lost[i].ll_count++;
	else
		lost[nlost++] = *ll;
}

static void
lock_lost(const struct lock_object *lock, const struct malloc_type *mtp,
    const void *caller)
{
	struct lost_lock ll = { .ll_count = 1 };

	strlcpy(ll.ll_type, lock->lo_witness->w_name, sizeof(ll.ll_type));
	ll.ll_class = LOCK_CLASS(lock)->lc_name;
	strlcpy(ll.ll_memory, mtp->ks_shortdesc, sizeof(ll.ll_memory));
	host_symbol(caller, ll.ll_place, sizeof(ll.ll_place));
	malloc_spin_enter(&lost_lock);
	lost_add(&ll);
	malloc_spin_exit(&lost_lock);
}

/*
 * A lock stands at a multiple of its own alignment in the block.  Nobody else
 * may be at it any more, whatever the memory was used for, so this is no read
 * that a sanitizer should compare with others.
 */
void __attribute__((no_sanitize("thread")))
malloc_locks_check(const void *block, size_t size,
    const struct malloc_type *mtp, const void *caller)
{
	const char *p, *end = (const char *)block + size;
	const struct lock_object *lock;

	if (KERNEL_PANICKED())
		return;
	for (p = block; (size_t)(end - p) >= sizeof(*lock);
	    p += _Alignof(struct lock_object)) {
		lock = (const struct lock_object *)p;
		if (__predict_false(is_live_lock(lock)))
			lock_lost(lock, mtp, caller);
	}
}

/* After the last SYSUNINIT; the record is given up. */
int
malloc_locks_print(struct host_text *text)
{
	const struct lost_lock *ll;
	int n = nlost;

	for (ll = lost; ll < &lost[n]; ll++) {
		host_text_add(text, "lock %s (%s) was not destroyed before "
		    "its memory (%s) was freed at %s", ll->ll_type,
		    ll->ll_class, ll->ll_memory, ll->ll_place);
		if (ll->ll_count > 1)
			host_text_add(text, " (%u times)", ll->ll_count);
		host_text_add(text, "\n");
	}
	if (nlost_more > 0)
		host_text_add(text, "and %u more locks\n", nlost_more);
	nlost = 0;
	nlost_more = 0;
	return (n);
}

#endif /* WITNESS */
