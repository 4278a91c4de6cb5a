/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Media selection.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/malloc.h>
#include <sys/socket.h>
#include <sys/sockio.h>
#include <net/if.h>
#include <net/if_media.h>

static MALLOC_DEFINE(M_IFMEDIA, "ifmedia", "interface media lists");

/* Bits that tell two entries apart. */
static bool
ifmedia_same(int a, int b, int ignore)
{
	return (((a ^ b) & ~ignore) == 0);
}

/* The first entry with that word, but for the bits of `ignore`. */
static struct ifmedia_entry *
ifmedia_match(struct ifmedia *ifm, int mword, int ignore)
{
	struct ifmedia_entry *entry;

	LIST_FOREACH(entry, &ifm->ifm_list, ifm_list)
		if (ifmedia_same(entry->ifm_media, mword, ignore))
			return (entry);
	return (NULL);
}

void
ifmedia_init(struct ifmedia *ifm, int dontcare_mask, ifm_change_cb_t change,
    ifm_stat_cb_t status)
{
	*ifm = (struct ifmedia){
		.ifm_mask = dontcare_mask,
		.ifm_change = change,
		.ifm_status = status,
	};
	LIST_INIT(&ifm->ifm_list);
}

void
ifmedia_add(struct ifmedia *ifm, int mword, int data, void *aux)
{
	struct ifmedia_entry *entry;

	entry = malloc(sizeof(*entry), M_IFMEDIA, M_WAITOK);
	entry->ifm_aux = aux;
	entry->ifm_data = data;
	entry->ifm_media = mword;
	LIST_INSERT_HEAD(&ifm->ifm_list, entry, ifm_list);
}

void
ifmedia_set(struct ifmedia *ifm, int mword)
{
	struct ifmedia_entry *entry;

	entry = ifmedia_match(ifm, mword, ifm->ifm_mask);
	if (entry == NULL)
		panic("%s: no match for 0x%x/0x%x", __func__, mword,
		    ~ifm->ifm_mask);
	ifm->ifm_media = mword;
	ifm->ifm_cur = entry;
}

void
ifmedia_removeall(struct ifmedia *ifm)
{
	struct ifmedia_entry *entry;

	ifm->ifm_cur = NULL;
	while (!LIST_EMPTY(&ifm->ifm_list)) {
		entry = LIST_FIRST(&ifm->ifm_list);
		LIST_REMOVE(entry, ifm_list);
		free(entry, M_IFMEDIA);
	}
}

/* SIOCSIFMEDIA */
static int
ifmedia_choose(struct ifnet *ifp, struct ifmedia *ifm, int mword)
{
	struct ifmedia_entry *match, *old_entry = ifm->ifm_cur;
	int error, old_media = ifm->ifm_media;

	match = ifmedia_match(ifm, mword, ifm->ifm_mask);
	if (match == NULL)
		return (ENXIO);
	/* The same medium again: only `auto` is worth another negotiation. */
	if (IFM_SUBTYPE(mword) != IFM_AUTO && mword == ifm->ifm_media &&
	    match == ifm->ifm_cur)
		return (0);
	ifm->ifm_cur = match;
	ifm->ifm_media = mword;
	error = (*ifm->ifm_change)(ifp);
	if (error != 0) {
		ifm->ifm_cur = old_entry;
		ifm->ifm_media = old_media;
	}
	return (error);
}

/* Copies up to `room` words out; *count becomes how many there are. */
static int
ifmedia_list(const struct ifmedia *ifm, int *ulist, int room, int *count)
{
	const struct ifmedia_entry *entry;
	int error, n = 0;

	LIST_FOREACH(entry, &ifm->ifm_list, ifm_list) {
		if (n < room) {
			error = copyout(&entry->ifm_media, ulist + n,
			    sizeof(int));
			if (error != 0)
				return (error);
		}
		n++;
	}
	*count = n;
	return (room != 0 && n > room ? E2BIG : 0);
}

int
ifmedia_ioctl(struct ifnet *ifp, struct ifreq *ifr, struct ifmedia *ifm,
    u_long cmd)
{
	struct ifmediareq *ifmr = (struct ifmediareq *)ifr;

	if (ifp == NULL || ifr == NULL || ifm == NULL)
		return (EINVAL);
	switch (cmd) {
	case SIOCSIFMEDIA:
		return (ifmedia_choose(ifp, ifm, ifr->ifr_media));
	case SIOCGIFMEDIA:
		if (ifmr->ifm_count < 0)
			return (EINVAL);
		ifmr->ifm_active = ifmr->ifm_current = ifm->ifm_cur != NULL ?
		    ifm->ifm_cur->ifm_media : IFM_NONE;
		ifmr->ifm_mask = ifm->ifm_mask;
		ifmr->ifm_status = 0;
		(*ifm->ifm_status)(ifp, ifmr);
		return (ifmedia_list(ifm, ifmr->ifm_ulist, ifmr->ifm_count,
		    &ifmr->ifm_count));
	}
	return (EINVAL);
}

uint64_t
ifmedia_baudrate(int mword)
{
	static const struct {
		int		subtype;
		uint64_t	mbps;
	} rates[] = {
		{ IFM_10_T, 10 }, { IFM_10_2, 10 }, { IFM_10_5, 10 },
		{ IFM_100_TX, 100 }, { IFM_100_FX, 100 }, { IFM_100_T4, 100 },
		{ IFM_1000_SX, 1000 }, { IFM_1000_LX, 1000 },
		{ IFM_1000_T, 1000 }, { IFM_10G_LR, 10000 },
		{ IFM_10G_SR, 10000 }, { IFM_10G_T, 10000 },
	};
	size_t i;

	for (i = 0; i < nitems(rates); i++)
		if (IFM_TYPE(mword) == IFM_ETHER &&
		    IFM_SUBTYPE(mword) == rates[i].subtype)
			return (IF_Mbps(rates[i].mbps));
	return (0);
}
