/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The listener of scheduling points, see <vnetsim/point.h>.
 */
#include <vnetsim/point.h>

vs_point_fn *vs_listener;
