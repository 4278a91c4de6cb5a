/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Types of memory, and what is left of them in the end.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/malloc.h>

#include "boot.h"
#include "host.h"
#include "malloc_var.h"

#define	REPORT_BLOCKS	20		/* lines a type in a leak report */

/* What a type that went away left behind. */
struct malloc_leak {
	struct malloc_type	ml_type;	/* a copy, for its blocks */
	struct malloc_leak	*ml_next;	/* (m) */
	char			ml_name[32];
	long			ml_count;
	long			ml_bytes;
};

/* (m) types_lock */
static int types_lock;
static struct malloc_type *types;		/* (m) */
static struct malloc_leak *leaks;		/* (m) */

MALLOC_DEFINE(M_DEVBUF, "devbuf", "device driver memory");
MALLOC_DEFINE(M_TEMP, "temp", "misc temporary data buffers");

/* --- types ---------------------------------------------------------------- */

static void
type_clear(struct malloc_type *mtp)
{
	mtp->ks_allocs = mtp->ks_frees = 0;
	mtp->ks_memalloced = mtp->ks_memfreed = 0;
}

/*
 * The account starts anew: a type of the test program keeps what a kernel that
 * panicked has left in it.
 */
void
malloc_init(void *udata)
{
	struct malloc_type *mtp = udata;

	if (mtp->ks_version != M_VERSION)
		panic("malloc_init: type %s with unsupported version %lu",
		    mtp->ks_shortdesc, mtp->ks_version);
	type_clear(mtp);
	malloc_spin_enter(&types_lock);
	mtp->ks_next = types;
	types = mtp;
	malloc_spin_exit(&types_lock);
}

static void
type_unlink(struct malloc_type *mtp)
{
	struct malloc_type **p;

	malloc_spin_enter(&types_lock);
	for (p = &types; *p != NULL; p = &(*p)->ks_next) {
		if (*p == mtp) {
			*p = mtp->ks_next;
			break;
		}
	}
	malloc_spin_exit(&types_lock);
}

/* The type's memory may go away with its module; its blocks do not. */
static void
type_leaked(struct malloc_type *mtp, long count, long bytes)
{
	struct malloc_leak *ml;

	ml = host_alloc(sizeof(*ml));
	strlcpy(ml->ml_name, mtp->ks_shortdesc, sizeof(ml->ml_name));
	ml->ml_type = *mtp;
	ml->ml_type.ks_shortdesc = ml->ml_name;
	ml->ml_count = count;
	ml->ml_bytes = bytes;
	malloc_spin_enter(&types_lock);
	ml->ml_next = leaks;
	leaks = ml;
	malloc_spin_exit(&types_lock);
	malloc_blocks_retype(mtp, &ml->ml_type);
}

void
malloc_uninit(void *udata)
{
	struct malloc_type *mtp = udata;
	long bytes, count;

	type_unlink(mtp);
	count = mtp->ks_allocs - mtp->ks_frees;
	bytes = mtp->ks_memalloced - mtp->ks_memfreed;
	if (count > 0 || bytes > 0) {
		printf("Warning: memory type %s leaked memory on destroy "
		    "(%ld allocations, %ld bytes leaked).\n",
		    mtp->ks_shortdesc, count, bytes);
		type_leaked(mtp, count, bytes);
	}
	type_clear(mtp);
}

void
malloc_type_list(malloc_type_list_func_t *fn, void *arg)
{
	struct malloc_type *mtp;

	malloc_spin_enter(&types_lock);
	for (mtp = types; mtp != NULL; mtp = mtp->ks_next)
		fn(mtp, arg);
	malloc_spin_exit(&types_lock);
}

struct malloc_type *
malloc_desc2type(const char *desc)
{
	struct malloc_type *mtp;

	malloc_spin_enter(&types_lock);
	for (mtp = types; mtp != NULL; mtp = mtp->ks_next)
		if (strcmp(mtp->ks_shortdesc, desc) == 0)
			break;
	malloc_spin_exit(&types_lock);
	return (mtp);
}

/* --- leaks ---------------------------------------------------------------- */

struct leak_print {
	struct host_text *text;
	int		n;
};

static void
leak_print_block(const void *block, size_t size, const void *caller, void *arg)
{
	struct leak_print *lp = arg;
	char place[128];

	if (lp->n++ >= REPORT_BLOCKS)
		return;
	host_symbol(caller, place, sizeof(place));
	host_text_add(lp->text, "    %zu bytes at %p, allocated at %s\n", size,
	    block, place);
}

static void
leak_print(struct host_text *text, const struct malloc_leak *ml)
{
	struct leak_print lp = { .text = text };

	host_text_add(text, "malloc type %s: %ld allocations, %ld bytes\n",
	    ml->ml_name, ml->ml_count, ml->ml_bytes);
	malloc_blocks_foreach(&ml->ml_type, leak_print_block, &lp);
	if (lp.n > REPORT_BLOCKS)
		host_text_add(text, "    and %d more\n",
		    lp.n - REPORT_BLOCKS);
}

/*
 * After the last SYSUNINIT, when nothing runs any more.  The records are
 * given up; the next kernel starts with none.
 */
int
malloc_leaks_print(struct host_text *text)
{
	struct malloc_leak *ml;
	int n = 0;

	while ((ml = leaks) != NULL) {
		n++;
		leak_print(text, ml);
		leaks = ml->ml_next;
		host_free(ml);
	}
	return (n);
}
