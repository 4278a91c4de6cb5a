/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef _TKLD_A_H_
#define _TKLD_A_H_

VNET_DECLARE(int, tkld_a_value);	/* 5 in a new vnet */
VNET_DECLARE(int, tkld_a_seen);		/* what the constructor saw */

#endif /* !_TKLD_A_H_ */
