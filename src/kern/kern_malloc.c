/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Typed memory, malloc(9), on the host's heap.
 *
 * In front of every block stands a header with its size.  With INVARIANTS it
 * also knows who asked for it and is on a list, fresh memory is filled with
 * 0xdeadc0de, a red zone behind the block is looked at when it is freed, and
 * freed blocks stay in the host's quarantine for a while.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/proc.h>

#include "boot.h"
#include "host.h"
#include "malloc_var.h"

#define	JUNK		0xdeadc0deU
#define	REDZONE_BYTE	0x42
#define	QUARANTINE	(1024 * 1024)	/* bytes of freed memory held back */

/* AddressSanitizer has red zones of its own, which ours would hide. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define	REDZONE		0
#endif
#endif
#if !defined(REDZONE) && (defined(__SANITIZE_ADDRESS__) || !defined(INVARIANTS))
#define	REDZONE		0
#endif
#ifndef REDZONE
#define	REDZONE		16
#endif

/*
 * The header.  Locks: (c) constant while allocated, (b) blocks_lock.
 */
struct block {
#ifdef INVARIANTS
	TAILQ_ENTRY(block) b_link;	/* (b) all blocks */
	const void	*b_caller;	/* (c) return address of the request */
	uint64_t	b_spare;
#endif
	struct malloc_type *b_type;	/* (c), (b) when the type is gone */
	uint64_t	b_word;		/* (c) size, offset, magic */
};

CTASSERT(sizeof(struct block) % 16 == 0);

/* b_word: size in the low bits, distance from the heap's block in between. */
#define	WORD_MAGIC	0x6d61ULL
#define	WORD_SIZE_BITS	40
#define	WORD_OFFSET_BITS 8
#define	WORD_MAKE(size, offset)						\
	((uint64_t)(size) | (uint64_t)(offset) << WORD_SIZE_BITS |	\
	    WORD_MAGIC << (WORD_SIZE_BITS + WORD_OFFSET_BITS))
#define	WORD_SIZE(w)	((size_t)((w) & ((1ULL << WORD_SIZE_BITS) - 1)))
#define	WORD_OFFSET(w)	((size_t)((w) >> WORD_SIZE_BITS) & 0xff)
#define	WORD_VALID(w)							\
	((w) >> (WORD_SIZE_BITS + WORD_OFFSET_BITS) == WORD_MAGIC)

#ifdef INVARIANTS
static int blocks_lock;
static TAILQ_HEAD(, block) blocks = TAILQ_HEAD_INITIALIZER(blocks);
#endif

/* The n-th M_NOWAIT request to come fails: vs_fail_malloc(). */
static unsigned long fail_countdown;		/* atomic */
static bool fail_hit;				/* atomic */

/* --- up and down ---------------------------------------------------------- */

static void
malloc_modified(const void *block, size_t size, size_t offset, uint32_t value)
{
	panic_outcome(VS_USE_AFTER_FREE,
	    "Memory modified after free %p(%zu) val=%x @ %p", block, size,
	    value, (const char *)block + offset);
}

static void
malloc_startup(void *arg __unused)
{
	vs_fail_malloc(0);
#ifdef INVARIANTS
	host_heap_on_modified(malloc_modified);
	host_heap_quarantine(QUARANTINE);
#else
	(void)malloc_modified;
#endif
}
SYSINIT(malloc, SI_SUB_KMEM, SI_ORDER_FIRST, malloc_startup, NULL);

static void
malloc_shutdown(void *arg __unused)
{
	/* What is in the quarantine is looked at a last time. */
	host_heap_quarantine(0);
	host_heap_on_modified(NULL);
}
SYSUNINIT(malloc, SI_SUB_KMEM, SI_ORDER_FIRST, malloc_shutdown, NULL);

/* --- accounts ------------------------------------------------------------- */

size_t
malloc_size(size_t size)
{
	if (size <= 16)
		return (16);
	if (size > 65536)
		return (roundup2(size, PAGE_SIZE));
	/* The one class between powers of two. */
	if (size > 256 && size <= 384)
		return (384);
	return ((size_t)1 << (64 - __builtin_clzl(size - 1)));
}

static void
count_alloc(struct malloc_type *mtp, size_t size)
{
	(void)__atomic_fetch_add(&mtp->ks_memalloced, malloc_size(size),
	    __ATOMIC_RELAXED);
	(void)__atomic_fetch_add(&mtp->ks_allocs, 1, __ATOMIC_RELAXED);
}

static void
count_free(struct malloc_type *mtp, size_t size)
{
	(void)__atomic_fetch_add(&mtp->ks_memfreed, malloc_size(size),
	    __ATOMIC_RELAXED);
	(void)__atomic_fetch_add(&mtp->ks_frees, 1, __ATOMIC_RELAXED);
}

/* --- what the caller may do ----------------------------------------------- */

#ifdef INVARIANTS
static void
check_context(const char *what, struct malloc_type *mtp)
{
	KASSERT(mtp->ks_version == M_VERSION,
	    ("%s: bad malloc type version", what));
	KASSERT(curthread == NULL || curthread->td_critnest == 0 ||
	    SCHEDULER_STOPPED(),
	    ("%s: called with spinlock or critical section held", what));
}

static void
check_flags(int flags)
{
	struct thread *td = curthread;
	int wait = flags & (M_WAITOK | M_NOWAIT);

	if (wait == 0)
		kassert_panic("malloc: flags must include either M_WAITOK or "
		    "M_NOWAIT");
	if (wait == (M_WAITOK | M_NOWAIT))
		kassert_panic("malloc: flags may not include both M_WAITOK "
		    "and M_NOWAIT");
	if ((flags & M_NEVERFREED) != 0)
		kassert_panic("malloc: M_NEVERFREED is for internal use "
		    "only");
	if ((flags & M_WAITOK) != 0 && td != NULL &&
	    __predict_false(td->td_no_sleeping != 0)) {
		epoch_trace_userret(td);
		kassert_panic("malloc(M_WAITOK) with sleeping prohibited");
	}
}
#else
#define	check_context(what, mtp)	do { } while (0)
#define	check_flags(flags)		do { } while (0)
#endif

static void
check_sleepable(size_t size __witness_used)
{
	if (size <= 65536)
		(void)WITNESS_WARN(WARN_GIANTOK | WARN_SLEEPOK, NULL,
		    "uma_zalloc_debug: zone \"malloc-%zu\"",
		    malloc_size(size));
	else
		(void)WITNESS_WARN(WARN_GIANTOK | WARN_SLEEPOK, NULL,
		    "vmem_alloc");
}

static bool
fail_now(void)
{
	unsigned long n = __atomic_load_n(&fail_countdown, __ATOMIC_RELAXED);

	if (__predict_true(n == 0))
		return (false);
	while (!__atomic_compare_exchange_n(&fail_countdown, &n, n - 1, true,
	    __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
		if (n == 0)
			return (false);
	}
	if (n != 1)
		return (false);
	__atomic_store_n(&fail_hit, true, __ATOMIC_RELEASE);
	return (true);
}

/* --- blocks --------------------------------------------------------------- */

static struct block *
block_of(const void *addr)
{
	return (__DECONST(struct block *, addr) - 1);
}

static void *
block_heap(struct block *b)
{
	return ((char *)b - WORD_OFFSET(b->b_word) * 16);
}

#ifdef INVARIANTS
static void
junk_fill(void *addr, size_t size)
{
	uint32_t *word = addr;
	size_t i;

	for (i = 0; i < size / sizeof(*word); i++)
		word[i] = JUNK;
	memset(word + i, 0xde, size % sizeof(*word));
}

static void
block_born(struct block *b, size_t size, int flags, const void *caller)
{
	if ((flags & M_ZERO) == 0)
		junk_fill(b + 1, size);
	memset((char *)(b + 1) + size, REDZONE_BYTE, (size_t)REDZONE);
	b->b_caller = caller;
	malloc_spin_enter(&blocks_lock);
	TAILQ_INSERT_HEAD(&blocks, b, b_link);
	malloc_spin_exit(&blocks_lock);
}

static void
block_check_redzone(const struct block *b, size_t size)
{
	const uint8_t *zone = (const uint8_t *)(b + 1) + size;
	char place[128];
	int n = 0;

	for (int i = 0; i < REDZONE; i++)
		n += zone[i] != REDZONE_BYTE;
	if (__predict_true(n == 0))
		return;
	host_symbol(b->b_caller, place, sizeof(place));
	panic_outcome(VS_USE_AFTER_FREE, "REDZONE: Buffer overflow detected. "
	    "%d byte%s corrupted after %p (%zu bytes allocated at %s).",
	    n, n == 1 ? "" : "s", zone, size, place);
}

static void
block_dies(struct block *b, struct malloc_type *mtp)
{
	KASSERT(!vs_strict || b->b_type == mtp,
	    ("free: memory of type %s freed as %s", b->b_type->ks_shortdesc,
	    mtp->ks_shortdesc));
	block_check_redzone(b, WORD_SIZE(b->b_word));
	malloc_spin_enter(&blocks_lock);
	TAILQ_REMOVE(&blocks, b, b_link);
	malloc_spin_exit(&blocks_lock);
}
#else
#define	block_born(b, size, flags, caller)	((void)(caller))
#define	block_dies(b, mtp)			do { } while (0)
#endif

#ifdef INVARIANTS
void
malloc_blocks_retype(const struct malloc_type *from, struct malloc_type *to)
{
	struct block *b;

	malloc_spin_enter(&blocks_lock);
	TAILQ_FOREACH(b, &blocks, b_link)
		if (b->b_type == from)
			b->b_type = to;
	malloc_spin_exit(&blocks_lock);
}

void
malloc_blocks_foreach(const struct malloc_type *mtp,
    void (*fn)(const void *, size_t, const void *, void *), void *arg)
{
	const struct block *b;

	malloc_spin_enter(&blocks_lock);
	TAILQ_FOREACH(b, &blocks, b_link)
		if (b->b_type == mtp)
			fn(b + 1, WORD_SIZE(b->b_word), b->b_caller, arg);
	malloc_spin_exit(&blocks_lock);
}
#endif

/* An address that malloc() did not return, or that was freed before. */
static void __dead2
bad_address(const void *addr, uint64_t word, int zero)
{
	if ((uint32_t)word == JUNK)
		panic_outcome(VS_USE_AFTER_FREE,
		    "Duplicate free of item %p", addr);
	panic("_free(%d): address %p(%p) has not been allocated", zero, addr,
	    (const void *)rounddown2((uintptr_t)addr, PAGE_SIZE));
}

/* `align` is 16 or more, a page at most. */
static void *
block_alloc(size_t size, size_t align, struct malloc_type *mtp, int flags,
    const void *caller)
{
	struct block *b;
	char *heap;
	size_t offset;

	if (size >= 1ULL << WORD_SIZE_BITS || (heap = host_alloc(sizeof(*b) +
	    size + REDZONE + align - 16)) == NULL)
		return (NULL);
	b = (struct block *)roundup2((uintptr_t)heap + sizeof(*b), align) - 1;
	offset = (char *)b - heap;
	b->b_type = mtp;
	b->b_word = WORD_MAKE(size, offset / 16);
	if ((flags & M_ZERO) != 0)
		memset(b + 1, 0, size);
	block_born(b, size, flags, caller);
	count_alloc(mtp, size);
#ifdef VS_INSTRUMENTED
	host_usable(heap, b + 1, size);
#endif
	return (b + 1);
}

static void *
malloc_any(size_t size, size_t align, struct malloc_type *mtp, int flags,
    const void *caller)
{
	void *addr;

	check_context("malloc", mtp);
	check_flags(flags);
	if ((flags & M_WAITOK) != 0) {
		check_sleepable(size);
		VS_POINT(VS_OP_MALLOC_WAITOK, mtp);
	} else {
		VS_POINT(VS_OP_MALLOC_NOWAIT, mtp);
		if (fail_now() || host_choose(HOST_CHOOSE_FAIL, 2) != 0)
			return (NULL);
	}
	addr = block_alloc(size, align, mtp, flags, caller);
	if (__predict_false(addr == NULL) && (flags & M_WAITOK) != 0)
		panic("malloc: the host has no %zu bytes", size);
	return (addr);
}

static void
free_any(void *addr, struct malloc_type *mtp, int zero, const void *caller)
{
	struct block *b;

	check_context("free", mtp);
	if (addr == NULL)
		return;
	VS_POINT(VS_OP_FREE, addr);
	b = block_of(addr);
	if (__predict_false(!WORD_VALID(b->b_word)))
		bad_address(addr, b->b_word, zero);
	malloc_locks_check(addr, WORD_SIZE(b->b_word), mtp, caller);
	block_dies(b, mtp);
	count_free(mtp, WORD_SIZE(b->b_word));
	if (zero != 0)
		explicit_bzero(addr, WORD_SIZE(b->b_word));
	host_free(block_heap(b));
}

static void *
realloc_any(void *addr, size_t size, struct malloc_type *mtp, int flags,
    const void *caller)
{
	uint64_t word;
	void *fresh;

	check_context("realloc", mtp);
	if (addr == NULL)
		return (malloc_any(size, 16, mtp, flags, caller));
	word = block_of(addr)->b_word;
	if (__predict_false(!WORD_VALID(word)))
		bad_address(addr, word, 0);
	if ((fresh = malloc_any(size, 16, mtp, flags, caller)) == NULL)
		return (NULL);
	memcpy(fresh, addr, MIN(size, WORD_SIZE(word)));
	free_any(addr, mtp, 0, caller);
	return (fresh);
}

/* --- malloc(9) ------------------------------------------------------------ */

void *
kern_malloc(size_t size, struct malloc_type *mtp, int flags)
{
	return (malloc_any(size, 16, mtp, flags, __builtin_return_address(0)));
}

void
kern_free(void *addr, struct malloc_type *mtp)
{
	free_any(addr, mtp, 0, __builtin_return_address(0));
}

void
zfree(void *addr, struct malloc_type *mtp)
{
	free_any(addr, mtp, 1, __builtin_return_address(0));
}

void *
kern_realloc(void *addr, size_t size, struct malloc_type *mtp, int flags)
{
	return (realloc_any(addr, size, mtp, flags,
	    __builtin_return_address(0)));
}

void *
kern_reallocf(void *addr, size_t size, struct malloc_type *mtp, int flags)
{
	void *fresh;

	fresh = realloc_any(addr, size, mtp, flags,
	    __builtin_return_address(0));
	if (fresh == NULL)
		free_any(addr, mtp, 0, __builtin_return_address(0));
	return (fresh);
}

void *
mallocarray(size_t nmemb, size_t size, struct malloc_type *mtp, int flags)
{
	size_t total;

	if (__builtin_mul_overflow(nmemb, size, &total))
		panic("mallocarray: %zu * %zu overflowed", nmemb, size);
	return (malloc_any(total, 16, mtp, flags,
	    __builtin_return_address(0)));
}

void *
malloc_aligned(size_t size, size_t align, struct malloc_type *mtp, int flags)
{
	KASSERT(powerof2(align) && align != 0 && align <= PAGE_SIZE,
	    ("malloc_aligned: bad alignment %zu", align));
	return (malloc_any(size, MAX(align, 16), mtp, flags,
	    __builtin_return_address(0)));
}

size_t
kern_malloc_usable_size(void *addr)
{
	return (addr == NULL ? 0 : WORD_SIZE(block_of(addr)->b_word));
}

/* By its size a header is told from what only looks like one. */
const char *
malloc_block_type(const void *block, size_t size)
{
	const struct block *b = block;

#ifdef VS_INSTRUMENTED
	b--;
#else
	if (size < sizeof(*b) + REDZONE)
		return (NULL);
	size -= sizeof(*b) + REDZONE;
#endif
	return (WORD_VALID(b->b_word) && WORD_SIZE(b->b_word) == size ?
	    b->b_type->ks_shortdesc : NULL);
}

/* --- the host's face ------------------------------------------------------ */

void
vs_fail_malloc(unsigned long n)
{
	__atomic_store_n(&fail_hit, false, __ATOMIC_RELAXED);
	__atomic_store_n(&fail_countdown, n, __ATOMIC_RELEASE);
}

bool
vs_fail_malloc_hit(void)
{
	return (__atomic_load_n(&fail_hit, __ATOMIC_ACQUIRE));
}

size_t
vs_memory(void)
{
	return (host_heap_bytes());
}

size_t
vs_memory_peak(void)
{
	return (host_heap_peak());
}
