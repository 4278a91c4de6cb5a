/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Names that kernel and C library share: the same file uses both.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/libkern.h>
#include <sys/malloc.h>
#include <sys/sysctl.h>

#include <vnetsim/syscalls.h>

#include "test.h"

static MALLOC_DEFINE(M_TEST, "kpitest", "test");

#define	ARGUMENTS	100, M_TEST, M_WAITOK

static void
memory_in(void *arg)
{
	size_t before = vs_memory();
	char *host, *kern;

	host = malloc(100);
	CHECK(vs_memory() == before);
	kern = malloc(ARGUMENTS);
	CHECK(vs_memory() >= before + 100);
	kern = realloc(kern, 200, M_TEST, M_WAITOK);
	host = realloc(host, 200);
	free(kern, M_TEST);
	free(host);
	CHECK(vs_memory() == before);

	kern = strdup("kernel", M_TEST);
	host = strdup("host");
	CHECK(strcmp(kern, "kernel") == 0 && strcmp(host, "host") == 0);
	CHECK(vs_memory() > before);
	free(kern, M_TEST);
	free(host);
	kern = strndup("kernel", 4, M_TEST);
	CHECK(strcmp(kern, "kern") == 0);
	free(kern, M_TEST);

	CHECK(asprintf(&host, "%d", 12) == 2);
	CHECK(asprintf(&kern, M_TEST, "%d%s", 12, "ab") == 4);
	CHECK(strcmp(host, "12") == 0 && strcmp(kern, "12ab") == 0);
	CHECK(vs_memory() > before);
	free(kern, M_TEST);
	free(host);
	CHECK(vs_memory() == before);
}

static void
memory(void **state)
{

	run(memory_in, NULL);
}

static void
messages_in(void *arg)
{
	static const char bits[] = "\020\1UP\2BROADCAST\4LOOPBACK";
	const u_char mac[] = { 0x02, 0xab, 0, 1, 2, 0xff };
	void (*unchecked)(int, const char *, ...) = kern_log;

	log(1, "plain %s %5d %-3d| %lu %zu %c %%\n", "text", 42, 7, 1UL,
	    (size_t)9, 'x');
	unchecked(1, "flags=%b\n", 0xb, bits);
	unchecked(1, "none=%b\n", 0x4, bits);
	unchecked(1, "octal=%b\n", 8, "\010\4BIT");
	unchecked(1, "mac %6D.\n", mac, ":");
	unchecked(1, "mac %*D.\n", 3, mac, "-");
	unchecked(1, "%.*s|%*d|%s\n", 2, "abcdef", 4, 1, "end");
	unchecked(1, "%p %lld %jd\n", NULL, 1LL << 40, (intmax_t)-1);
	CHECK(log(1.0) == 0.0);
}

static void
messages(void **state)
{

	run(messages_in, NULL);
	expect_console("plain text    42 7  | 1 9 x %\n");
	expect_console("flags=0xb<UP,BROADCAST,LOOPBACK>\n");
	expect_console("none=0x4\n");
	expect_console("octal=010<BIT>\n");
	expect_console("mac 02:ab:00:01:02:ff.\n");
	expect_console("mac 02-ab-00.\n");
	expect_console("ab|   1|end\n");
	expect_console("(nil) 1099511627776 -1\n");
}

static void
long_message_in(void *arg)
{
	char *text = malloc(5000, M_TEST, M_WAITOK);

	memset(text, 'y', 4999);
	text[4999] = '\0';
	kern_printf("<%s>\n", text);
	free(text, M_TEST);
}

static void
long_message(void **state)
{

	run(long_message_in, NULL);
	assert_int_equal(console_count("yyyyyyyyyy"), 499);
	assert_int_equal(console_count("y>\n"), 1);
}

static void
pause_in(void *arg)
{
	int before = ticks;

	CHECK(pause("kpitst", 2) == EWOULDBLOCK);
	CHECK(ticks - before >= 2);
}

static void
pausing(void **state)
{

	run(pause_in, NULL);
}

static void
random_in(void *arg)
{
	uint32_t *value = arg;
	int i;

	for (i = 0; i < 1000; i++)
		CHECK(kern_arc4random_uniform(7) < 7);
	CHECK(kern_arc4random_uniform(0) == 0);
	arc4rand(value, 3 * sizeof(*value), 0);
	value[3] = kern_arc4random();
}

/* The same seed gives the same numbers. */
static void
repeatable(void **state)
{
	const struct vs_config config = { .seed = 42 };
	const struct vs_config other = { .seed = 43 };
	uint32_t a[4], b[4], c[4];

	boot_with(&config);
	run(random_in, a);
	shutdown_clean();
	boot_with(&config);
	run(random_in, b);
	shutdown_clean();
	boot_with(&other);
	run(random_in, c);
	shutdown_clean();
	assert_memory_equal(a, b, sizeof(a));
	assert_memory_not_equal(a, c, sizeof(a));
}

static void
minima(void **state)
{

	assert_int_equal(min(3, -1), 3);
	assert_int_equal(imin(3, -1), -1);
	assert_int_equal(imax(3, -1), 3);
	assert_true(ulmax(1, 1UL << 40) == 1UL << 40);
	assert_true(qmin(-1, 1) == -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(memory),
		TEST(messages),
		TEST(long_message),
		TEST(pausing),
		cmocka_unit_test(repeatable),
		cmocka_unit_test(minima),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
