/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What every test needs: a kernel that is up when the test starts and proved
 * empty when it ends, code run inside it, and expectations about panics and
 * console text.
 *
 * Texts are matched with fnmatch(3) globs: `*` any text, `?` one character,
 * `\` takes away a meaning.  A panic's text must match from end to end, with
 * or without the newline that some FreeBSD messages end in; console text may
 * stand anywhere.
 */
#ifndef _TEST_H_
#define _TEST_H_

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <vnetsim/vnetsim.h>

/* Is a kernel up?  Test programs have one source file each. */
static bool test_booted __attribute__((unused));

static inline void
boot_with(const struct vs_config *config)
{
	const struct vs_outcome *o;
	int error;

	assert_false(test_booted);
	error = vs_boot(config);
	if (error != 0) {
		o = vs_shutdown();
		fail_msg("boot: error %d, %s\n%s", error,
		    o != NULL ? o->message : "no outcome",
		    o != NULL && o->report != NULL ? o->report : "");
	}
	test_booted = true;
}

static inline void
boot(void)
{
	const struct vs_config config = { 0 };

	boot_with(&config);
}

/* Ends the kernel, which must not have anything to complain about. */
static inline void
shutdown_clean(void)
{
	const struct vs_outcome *o;

	assert_true(test_booted);
	test_booted = false;
	o = vs_shutdown();
	if (o != NULL)
		fail_msg("%s: %s\n%s", vs_kind_name(o->kind), o->message,
		    o->report != NULL ? o->report : "");
}

/* Setup and teardown for cmocka_unit_test_setup_teardown(). */
static inline int
test_setup(void **state)
{

	(void)state;
	boot();
	return (0);
}

/*
 * A test that failed leaves its kernel behind: what is wrong has been said
 * already, so that one is only swept away.
 */
static inline int
test_teardown(void **state)
{

	(void)state;
	if (!test_booted)
		return (0);
	if (vs_outcome() == NULL)
		shutdown_clean();
	else {
		test_booted = false;
		(void)vs_shutdown();
	}
	return (0);
}

#define	TEST(fn)	cmocka_unit_test_setup_teardown((fn), test_setup, \
			    test_teardown)

/* Whether text matches, ignoring one newline at its end. */
static inline bool
test_glob(const char *glob, const char *text)
{
	char copy[VS_MESSAGE_MAX];
	size_t len;

	if (fnmatch(glob, text, 0) == 0)
		return (true);
	len = strlen(text);
	if (len == 0 || len > sizeof(copy) || text[len - 1] != '\n')
		return (false);
	memcpy(copy, text, len - 1);
	copy[len - 1] = '\0';
	return (fnmatch(glob, copy, 0) == 0);
}

/* Fails with the whole story unless o is NULL. */
static inline void
assert_clean(const struct vs_outcome *o)
{

	if (o != NULL)
		fail_msg("unexpected %s: %s\n%s", vs_kind_name(o->kind),
		    o->message, o->report != NULL ? o->report : "");
}

static inline void
assert_outcome(const struct vs_outcome *o, const char *glob)
{

	if (o == NULL)
		fail_msg("expected \"%s\", but the run was clean", glob);
	else if (!test_glob(glob, o->message))
		fail_msg("expected \"%s\", got %s \"%s\"", glob,
		    vs_kind_name(o->kind), o->message);
}

/* Runs fn(arg) on a kernel thread; it must come back. */
static inline void
run(void (*fn)(void *), void *arg)
{

	assert_clean(vs_run(fn, arg));
}

static inline struct vs_thread *
spawn(void (*fn)(void *), void *arg, const char *name)
{
	struct vs_thread *thread;

	thread = vs_thread_create(fn, arg, name);
	assert_non_null(thread);
	return (thread);
}

static inline void
join(struct vs_thread *thread)
{

	assert_clean(vs_thread_join(thread));
}

/*
 * Runs fn(arg), which must end the run with a message that matches.  The
 * kernel is gone afterwards, so that several may follow each other; the
 * console text stays readable.
 */
static inline void
expect_panic_with(const struct vs_config *config, void (*fn)(void *),
    void *arg, const char *glob)
{

	if (!test_booted)
		boot_with(config);
	assert_outcome(vs_run(fn, arg), glob);
	test_booted = false;
	(void)vs_shutdown();
}

static inline void
expect_panic(void (*fn)(void *), void *arg, const char *glob)
{
	const struct vs_config config = { 0 };

	expect_panic_with(&config, fn, arg, glob);
}

/*
 * An assertion for code on kernel threads, where cmocka's may not be used: it
 * ends the run.  Needs <sys/kassert.h>.
 */
#define	CHECK(expr) do {						\
	if (!(expr))							\
		panic("%s:%d: %s", __FILE__, __LINE__, #expr);		\
} while (0)

/* How often a plain text stands in the console's. */
static inline unsigned
console_count(const char *text)
{
	const char *p;
	unsigned n;

	n = 0;
	for (p = vs_console(); (p = strstr(p, text)) != NULL;
	    p += strlen(text))
		n++;
	return (n);
}

static inline void
expect_console(const char *glob)
{
	char around[1024];

	assert_true(strlen(glob) < sizeof(around) - 2);
	snprintf(around, sizeof(around), "*%s*", glob);
	if (fnmatch(around, vs_console(), 0) != 0)
		fail_msg("expected on the console: %s\nthere was:\n%s", glob,
		    vs_console());
}

/*
 * For tests that really use freed memory or a null pointer, because that is
 * what the old kernel did: a sanitizer would end the process.
 */
#if defined(VS_INSTRUMENTED)
/* Not ThreadSanitizer, though compiled as if for it. */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define	TEST_ASAN
#elif __has_feature(thread_sanitizer)
#define	TEST_SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define	TEST_ASAN
#elif defined(__SANITIZE_THREAD__)
#define	TEST_SANITIZED
#endif
#ifdef TEST_ASAN
#define	TEST_SANITIZED
#endif
#ifdef TEST_SANITIZED
#define	skip_if_sanitized()	skip()
#else
#define	skip_if_sanitized()	do { } while (0)
#endif

#endif /* !_TEST_H_ */
