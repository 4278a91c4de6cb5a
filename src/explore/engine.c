/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The steps that a run consists of.
 *
 * A thread that comes to a point looks who can go on, asks the strategy, and
 * switches to that thread directly; the runner, which is the OS thread's own
 * stack, is only switched to when a run is over, and between runs.
 */
#include "engine.h"
#include "shadow.h"

struct vx vx;
bool vx_all_points;

/* Steps in a row after which a thread may be spinning, */
#define	SPIN		1000
#define	SPIN_AGAIN	256	/* how often that is looked at, */
#define	SPIN_SITES	24	/* and how many places a loop has, at most */

/* --- switching -------------------------------------------------------------- */

/*
 * What a point does is one function: after a switch the processor has the
 * wrong idea of where every function on the way back returns to.
 */
#define	IN_ONE		static inline __attribute__((__always_inline__))

static inline struct host_fiber *
fiber_of(struct vx_thread *t)
{
	return (t != NULL ? &t->fiber : &vx.runner);
}

IN_ONE void
switch_to(struct vx_thread *t)
{
	struct vx_thread *from = vx.current;

	vx.current = t;
	vx.switched = vx.nsteps;
	if (vx_watch != VX_WATCH_NOTHING)
		vx_watched = t;
	if (t != NULL)
		vx_set_add(&vx.touched, t->id);
	if (from != NULL && from->op.lock != NULL)
		vx_model_stand(from);
	host_fiber_switch(fiber_of(from), fiber_of(t));
	if (from != NULL && from->op.lock != NULL)
		vx_model_leave(from);
}

void
vx_switch(struct vx_thread *t)
{
	switch_to(t);
}

/* --- who can go on ---------------------------------------------------------- */

static inline bool
is_ready(const struct vx_thread *t)
{
	if (t->state != VX_LIVE || t->gated)
		return (false);
	switch (t->op.kind) {
	case VX_RESUME:
		return (t->token);
	case VX_JOIN:
		return (vx.threads[t->op.object].state != VX_LIVE);
	default:
		return (t->op.lock == NULL || vx_model_enabled(t));
	}
}

bool
vx_ready(const struct vx_thread *t)
{
	return (is_ready(t));
}

IN_ONE bool
look_again(const struct vx_thread *t)
{
	bool ready = is_ready(t);

	if (ready)
		vx_set_add(&vx.ready, t->id);
	else if (vx_set_has(&vx.ready, t->id)) {
		vx_set_remove(&vx.ready, t->id);
		if (vx_fair_active)
			vx_fair_lost(t);
	}
	return (ready);
}

bool
vx_look_again(const struct vx_thread *t)
{
	return (look_again(t));
}

/*
 * Time passes for the thread whose deadline is next, and only for that one:
 * the clock does not go backwards.  The first of equals, and NULL for none.
 */
const struct vx_thread *
vx_next_alarm(void)
{
	const struct vx_thread *t, *next = NULL;
	uint64_t bits;

	for (unsigned w = 0; w <= (vx.nthreads - 1u) / 64; w++) {
		for (bits = vx.timed.words[w]; bits != 0; bits &= bits - 1) {
			t = &vx.threads[w * 64 +
			    (unsigned)__builtin_ctzll(bits)];
			if (!t->token && (next == NULL ||
			    t->deadline < next->deadline))
				next = t;
		}
	}
	return (next);
}

static void
enabled_insert(unsigned id)
{
	unsigned n = vx.nenabled++;

	for (; n > 0 && vx.enabled[n - 1] > id; n--)
		vx.enabled[n] = vx.enabled[n - 1];
	vx.enabled[n] = (uint16_t)id;
}

IN_ONE void
find_enabled(void)
{
	const struct vx_thread *t;
	uint64_t bits, alarms = 0;
	unsigned n = 0;

	for (unsigned w = 0; w <= (vx.nthreads - 1u) / 64; w++) {
		alarms |= vx.timed.words[w];
		for (bits = vx.ready.words[w]; bits != 0; bits &= bits - 1)
			vx.enabled[n++] = (uint16_t)(w * 64 +
			    (unsigned)__builtin_ctzll(bits));
	}
	vx.nenabled = (uint16_t)n;
	if (alarms != 0 && (vx.nscenario != 0 || vx.mode != VX_RUN) &&
	    (t = vx_next_alarm()) != NULL)
		enabled_insert(t->id);
}

void
vx_find_enabled(void)
{
	find_enabled();
}

/* --- steps ------------------------------------------------------------------ */

/*
 * A lock that no second thread has used, in any run so far, is no reason to
 * look around, unless everything is to be seen; and to release one is a reason
 * only if there are threads that do not wait for it, but ask.
 */
static inline bool
is_point(const struct vx_thread *t)
{
	const struct vx_lock *l = t->op.lock;
	unsigned points = vx.points;

	if (points != 0 && l != NULL && l->looked_at)
		points |= VX_F_EXACT;
	if ((vx_kinds[t->op.kind].flags & points) == 0 || t->quiet ||
	    t->spins != 0)
		return (false);
	return (l == NULL || l->common || vx_all_points ||
	    (t->stop_at != 0 && t->progress >= t->stop_at));
}

/* Word by word: see vx_what(). */
static inline void
op_copy(struct vx_op *to, const struct vx_op *from)
{
	to->what = from->what;
	to->object = from->object;
	to->site = from->site;
	to->caller = from->caller;
	to->lock = from->lock;
}

/*
 * Has it come by the same few places all the time?  A thread that only has
 * much to do must not be put off for it: that would be a preemption, at a
 * place that depends on how much of it is seen.
 */
static bool __attribute__((__noinline__, __cold__))
is_spinning(void)
{
	uintptr_t sites[SPIN_SITES], site;
	unsigned n = 0, k;

	for (uint32_t i = vx.nsteps - SPIN; i < vx.nsteps; i++) {
		site = vx_place(&vx.events[i].op);
		for (k = 0; k < n && sites[k] != site; k++)
			;
		if (k < n)
			continue;
		if (n == SPIN_SITES)
			return (false);
		sites[n++] = site;
	}
	return (true);
}

static inline bool
may_spin(void)
{
	uint32_t streak = vx.nsteps - vx.switched;

	return (streak > SPIN && streak % SPIN_AGAIN == 0 &&
	    vx.nenabled > 1 && is_spinning());
}

static inline void
record(struct vx_thread *t, bool point)
{
	struct vx_event *e = &vx.events[vx.nsteps];

	e->thread = t->id;
	e->point = point;
	e->progress = t->progress++;
	op_copy(&e->op, &t->op);
	t->events++;
	t->points += point;
	t->last_step = ++vx.nsteps;
	t->patience = t->progress + VX_PATIENCE;
	/* A thread that never yields may spin all the same. */
	if ((vx_kinds[t->op.kind].flags & VX_F_YIELD) != 0 || may_spin())
		vx_fair_yield(t);
	if (vx.strategy->perform != NULL)
		vx.strategy->perform(t);
}

void
vx_record(struct vx_thread *t)
{
	record(t, is_point(t));
}

/*
 * Who waits, if only for a time, gives way, or has to in fairness to others is
 * not preempted.
 */
bool
vx_may_stay(const struct vx_thread *t)
{
	if (!vx_ready(t) || (vx_kinds[t->op.kind].flags & VX_F_YIELD) != 0)
		return (false);
	for (unsigned i = 0; i < vx.nenabled; i++)
		if (vx.enabled[i] == t->id)
			return (true);
	return (false);
}

static unsigned
pick(void)
{
	if (vx.nenabled == 1 && !vx.strategy->each_step)
		return (vx.enabled[0]);
	vx.npicks++;
	return (vx.strategy->pick());
}

IN_ONE void
schedule_run(struct vx_thread *t)
{
	bool ready = look_again(t);
	unsigned id;

	if (vx.nsteps >= vx.max_steps)
		vx_fair_livelock();
	if (vx.strategy->forced != NULL &&
	    (id = vx.strategy->forced()) != VX_NOBODY) {
		if (id != t->id)
			switch_to(&vx.threads[id]);
		return;
	}
	find_enabled();
	if (vx_fair_active)
		vx_fair_filter();
	if (vx.nenabled == 0 && vx.nscenario != 0) {
		/*
		 * Somebody may wait for what an exit gives back.  An exact
		 * strategy cannot tell when that is.
		 */
		if (!vx.strategy->unfair) {
			vx_gate_open();
			find_enabled();
		}
		if (vx.nenabled == 0)
			vx_deadlock();
	}
	if (vx.nenabled == 0) {
		/* The end.  The caller is still there for what comes after. */
		switch_to(NULL);
		return;
	}
	id = pick();
	if (id == t->id)
		return;
	if (ready && vx_may_stay(t))
		vx.npreemptions++;
	switch_to(&vx.threads[id]);
}

/* Does something else than it would if it had got the lock it tried for. */
static inline bool
try_failed(const struct vx_thread *t)
{
	return ((vx_kinds[t->tried].flags & VX_F_TRY) != 0 &&
	    t->op.kind != VS_OP_LOCK_TAKEN);
}

IN_ONE void
schedule(struct vx_thread *t)
{
	if (vx.mode == VX_RUN)
		schedule_run(t);
	else {
		(void)look_again(t);
		switch_to(NULL);
	}
}

void
vx_schedule(struct vx_thread *t)
{
	schedule(t);
}

/* The writer stands in the queue, and has to be let go on once more. */
static void
step_again(struct vx_thread *t)
{
	bool point;

	do {
		if ((point = is_point(t)))
			schedule(t);
		while (!is_ready(t)) {
			vx_check_cycle(t);
			schedule(t);
		}
		if (vx.mode == VX_RUN)
			record(t, point);
	} while (!vx_model_perform(t));
}

IN_ONE void
step(struct vx_thread *t, bool point)
{
	if (vx.mode == VX_RUN && try_failed(t))
		vx_fair_yield(t);
	if (t->op.lock != NULL && !vx_model_enabled(t))
		vx_check_cycle(t);
	if (point)
		schedule(t);
	while (!is_ready(t)) {
		vx_check_cycle(t);
		vx_schedule(t);
	}
	if (vx.mode == VX_RUN)
		record(t, point);
	if (!vx_model_perform(t))
		step_again(t);
	if (vx_ordering)
		vx_order_perform(t);
}

void
vx_step(struct vx_thread *t)
{
	t->op.lock = vx_model_lock(t);
	step(t, is_point(t));
}

/* Frames are not farther apart than a stack is long; the first has none. */
static bool
is_outer_frame(void *const *frame, void *const *inner)
{
	return (frame > inner && (uintptr_t)frame - (uintptr_t)inner < 32768 &&
	    ((uintptr_t)frame & 7) == 0);
}

/* A number for the two callers of the function that announces something. */
static uintptr_t
callers(void *const *inner)
{
	uintptr_t number = 0;
	void *const *frame = *inner;

	for (int i = 0; i < 2 && is_outer_frame(frame, inner); i++) {
		number = number * 31 + (uintptr_t)frame[1];
		inner = frame;
		frame = *inner;
	}
	return (number);
}

/*
 * The scenario's function has returned.  What its process does in order to
 * exit comes after the run, one thread at a time, unless nobody can go on
 * without it.
 */
static void
body_end(struct vx_thread *t)
{
	t->gated = true;
	t->scenario = false;
	t->op.lock = NULL;
	vx.nscenario--;
	vx_record(t);
	vx_schedule(t);
}

IN_ONE void
point_at(enum vs_op op, const volatile void *object, uintptr_t site,
    void *const *frame)
{
	struct vx_thread *t = vx.current;
	unsigned kind = op & VS_OP_MASK;
	uint32_t before = vx.nsteps;
	bool point;

	if (t == NULL)
		return;
	if (kind == VS_OP_THREAD_START)
		t->quiet = false;
	t->op.what = vx_what(kind, (unsigned)op >> VS_OP_BITS,
	    (vx_kinds[kind].flags & VX_F_WRITE) != 0);
	t->op.object = (uintptr_t)object;
	t->op.site = site;
	t->op.caller = 0;
	vx_check_object(t);
	if (kind == VS_OP_THREAD_EXIT && t->scenario && vx.mode == VX_RUN &&
	    (vx.strategy->exhaustive || vx.no_exit)) {
		body_end(t);
		return;
	}
	t->op.lock = vx_model_lock(t);
	point = is_point(t);
	if (point && vx.strategy->places)
		t->op.caller = callers(frame);
	step(t, point);
	/* Others may have freed it since. */
	if (vx.nsteps - before > 1)
		vx_check_object(t);
}

static void
listener(enum vs_op op, const volatile void *object)
{
	point_at(op, object, (uintptr_t)__builtin_return_address(0),
	    __builtin_frame_address(0));
	if (vx_ordering)
		vx_order_word(vx.current);
}

/* Declared for instrumented code only. */
__attribute__((visibility("default"))) void	vs_point(enum vs_op op,
    const volatile void *object);

/* Those of words are told from accesses. */
static bool
is_word(unsigned kind)
{
	switch (kind) {
	case VS_OP_ATOMIC_LOAD:
	case VS_OP_ATOMIC_STORE:
	case VS_OP_ATOMIC_UPDATE:
	case VS_OP_REF_ACQUIRE:
	case VS_OP_REF_RELEASE:
	case VS_OP_REF_LOAD:
		return (true);
	default:
		return (false);
	}
}

/*
 * VS_POINT() of instrumented code.  The access that an operation on a word
 * consists of comes next, and is part of it.
 */
void
vs_point(enum vs_op op, const volatile void *object)
{
	vs_point_fn *fn = __atomic_load_n(&vs_listener, __ATOMIC_RELAXED);
	struct vx_thread *t = vx_watched;

	if (fn == NULL)
		return;
	if (t == NULL) {
		fn(op, object);
		return;
	}
	point_at(op, object, (uintptr_t)__builtin_return_address(0),
	    __builtin_frame_address(0));
	t->announced_kind = (uint16_t)(op & VS_OP_MASK);
	t->announced = is_word(t->announced_kind) ? (uintptr_t)object : 0;
	t->announced_reads = 1;
}

void
vx_listen(void)
{
	__atomic_store_n(&vs_listener, listener, __ATOMIC_RELAXED);
}

unsigned
vx_choose(enum vx_choice what, unsigned n)
{
	struct vx_drawn *d = &vx.choices[vx.nchoices];

	bool fail = what == VX_CHOOSE_FAIL;

	if (vx.mode != VX_RUN || n < 2 || (fail && vx.fails == 0))
		return (0);
	if (vx.nchoices == VX_CHOICES) {
		vx.cut = true;
		return (0);
	}
	vx.nchoices++;
	d->what = (uint8_t)what;
	d->n = (uint16_t)n;
	d->taken = 0;
	if (vx.strategy->choose != NULL && (!fail || vx.nfails < vx.fails))
		d->taken = (uint16_t)vx.strategy->choose(what, n);
	if (fail)
		vx.nfails += d->taken;
	return (d->taken);
}

/* --- a run ------------------------------------------------------------------- */

void
vx_run(uint64_t seed)
{
	unsigned id;

	vx.run++;
	vx_restore();
	vx.mode = VX_RUN;
	vx_all_points = vx.strategy->exhaustive || vx.strategy->accesses_all;
	vx.points = VX_F_SCHED | (vx.strategy->exhaustive ? VX_F_EXACT : 0);
	vx_fair_begin();
	vx_model_begin();
	vx_shadow_begin();
	if (vx.strategy->begin != NULL)
		vx.strategy->begin(seed);
	vx_find_enabled();
	if (vx.nenabled != 0) {
		id = pick();
		vx_switch(&vx.threads[id]);
	}
	vx.early = vx.over = vx.verdict.kind != VS_CLEAN ||
	    host_outcome() != NULL;
	if (vx.strategy->stop != NULL)
		vx.strategy->stop();
	vx_gate_open();
	vx.mode = VX_FINALLY;
	vx.points = 0;
	vx_shadow_watch(VX_WATCH_MEMORY);
	if (vx.over)
		vx_take_outcome();
}
