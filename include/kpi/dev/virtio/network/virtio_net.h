/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The header that virtio puts in front of a frame, and what it means for a
 * packet.
 */
#ifndef _KPI_VIRTIO_NET_H_
#define _KPI_VIRTIO_NET_H_

#include <sys/types.h>
#include <sys/mbuf.h>
#include <net/if.h>

struct virtio_net_hdr {
#define	VIRTIO_NET_HDR_F_NEEDS_CSUM	1
#define	VIRTIO_NET_HDR_F_DATA_VALID	2
	uint8_t		flags;
#define	VIRTIO_NET_HDR_GSO_NONE		0
#define	VIRTIO_NET_HDR_GSO_TCPV4	1
#define	VIRTIO_NET_HDR_GSO_UDP		3
#define	VIRTIO_NET_HDR_GSO_TCPV6	4
#define	VIRTIO_NET_HDR_GSO_ECN		0x80
	uint8_t		gso_type;
	uint16_t	hdr_len;
	uint16_t	gso_size;
	uint16_t	csum_start;
	uint16_t	csum_offset;
};

struct virtio_net_hdr_mrg_rxbuf {
	struct virtio_net_hdr hdr;
	uint16_t	num_buffers;
};

/* Marks a packet whose sum is known, or is not yet needed: 0. */
static inline int
virtio_net_rx_csum(struct mbuf *m, const struct virtio_net_hdr *hdr)
{
	if (hdr->gso_type != VIRTIO_NET_HDR_GSO_NONE)
		return (1);
	if ((hdr->flags & (VIRTIO_NET_HDR_F_NEEDS_CSUM |
	    VIRTIO_NET_HDR_F_DATA_VALID)) != 0) {
		m->m_pkthdr.csum_flags |= CSUM_DATA_VALID | CSUM_PSEUDO_HDR;
		m->m_pkthdr.csum_data = 0xffff;
	}
	return (0);
}

/*
 * The header for a packet that leaves.  An interface without transmit
 * capabilities gets no packet with work left to do; such a one is freed.
 */
static inline struct mbuf *
virtio_net_tx_offload(if_t ifp __unused, struct mbuf *m,
    bool allow_ecn __unused, struct virtio_net_hdr *hdr __unused)
{
	if ((m->m_pkthdr.csum_flags & (CSUM_DELAY_DATA |
	    CSUM_DELAY_DATA_IPV6 | CSUM_TSO)) == 0)
		return (m);
	m_freem(m);
	return (NULL);
}

#endif /* !_KPI_VIRTIO_NET_H_ */
