/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * vnetsim stress: its parts.
 *
 * stress.c reads the options and runs the show, stress_ops.c is what the
 * threads do, stress_report.c counts and tells.
 */
#ifndef _STRESS_H_
#define _STRESS_H_

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vnetsim/vnetsim.h>

/* What a thread can be told to do; --mix gives each a weight. */
enum stress_op {
	OP_CREATE,	/* an interface, by wildcard or by name */
	OP_DESTROY,
	OP_VMOVE,	/* lend an interface to a jail, or take one back */
	OP_JAIL,	/* create or remove a vnet jail */
	OP_RENAME,
	OP_UNLOAD,	/* unload and load a driver */
	OP_ENTER,	/* a process enters a jail and works there */
	OP_CONFIG,	/* up, down, addresses, groups */
	OP_DEVICE,	/* /dev/tun and the like: open, use, close */
	OP_COUNT
};

extern const char *const stress_op_names[OP_COUNT];

#define	STRESS_DRIVERS_MAX	16
#define	STRESS_ERRNO_MAX	140	/* errno values are below this */
#define	STRESS_BUCKETS		64	/* latency: powers of two ns */

/* All constant once the threads run, but for `stop`. */
struct stress {
	unsigned	threads;
	unsigned	seconds;
	uint64_t	seed;
	unsigned	units;		/* units a driver is used with */
	unsigned	jails;		/* how many jails there may be */
	unsigned	mix[OP_COUNT];
	const char	*drivers[STRESS_DRIVERS_MAX];
	unsigned	ndrivers;
	const char	*profile;
	bool		json;
	enum vs_witness	witness;
	bool		witness_given;
	_Atomic bool	stop;
	int64_t		started;	/* ns */
};

/* What one thread has counted; written by it alone, read at the end. */
struct stress_count {
	_Atomic uint64_t results[OP_COUNT][STRESS_ERRNO_MAX];
	_Atomic uint64_t latency[OP_COUNT][STRESS_BUCKETS];
};

struct stress_worker {
	struct stress	*stress;
	struct stress_count *count;
	uint64_t	random;		/* generator state */
	unsigned	number;
	bool		jailed;		/* works with a jail's credential */
};

/* stress_ops.c: runs until told to stop; arg is a struct stress_worker. */
void	stress_worker(void *arg);

/* stress_report.c */
int64_t	stress_clock(void);
void	stress_count_add(struct stress_count *count, enum stress_op op,
	    int error, int64_t ns);
/* One line about the last second, on a terminal. */
void	stress_progress(const struct stress *stress,
	    const struct stress_count *counts);
/* The closing table, or the JSON object. */
void	stress_report(const struct stress *stress,
	    const struct stress_count *counts, double seconds,
	    const struct vs_outcome *outcome);

#endif /* !_STRESS_H_ */
