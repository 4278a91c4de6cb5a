/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

#ifndef _KPI_SYS_CTYPE_H_
#define _KPI_SYS_CTYPE_H_

#include <ctype.h>

#endif /* !_KPI_SYS_CTYPE_H_ */
