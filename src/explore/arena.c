/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The memory of a controlled run: taken from one end of an area that lies at
 * the same address in every process, and given to nobody else before the run
 * is over.  So an address names one object of a run, what is freed stays
 * freed, and the same schedule sees the same addresses.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "shadow.h"

#define	GRANULE		VX_ARENA_GRANULE
#define	REDZONE		32		/* at least, between two blocks */
#define	FILL		0xa5		/* what new memory holds */

/*
 * A block.  They are in order of address, for they are never reused.  What its
 * user gets begins with a granule.
 */
struct block {
	uintptr_t	base;
	size_t		size;
	uintptr_t	user;
	size_t		user_size;
	uint16_t	maker;		/* the thread */
	bool		freed;
	uint32_t	serial;		/* among those of its maker, in a run */
};

static uintptr_t top;			/* first byte never used */
static uintptr_t mark_top;
/*
 * A byte for each granule: how many bytes of it may be used, 0 to 16, and
 * STATE_FREED for those of a block that was freed.
 */
#define	STATE_FREED	0xfd
uint8_t *vx_arena_states;

static struct block *blocks;
static size_t nblocks, max_blocks, mark_blocks;
/* Blocks of the snapshot that this run has freed. */
static size_t *undo, nundo, max_undo;

void
vx_arena_open(void)
{
	void *p;

	if (vx_arena_states == NULL) {
		p = mmap((void *)VX_ARENA_BASE, VX_ARENA_SIZE, PROT_READ |
		    PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
		    MAP_FIXED_NOREPLACE, -1, 0);
		vx_arena_states = mmap(NULL, VX_ARENA_SIZE / GRANULE,
		    PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS |
		    MAP_NORESERVE, -1, 0);
		if (p != (void *)VX_ARENA_BASE ||
		    vx_arena_states == MAP_FAILED)
			host_fatal("cannot reserve memory for the arena");
	} else
		memset(vx_arena_states, 0, (top - VX_ARENA_BASE) / GRANULE);
	top = VX_ARENA_BASE;
	nblocks = mark_blocks = nundo = 0;
}

static uint8_t *
state_of(uintptr_t address)
{
	return (&vx_arena_states[(address - VX_ARENA_BASE) / GRANULE]);
}

static void *
grow(void *array, size_t *max, size_t element)
{
	*max = *max * 2 + 256;
	if ((array = realloc(array, *max * element)) == NULL)
		host_fatal("out of memory for the arena's blocks");
	return (array);
}

static void
set_state(const struct block *b, uint8_t state)
{
	memset(state_of(b->base), state, (b->size + GRANULE - 1) / GRANULE);
}

static void
set_valid(const struct block *b)
{
	uintptr_t end = b->user + b->user_size;

	memset(state_of(b->user), GRANULE, b->user_size / GRANULE);
	if (end % GRANULE != 0)
		*state_of(end) = (uint8_t)(end % GRANULE);
}

void *
vx_arena_alloc(size_t size)
{
	struct block *b;
	size_t pitch = ((size + GRANULE - 1) & ~(size_t)(GRANULE - 1)) +
	    REDZONE;

	if (size > VX_ARENA_SIZE || top - VX_ARENA_BASE >
	    VX_ARENA_SIZE - pitch)
		return (NULL);
	if (nblocks == max_blocks)
		blocks = grow(blocks, &max_blocks, sizeof(*blocks));
	b = &blocks[nblocks++];
	*b = (struct block){ .base = top + REDZONE, .size = size,
	    .user = top + REDZONE, .user_size = size };
	if (vx.current != NULL) {
		b->maker = vx.current->id;
		b->serial = vx.current->blocks++;
	}
	if (vx_blocks_kept)
		vx_blocks_made((size_t)(b - blocks));
	top += pitch;
	set_valid(b);
	memset((void *)b->base, FILL, size);
	return ((void *)b->base);
}

/* The last block that does not begin after the address. */
static struct block *
block_before(uintptr_t address)
{
	size_t low = 0, high = nblocks, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (blocks[mid].base <= address)
			low = mid + 1;
		else
			high = mid;
	}
	return (low == 0 ? NULL : &blocks[low - 1]);
}

bool
vx_arena_block(uintptr_t address, uintptr_t *base, size_t *size)
{
	const struct block *b;

	if (!vx_arena_contains(address) ||
	    (b = block_before(address)) == NULL ||
	    address - b->user >= (b->user_size > 0 ? b->user_size : 1))
		return (false);
	*base = b->user;
	*size = b->user_size;
	return (true);
}

uint64_t
vx_arena_name(uintptr_t address, uintptr_t *base)
{
	const struct block *b = block_before(address);

	if (b == NULL) {
		*base = VX_ARENA_BASE;
		return (VX_ARENA_BASE);
	}
	*base = b->base;
	if ((size_t)(b - blocks) < mark_blocks)
		return (b->base);
	return (((uint64_t)b->maker + 1) << 32 | b->serial);
}

char *
vx_arena_report(uintptr_t address)
{
	const struct block *b = block_before(address);

	return (b != NULL ? vx_blocks_report((size_t)(b - blocks), "used") :
	    NULL);
}

size_t
vx_arena_number(uintptr_t address, uintptr_t *base)
{
	const struct block *b = block_before(address);

	*base = b != NULL ? b->user : VX_ARENA_BASE;
	return (b != NULL ? (size_t)(b - blocks) + 1 : 0);
}

void
vx_arena_usable(const void *block, const void *p, size_t size)
{
	struct block *b = block_before((uintptr_t)block);

	b->user = (uintptr_t)p;
	b->user_size = size;
	set_state(b, 0);
	set_valid(b);
	vx_forget(b->user, size);
}

void
vx_arena_free(void *p)
{
	struct block *b = block_before((uintptr_t)p);

	if (b == NULL || b->base != (uintptr_t)p)
		vx_fail(VS_USE_AFTER_FREE, 0, "free of %p, which is no block",
		    p);
	if (b->freed) {
		vx.verdict.report = vx_blocks_report((size_t)(b - blocks),
		    "freed again");
		vx_fail(VS_USE_AFTER_FREE, 0, "double free of %p", p);
	}
	if (vx_blocks_kept)
		vx_blocks_freed((size_t)(b - blocks));
	vx_freed(b->user, b->user_size, (uintptr_t)__builtin_return_address(0));
	b->freed = true;
	set_state(b, STATE_FREED);
	if ((size_t)(b - blocks) >= mark_blocks)
		return;
	if (nundo == max_undo)
		undo = grow(undo, &max_undo, sizeof(*undo));
	undo[nundo++] = (size_t)(b - blocks);
}

enum vx_memory
vx_arena_state(uintptr_t address, size_t size)
{
	uintptr_t last = address + size - 1;

	for (; address <= last; address = (address | (GRANULE - 1)) + 1) {
		uint8_t state = *state_of(address);
		uintptr_t end = address | (GRANULE - 1);

		if (state == GRANULE)
			continue;
		if (state == STATE_FREED)
			return (VX_MEM_FREED);
		if ((end < last ? end : last) % GRANULE >= state)
			return (VX_MEM_BEYOND);
	}
	return (VX_MEM_VALID);
}

size_t
vx_arena_used(void)
{
	return (top - VX_ARENA_BASE);
}

void
vx_arena_mark(void)
{
	mark_top = top;
	mark_blocks = nblocks;
	nundo = 0;
}

void
vx_arena_restore(void)
{
	memset(state_of(mark_top), 0, (top - mark_top) / GRANULE);
	top = mark_top;
	nblocks = mark_blocks;
	while (nundo > 0) {
		struct block *b = &blocks[undo[--nundo]];

		b->freed = false;
		set_state(b, 0);
		set_valid(b);
	}
}
