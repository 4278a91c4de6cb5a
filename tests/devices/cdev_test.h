/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * For tests of the device layer without a mount: a driver, its nodes, and
 * what a mount would do to them.
 */
#ifndef _CDEV_TEST_H_
#define _CDEV_TEST_H_

#include "../kern/lock_test.h"

#include <sys/conf.h>
#include <sys/jail.h>
#include <sys/ucred.h>

#include <vnetsim/fail.h>
#include <vnetsim/inspect.h>
#include <vnetsim/observe.h>

static struct cdevsw tdev_cdevsw;
static struct cdevsw tunit_cdevsw __attribute__((unused));

/*
 * A program's data is not part of the kernel that a panic throws away: the
 * switches are made anew for each kernel.
 */
static inline void
fresh_switches(void)
{
	tdev_cdevsw = (struct cdevsw){
		.d_version = D_VERSION,
		.d_name = "tdev"
	};
	tunit_cdevsw = (struct cdevsw){
		.d_version = D_VERSION,
		.d_flags = D_NEEDMINOR,
		.d_name = "tunit"
	};
}

static inline int
cdev_setup(void **state)
{
	fresh_switches();
	return (test_setup(state));
}

#define	CDEV_TEST(fn)	cmocka_unit_test_setup_teardown((fn), cdev_setup, \
			    test_teardown)

static inline void
expect_cdev_misuse(const struct misuse *rows, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		fresh_switches();
		expect_misuse(&rows[i], 1);
	}
	fresh_switches();
}

/* A node by make_dev_s(); NULL where that fails, with the errno. */
static inline struct cdev * __printflike(4, 5)
make_node(struct cdevsw *csw, int flags, int *errorp, const char *fmt, ...)
{
	struct cdev *dev = (struct cdev *)&tdev_cdevsw;
	struct make_dev_args args;
	char name[512];
	va_list ap;
	int error;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	make_dev_args_init(&args);
	args.mda_flags = flags;
	args.mda_devsw = csw;
	args.mda_mode = 0600;
	error = make_dev_s(&args, &dev, "%s", name);
	/* Only success writes the result. */
	CHECK(error == 0 || dev == (struct cdev *)&tdev_cdevsw);
	if (errorp != NULL)
		*errorp = error;
	else
		CHECK(error == 0);
	return (error == 0 ? dev : NULL);
}

static inline struct vs_cdev_info
look(const char *name)
{
	struct vs_cdev_info info = { 0 };

	CHECK(vs_cdev_inspect(name, &info) == 0);
	return (info);
}

static inline void
check_counts(void)
{
	char text[1024];

	if (vs_check_cdevs(text, sizeof(text)) != 0)
		panic("%s", text);
}

/* How many recorded events have that text somewhere. */
static inline unsigned
events(const char *text)
{
	static struct vs_event list[256];
	unsigned hits = 0;
	size_t i, n;

	n = vs_events_read(list, nitems(list));
	for (i = 0; i < n && i < nitems(list); i++)
		hits += strcmp(list[i].class, "devctl") == 0 &&
		    strstr(list[i].text, text) != NULL;
	return (hits);
}

#endif /* !_CDEV_TEST_H_ */
