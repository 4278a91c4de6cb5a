/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Open files, and processes as their owners.
 */
#include "jail_test.h"

#include <sys/file.h>
#include <sys/filedesc.h>

static int closed[64], nclosed, close_error;

static int
test_close(struct file *fp, struct thread *td)
{
	closed[nclosed++] = (int)(intptr_t)fp->f_data;
	return (close_error);
}

static const struct fileops testops = {
	.fo_close = test_close,
};

/* Opens one; its number is what it is known by. */
static int
test_open(void)
{
	struct file *fp;
	int fd;

	CHECK(falloc(curthread, &fp, &fd, 0) == 0);
	finit(fp, FREAD | FWRITE, DTYPE_DEV, (void *)(intptr_t)fd, &testops);
	CHECK(fdrop(fp, curthread) == 0);
	return (fd);
}

static void
basic_main(void *arg)
{
	struct file *fp, *fp2;
	int fd;

	CHECK(test_open() == 0);
	CHECK(test_open() == 1);
	CHECK(test_open() == 2);
	CHECK(vs_close(1) == 0);
	CHECK(nclosed == 1 && closed[0] == 1);
	CHECK(vs_close(1) == EBADF);
	CHECK(vs_close(-1) == EBADF);
	CHECK(vs_close(4711) == EBADF);
	CHECK(fget(curthread, 1, NULL, &fp) == EBADF);
	/* The lowest free number; not usable before it is finished. */
	CHECK(falloc(curthread, &fp, &fd, 0) == 0 && fd == 1);
	CHECK(fget(curthread, 1, NULL, &fp2) == EBADF);
	fdclose(curthread, fp, fd);
	CHECK(fdrop(fp, curthread) == 0);
	CHECK(nclosed == 1);
	/* A call in progress keeps the file open. */
	CHECK(fget(curthread, 2, NULL, &fp) == 0);
	CHECK(fp->f_cred == curthread->td_ucred);
	CHECK(vs_close(2) == 0 && nclosed == 1);
	close_error = EIO;
	CHECK(fdrop(fp, curthread) == EIO && nclosed == 2);
	close_error = 0;
	CHECK(test_open() == 1);
}

static void
test_basic(void **state)
{
	nclosed = 0;
	run(basic_main, NULL);
	/* The rest went with the process. */
	assert_int_equal(nclosed, 4);
	assert_int_equal(closed[2], 0);
	assert_int_equal(closed[3], 1);
}

static void
order_main(void *arg)
{
	int i;

	for (i = 0; i < 40; i++)
		CHECK(test_open() == i);
}

/* Ascending at exit, however the table has grown. */
static void
test_exit_order(void **state)
{
	int i;

	nclosed = 0;
	run(order_main, NULL);
	assert_int_equal(nclosed, 40);
	for (i = 0; i < 40; i++)
		assert_int_equal(closed[i], i);
}

static void
full_main(void *arg)
{
	struct file *fp;
	int fd, i;

	for (i = 0; i < FD_MAX; i++) {
		CHECK(falloc(curthread, &fp, &fd, 0) == 0 && fd == i);
		CHECK(fdrop(fp, curthread) == 0);
	}
	CHECK(falloc(curthread, &fp, &fd, 0) == EMFILE);
}

static void
test_full(void **state)
{
	run(full_main, NULL);
}

static void
fork_child_main(void *arg)
{
	CHECK(vs_close(1) == 0);
	CHECK(nclosed == 0);
	CHECK(test_open() == 1);
}

static void
fork_main(void *arg)
{
	struct vs_thread *child;

	CHECK(test_open() == 0);
	CHECK(test_open() == 1);
	child = vs_thread_create(fork_child_main, NULL, "child");
	CHECK(vs_thread_join(child) == NULL);
	/* Only what the child has opened itself is gone. */
	CHECK(nclosed == 1 && closed[0] == 1);
	CHECK(vs_close(1) == 0 && nclosed == 2);
}

/* A child has its parent's files. */
static void
test_fork(void **state)
{
	nclosed = 0;
	run(fork_main, NULL);
	assert_int_equal(nclosed, 3);
}

static struct vs_thread *grandchild;
static pid_t grandchild_pid;
static struct gate grandchild_there, grandchild_go;

static void
grandchild_main(void *arg)
{
	grandchild_pid = vs_getpid();
	gate_post(&grandchild_there);
	CHECK(gate_wait(&grandchild_go) == 0);
}

static void
orphan_main(void *arg)
{
	gate_init(&grandchild_there);
	gate_init(&grandchild_go);
	grandchild = vs_thread_create(grandchild_main, NULL, "grandchild");
	CHECK(gate_wait(&grandchild_there) == 0);
}

static void
orphan_check_main(void *arg)
{
	struct proc *p;

	p = pfind(grandchild_pid);
	CHECK(p != NULL && p->p_pptr == &proc0);
	PROC_UNLOCK(p);
	gate_post(&grandchild_go);
}

static void
orphan_end_main(void *arg)
{
	gate_destroy(&grandchild_there);
	gate_destroy(&grandchild_go);
}

/* Children outlive their parents. */
static void
test_orphan(void **state)
{
	run(orphan_main, NULL);
	run(orphan_check_main, NULL);
	join(grandchild);
	run(orphan_end_main, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_basic),
		TEST(test_exit_order),
		TEST(test_full),
		TEST(test_fork),
		TEST(test_orphan),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
