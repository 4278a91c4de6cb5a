/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Typed kernel memory: malloc(9).
 *
 * malloc(), free(), realloc(), reallocf() and strdup() are macros of
 * <sys/kpi_libc.h> that tell the kernel's functions from libc's by their
 * number of arguments.
 */
#ifndef _KPI_SYS_MALLOC_H_
#define _KPI_SYS_MALLOC_H_

#include <sys/param.h>
#include <sys/kernel.h>
#include <sys/kpi_libc.h>

#define	M_NOWAIT	0x0001		/* may fail, never sleeps */
#define	M_WAITOK	0x0002		/* may sleep, never fails */
#define	M_NORECLAIM	0x0080
#define	M_ZERO		0x0100		/* all bytes zero */
#define	M_NOVM		0x0200
#define	M_USE_RESERVE	0x0400
#define	M_NODUMP	0x0800
#define	M_FIRSTFIT	0x1000
#define	M_BESTFIT	0x2000
#define	M_EXEC		0x4000
#define	M_NEXTFIT	0x8000
#define	M_NEVERFREED	0x10000

#define	M_VERSION	2020110501

/*
 * A type of memory.  Its name is an array of one, so that it is a pointer.
 * Sizes are counted as rounded by malloc_size().
 *
 * Locks: (c) constant, (a) atomic, (m) the list lock in kern_malloc.c.
 */
struct malloc_type {
	struct malloc_type	*ks_next;	/* (m) */
	unsigned long		ks_version;	/* (c) M_VERSION */
	const char		*ks_shortdesc;	/* (c) */
	uint64_t		ks_allocs;	/* (a) successful calls */
	uint64_t		ks_frees;	/* (a) */
	uint64_t		ks_memalloced;	/* (a) bytes */
	uint64_t		ks_memfreed;	/* (a) bytes */
};

#define	MALLOC_DEFINE(type, shortdesc, longdesc)			\
	struct malloc_type type[1] = {					\
		{ .ks_version = M_VERSION, .ks_shortdesc = (shortdesc) } \
	};								\
	SYSINIT(type##_init, SI_SUB_KMEM, SI_ORDER_THIRD, malloc_init,	\
	    type);							\
	SYSUNINIT(type##_uninit, SI_SUB_KMEM, SI_ORDER_ANY,		\
	    malloc_uninit, type)
#define	MALLOC_DECLARE(type)	extern struct malloc_type type[1]

MALLOC_DECLARE(M_DEVBUF);
MALLOC_DECLARE(M_TEMP);

/* Called by MALLOC_DEFINE. */
void	malloc_init(void *type);
void	malloc_uninit(void *type);

/*
 * kern_malloc: `flags` has exactly one of M_WAITOK and M_NOWAIT.  The block
 * is 16-byte aligned.  M_NOWAIT returns NULL when the n-th such call was told
 * to fail (vs_fail_malloc()).  M_WAITOK may not be used in an epoch section
 * or a callout, and neither with a spin mutex or in a critical section.
 *
 * kern_free: never sleeps; NULL is ignored; `type` is charged.  zfree()
 * clears the block first.
 *
 * kern_realloc: NULL `addr` allocates; failure (M_NOWAIT only) leaves the
 * old block alone, and with kern_reallocf() frees it.
 */
void	*kern_malloc(size_t size, struct malloc_type *type, int flags);
void	kern_free(void *addr, struct malloc_type *type);
void	*kern_realloc(void *addr, size_t size, struct malloc_type *type,
	    int flags);
void	*kern_reallocf(void *addr, size_t size, struct malloc_type *type,
	    int flags);
void	zfree(void *addr, struct malloc_type *type);
/* Panics when nmemb * size overflows. */
void	*mallocarray(size_t nmemb, size_t size, struct malloc_type *type,
	    int flags);
/* `align` is a power of two, a page at most. */
void	*malloc_aligned(size_t size, size_t align, struct malloc_type *type,
	    int flags);
/* The size that a request is counted as. */
size_t	malloc_size(size_t size);
/*
 * How many bytes of a block may be used: those that were asked for, not as in
 * FreeBSD the rounded size, so that an overrun is one byte long.
 */
size_t	kern_malloc_usable_size(void *addr);
#define	malloc_usable_size	kern_malloc_usable_size

/* Calls fn for each registered type; fn must not block or allocate. */
typedef void malloc_type_list_func_t(struct malloc_type *, void *);
void	malloc_type_list(malloc_type_list_func_t *fn, void *arg);
struct malloc_type *malloc_desc2type(const char *desc);

#endif /* !_KPI_SYS_MALLOC_H_ */
