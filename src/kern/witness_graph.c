/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Lock types and the order between them.
 *
 * The order is kept in three square bit matrices over the types' indices:
 * "direct" (b was taken while a was the newest lock held), "before" (its
 * transitive closure) and "reported" (pairs, in both directions).  Readers of
 * a single bit take no lock.  When the types outnumber the rows, larger
 * matrices replace the old ones, which stay for late readers: what those miss
 * is found again under the graph lock.
 */
#ifdef WITNESS

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/rmlock.h>
#include <sys/rwlock.h>
#include <sys/sx.h>

#include <stdio.h>

#include "host.h"
#include "witness.h"

#define	FIRST_ROWS	256
#define	HASH_SIZE	512		/* a power of two */

enum plane { DIRECT, BEFORE, REPORTED, PLANES };

/* Locks: (c) constant, (g) set under the graph lock, read by anybody. */
struct order_matrix {
	struct order_matrix	*om_outgrown;	/* (c) */
	u_int			om_rows;	/* (c) */
	u_int			om_words;	/* (c) words a row */
	uint64_t		om_bits[];	/* (g) [PLANES][rows][words] */
};

static uint32_t graph_lock;
static struct order_matrix *matrix;		/* (g) */
static struct witness *hash[HASH_SIZE];		/* (g), append at the head */
static struct witness *lowest, *highest;	/* (g) by address */
static u_int ntypes;				/* (g) */
static struct witness_edge *edges, **edges_tail = &edges;	/* (g) */

void
witness_graph_lock(void)
{
	u_int spins = 0;

	while (__atomic_exchange_n(&graph_lock, 1, __ATOMIC_ACQUIRE) != 0) {
		if (++spins % 64 == 0)
			host_yield();
		else
			host_spinwait();
	}
}

void
witness_graph_unlock(void)
{
	__atomic_store_n(&graph_lock, 0, __ATOMIC_RELEASE);
}

/* --- matrices ------------------------------------------------------------- */

static uint64_t *
matrix_row(struct order_matrix *m, enum plane plane, u_int index)
{
	return (&m->om_bits[((size_t)plane * m->om_rows + index) *
	    m->om_words]);
}

static bool
bit_test(enum plane plane, const struct witness *a, const struct witness *b)
{
	struct order_matrix *m;
	uint64_t word;

	m = __atomic_load_n(&matrix, __ATOMIC_ACQUIRE);
	if (a->w_index >= m->om_rows || b->w_index >= m->om_rows)
		return (false);
	word = __atomic_load_n(matrix_row(m, plane, a->w_index) +
	    b->w_index / 64, __ATOMIC_RELAXED);
	return ((word >> b->w_index % 64 & 1) != 0);
}

static void
word_or(uint64_t *word, uint64_t bits)
{
	/* One writer at a time: the graph lock is held. */
	__atomic_store_n(word, *word | bits, __ATOMIC_RELAXED);
}

static void
bit_set(enum plane plane, const struct witness *a, const struct witness *b)
{
	word_or(matrix_row(matrix, plane, a->w_index) + b->w_index / 64,
	    (uint64_t)1 << b->w_index % 64);
}

static struct order_matrix *
matrix_alloc(u_int rows)
{
	struct order_matrix *m;
	size_t size;

	size = sizeof(*m) + (size_t)PLANES * rows * (rows / 64) *
	    sizeof(uint64_t);
	m = host_alloc(size);
	if (m == NULL)
		panic("witness: out of memory for %u lock types", rows);
	memset(m, 0, size);
	m->om_rows = rows;
	m->om_words = rows / 64;
	return (m);
}

static void
matrix_grow(void)
{
	struct order_matrix *m;
	u_int i;
	int plane;

	m = matrix_alloc(matrix->om_rows * 2);
	m->om_outgrown = matrix;
	for (plane = 0; plane < PLANES; plane++)
		for (i = 0; i < matrix->om_rows; i++)
			memcpy(matrix_row(m, plane, i),
			    matrix_row(matrix, plane, i),
			    matrix->om_words * sizeof(uint64_t));
	__atomic_store_n(&matrix, m, __ATOMIC_RELEASE);
}

/* --- lock types ----------------------------------------------------------- */

static u_int
hash_name(const char *name)
{
	u_int h = 5381;

	while (*name != '\0')
		h = h * 33 + (u_char)*name++;
	return (h & (HASH_SIZE - 1));
}

static struct witness *
type_find(const char *type, u_int bucket)
{
	struct witness *w;

	for (w = __atomic_load_n(&hash[bucket], __ATOMIC_ACQUIRE); w != NULL;
	    w = w->w_hash_next)
		if (strcmp(w->w_name, type) == 0)
			return (w);
	return (NULL);
}

static struct witness *
type_add(const char *type, const struct lock_class *class, u_int bucket)
{
	struct witness *w;

	w = host_alloc(sizeof(*w));
	if (w == NULL)
		panic("witness: out of memory for lock type %s", type);
	memset(w, 0, sizeof(*w));
	strlcpy(w->w_name, type, sizeof(w->w_name));
	w->w_class = class;
	w->w_index = ntypes++;
	if (w->w_index >= matrix->om_rows)
		matrix_grow();
	if (lowest == NULL || w < lowest)
		__atomic_store_n(&lowest, w, __ATOMIC_RELAXED);
	if (w > highest)
		__atomic_store_n(&highest, w, __ATOMIC_RELAXED);
	w->w_hash_next = hash[bucket];
	__atomic_store_n(&hash[bucket], w, __ATOMIC_RELEASE);
	return (w);
}

bool
witness_is_type(const struct witness *w)
{
	const struct witness *known;
	u_int i;

	if (w < __atomic_load_n(&lowest, __ATOMIC_RELAXED) ||
	    w > __atomic_load_n(&highest, __ATOMIC_RELAXED))
		return (false);
	for (i = 0; i < HASH_SIZE; i++)
		for (known = __atomic_load_n(&hash[i], __ATOMIC_ACQUIRE);
		    known != NULL; known = known->w_hash_next)
			if (known == w)
				return (true);
	return (false);
}

struct witness *
witness_enroll(const char *type, const struct lock_class *class)
{
	struct witness *w;
	u_int bucket;

	MPASS(strlen(type) < WITNESS_NAME_MAX);
	bucket = hash_name(type);
	if ((w = type_find(type, bucket)) == NULL) {
		witness_graph_lock();
		if ((w = type_find(type, bucket)) == NULL)
			w = type_add(type, class, bucket);
		witness_graph_unlock();
	}
	if (w->w_class != class)
		kassert_panic("lock (%s) %s does not match earlier (%s) lock",
		    type, class->lc_name, w->w_class->lc_name);
	return (w);
}

/* --- order ---------------------------------------------------------------- */

bool
witness_order_direct(const struct witness *a, const struct witness *b)
{
	return (bit_test(DIRECT, a, b));
}

bool
witness_order_known(const struct witness *a, const struct witness *b)
{
	return (bit_test(BEFORE, a, b));
}

static void __noinline
edge_add(struct witness *a, struct witness *b, const char *file, int line,
    bool reversal)
{
	struct witness_edge *we;

	we = host_alloc(sizeof(*we));
	if (we == NULL)
		panic("witness: out of memory for the order %s -> %s",
		    a->w_name, b->w_name);
	memset(we, 0, sizeof(*we));
	we->we_from = a;
	we->we_to = b;
	we->we_preset = file == NULL;
	we->we_reversal = reversal;
	if (file != NULL) {
		snprintf(we->we_place, sizeof(we->we_place), "%s:%d",
		    witness_file_name(file), line);
		strlcpy(we->we_thread, curthread->td_name,
		    sizeof(we->we_thread));
		we->we_nframes = host_backtrace_capture(we->we_frames,
		    WITNESS_FRAMES, 2);
	}
	we->we_next = a->w_edges;
	a->w_edges = we;
	*edges_tail = we;
	edges_tail = &we->we_all_next;
}

/*
 * The closure is kept complete: whatever comes before a, and a itself, now
 * comes before b and before whatever comes after b.
 */
void
witness_order_learn(struct witness *a, struct witness *b, const char *file,
    int line)
{
	uint64_t *after, *row;
	u_int i, word;

	if (bit_test(DIRECT, a, b))
		return;
	edge_add(a, b, file, line, false);
	bit_set(DIRECT, a, b);
	bit_set(BEFORE, a, b);
	after = matrix_row(matrix, BEFORE, b->w_index);
	for (i = 0; i < ntypes; i++) {
		row = matrix_row(matrix, BEFORE, i);
		if (i != a->w_index &&
		    (row[a->w_index / 64] >> a->w_index % 64 & 1) == 0)
			continue;
		for (word = 0; word < matrix->om_words; word++)
			word_or(&row[word], after[word]);
		word_or(&row[b->w_index / 64],
		    (uint64_t)1 << b->w_index % 64);
	}
}

bool
witness_reversal_mark(struct witness *a, struct witness *b, const char *file,
    int line)
{
	if (bit_test(REPORTED, a, b))
		return (false);
	bit_set(REPORTED, a, b);
	bit_set(REPORTED, b, a);
	edge_add(a, b, file, line, true);
	return (true);
}

const struct witness_edge *
witness_edge_find(const struct witness *a, const struct witness *b)
{
	const struct witness_edge *we;

	for (we = a->w_edges; we != NULL; we = we->we_next)
		if (we->we_to == b && !we->we_reversal && we->we_nframes > 0)
			return (we);
	return (NULL);
}

/* Edges stay, so whoever walks along them needs the lock only to step. */
const struct witness_edge *
witness_edge_next(const struct witness_edge *we)
{
	witness_graph_lock();
	we = we != NULL ? we->we_all_next : edges;
	witness_graph_unlock();
	return (we);
}

void
witness_graph_foreach(void (*cb)(const struct witness_edge_info *, void *),
    void *arg)
{
	struct witness_edge_info info;
	const struct witness_edge *we = NULL;

	while ((we = witness_edge_next(we)) != NULL) {
		info.from = we->we_from->w_name;
		info.from_class = we->we_from->w_class->lc_name;
		info.to = we->we_to->w_name;
		info.to_class = we->we_to->w_class->lc_name;
		info.place = we->we_preset ? NULL : we->we_place;
		info.thread = we->we_preset ? NULL : we->we_thread;
		info.reversal = we->we_reversal;
		cb(&info, arg);
	}
}

/* --- what is known at boot ------------------------------------------------ */

#define	CHAIN_MAX	10
#define	MTX(name)	{ name, &lock_class_mtx_sleep }
#define	SPIN(name)	{ name, &lock_class_mtx_spin }
#define	SX(name)	{ name, &lock_class_sx }
#define	RW(name)	{ name, &lock_class_rw }
#define	RM(name)	{ name, &lock_class_rm }

/*
 * FreeBSD's static order, as far as the network, devices and jails go: each
 * row is one chain, left before right.
 */
static const struct link {
	const char		*name;
	const struct lock_class	*class;
} presets[][CHAIN_MAX] = {
	{ SX("proctree"), SX("allproc"), SX("allprison") },
	{ MTX("Giant"), MTX("pipe mutex"), MTX("sigio lock"),
	    MTX("process group"), MTX("process lock"), MTX("session"),
	    RW("uidinfo hash"), MTX("time lock") },
	{ MTX("accept"), MTX("so_snd"), MTX("so_rcv"), MTX("sellck") },
	{ MTX("so_rcv"), RM("radix node head"), MTX("ifaddr") },
	{ SX("in_multi_sx"), RW("udpinp"), MTX("in_multi_list_mtx"),
	    MTX("igmp_mtx"), MTX("if_addr_lock") },
	{ SX("in6_multi_sx"), RW("udpinp"), MTX("in6_multi_list_mtx"),
	    MTX("mld_mtx"), MTX("if_addr_lock") },
	{ RW("unp_link_rwlock"), MTX("unp_list_lock"), MTX("unp"),
	    MTX("so_snd") },
	{ RW("udpinp"), MTX("udp"), MTX("so_snd") },
	{ RW("tcpinp"), MTX("tcp"), MTX("so_snd") },
	{ SX("bpf global lock"), MTX("bpf cdev lock") },
	{ MTX("802.11 com lock") },
	{ MTX("network driver") },
	{ MTX("ng_node"), MTX("ng_worklist") },
	{ MTX("vm map (system)"), MTX("vnode interlock"), MTX("cdev"),
	    MTX("devthrd") },
	{ MTX("kqueue"), MTX("struct mount mtx"), MTX("vnode interlock") },
	{ SPIN("fast_taskqueue"), SPIN("intr table"), SPIN("process slock"),
	    SPIN("sleepq chain"), SPIN("rm_spinlock"),
	    SPIN("turnstile chain"), SPIN("turnstile lock"),
	    SPIN("sched lock"), SPIN("td_contested"), SPIN("callout") },
};

static void
preset_chain(const struct link *chain)
{
	struct witness *w, *before = NULL;
	int i;

	for (i = 0; i < CHAIN_MAX && chain[i].name != NULL; i++) {
		w = witness_enroll(chain[i].name, chain[i].class);
		if (before != NULL) {
			witness_graph_lock();
			witness_order_learn(before, w, NULL, 0);
			witness_graph_unlock();
		}
		before = w;
	}
}

void
witness_graph_startup(void)
{
	size_t i;

	matrix = matrix_alloc(FIRST_ROWS);
	for (i = 0; i < nitems(presets); i++)
		preset_chain(presets[i]);
}

/* WITNESS is off: nobody looks at the graph any more. */
void
witness_graph_shutdown(void)
{
	struct order_matrix *m;
	struct witness_edge *we;
	struct witness *w;
	u_int i;

	while ((we = edges) != NULL) {
		edges = we->we_all_next;
		host_free(we);
	}
	edges_tail = &edges;
	for (i = 0; i < HASH_SIZE; i++)
		while ((w = hash[i]) != NULL) {
			hash[i] = w->w_hash_next;
			host_free(w);
		}
	lowest = highest = NULL;
	ntypes = 0;
	while ((m = matrix) != NULL) {
		matrix = m->om_outgrown;
		host_free(m);
	}
}

#else /* !WITNESS */

#include "witness.h"

void
witness_graph_foreach(void (*cb)(const struct witness_edge_info *,
    void *) __unused, void *arg __unused)
{
}

#endif /* WITNESS */
