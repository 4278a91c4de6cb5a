/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * copyin(9), copyout(9): memory of a user process.
 *
 * A user's memory is the host program's, so an address is good unless it lies
 * in the first page; the fail points copyin, copyout and copyinstr make any
 * other fail, with the errno that they return.  Both may sleep: a page may
 * have to be brought in.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/fail.h>
#include <sys/lock.h>
#include <sys/proc.h>

#include <vnetsim/point.h>

static bool
user_address(const void *p)
{
	return ((uintptr_t)p >= PAGE_SIZE);
}

int
copyin(const void *udaddr, void *kaddr, size_t len)
{
	VS_POINT(VS_OP_COPYIN, udaddr);
	WITNESS_WARN(WARN_GIANTOK | WARN_SLEEPOK, NULL, "copyin");
	KFAIL_POINT_CODE(DEBUG_FP, copyin, return (RETURN_VALUE));
	if (len == 0)
		return (0);
	if (!user_address(udaddr))
		return (EFAULT);
	memcpy(kaddr, udaddr, len);
	return (0);
}

int
copyout(const void *kaddr, void *udaddr, size_t len)
{
	VS_POINT(VS_OP_COPYOUT, udaddr);
	WITNESS_WARN(WARN_GIANTOK | WARN_SLEEPOK, NULL, "copyout");
	KFAIL_POINT_CODE(DEBUG_FP, copyout, return (RETURN_VALUE));
	if (len == 0)
		return (0);
	if (!user_address(udaddr))
		return (EFAULT);
	memcpy(udaddr, kaddr, len);
	return (0);
}

int
copyinstr(const void *udaddr, void *kaddr, size_t len, size_t *lencopied)
{
	size_t n;

	VS_POINT(VS_OP_COPYIN, udaddr);
	WITNESS_WARN(WARN_GIANTOK | WARN_SLEEPOK, NULL, "copyinstr");
	KFAIL_POINT_CODE(DEBUG_FP, copyinstr, return (RETURN_VALUE));
	if (!user_address(udaddr))
		return (EFAULT);
	n = strnlen(udaddr, len);
	memcpy(kaddr, udaddr, n < len ? n + 1 : len);
	if (lencopied != NULL)
		*lencopied = n < len ? n + 1 : len;
	return (n < len ? 0 : ENAMETOOLONG);
}
