/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * panic(9): the end of a run.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/lock.h>
#include <sys/proc.h>

#include <stdarg.h>
#include <stdio.h>

#include <vnetsim/vnetsim.h>

#include "boot.h"
#include "host.h"

static char panicbuf[VS_MESSAGE_MAX];
const char *panicstr;

static void	vpanic(enum vs_kind, const char *, va_list) __dead2;

static const char *
panic_thread(void)
{
	return (curthread != NULL ? curthread->td_name : "(no thread)");
}

/*
 * What is known at the end.  The other threads are held, or will be before
 * they change a lock: nothing here may take one.
 */
static char *
panic_report(void)
{
	struct host_text text = { 0 };
	char stack[4096];

	host_backtrace(stack, sizeof(stack), 3);
	host_text_add(&text, "panic: %s\nthread: %s\n%s", panicbuf,
	    panic_thread(), stack);
	witness_report(&text);
	return (text.text);
}

/*
 * Only the first panic counts.  A thread that panics while another one is
 * already ending the run is held like any bystander.
 */
static void
vpanic(enum vs_kind kind, const char *fmt, va_list ap)
{
	char message[sizeof(panicbuf)];
	size_t len;

	vsnprintf(message, sizeof(message), fmt, ap);
	if (!host_halt(kind, message, panic_thread()))
		host_die(kind, message, panic_thread(), NULL);
	strlcpy(panicbuf, message, sizeof(panicbuf));
	__atomic_store_n(&panicstr, panicbuf, __ATOMIC_RELEASE);
	len = strlen(panicbuf);
	host_console_write("panic: ", 7);
	host_console_write(panicbuf, len);
	if (len == 0 || panicbuf[len - 1] != '\n')
		host_console_write("\n", 1);
	host_die(kind, panicbuf, panic_thread(), panic_report());
}

void
panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vpanic(VS_PANIC, fmt, ap);
}

void
kassert_panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vpanic(VS_ASSERT, fmt, ap);
}

void
vs_fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vpanic(VS_EXPECTATION, fmt, ap);
}

void
panic_outcome(enum vs_kind kind, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vpanic(kind, fmt, ap);
}
