/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Older states of the device layer, each by its own crash, and an end that
 * FreeBSD does not come to at all.  Names are those of the bug catalogue.
 */
#include "devfs_test.h"

static struct gate inside, leave, left;
static struct cdev *dev;
static struct cdevsw slow_sw;

static int
slow_read(struct cdev *d, struct uio *uio, int ioflag)
{
	gate_post(&inside);
	(void)gate_wait(&leave);
	return (0);
}

/* Private data: the second open's destructor takes its time. */
static int opens, dtors;

static void
slow_dtor(void *data)
{
	if (data == &dtors) {
		gate_post(&inside);
		(void)gate_wait(&leave);
	}
	__atomic_add_fetch(&dtors, 1, __ATOMIC_RELAXED);
}

static int
priv_open(struct cdev *d, int oflags, int devtype, struct thread *td)
{
	return (devfs_set_cdevpriv(opens++ == 0 ? &opens : &dtors,
	    slow_dtor));
}

static void
begin(void *arg)
{
	slow_sw = (struct cdevsw) {
		.d_version = D_VERSION, .d_name = "slow",
		.d_read = slow_read, .d_open = arg
	};
	opens = dtors = 0;
	/* As a kernel that panicked may have left them. */
	memset(&inside, 0, sizeof(inside));
	memset(&leave, 0, sizeof(leave));
	memset(&left, 0, sizeof(left));
	gate_init(&inside);
	gate_init(&leave);
	gate_init(&left);
	dev = make_dev(&slow_sw, 0, 0, 0, 0600, "x");
}

static void
end(void *arg)
{
	gate_destroy(&inside);
	gate_destroy(&leave);
	gate_destroy(&left);
	populate();
	CHECK(alive() == 0);
}

static void
read_main(void *arg)
{
	char text[4];
	size_t done;
	int fd;

	CHECK(vs_open("/dev/x", O_RDWR, &fd) == 0);
	(void)vs_read(fd, text, sizeof(text), &done);
	(void)vs_close(fd);
	gate_post(&left);
}

static void
destroy_main(void *arg)
{
	destroy_dev(dev);
}

static void
populate_main(void *arg)
{
	populate();
}

/* In S15 and mended, a destruction and a collection during a read are fine. */
static void
test_read(void **state)
{
	struct vs_thread *reader, *destroyer;
	int i;

	run(begin, NULL);
	reader = spawn(read_main, NULL, "reader");
	run(gate_wait_main, &inside);
	destroyer = spawn(destroy_main, NULL, "destroyer");
	while (vs_open("/dev/x", O_RDONLY, &i) == 0)
		(void)vs_close(i);
	run(populate_main, NULL);
	run(gate_post_main, &leave);
	join(reader);
	join(destroyer);
	run(end, NULL);
}

/* --- private data --------------------------------------------------------- */

static void
two_main(void *arg)
{
	int fd[2];

	CHECK(vs_open("/dev/x", O_RDWR, &fd[0]) == 0);
	CHECK(vs_open("/dev/x", O_RDWR, &fd[1]) == 0);
	gate_post(&left);
	(void)gate_wait(&inside);
	(void)vs_close(fd[0]);
	gate_post(&leave);
	(void)vs_close(fd[1]);
}

/* While one destructor runs, a close takes the record that would be next. */
static const struct vs_outcome *
two_opens(void)
{
	struct vs_thread *user, *destroyer;
	const struct vs_outcome *o;

	run(begin, priv_open);
	user = spawn(two_main, NULL, "user");
	run(gate_wait_main, &left);
	/* The end may come before it is known that the thread runs. */
	destroyer = vs_thread_create(destroy_main, NULL, "destroyer");
	o = destroyer != NULL ? vs_thread_join(destroyer) : vs_outcome();
	if (o == NULL) {
		join(user);
		assert_int_equal(dtors, 2);
		run(end, NULL);
	}
	return (o);
}

static void
test_two_opens(void **state)
{
	assert_clean(two_opens());
}

/* --- waiting for oneself -------------------------------------------------- */

static void
own_dtor(void *data)
{
	destroy_dev(data);
}

static int
own_open(struct cdev *d, int oflags, int devtype, struct thread *td)
{
	return (devfs_set_cdevpriv(d, own_dtor));
}

static void
own_main(void *arg)
{
	int fd;

	begin(own_open);
	CHECK(vs_open("/dev/x", O_RDWR, &fd) == 0);
	(void)vs_close(fd);
}

static void
test_own_destructor(void **state)
{
	expect_panic(own_main, NULL, "deadlock: destroy_dev(x) waits for the "
	    "private data's destructor that called it");
}

/* --- as it was ------------------------------------------------------------ */

#ifdef INVARIANTS
static void
assert_freed_used(const struct vs_outcome *o)
{
	assert_non_null(o);
	if (o->kind != VS_USE_AFTER_FREE && o->kind != VS_SIGNAL &&
	    o->kind != VS_ASSERT && o->kind != VS_PANIC)
		fail_msg("%s: %s", vs_kind_name(o->kind), o->message);
	test_booted = false;
	(void)vs_shutdown();
}

/* Freed memory is looked at when it leaves the quarantine. */
static void
churn_main(void *arg)
{
	int i;

	for (i = 0; i < 4000; i++)
		free(malloc(16384, M_TEMP, M_WAITOK), M_TEMP);
}

/*
 * node-freed-with-thread-inside: the destruction is over, the node is
 * collected, and then the reader leaves it.
 */
static void
test_inside(void **state)
{
	const struct vs_config config = {
		.profile = "fixed,+node-freed-with-thread-inside"
	};
	struct vs_thread *reader;

	skip_if_sanitized();
	boot_with(&config);
	run(begin, NULL);
	reader = spawn(read_main, NULL, "reader");
	run(gate_wait_main, &inside);
	run(destroy_main, NULL);
	run(populate_main, NULL);
	run(gate_post_main, &leave);
	if (vs_thread_join(reader) == NULL)
		(void)vs_run(churn_main, NULL);
	assert_freed_used(vs_outcome());
}

/* node-freed-while-draining: the node is collected under its destroyer. */
static void
test_draining(void **state)
{
	const struct vs_config config = {
		.profile = "fixed,+node-freed-while-draining"
	};
	struct vs_thread *reader;
	int fd;

	skip_if_sanitized();
	boot_with(&config);
	run(begin, NULL);
	reader = spawn(read_main, NULL, "reader");
	run(gate_wait_main, &inside);
	(void)spawn(destroy_main, NULL, "destroyer");
	while (vs_open("/dev/x", O_RDONLY, &fd) == 0)
		(void)vs_close(fd);
	(void)vs_run(populate_main, NULL);
	(void)vs_run(gate_post_main, &leave);
	if (vs_thread_join(reader) == NULL)
		(void)vs_run(churn_main, NULL);
	assert_freed_used(vs_outcome());
}

/* per-open-data-list-safe-iterator */
static void
test_safe_iterator(void **state)
{
	const struct vs_config config = {
		.profile = "fixed,+per-open-data-list-safe-iterator"
	};

	skip_if_sanitized();
	boot_with(&config);
	assert_freed_used(two_opens());
}
#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		DEVTEST(test_read),
		DEVTEST(test_two_opens),
		cmocka_unit_test(test_own_destructor),
#ifdef INVARIANTS
		cmocka_unit_test(test_inside),
		cmocka_unit_test(test_draining),
		cmocka_unit_test(test_safe_iterator),
#endif
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
