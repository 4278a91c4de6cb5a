/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Descriptions of interfaces, under a lock of their own.
 */
#include "if_impl.h"

#include "if_ioctl.h"

#define	IFDESCR_MAX	1024		/* net.ifdescr_maxlen */

MALLOC_DEFINE(M_IFDESCR, "ifdescr", "ifnet descriptions");

/* Protects the description of every interface; a leaf. */
static struct sx ifdescr_sx;
SX_SYSINIT(ifdescr_sx, &ifdescr_sx, "ifnet descr");

const char *
if_getdescr(const if_t ifp)
{
	return (ifp->if_description);
}

char *
if_allocdescr(size_t sz, int malloc_flag)
{
	return (malloc(sz, M_IFDESCR, M_ZERO | (malloc_flag &
	    (M_WAITOK | M_NOWAIT))));
}

void
if_freedescr(char *descrbuf)
{
	free(descrbuf, M_IFDESCR);
}

void
if_setdescr(if_t ifp, char *descrbuf)
{
	char *old;

	sx_xlock(&ifdescr_sx);
	old = ifp->if_description;
	__atomic_store_n(&ifp->if_description, descrbuf, __ATOMIC_RELEASE);
	sx_xunlock(&ifdescr_sx);
	if_freedescr(old);
}

/* Length without NUL, 0 if there is none; sleeps. */
size_t
if_copydescr(const if_t ifp, char *buf, size_t size)
{
	size_t len = 0;

	sx_slock(&ifdescr_sx);
	if (ifp->if_description != NULL)
		len = strlcpy(buf, ifp->if_description, size);
	sx_sunlock(&ifdescr_sx);
	return (len);
}

int
if_descr_get(struct ifnet *ifp, struct ifreq *ifr)
{
	size_t len;
	int error;

	sx_slock(&ifdescr_sx);
	if (ifp->if_description == NULL)
		error = ENOMSG;
	else {
		len = strlen(ifp->if_description) + 1;
		/* A buffer that is too small is told how large it should be. */
		if (ifr_buffer_get_length(ifr) < len)
			ifr->ifr_buffer.buffer = NULL;
		error = ifr->ifr_buffer.buffer == NULL ? 0 :
		    copyout(ifp->if_description, ifr->ifr_buffer.buffer, len);
		ifr->ifr_buffer.length = len;
	}
	sx_sunlock(&ifdescr_sx);
	return (error);
}

int
if_descr_set(struct ifnet *ifp, struct ifreq *ifr)
{
	size_t len = ifr_buffer_get_length(ifr);
	char *descr = NULL;
	int error;

	if (len > IFDESCR_MAX)
		return (ENAMETOOLONG);
	if (len != 0) {
		descr = if_allocdescr(len, M_WAITOK);
		error = copyin(ifr_buffer_get_buffer(ifr), descr, len - 1);
		if (error != 0) {
			if_freedescr(descr);
			return (error);
		}
	}
	if_setdescr(ifp, descr);
	if_setlastchange(ifp);
	return (0);
}
