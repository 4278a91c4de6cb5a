/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Cells for memory, see shadow.h.
 *
 * Address space is cheap: a cell for each eight bytes that there could be, and
 * a page of cells as the first of them is used.  They stay from one run to the
 * next; the number of the run tells what is out of date.
 */
#include <sys/mman.h>

#include "shadow.h"

#define	REGIONS		32

enum vx_watch vx_watch;
struct vx_thread *vx_watched;
uint32_t vx_glance = UINT32_MAX;
bool vx_ordering;
bool vx_plain_points;
struct vx_cell *vx_cells;

struct vx_region vx_recent;

static struct vx_region regions[REGIONS];
static unsigned nregions;

static size_t
cells_size(uintptr_t bytes)
{
	return (bytes / 8 * sizeof(struct vx_cell));
}

static struct vx_cell *
cells_map(uintptr_t bytes)
{
	void *p;

	p = mmap(NULL, cells_size(bytes), PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		host_fatal("cannot reserve memory for the shadow of %#jx bytes",
		    (uintmax_t)bytes);
	return (p);
}

void
vx_shadow_need(void)
{
	if (vx_cells == NULL)
		vx_cells = cells_map(VX_ARENA_SIZE);
}

static void
region_add(uintptr_t low, uintptr_t high, void *arg)
{
	(void)arg;
	if (nregions == REGIONS)
		host_fatal("more than %d areas of memory to be watched",
		    REGIONS);
	low &= ~(uintptr_t)7;
	regions[nregions++] = (struct vx_region){ low, high - low,
	    cells_map(high + 8 - low) };
}

void
vx_shadow_open(void)
{
	uintptr_t low, high, unused;

	if (vx_cells == NULL)
		return;
	while (nregions > 0) {
		struct vx_region *r = &regions[--nregions];

		(void)munmap(r->cells, cells_size(r->size + 8));
	}
	vx_recent = (struct vx_region){ 0, 0, NULL };
	(void)madvise(vx_cells, cells_size(VX_ARENA_SIZE), MADV_DONTNEED);
	host_image_each(region_add, NULL);
	host_fiber_stack(0, &low, &unused);
	host_fiber_stack(FIBER_MAX - 1, &unused, &high);
	region_add(low, high, NULL);
}

struct vx_cell *
vx_shadow_find(uintptr_t address)
{
	for (const struct vx_region *r = regions; r < &regions[nregions]; r++)
		if (address - r->low < r->size) {
			if (!host_fiber_stack_contains((void *)address))
				vx_recent = *r;
			return (&r->cells[(address - r->low) / 8]);
		}
	return (NULL);
}

/* At a glance nothing is recorded, which a report may need. */
static bool
may_glance(void)
{
	return (vx_watch == VX_WATCH_ALL && !vx.trace && !vx.strategy->stops &&
	    !vx_all_points);
}

void
vx_shadow_watch(enum vx_watch how)
{
	vx_watch = vx_cells != NULL ? how : VX_WATCH_NOTHING;
	vx_watched = vx_watch != VX_WATCH_NOTHING ? vx.current : NULL;
	vx_plain_points = vx.accesses && (vx_all_points || vx.trace ||
	    !vx.races || vx.pass_races);
	vx_glance = may_glance() ? vx.run : UINT32_MAX;
	vx_ordering = vx_watch == VX_WATCH_ALL && vx.races;
}

void
vx_shadow_skim(void)
{
	vx_plain_points = vx_plain_points && vx_all_points;
}

void
vx_shadow_begin(void)
{
	if (vx_cells == NULL)
		return;
	vx_shadow_watch(VX_WATCH_ALL);
	if (vx_ordering)
		vx_order_begin();
}
