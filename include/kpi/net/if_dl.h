/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Link-level addresses: the sockaddr of family AF_LINK.
 */
#ifndef _KPI_NET_IF_DL_H_
#define _KPI_NET_IF_DL_H_

#include <sys/types.h>
#include <sys/socket.h>

/* sdl_data holds the interface's name, then the address. */
struct sockaddr_dl {
	u_char	sdl_len;
	u_char	sdl_family;		/* AF_LINK */
	u_short	sdl_index;
	u_char	sdl_type;		/* IFT_* */
	u_char	sdl_nlen;		/* bytes of name, without NUL */
	u_char	sdl_alen;		/* bytes of address */
	u_char	sdl_slen;
	char	sdl_data[46];
};

typedef const char *c_caddr_t;
#define	LLADDR(s)	((caddr_t)((s)->sdl_data + (s)->sdl_nlen))
#define	CLLADDR(s)	((c_caddr_t)((s)->sdl_data + (s)->sdl_nlen))
#define	LLINDEX(s)	((s)->sdl_index)

#ifdef _KERNEL
struct ifnet;
/*
 * Fills `sa` (at least sizeof(struct sockaddr_dl) bytes) with an empty
 * address of the interface's type and index, and returns it.
 */
struct sockaddr_dl	*link_init_sdl(struct ifnet *ifp, struct sockaddr *sa,
			    u_char iftype);
#endif

#endif /* !_KPI_NET_IF_DL_H_ */
