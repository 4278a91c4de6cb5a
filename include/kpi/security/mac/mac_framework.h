/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Mandatory access control.  The option MAC is off, so nothing is declared.
 */
#ifndef _KPI_SECURITY_MAC_MAC_FRAMEWORK_H_
#define _KPI_SECURITY_MAC_MAC_FRAMEWORK_H_

#include <sys/types.h>

#endif /* !_KPI_SECURITY_MAC_MAC_FRAMEWORK_H_ */
