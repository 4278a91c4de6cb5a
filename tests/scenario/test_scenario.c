/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Scenario files as a C program meets them: read, run, explored, with hooks.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vnetsim/explore.h>
#include <vnetsim/scenario.h>
#include <vnetsim/syscalls.h>

#include "test.h"

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/lock.h>
#include <sys/mutex.h>

static struct vs_mistakes mistakes;

static struct vs_script *
parse_with(const char *text, const struct vs_hook *hooks)
{
	return (vs_script_parse("t.scn", text, strlen(text), hooks,
	    &mistakes));
}

static struct vs_script *
parse(const char *text)
{
	struct vs_script *s = parse_with(text, NULL);

	if (s == NULL)
		fail_msg("%s", mistakes.text);
	return (s);
}

/* --- what is wrong, and where ------------------------------------------- */

static void
refuse(const char *text, const char *line)
{
	struct vs_script *s = parse_with(text, NULL);
	char expected[512];

	if (s != NULL)
		fail_msg("was read: %s", text);
	snprintf(expected, sizeof(expected), "t.scn:%s", line);
	if (strstr(mistakes.text, expected) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", expected, mistakes.text);
}

static void
headings(void **state)
{
	char many[1024];
	size_t len;
	int n;

	refuse("", "1:1: no thread");
	refuse("title\n", "1:6: a title without words");
	refuse("title a\ntitle b\n", "2:1: a second title");
	refuse("bug\n", "1:4: which bug?");
	refuse("bug reclaim-twice nonsense\n", "1:19: there is no switch");
	refuse("modules\n", "1:8: which modules?");
	refuse("setup now\n", "1:7: \"now\" is too much");
	refuse("setup\nsetup\n", "2:1: a second \"setup\"");
	refuse("thread\n", "1:7: a thread without a name");
	refuse("thread 1a\n", "1:8: \"1a\" is no name");
	refuse("thread a:b\n", "1:8: \"a:b\" is no name");
	refuse("thread aaaaaaaaaaaaaaaaaaaa\n", "1:8: \"aaaaaaaaaaaaaaaaaaaa\"");
	refuse("thread a\nthread a\n", "2:8: \"a\" is no name");
	refuse("thread a in\n", "1:12: \"in\" whom?");
	refuse("thread a as nobodyelse\n", "1:13: there is no user");
	refuse("thread a on j\n", "1:10: \"on\" cannot stand here");
	refuse("jls\n", "1:1: \"jls\" belongs to no block");
	refuse("expect\n", "1:7: write \"expect ok\"");
	refuse("expect ok now\n", "1:11: write \"expect ok\"");
	refuse("expect bug:\n", "1:12: which kind of bug?");
	refuse("expect bug: harm\n", "1:13: \"harm\" is no kind of bug");
	refuse("expect bug: panic says\n", "1:23: \"says\" takes one text");
	refuse("thread a\nexpect bug: panic\n", "2:1: a bug is expected but");
	for (len = 0, n = 0; n <= VS_SCENARIO_THREADS; n++)
		len += (size_t)snprintf(many + len, sizeof(many) - len,
		    "thread t%d\n", n);
	refuse(many, "33:1: more than 32 threads");
}

static void
lines(void **state)
{
	refuse("thread a\n\tifconfig\n", "2:10: something is missing");
	refuse("thread a\n\tifconfig x grow\n", "2:13: \"grow\" cannot stand");
	refuse("thread a\n\tifconfig aaaaaaaaaaaaaaaa up\n",
	    "2:11: \"aaaaaaaaaaaaaaaa\" cannot stand here; give -l, -g, "
	    "IFNAME (an interface's name has at most 15 characters)");
	refuse("thread a\n\tifconfig x up up\n", "2:16: \"up\" is too much");
	refuse("thread a\n\treboot\n", "2:2: there is no command \"reboot\"");
	refuse("thread a\n\tjexec j\n", "2:9: something is missing");
	refuse("thread a\n\tjexec j jls -x\n", "2:14: \"-x\" cannot stand");
	refuse("thread a\n\tjail -c name=j command=\n",
	    "2:17: there is no command \"\"");
	refuse("thread a\n\tsleep 1.\n", "2:8: \"1.\" cannot stand here");
	refuse("thread a\n\tls /tmp\n", "2:5: \"/tmp\" cannot stand here");
	refuse("thread a\n\tread t\n", "2:7: nothing was opened as \"t\"");
	refuse("thread a\n\topen t /dev/tun\n\tioctl t FROB\n",
	    "3:10: \"FROB\" cannot stand here");
	refuse("thread a\n\tkill b\n", "2:7: there is no thread \"b\"");
	refuse("thread a\n\tawait b\n", "2:8: there is no thread \"b\"");
	refuse("thread a\n\tfork jls x\n", "2:11: \"x\" cannot stand");
	refuse("thread a\n\tnetlink getlink\n",
	    "2:17: something is missing");
	refuse("thread a\n\tkill -FOO a\n", "2:7: \"-FOO\" cannot stand here");
	refuse("thread a\n\tcall me\n", "2:7: there is no hook \"me\"");
	refuse("thread a\n\tcall\n", "2:6: \"call\" takes the name");
	refuse("thread a\n\tjls -> EFOO\n", "2:9: \"EFOO\" is no result");
	refuse("thread a\n\tjls ->\n", "2:8: what is the result?");
	refuse("thread a\n\t-> ok\n", "2:2: a result of nothing");
	refuse("thread a\n\tjls 'abc\n", "2:6: a quote does not end");
	refuse("thread a\n\trepeat 0\n", "2:9: \"repeat\" takes one number");
	refuse("thread a\n\trepeat 2\n\tjls\nfinally\n",
	    "4:1: the \"repeat\" in line 2 has no end");
	refuse("thread a\n\tend\n", "2:2: \"end\" of what?");
	refuse("setup\n\tready\nthread a\n", "2:2: \"ready\" is for threads");
	refuse("thread a\n\tready\n\tready\n", "3:2: \"ready\" comes once");
}

/* All of them, in one go; and what is no text. */
static void
several(void **state)
{
	static const char zero[] = "thread a\n\0\n";
	char *big = malloc(2 << 20);

	refuse("title\nthread\n\tfoo\n\tbar\n", "4:2: there is no command");
	assert_int_equal(mistakes.count, 4);
	assert_null(vs_script_parse("t.scn", zero, sizeof(zero) - 1, NULL,
	    &mistakes));
	assert_non_null(strstr(mistakes.text, "t.scn:2:1: a zero byte"));
	memset(big, '\n', 2 << 20);
	assert_null(vs_script_parse("t.scn", big, 2 << 20, NULL, &mistakes));
	assert_non_null(strstr(mistakes.text, "a file of more than"));
	free(big);
	assert_null(vs_script_load("/nonexistent.scn", NULL, &mistakes));
	assert_non_null(strstr(mistakes.text, "/nonexistent.scn: "));
}

/* --- what is right --------------------------------------------------------- */

static const struct vs_outcome *
run_once(struct vs_script *s, const char *profile)
{
	const struct vs_script_run how = { .profile = profile, .seconds = 5 };
	const struct vs_outcome *o;

	assert_int_equal(vs_script_run(s, &how, &o), 0);
	return (o);
}

static void
runs(void **state)
{
	struct vs_script *s = parse(
	    "# a comment\n"
	    "title \"One title\" and more\n"
	    "setup\r\n"
	    "	jail -c name=j persist vnet	# and one here\n"
	    "	ifconfig disc0 create\n"
	    "	ifconfig disc0 create -> EEXIST\n"
	    "thread a in j as nobody\n"
	    "	ifconfig disc1 create -> EPERM\n"
	    "thread b\n"
	    "	repeat 3\n"
	    "		repeat 2\n"
	    "			ifconfig disc0 down -> ok\n"
	    "		end\n"
	    "		ifconfig disc1 create -> ok\n"
	    "		ifconfig disc1 destroy -> ok\n"
	    "	end\n"
	    "thread c\n"
	    "	open t /dev/tun\n"
	    "	poll t w\n"
	    "	ioctl t TUNSIFMODE 3\n"
	    "	sleep 0.001\n"
	    "	ready\n"
	    "	close t\n"
	    "	ifconfig disc5 destroy -> ok else stop\n"
	    "	ifconfig disc0 create -> ok\n"
	    "finally\n"
	    "	sysctl net.link.tun.user_open=0 -> any\n"
	    "	ifconfig disc0 destroy -> ok\n"
	    "	ifconfig tun0 destroy\n"
	    "	jail -r j -> ok\n"
	    "	check\n");

	assert_string_equal(vs_script_title(s), "One title and more");
	assert_string_equal(vs_script_name(s), "t");
	assert_null(run_once(s, NULL));
	assert_null(run_once(s, NULL));
	assert_non_null(vs_explore(vs_script_scenario(s, NULL),
	    &(struct vs_explore){ .schedules = 50 }));
	vs_script_free(s);
}

/* A result that was not foreseen ends the run, with the place. */
static void
results(void **state)
{
	struct vs_script *s = parse("setup\n\tifconfig disc0 destroy\n"
	    "thread a\n\tjls\n");
	const struct vs_outcome *o = run_once(s, NULL);

	assert_non_null(o);
	assert_int_equal(o->kind, VS_EXPECTATION);
	assert_string_equal(o->message, "t.scn:2: ifconfig disc0 destroy: "
	    "ENXIO, not ok");
	vs_script_free(s);
	s = parse("thread a in nowhere\n\tjls\n");
	o = run_once(s, NULL);
	assert_non_null(o);
	assert_string_equal(o->message, "t.scn:1: thread a cannot enter jail "
	    "nowhere: ENOENT");
	vs_script_free(s);
	s = parse("thread a\n\tsleep 100\n");
	assert_int_equal(vs_script_run(s, &(struct vs_script_run){
	    .seconds = 1 }, &o), 0);
	assert_non_null(o);
	assert_int_equal(o->kind, VS_DEADLOCK);
	vs_script_free(s);
	s = parse("thread a\n\tjls\n");
	assert_int_equal(vs_script_run(s, &(struct vs_script_run){
	    .profile = "P9" }, &o), EINVAL);
	vs_script_free(s);
}

static const char reclaim[] =
    "title Two take the same interface back\n"
    "bug reclaim-twice\n"
    "setup\n"
    "	jail -c name=j persist vnet\n"
    "	ifconfig disc0 create\n"
    "	ifconfig disc0 vnet j\n"
    "thread first\n"
    "	ifconfig disc0 -vnet j\n"
    "thread second\n"
    "	ifconfig disc0 -vnet j\n"
    "finally\n"
    "	ifconfig disc0 destroy\n"
    "	jail -r j\n"
    "expect ok\n"
    "expect bug: assertion says vmove\n";

/* A sanitizer would end the scenario in words of its own. */
#if defined(__SANITIZE_ADDRESS__)
#define	SANITIZED	1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define	SANITIZED	1
#endif
#endif

static void
explores(void **state)
{
#if !defined(INVARIANTS) || defined(SANITIZED)
	skip();
#endif
	const struct vs_explore how = { .schedules = 3000 };
	struct vs_script *s = parse(reclaim);
	const struct vs_explored *e;

	assert_string_equal(vs_script_switches(s), ",+reclaim-twice");
	e = vs_explore(vs_script_scenario(s, "fixed,+reclaim-twice"), &how);
	assert_non_null(e);
	assert_int_equal(e->kind, VS_ASSERT);
	assert_true(vs_script_expects(s, "fixed,+reclaim-twice", e->kind,
	    "x vmove y"));
	assert_false(vs_script_expects(s, "P4", e->kind, "another"));
	assert_false(vs_script_expects(s, "S15", e->kind, "x vmove y"));
	e = vs_explore(vs_script_scenario(s, NULL), &how);
	assert_non_null(e);
	assert_int_equal(e->kind, VS_CLEAN);
	assert_true(vs_script_expects(s, NULL, e->kind, ""));
	assert_false(vs_script_expects(s, "P0", e->kind, ""));
	assert_true(vs_script_expects(s, "P0,-reclaim-twice", e->kind, ""));
	vs_script_free(s);
}

/* --- hooks --------------------------------------------------------------------- */

static struct mtx lock;
static int looked, calls;

static int
hook_init(void)
{
	mtx_init(&lock, "hook", NULL, MTX_DEF);
	return (calls == 0 ? 0 : EEXIST);
}

/* What is wrong here: the lock is let go between the look and the step. */
static int
hook_count(void)
{
	int n;

	mtx_lock(&lock);
	n = looked;
	mtx_unlock(&lock);
	mtx_lock(&lock);
	looked = n + 1;
	calls++;
	mtx_unlock(&lock);
	return (0);
}

static int
hook_done(void)
{
	mtx_destroy(&lock);
	return (looked == calls ? 0 : ERANGE);
}

static const struct vs_hook hooks[] = {
	{ "init", hook_init },
	{ "count", hook_count },
	{ "done", hook_done },
	{ NULL, NULL }
};

/* Their data is put back before each schedule, or `init` would fail. */
static void
calls_hooks(void **state)
{
	struct vs_script *s = parse_with("setup\n	call init\n"
	    "thread a\n	call count\nthread b\n	call count\n"
	    "finally\n	call done -> ok\n", hooks);
	const struct vs_explored *e;

	assert_non_null(s);
	e = vs_explore(vs_script_scenario(s, NULL),
	    &(struct vs_explore){ .schedules = 1000 });
	assert_non_null(e);
	assert_int_equal(e->kind, VS_EXPECTATION);
	assert_string_equal(e->message, "t.scn:8: call done: ERANGE, not ok");
	assert_int_equal(e->preemptions, 1);
	vs_script_free(s);
}

/* --- nonsense -------------------------------------------------------------------- */

static uint64_t
random_next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return (*x);
}

static const char all_words[] =
    "title t\nbug reclaim-twice\nmodules if_disc\nsetup\n"
    "	jail -c name=j vnet persist command=jexec j ls /dev\n"
    "	ifconfig disc0 create -> ok EEXIST else stop\n"
    "thread a in j as 5\n	repeat 3\n	ifconfig 'x y' name \"z\\\"\"\n"
    "	end\n	open t /dev/tun rwn\n	ioctl t 0x80047462 1\n	ready\n"
    "	read t 10\n	poll t rw 0.5\n	close t\n	kill -9 a\n	kldunload -f x\n"
    "	sysctl a.b=1 # c\nfinally\n	refs jail j\n	jls -dv\n	check\n"
    "expect ok\nexpect bug: panic data-race says \"x\"\n";

/* Cuts, doubles, swaps and changes pieces; nothing may crash. */
static void
mutate(char *text, size_t *len, size_t max, uint64_t *x)
{
	static const char bytes[] = "\"'\\#\n\t ->[].=|0a\377\001";
	size_t at, n;

	at = *len == 0 ? 0 : random_next(x) % *len;
	n = random_next(x) % 20;
	switch (random_next(x) % 4) {
	case 0:
		if (at < *len)
			text[at] = bytes[random_next(x) % sizeof(bytes)];
		break;
	case 1:
		if (n > *len - at)
			n = *len - at;
		memmove(text + at, text + at + n, *len - at - n);
		*len -= n;
		break;
	case 2:
		if (*len + n > max || at + n > *len)
			break;
		memmove(text + at + n, text + at, *len - at);
		*len += n;
		break;
	default:
		if (at + n <= *len)
			memmove(text + at, text + random_next(x) % (*len - n +
			    1), n);
		break;
	}
}

static void
nonsense(void **state)
{
	const char *given = getenv("VNETSIM_FUZZ");
	unsigned long runs = given != NULL ? strtoul(given, NULL, 10) : 20000;
	uint64_t x = 88172645463325252;
	struct vs_script *s;
	size_t len;

	for (unsigned long i = 0; i < runs; i++) {
		/* Of the size that is used: what lies behind is poisoned. */
		char work[4096], *text;

		len = sizeof(all_words) - 1;
		memcpy(work, all_words, len);
		for (uint64_t n = random_next(&x) % 12; n > 0; n--)
			mutate(work, &len, sizeof(work), &x);
		assert_non_null(text = malloc(len));
		memcpy(text, work, len);
		s = vs_script_parse("fuzz", text, len, NULL, &mistakes);
		assert_true((s == NULL) == (mistakes.count != 0));
		vs_script_free(s);
		free(text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headings),
		cmocka_unit_test(lines),
		cmocka_unit_test(several),
		cmocka_unit_test(nonsense),
		cmocka_unit_test(calls_hooks),
		cmocka_unit_test(explores),
		cmocka_unit_test(runs),
		cmocka_unit_test(results),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
