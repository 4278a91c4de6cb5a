/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The state that runs start from: the writable data of the kernel's shared
 * objects, and the part of the arena that boot and set-up have filled.
 *
 * Most of it is never written by a run.  All pages are made read-only, and
 * the first write to one, in any run, makes it one of those that are copied
 * back before each run from then on.  After a few runs nothing faults any
 * more and little is copied.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine.h"

/* Whole pages.  (c) constant  (s) set by vx_snapshot_take() */
struct area {
	uintptr_t	low, high;	/* (c) */
	char		*saved;		/* (s) */
	bool		*written;	/* (s) by page */
	struct area	*next;
};

static struct area *areas;
static uintptr_t page;
static bool taken;

/* Pages to be copied. */
struct hot {
	char	*memory;
	const char *saved;
};
static struct hot *hots;
static size_t nhots, max_hots;

void
vx_snapshot_add(uintptr_t low, uintptr_t high)
{
	struct area *a;

	page = (uintptr_t)sysconf(_SC_PAGESIZE);
	low &= ~(page - 1);
	high = (high + page - 1) & ~(page - 1);
	if (low >= high)
		return;
	if ((a = calloc(1, sizeof(*a))) == NULL)
		host_fatal("out of memory for a snapshot");
	a->low = low;
	a->high = high;
	a->next = areas;
	areas = a;
}

/*
 * Sanitizers must not look on: redzones are copied with what they surround.
 */
static void __attribute__((noinline, no_sanitize("address", "undefined")))
copy_page(char *to, const char *from)
{
#if HOST_ASAN
	for (size_t i = 0; i < page / sizeof(uint64_t); i++) {
		((uint64_t *)(void *)to)[i] =
		    ((const uint64_t *)(const void *)from)[i];
		__asm__ volatile("" : : : "memory");
	}
#else
	memcpy(to, from, page);
#endif
}

static void
make_hot(struct area *a, size_t i)
{
	if (nhots == max_hots) {
		max_hots = max_hots * 2 + 64;
		hots = realloc(hots, max_hots * sizeof(*hots));
		if (hots == NULL)
			host_fatal("out of memory for a snapshot");
	}
	a->written[i] = true;
	hots[nhots++] = (struct hot){ (char *)a->low + i * page,
	    a->saved + i * page };
}

#if HOST_ASAN
/* Its handler stands before ours: copies everything. */
static void
watch(struct area *a)
{
	for (size_t i = 0; i < (a->high - a->low) / page; i++)
		make_hot(a, i);
}

static void
watch_begin(void)
{
}

static void
watch_end(void)
{
}
#else

static struct sigaction previous;

/* A write to a page that was not written before: from now on it is copied. */
static bool
page_written(uintptr_t address)
{
	for (struct area *a = areas; a != NULL; a = a->next) {
		size_t i = (address - a->low) / page;

		if (address < a->low || address >= a->high || a->written[i])
			continue;
		if (mprotect((void *)(a->low + i * page), page, PROT_READ |
		    PROT_WRITE) != 0)
			return (false);
		make_hot(a, i);
		return (true);
	}
	return (false);
}

/*
 * realloc() in a handler: the fault was a store of the kernel's, which does
 * not happen inside libc's allocator.
 */
static void
fault(int sig, siginfo_t *si, void *context)
{
	if (taken && page_written((uintptr_t)si->si_addr))
		return;
	if ((previous.sa_flags & SA_SIGINFO) != 0)
		previous.sa_sigaction(sig, si, context);
	else
		sigaction(sig, &previous, NULL);
}

static void
watch(struct area *a)
{
	if (mprotect((void *)a->low, a->high - a->low, PROT_READ) != 0)
		host_fatal("cannot protect the kernel's image");
}

static void
watch_begin(void)
{
	struct sigaction sa = {
		.sa_sigaction = fault,
		.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER,
	};

	sigemptyset(&sa.sa_mask);
	host_signals_thread(host_self());
	sigaction(SIGSEGV, &sa, &previous);
}

static void
watch_end(void)
{
	for (struct area *a = areas; a != NULL; a = a->next)
		(void)mprotect((void *)a->low, a->high - a->low, PROT_READ |
		    PROT_WRITE);
	sigaction(SIGSEGV, &previous, NULL);
}
#endif

static void
area_save(struct area *a)
{
	size_t n = (a->high - a->low) / page;

	a->saved = malloc(a->high - a->low);
	a->written = calloc(n, sizeof(*a->written));
	if (a->saved == NULL || a->written == NULL)
		host_fatal("out of memory for a snapshot");
	for (size_t i = 0; i < n; i++)
		copy_page(a->saved + i * page, (char *)a->low + i * page);
}

void
vx_snapshot_take(void)
{
	struct area *a;

	for (a = areas; a != NULL; a = a->next)
		area_save(a);
	/* What is saved may hold the list itself: protect it last. */
	watch_begin();
	taken = true;
	for (a = areas; a != NULL; a = a->next)
		watch(a);
}

void
vx_snapshot_restore(void)
{
	for (size_t i = 0; i < nhots; i++)
		copy_page(hots[i].memory, hots[i].saved);
}

void
vx_snapshot_drop(void)
{
	struct area *a;

	if (taken)
		watch_end();
	taken = false;
	while ((a = areas) != NULL) {
		areas = a->next;
		free(a->saved);
		free(a->written);
		free(a);
	}
	free(hots);
	hots = NULL;
	nhots = max_hots = 0;
}
