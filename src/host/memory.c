/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The kernel heap: libc's, with every block on a list.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "control.h"

#define	NSHARDS		16		/* a power of two */
#define	POISON		0xdeadc0deU

#define	MAGIC_LIVE	0x6c697665U
#define	MAGIC_HELD	0x68656c64U	/* in the quarantine */

/*
 * In front of each block; 32 bytes, so that the block is as well aligned as
 * libc's are.
 *
 * (l) lock of the list that the block is on  (s) lock of its shard
 * (c) constant
 */
struct block {
	struct block	*next;		/* (l) */
	struct block	*prev;		/* (l) */
	size_t		size;		/* (c) as asked for */
	uint32_t	magic;		/* (s) MAGIC_* */
	uint32_t	shard;		/* (c) where it was born */
};

_Static_assert(sizeof(struct block) == 32, "blocks must stay aligned");

/*
 * Living blocks, in as many circular lists as make threads rarely meet.
 *
 * The sums of all shards are not touched by each allocation: a shard hands
 * over what it has in hand when that is more than SLACK.
 */
static struct shard {
	_Atomic bool	locked;
	struct block	head;		/* locked */
	ptrdiff_t	bytes;		/* locked: not yet in heap_bytes */
	ptrdiff_t	blocks;		/* locked: not yet in heap_blocks */
} __attribute__((aligned(128))) shards[NSHARDS];

#define	SLACK		4096

static _Atomic ptrdiff_t heap_bytes, heap_peak, heap_blocks;

/* Freed blocks, oldest at head.next. */
static struct {
	struct host_lock lock;
	struct block	head;		/* lock */
	size_t		bytes;		/* lock */
	_Atomic size_t	limit;
} quarantine;

static _Atomic uint32_t next_shard;
static _Thread_local uint32_t my_shard	/* plus one */
    __attribute__((tls_model("initial-exec")));

static host_heap_modified_fn *_Atomic on_modified;

static void __attribute__((constructor))
memory_init(void)
{
	for (int i = 0; i < NSHARDS; i++)
		shards[i].head.next = shards[i].head.prev = &shards[i].head;
	quarantine.head.next = quarantine.head.prev = &quarantine.head;
}

static void
block_link(struct block *head, struct block *block)
{
	block->next = head;
	block->prev = head->prev;
	head->prev->next = block;
	head->prev = block;
}

static void
block_unlink(struct block *block)
{
	block->next->prev = block->prev;
	block->prev->next = block->next;
}

static void *
block_data(struct block *block)
{
	return (block + 1);
}

/*
 * A dozen instructions are not worth the second locked one that it takes to
 * find out whether anybody sleeps.
 */
static void
shard_enter(struct shard *shard)
{
	int tries = 0;

	while (atomic_exchange_explicit(&shard->locked, true,
	    memory_order_acquire)) {
		host_spinwait();
		if (++tries % 64 == 0)
			sched_yield();
	}
}

static void
shard_leave(struct shard *shard)
{
	atomic_store_explicit(&shard->locked, false, memory_order_release);
}

static void
shard_settle(struct shard *shard)
{
	ptrdiff_t now, peak;

	atomic_fetch_add_explicit(&heap_blocks, shard->blocks,
	    memory_order_relaxed);
	now = atomic_fetch_add_explicit(&heap_bytes, shard->bytes,
	    memory_order_relaxed) + shard->bytes;
	shard->blocks = shard->bytes = 0;
	peak = atomic_load_explicit(&heap_peak, memory_order_relaxed);
	while (now > peak && !atomic_compare_exchange_weak_explicit(&heap_peak,
	    &peak, now, memory_order_relaxed, memory_order_relaxed))
		;
}

/* Adds a block to the sums, or takes one (-1) away. */
static void
shard_count(struct shard *shard, size_t size, int sign)
{
	shard->blocks += sign;
	shard->bytes += sign * (ptrdiff_t)size;
	if (shard->bytes > SLACK || shard->bytes < -SLACK)
		shard_settle(shard);
}

static void
settle(void)
{
	for (int i = 0; i < NSHARDS; i++) {
		shard_enter(&shards[i]);
		shard_settle(&shards[i]);
		shard_leave(&shards[i]);
	}
}

static uint32_t
shard_index(void)
{
	if (my_shard == 0)
		my_shard = 1 + atomic_fetch_add(&next_shard, 1) % NSHARDS;
	return (my_shard - 1);
}

void *
host_alloc(size_t size)
{
	struct block *block;
	struct shard *shard;

	if (host_controlled())
		return (host_control->alloc(size));
	if (size > SIZE_MAX - sizeof(*block) ||
	    (block = malloc(sizeof(*block) + size)) == NULL)
		return (NULL);
	block->size = size;
	block->shard = shard_index();
	block->magic = MAGIC_LIVE;
	shard = &shards[block->shard];
	shard_enter(shard);
	block_link(&shard->head, block);
	shard_count(shard, size, 1);
	shard_leave(shard);
	return (block_data(block));
}

/* --- the quarantine --------------------------------------------------------- */

static void
poison(struct block *block)
{
	uint32_t *word = block_data(block);
	size_t n = block->size / sizeof(*word);

	for (size_t i = 0; i < n; i++)
		word[i] = POISON;
}

/* Somebody wrote to a freed block?  Tells where, then goes on. */
static void
check(struct block *block)
{
	const uint32_t *word = block_data(block);
	size_t n = block->size / sizeof(*word);
	host_heap_modified_fn *fn;

	for (size_t i = 0; i < n; i++) {
		if (word[i] == POISON)
			continue;
		fn = atomic_load(&on_modified);
		if (fn != NULL && !host_dying())
			fn(word, block->size, i * sizeof(*word), word[i]);
		break;
	}
}

/* Takes the oldest block out if there is more than `limit`. */
static struct block *
quarantine_pop(size_t limit)
{
	struct block *block = NULL;

	host_lock_enter(&quarantine.lock);
	if (quarantine.bytes > limit) {
		block = quarantine.head.next;
		block_unlink(block);
		quarantine.bytes -= block->size + sizeof(*block);
	}
	host_lock_leave(&quarantine.lock);
	return (block);
}

static void
quarantine_push(struct block *block)
{
	host_lock_enter(&quarantine.lock);
	block_link(&quarantine.head, block);
	quarantine.bytes += block->size + sizeof(*block);
	host_lock_leave(&quarantine.lock);
}

static void
quarantine_trim(size_t limit, bool checked)
{
	struct block *block;

	while ((block = quarantine_pop(limit)) != NULL) {
		if (checked)
			check(block);
		free(block);
	}
}

void
host_heap_quarantine(size_t bytes)
{
	/* AddressSanitizer holds blocks back itself, and knows who freed them. */
	if (HOST_ASAN)
		bytes = 0;
	atomic_store(&quarantine.limit, bytes);
	quarantine_trim(bytes, true);
}

void
host_heap_on_modified(host_heap_modified_fn *fn)
{
	atomic_store(&on_modified, fn);
}

static noreturn void
bad_free(const void *p, const struct block *block, uint32_t magic)
{
	char message[128];

	if (magic == MAGIC_HELD)
		snprintf(message, sizeof(message),
		    "memory %p of %zu bytes was freed twice", p, block->size);
	else
		snprintf(message, sizeof(message),
		    "%p was freed and is no block of the heap", p);
	host_die(VS_USE_AFTER_FREE, message, NULL, NULL);
}

/* Takes a living block off its list. */
static void
block_end(struct block *block)
{
	/* What is no block has no shard either, but a number. */
	struct shard *shard = &shards[block->shard % NSHARDS];
	uint32_t magic;

	shard_enter(shard);
	if ((magic = block->magic) == MAGIC_LIVE) {
		block->magic = MAGIC_HELD;
		block_unlink(block);
		shard_count(shard, block->size, -1);
	}
	shard_leave(shard);
	if (magic != MAGIC_LIVE)
		bad_free(block_data(block), block, magic);
}

void
host_free(void *p)
{
	struct block *block;
	size_t limit;

	if (p == NULL)
		return;
	if (host_controlled()) {
		host_control->free(p);
		return;
	}
	block = (struct block *)p - 1;
	block_end(block);
	limit = atomic_load_explicit(&quarantine.limit, memory_order_relaxed);
	if (limit == 0) {
		free(block);
		return;
	}
	poison(block);
	quarantine_push(block);
	quarantine_trim(limit, true);
}

void
host_usable(const void *block, const void *p, size_t size)
{
	if (host_controlled())
		host_control->usable(block, p, size);
}

bool
host_heap_fresh(void)
{
	return (host_controlled());
}

size_t
host_heap_bytes(void)
{
	settle();
	return ((size_t)atomic_load(&heap_bytes));
}

size_t
host_heap_peak(void)
{
	settle();
	return ((size_t)atomic_load(&heap_peak));
}

size_t
host_heap_blocks(void)
{
	settle();
	return ((size_t)atomic_load(&heap_blocks));
}

/*
 * After a run: nobody uses the heap, though somebody may have died with a
 * lock in his hands.
 */
void
host_heap_sweep(void)
{
	struct block *block;

	atomic_store(&quarantine.lock.word, 0);
	quarantine_trim(0, false);
	for (int i = 0; i < NSHARDS; i++) {
		atomic_store(&shards[i].locked, false);
		while ((block = shards[i].head.next) != &shards[i].head) {
			/* The analyser misses that this moves the head on. */
			block_unlink(block); /* NOLINT(*unix.Malloc) */
			free(block);
		}
		shards[i].bytes = shards[i].blocks = 0;
	}
	atomic_store(&heap_bytes, 0);
	atomic_store(&heap_blocks, 0);
	atomic_store(&heap_peak, 0);
}
