/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The state that runs start from: memory is arena.c's and snapshot.c's, the
 * rest is kept here.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "../host/control.h"
#include "engine.h"
#include "shadow.h"

static struct {
	struct vx_thread *threads;
	char		**stacks;
	uint16_t	nthreads;
	uint16_t	nscenario;
	int64_t		clock;
	uint64_t	random;
	struct vx_set	ready, timed;
	unsigned long	generation;
} mark;

/* With the gaps that AddressSanitizer leaves between variables. */
static void __attribute__((noinline, no_sanitize("address")))
stack_copy(char *to, const char *from, size_t size)
{
#if HOST_ASAN
	for (size_t i = 0; i < size; i++)
		((volatile char *)to)[i] = from[i];
#else
	memcpy(to, from, size);
#endif
}

void
vx_engine_mark(void)
{
	const struct vx_thread *t;
	size_t size;
	void *used;

	vx_shadow_open();
	vx_model_mark();
	vx_gate_open();
	mark.nthreads = vx.nthreads;
	mark.nscenario = vx.nscenario;
	mark.clock = vx.clock;
	mark.ready = vx.ready;
	mark.timed = vx.timed;
	mark.random = host_random_state();
	mark.generation = host_generation();
	mark.threads = calloc(vx.nthreads, sizeof(*mark.threads));
	mark.stacks = calloc(vx.nthreads, sizeof(*mark.stacks));
	if (mark.threads == NULL || mark.stacks == NULL)
		host_fatal("out of memory for a snapshot");
	memcpy(mark.threads, vx.threads, vx.nthreads * sizeof(*mark.threads));
	vx.touched = (struct vx_set){ { 0 } };
	for (unsigned i = 0; i < vx.nthreads; i++) {
		t = &vx.threads[i];
		if (t->state != VX_LIVE)
			continue;
		used = host_fiber_used(&t->fiber, &size);
		if ((mark.stacks[i] = malloc(size)) == NULL)
			host_fatal("out of memory for a snapshot");
		stack_copy(mark.stacks[i], used, size);
	}
}

void
vx_engine_forget(void)
{
	for (unsigned i = 0; mark.stacks != NULL && i < mark.nthreads; i++)
		free(mark.stacks[i]);
	free(mark.stacks);
	free(mark.threads);
	mark.stacks = NULL;
	mark.threads = NULL;
}

static void
stack_restore(const struct vx_thread *t, const char *saved)
{
	size_t size;
	char *used = host_fiber_used(&t->fiber, &size);

	host_fiber_clean(&t->fiber);
	stack_copy(used, saved, size);
}

static void
thread_restore(struct vx_thread *t)
{
	const struct vx_thread *saved = &mark.threads[t->id];
	unsigned nheld = saved->nheld < VX_HELD ? saved->nheld : VX_HELD;

	if (saved->state != VX_LIVE) {
		t->state = saved->state;
		return;
	}
	memcpy(t, saved, offsetof(struct vx_thread, held) +
	    nheld * sizeof(t->held[0]));
	stack_restore(t, mark.stacks[t->id]);
}

/* Those that have gone on since, or that somebody did something to. */
static void
threads_restore(void)
{
	uint64_t bits;
	unsigned id;

	for (unsigned w = 0; w < VX_WORDS; w++) {
		for (bits = vx.touched.words[w]; bits != 0; bits &= bits - 1) {
			id = w * 64 + (unsigned)__builtin_ctzll(bits);
			if (id < mark.nthreads)
				thread_restore(&vx.threads[id]);
		}
		vx.touched.words[w] = 0;
	}
}

void
vx_restore(void)
{
	vx_arena_restore();
	vx_snapshot_restore();
	host_resume(mark.generation);
	host_random_seed(mark.random);
	vx_listen();
	vx.nthreads = mark.nthreads;
	vx.nscenario = mark.nscenario;
	vx.clock = mark.clock;
	vx.ready = mark.ready;
	vx.timed = mark.timed;
	vx.nsteps = vx.npreemptions = vx.npicks = vx.nchoices = vx.nfails = 0;
	vx.switched = 0;
	vx_clear_outcome();
	threads_restore();
}
