/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The files of src/cli/page, as CMake has made arrays of them.
 */
#ifndef _CLI_PAGE_H_
#define _CLI_PAGE_H_

extern const char page_html[];
extern const char page_css[];
extern const char page_js[];

#endif /* !_CLI_PAGE_H_ */
