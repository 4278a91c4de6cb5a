/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What the probes of the explorer run.
 */
#ifndef _PROBE_H_
#define _PROBE_H_

#include <vnetsim/explore.h>

extern const struct vs_scenario probe_ifnet3;
extern const struct vs_scenario probe_accesses;
extern const struct vs_scenario probe_points;

/* What these two do in one schedule. */
#define	PROBE_ACCESSES	20000
#define	PROBE_POINTS	2000

/* A program of tests/explore/dpor.h, by name; NULL: no such one. */
const struct vs_explored	*probe_classes(const char *program, int n);

#endif /* !_PROBE_H_ */
