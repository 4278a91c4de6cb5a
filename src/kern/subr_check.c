/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "check.h"

#include <sys/param.h>
#include <sys/systm.h>

#include <stdarg.h>

struct check_report {
	char		*buf;
	size_t		size;
	size_t		len;		/* what all of the text would take */
	unsigned	violations;
};

void
check_failed(struct check_report *report, const char *fmt, ...)
{
	size_t at = MIN(report->len, report->size);
	va_list ap;

	report->violations++;
	va_start(ap, fmt);
	report->len += vsnprintf(&report->buf[at], report->size - at, fmt, ap);
	va_end(ap);
}

unsigned
check_run(syscall_fn *fn, char *buf, size_t size)
{
	struct check_report report = { .buf = buf, .size = size };

	if (size > 0)
		buf[0] = '\0';
	(void)syscall_run("check", fn, &report);
	return (report.violations);
}
