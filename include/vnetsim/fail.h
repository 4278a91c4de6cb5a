/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Fail points from outside: set one, see who has reached it.
 *
 * A point set to "pause" holds every thread that reaches it until it is set
 * to "off".  With vs_fail_point_wait() a test leads threads through a race
 * step by step, without sleeping.
 */
#ifndef _VNETSIM_FAIL_H_
#define _VNETSIM_FAIL_H_

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Sets the point `name` (without "debug.fail_point.") in the syntax of
 * fail(9): "off", "return(5)", "10%2*sleep(50)->pause".  Returns 0, ENOENT
 * when there is no such point, EINVAL for a bad setting, which changes
 * nothing.  From any thread, host threads included; the kernel runs.
 */
int	vs_fail_point(const char *name, const char *setting);

/*
 * How many threads are paused and sleeping at a point.  Either pointer may be
 * NULL.  0 or ENOENT.
 */
int	vs_fail_point_status(const char *name, int *paused, int *sleeping);

/*
 * Waits until at least n threads are paused at the point.  0, ENOENT, or
 * EINTR when the run has ended with an outcome.
 */
int	vs_fail_point_wait(const char *name, int n);

#ifdef __cplusplus
}
#endif

#endif /* !_VNETSIM_FAIL_H_ */
