/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What the files of epoch(9) share.
 */
#ifndef _EPOCH_VAR_H_
#define _EPOCH_VAR_H_

#include <sys/epoch.h>

const char	*epoch_name(epoch_t epoch);

#endif /* !_EPOCH_VAR_H_ */
