/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The kernel heap: libc's, with every block on a list.
 */
#include <stdio.h>
#include <stdlib.h>

#include "impl.h"

#define	NSHARDS		16		/* a power of two */
#define	POISON		0xdeadc0deU

#define	MAGIC_LIVE	0x6c697665U
#define	MAGIC_HELD	0x68656c64U	/* in the quarantine */

/*
 * In front of each block; 32 bytes, so that the block is as well aligned as
 * libc's are.
 *
 * (l) lock of the list that the block is on  (c) constant  (a) atomic
 */
struct block {
	struct block	*next;		/* (l) */
	struct block	*prev;		/* (l) */
	size_t		size;		/* (c) as asked for */
	_Atomic uint32_t magic;		/* (a) MAGIC_* */
	uint32_t	shard;		/* (c) whose list it was born on */
};

_Static_assert(sizeof(struct block) == 32, "blocks must stay aligned");

/*
 * Living blocks, in as many lists as make threads rarely meet.  The list is
 * circular.
 */
static struct shard {
	struct host_lock lock;
	struct block	head;		/* lock */
} __attribute__((aligned(128))) shards[NSHARDS];

static _Atomic size_t heap_bytes, heap_peak, heap_blocks;

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

static void
count(size_t size)
{
	size_t now, peak;

	atomic_fetch_add_explicit(&heap_blocks, 1, memory_order_relaxed);
	now = atomic_fetch_add_explicit(&heap_bytes, size,
	    memory_order_relaxed) + size;
	peak = atomic_load_explicit(&heap_peak, memory_order_relaxed);
	while (now > peak && !atomic_compare_exchange_weak_explicit(&heap_peak,
	    &peak, now, memory_order_relaxed, memory_order_relaxed))
		;
}

static void
uncount(size_t size)
{
	atomic_fetch_sub_explicit(&heap_blocks, 1, memory_order_relaxed);
	atomic_fetch_sub_explicit(&heap_bytes, size, memory_order_relaxed);
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

	if (size > SIZE_MAX - sizeof(*block) ||
	    (block = malloc(sizeof(*block) + size)) == NULL)
		return (NULL);
	block->size = size;
	block->shard = shard_index();
	atomic_init(&block->magic, MAGIC_LIVE);
	shard = &shards[block->shard];
	host_lock_enter(&shard->lock);
	block_link(&shard->head, block);
	host_lock_leave(&shard->lock);
	count(size);
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

void
host_free(void *p)
{
	struct block *block;
	struct shard *shard;
	uint32_t live = MAGIC_LIVE;
	size_t limit;

	if (p == NULL)
		return;
	block = (struct block *)p - 1;
	if (!atomic_compare_exchange_strong_explicit(&block->magic, &live,
	    MAGIC_HELD, memory_order_relaxed, memory_order_relaxed))
		bad_free(p, block, live);
	shard = &shards[block->shard];
	host_lock_enter(&shard->lock);
	block_unlink(block);
	host_lock_leave(&shard->lock);
	uncount(block->size);
	limit = atomic_load_explicit(&quarantine.limit, memory_order_relaxed);
	if (limit == 0) {
		free(block);
		return;
	}
	poison(block);
	quarantine_push(block);
	quarantine_trim(limit, true);
}

size_t
host_heap_bytes(void)
{
	return (atomic_load_explicit(&heap_bytes, memory_order_relaxed));
}

size_t
host_heap_peak(void)
{
	return (atomic_load_explicit(&heap_peak, memory_order_relaxed));
}

size_t
host_heap_blocks(void)
{
	return (atomic_load_explicit(&heap_blocks, memory_order_relaxed));
}

/* After a run: nobody uses the heap. */
void
host_heap_sweep(void)
{
	struct block *block;

	quarantine_trim(0, false);
	for (int i = 0; i < NSHARDS; i++) {
		host_lock_enter(&shards[i].lock);
		while ((block = shards[i].head.next) != &shards[i].head) {
			block_unlink(block);
			uncount(block->size);
			free(block);
		}
		host_lock_leave(&shards[i].lock);
	}
	atomic_store(&heap_peak, 0);
}
