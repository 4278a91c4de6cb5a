/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The memory of controlled runs.
 */
#ifndef _ARENA_H_
#define _ARENA_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

#define	VX_ARENA_BASE	((uintptr_t)0x200000000000)
#define	VX_ARENA_SIZE	((size_t)1 << 30)

enum vx_memory {
	VX_MEM_VALID,
	VX_MEM_FREED,
	VX_MEM_BEYOND,		/* no byte of a block: an overrun */
};

void	vx_arena_open(void);
void	*vx_arena_alloc(size_t size);
void	vx_arena_free(void *p);
/* The block's user gets no more than this of it. */
void	vx_arena_usable(const void *block, const void *p, size_t size);
void	vx_arena_mark(void);	/* what is there now belongs to the snapshot */
void	vx_arena_restore(void);
size_t	vx_arena_used(void);
/*
 * The block around an address, living or freed, as its user knows it; false if
 * there is none.
 */
bool	vx_arena_block(uintptr_t address, uintptr_t *base, size_t *size);
/*
 * A number for the block around an address of the arena, or before it, and
 * where it begins: the same whichever thread of a run came first to allocate.
 */
uint64_t	vx_arena_name(uintptr_t address, uintptr_t *base);
/* Who uses the block, made and freed it; malloc'ed, or NULL: see blocks.c. */
char	*vx_arena_report(uintptr_t address);
/* The block's number, in order of allocation, and where its user's part is. */
size_t	vx_arena_number(uintptr_t address, uintptr_t *base);
enum vx_memory	vx_arena_state(uintptr_t address, size_t size);
/* How many bytes of each granule may be used; more: none. */
#define	VX_ARENA_GRANULE	16
extern uint8_t *vx_arena_states;
static inline bool
vx_arena_contains(uintptr_t address)
{
	return (address - VX_ARENA_BASE < VX_ARENA_SIZE);
}
/* Is it no memory of the arena, or surely valid? */
static inline bool
vx_arena_fine(uintptr_t address, size_t size)
{
	uintptr_t offset = address - VX_ARENA_BASE;

	return (offset >= VX_ARENA_SIZE || (offset % VX_ARENA_GRANULE + size <=
	    VX_ARENA_GRANULE && vx_arena_states[offset / VX_ARENA_GRANULE] ==
	    VX_ARENA_GRANULE));
}

/* --- blocks.c ---------------------------------------------------------------  */

/* Of a traced run: who has made each block, and freed it, is kept. */
extern bool vx_blocks_kept;
void	vx_blocks_keep(bool keep);
void	vx_blocks_made(size_t block);
void	vx_blocks_freed(size_t block);
/* The story of a block, with what is done to it now; malloc'ed, or NULL. */
char	*vx_blocks_report(size_t block, const char *what);

#pragma GCC visibility pop

#endif /* !_ARENA_H_ */
