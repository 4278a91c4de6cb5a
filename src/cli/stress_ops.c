/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What the stress threads do.
 *
 * The names are few on purpose: the same interfaces and jails are created,
 * moved, renamed and destroyed by everybody, so most calls meet somebody
 * else's.  An errno is a result like any other; what counts is that the
 * kernel survives, and that nothing is left at the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include <vnetsim/syscalls.h>

#include "stress.h"

typedef int stress_fn(struct stress_worker *);

/* xorshift64*: a stream of its own for every thread. */
static uint64_t
random_next(struct stress_worker *w)
{
	w->random ^= w->random >> 12;
	w->random ^= w->random << 25;
	w->random ^= w->random >> 27;
	return (w->random * 0x2545f4914f6cdd1d);
}

static unsigned
random_below(struct stress_worker *w, unsigned n)
{
	return ((unsigned)((random_next(w) >> 33) % n));
}

static const char *
random_driver(struct stress_worker *w)
{
	return (w->stress->drivers[random_below(w, w->stress->ndrivers)]);
}

/* An interface that may exist: created, or renamed to one of a few names. */
static void
random_ifname(struct stress_worker *w, char name[16])
{
	const char *driver = random_driver(w);
	uint16_t unit = (uint16_t)random_below(w, w->stress->units);

	if (random_below(w, 16) == 0)
		snprintf(name, 16, "renamed%hu_", unit);
	else if (strcmp(driver, "epair") == 0)
		snprintf(name, 16, "epair%hu%c", unit,
		    random_below(w, 2) == 0 ? 'a' : 'b');
	else
		snprintf(name, 16, "%.8s%hu", driver, unit);
}

static void
random_jail(struct stress_worker *w, char name[16])
{
	snprintf(name, 16, "j%u", random_below(w, w->stress->jails));
}

static int
op_create(struct stress_worker *w)
{
	const char *driver = random_driver(w);
	char name[16];

	/* By wildcard only now and then: those units are without bound. */
	if (random_below(w, 8) == 0)
		snprintf(name, sizeof(name), "%s", driver);
	else
		snprintf(name, sizeof(name), "%.8s%hu", driver,
		    (uint16_t)random_below(w, w->stress->units));
	return (vs_if_create(name));
}

/* Any interface of the vnet, so that wildcard units go away again. */
static int
op_destroy(struct stress_worker *w)
{
	char names[64][16], name[16];
	size_t n;

	random_ifname(w, name);
	if (random_below(w, 4) == 0 && (n = vs_if_list(names, 64)) != 0)
		memcpy(name, names[random_below(w, n < 64 ? (unsigned)n : 64)],
		    sizeof(name));
	return (vs_if_destroy(name));
}

static int
op_vmove(struct stress_worker *w)
{
	char name[16], jail[16];
	int error, jid;

	random_ifname(w, name);
	random_jail(w, jail);
	if ((error = vs_jail_find(jail, random_below(w, 4) == 0, &jid)) != 0)
		return (error);
	if (random_below(w, 2) == 0)
		return (vs_if_vmove(name, jid));
	return (vs_if_reclaim(name, jid));
}

static int
op_jail(struct stress_worker *w)
{
	char name[16], words[64];
	int error, jid;

	random_jail(w, name);
	if (random_below(w, 2) == 0) {
		snprintf(words, sizeof(words),
		    "name=%s persist vnet children.max=2", name);
		return (vs_jail_create(words, &jid));
	}
	if ((error = vs_jail_find(name, false, &jid)) != 0)
		return (error);
	return (vs_jail_remove(jid));
}

static int
op_rename(struct stress_worker *w)
{
	char from[16], to[16];

	random_ifname(w, from);
	if (random_below(w, 2) == 0)
		random_ifname(w, to);
	else
		snprintf(to, sizeof(to), "renamed%hu_",
		    (uint16_t)random_below(w, w->stress->units));
	return (vs_if_rename(from, to));
}

static int
op_unload(struct stress_worker *w)
{
	const char *driver;
	char name[32];
	int error;

	driver = random_driver(w);
	/* One module for three. */
	snprintf(name, sizeof(name), "if_%s", strcmp(driver, "tun") == 0 ||
	    strcmp(driver, "tap") == 0 || strcmp(driver, "vmnet") == 0 ?
	    "tuntap" : driver);
	error = vs_kldunload(name);
	/* Somebody else may bring it back first. */
	(void)vs_kldload(name, NULL);
	return (error);
}

static int
op_config(struct stress_worker *w)
{
	char name[16];

	random_ifname(w, name);
	switch (random_below(w, 5)) {
	case 0:
		return (vs_if_up(name));
	case 1:
		return (vs_if_down(name));
	case 2:
		return (vs_if_group_add(name, "stress"));
	case 3:
		return (vs_if_group_del(name, "stress"));
	default:
		return (vs_if_addr_add(name, "10.1.2.3/24"));
	}
}

/* A node, by its unit or whichever is next, and what one does with it. */
static int
op_device(struct stress_worker *w)
{
	const char *driver = random_driver(w);
	char path[32], packet[64] = "";
	int error, fd, revents;
	size_t done;

	if (random_below(w, 8) == 0)
		snprintf(path, sizeof(path), "/dev/%s", driver);
	else
		snprintf(path, sizeof(path), "/dev/%s%u", driver,
		    random_below(w, w->stress->units));
	error = vs_open(path, O_RDWR | O_NONBLOCK, &fd);
	if (error != 0)
		return (error);
	switch (random_below(w, 4)) {
	case 0:
		error = vs_read(fd, packet, sizeof(packet), &done);
		break;
	case 1:
		error = vs_write(fd, packet, sizeof(packet), &done);
		break;
	case 2:
		error = vs_poll(fd, POLLIN | POLLOUT, &revents);
		break;
	case 3:
		/* TUNSTRANSIENT: the close destroys it. */
		revents = 1;
		error = vs_ioctl(fd, 0x80047462UL, &revents);
		break;
	}
	(void)vs_close(fd);
	return (error);
}

static stress_fn *const ops[OP_COUNT] = {
	[OP_CREATE] = op_create,
	[OP_DESTROY] = op_destroy,
	[OP_VMOVE] = op_vmove,
	[OP_JAIL] = op_jail,
	[OP_RENAME] = op_rename,
	[OP_UNLOAD] = op_unload,
	[OP_CONFIG] = op_config,
	[OP_DEVICE] = op_device,
};

static void
do_op(struct stress_worker *w, enum stress_op op, stress_fn *fn)
{
	int64_t start = stress_clock();
	int error = fn(w);

	stress_count_add(w->count, op, error, stress_clock() - start);
}

/* What a process does inside a jail, until it is killed with the jail. */
static void
jailed_main(void *arg)
{
	struct stress_worker *w = arg;
	char name[16];
	int jid;

	random_jail(w, name);
	if (vs_jail_find(name, false, &jid) != 0 || vs_jail_attach(jid) != 0)
		return;
	for (int i = 0; i < 12; i++) {
		if (w->stress->mix[OP_DEVICE] > 0)
			do_op(w, OP_DEVICE, op_device);
		switch (random_below(w, 4)) {
		case 0:
			do_op(w, OP_CREATE, op_create);
			break;
		case 1:
			do_op(w, OP_DESTROY, op_destroy);
			break;
		case 2:
			do_op(w, OP_RENAME, op_rename);
			break;
		default:
			do_op(w, OP_CONFIG, op_config);
			break;
		}
	}
}

static int
op_enter(struct stress_worker *w)
{
	struct stress_worker inside = *w;
	struct vs_thread *thread;

	inside.jailed = true;
	inside.random = random_next(w) | 1;
	thread = vs_thread_create(jailed_main, &inside, "jailed");
	(void)vs_thread_join(thread);
	return (0);
}

static enum stress_op
random_op(struct stress_worker *w)
{
	const unsigned *mix = w->stress->mix;
	unsigned sum = 0, n;
	int op;

	for (op = 0; op < OP_COUNT; op++)
		sum += mix[op];
	n = random_below(w, sum);
	for (op = 0; n >= mix[op]; op++)
		n -= mix[op];
	return ((enum stress_op)op);
}

void
stress_worker(void *arg)
{
	struct stress_worker *w = arg;
	enum stress_op op;

	while (!atomic_load_explicit(&w->stress->stop, memory_order_relaxed)) {
		op = random_op(w);
		do_op(w, op, op == OP_ENTER ? op_enter : ops[op]);
	}
}
