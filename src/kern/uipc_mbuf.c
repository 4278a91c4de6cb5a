/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Operations on packet buffers.
 *
 * Offsets and lengths are checked with KASSERTs that name the function, as
 * callers are expected to know their packets.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/mbuf.h>
#include <sys/uio.h>

/* The mbuf that holds byte *off of the chain; *off becomes relative to it. */
static struct mbuf *
chain_seek(const struct mbuf *m, int *off)
{
	while (m != NULL && *off >= m->m_len && *off > 0) {
		*off -= m->m_len;
		m = m->m_next;
	}
	return (__DECONST(struct mbuf *, m));
}

struct mbuf *
m_last(struct mbuf *m)
{
	while (m->m_next != NULL)
		m = m->m_next;
	return (m);
}

u_int
m_length(struct mbuf *m, struct mbuf **last)
{
	u_int total = m->m_len;

	while (m->m_next != NULL) {
		m = m->m_next;
		total += m->m_len;
	}
	if (last != NULL)
		*last = m;
	return (total);
}

u_int
m_fixhdr(struct mbuf *m)
{
	M_ASSERTPKTHDR(m);
	m->m_pkthdr.len = m_length(m, NULL);
	return (m->m_pkthdr.len);
}

void
m_align(struct mbuf *m, int len)
{
	KASSERT(len >= 0 && len <= M_SIZE(m), ("%s: bad len %d", __func__,
	    len));
	KASSERT(m->m_data == M_START(m), ("%s: not a virgin mbuf", __func__));
	m->m_data += rounddown2(M_SIZE(m) - len, sizeof(long));
}

/* Takes `len` bytes off the front of the chain; mbufs stay, empty. */
static int
trim_head(struct mbuf *m, int len)
{
	int left = len, n;

	for (; m != NULL && left > 0; m = m->m_next) {
		n = MIN(left, m->m_len);
		m->m_data += n;
		m->m_len -= n;
		left -= n;
	}
	return (len - left);
}

/* Cuts the chain to `keep` bytes; mbufs stay, empty. */
static void
trim_tail(struct mbuf *m, int keep)
{
	for (; m != NULL; m = m->m_next) {
		m->m_len = MIN(m->m_len, keep);
		keep -= m->m_len;
	}
}

void
m_adj(struct mbuf *m, int len)
{
	int removed, total;

	if (m == NULL || len == 0)
		return;
	if (len > 0)
		removed = trim_head(m, len);
	else {
		total = m_length(m, NULL);
		removed = MIN(total, -len);
		trim_tail(m, total - removed);
	}
	if ((m->m_flags & M_PKTHDR) != 0)
		m->m_pkthdr.len -= removed;
}

/* There are no stored header offsets that decapsulation would have to move. */
void
m_adj_decap(struct mbuf *m, int len)
{
	m_adj(m, len);
}

int
m_apply(struct mbuf *m, int off, int len, int (*f)(void *, void *, u_int),
    void *arg)
{
	int error = 0, n;

	KASSERT(off >= 0 && len >= 0, ("%s: off %d, len %d", __func__, off,
	    len));
	for (m = chain_seek(m, &off); len > 0 && error == 0; m = m->m_next) {
		KASSERT(m != NULL, ("%s: chain is %d bytes short", __func__,
		    len));
		n = MIN(m->m_len - off, len);
		error = f(arg, mtodo(m, off), n);
		len -= n;
		off = 0;
	}
	return (error);
}

static int
copy_out(void *arg, void *data, u_int len)
{
	caddr_t *to = arg;

	memcpy(*to, data, len);
	*to += len;
	return (0);
}

void
m_copydata(const struct mbuf *m, int off, int len, caddr_t buf)
{
	m_apply(__DECONST(struct mbuf *, m), off, len, copy_out, &buf);
}

/*
 * Makes the chain at least `len` bytes long with zeroes; as much as memory
 * allows.
 */
static void
chain_extend(struct mbuf *m, int len)
{
	struct mbuf *last;
	int n;

	len -= m_length(m, &last);
	while (len > 0) {
		n = MIN(len, M_TRAILINGSPACE(last));
		memset(last->m_data + last->m_len, 0, n);
		last->m_len += n;
		len -= n;
		if (len > 0 && M_TRAILINGSPACE(last) == 0) {
			last->m_next = m_get(M_NOWAIT, last->m_type);
			if (last->m_next == NULL)
				break;
			last = last->m_next;
		}
	}
}

static int
copy_in(void *arg, void *data, u_int len)
{
	const char **from = arg;

	memcpy(data, *from, len);
	*from += len;
	return (0);
}

void
m_copyback(struct mbuf *m, int off, int len, const char *buf)
{
	int total;

	if (m == NULL)
		return;
	chain_extend(m, off + len);
	total = m_length(m, NULL);
	if (total > off)
		m_apply(m, off, MIN(len, total - off), copy_in, &buf);
	if ((m->m_flags & M_PKTHDR) != 0 && m->m_pkthdr.len < total)
		m->m_pkthdr.len = total;
}

int
m_append(struct mbuf *m, int len, const char *data)
{
	int old = m_length(m, NULL);

	m_copyback(m, old, len, data);
	return ((int)m_length(m, NULL) == old + len);
}

void
m_cat(struct mbuf *m, struct mbuf *n)
{
	m = m_last(m);
	/* Small pieces are moved rather than chained. */
	while (n != NULL && (n->m_flags & M_EXT) == 0 &&
	    n->m_len <= M_TRAILINGSPACE(m)) {
		memcpy(m->m_data + m->m_len, n->m_data, n->m_len);
		m->m_len += n->m_len;
		n = m_free(n);
	}
	m->m_next = n;
}

void
m_catpkt(struct mbuf *m, struct mbuf *n)
{
	M_ASSERTPKTHDR(m);
	M_ASSERTPKTHDR(n);
	m->m_pkthdr.len += n->m_pkthdr.len;
	m_tag_delete_chain(n, NULL);
	n->m_flags &= ~M_PKTHDR;
	m_cat(m, n);
}

void
m_move_pkthdr(struct mbuf *to, struct mbuf *from)
{
	M_ASSERTPKTHDR(from);
	to->m_flags = (from->m_flags & M_COPYFLAGS) | (to->m_flags & M_EXT);
	if ((to->m_flags & M_EXT) == 0)
		to->m_data = to->m_pktdat;
	to->m_pkthdr = from->m_pkthdr;
	m_tag_init(from);
	from->m_flags &= ~M_PKTHDR;
	from->m_pkthdr.csum_flags &= ~CSUM_SND_TAG;
}

int
m_dup_pkthdr(struct mbuf *to, const struct mbuf *from, int how)
{
	M_ASSERTPKTHDR(from);
	to->m_flags = (from->m_flags & M_COPYFLAGS) | (to->m_flags & M_EXT);
	if ((to->m_flags & M_EXT) == 0)
		to->m_data = to->m_pktdat;
	to->m_pkthdr = from->m_pkthdr;
	if ((from->m_pkthdr.csum_flags & CSUM_SND_TAG) != 0)
		m_snd_tag_ref(from->m_pkthdr.snd_tag);
	m_tag_init(to);
	return (m_tag_copy_chain(to, from, how));
}

/*
 * The header mbuf of a packet is replaced by a new one, so that data can be
 * put in front of it or collected in it.
 */
static struct mbuf *
new_front(struct mbuf *m, int how)
{
	struct mbuf *n;

	n = (m->m_flags & M_PKTHDR) != 0 ? m_gethdr(how, m->m_type) :
	    m_get(how, m->m_type);
	if (n != NULL && (m->m_flags & M_PKTHDR) != 0)
		m_move_pkthdr(n, m);
	return (n);
}

struct mbuf *
m_pullup(struct mbuf *m, int len)
{
	struct mbuf *n;
	int count, room;

	KASSERT(len >= 0, ("%s: len %d", __func__, len));
	if (m->m_len >= len)
		return (m);
	/* Use the first mbuf if it has room behind its data. */
	if (M_TRAILINGSPACE(m) >= len - m->m_len) {
		n = m;
		m = m->m_next;
	} else {
		room = (m->m_flags & M_PKTHDR) != 0 ? MHLEN : MLEN;
		if (len > room || (n = new_front(m, M_NOWAIT)) == NULL) {
			m_freem(m);
			return (NULL);
		}
	}
	while (m != NULL && n->m_len < len) {
		count = MIN(len - n->m_len, m->m_len);
		memcpy(n->m_data + n->m_len, m->m_data, count);
		n->m_len += count;
		m->m_data += count;
		m->m_len -= count;
		if (m->m_len == 0)
			m = m_free(m);
	}
	n->m_next = m;
	if (n->m_len < len) {
		m_freem(n);
		return (NULL);
	}
	return (n);
}

struct mbuf *
m_prepend(struct mbuf *m, int len, int how)
{
	struct mbuf *n;

	n = new_front(m, how);
	if (n == NULL) {
		m_freem(m);
		return (NULL);
	}
	n->m_next = m;
	if (len < M_SIZE(n))
		m_align(n, len);
	n->m_len = len;
	return (n);
}

struct mbuf *
m_prepend_room(struct mbuf *m, int len, int how)
{
	if (M_LEADINGSPACE(m) >= len) {
		m->m_data -= len;
		m->m_len += len;
	} else {
		m = m_prepend(m, len, how);
	}
	if (m != NULL && (m->m_flags & M_PKTHDR) != 0)
		m->m_pkthdr.len += len;
	return (m);
}

struct mbuf *
m_dup(const struct mbuf *m, int how)
{
	struct mbuf *copy, *n;
	int done, len, total;

	M_ASSERTPKTHDR(m);
	total = m->m_pkthdr.len;
	copy = m_getm2(NULL, total, how, m->m_type, M_PKTHDR);
	if (copy == NULL || !m_dup_pkthdr(copy, m, how)) {
		m_freem(copy);
		return (NULL);
	}
	for (n = copy, done = 0; done < total; n = n->m_next) {
		len = MIN(M_TRAILINGSPACE(n), total - done);
		m_copydata(m, done, len, n->m_data);
		n->m_len = len;
		done += len;
	}
	return (copy);
}

struct mbuf *
m_copym(struct mbuf *m, int off, int len, int how)
{
	struct mbuf *copy, *n;
	int done, count;

	if (len == INT_MAX)
		len = m_length(m, NULL) - off;
	copy = m_getm2(NULL, len, how, m->m_type,
	    off == 0 ? m->m_flags & M_PKTHDR : 0);
	if (copy == NULL)
		return (NULL);
	if ((copy->m_flags & M_PKTHDR) != 0) {
		if (!m_dup_pkthdr(copy, m, how)) {
			m_freem(copy);
			return (NULL);
		}
		copy->m_pkthdr.len = len;
	}
	for (n = copy, done = 0; done < len; n = n->m_next) {
		count = MIN(M_TRAILINGSPACE(n), len - done);
		m_copydata(m, off + done, count, n->m_data);
		n->m_len = count;
		done += count;
	}
	return (copy);
}

struct mbuf *
m_copypacket(struct mbuf *m, int how)
{
	return (m_dup(m, how));
}

struct mbuf *
m_defrag(struct mbuf *m, int how)
{
	struct mbuf *n;

	M_ASSERTPKTHDR(m);
	n = m_dup(m, how);
	if (n != NULL)
		m_freem(m);
	return (n);
}

struct mbuf *
m_devget(char *buf, int len, int off, struct ifnet *ifp,
    void (*copy)(char *, caddr_t, u_int))
{
	struct mbuf *m, *n;
	int count;

	m = m_getm2(NULL, len + off, M_NOWAIT, MT_DATA, M_PKTHDR);
	if (m == NULL)
		return (NULL);
	m->m_pkthdr.rcvif = ifp;
	m->m_pkthdr.len = len;
	m->m_data += off;
	for (n = m; len > 0; n = n->m_next) {
		count = MIN(M_TRAILINGSPACE(n), len);
		if (copy != NULL)
			copy(buf, n->m_data, count);
		else
			memcpy(n->m_data, buf, count);
		n->m_len = count;
		buf += count;
		len -= count;
	}
	return (m);
}

struct mbuf *
m_uiotombuf(struct uio *uio, int how, int len, int align, int flags)
{
	struct mbuf *m, *n;
	ssize_t total;
	int count;

	total = len > 0 ? MIN((ssize_t)len, uio->uio_resid) : uio->uio_resid;
	if (align >= MHLEN || total < 0 || total > INT_MAX - align)
		return (NULL);
	m = m_getm2(NULL, MAX(total + align, 1), how, MT_DATA, flags);
	if (m == NULL)
		return (NULL);
	m->m_data += align;
	for (n = m; n != NULL && total > 0; n = n->m_next) {
		count = MIN(M_TRAILINGSPACE(n), total);
		if (uiomove(n->m_data, count, uio) != 0) {
			m_freem(m);
			return (NULL);
		}
		n->m_len = count;
		total -= count;
	}
	if ((m->m_flags & M_PKTHDR) != 0)
		m_fixhdr(m);
	return (m);
}

int
m_mbuftouio(struct uio *uio, const struct mbuf *m, int len)
{
	ssize_t total;
	int count, error = 0;

	total = len > 0 ? MIN((ssize_t)len, uio->uio_resid) : uio->uio_resid;
	for (; m != NULL && total > 0 && error == 0; m = m->m_next) {
		count = MIN(m->m_len, total);
		error = uiomove(m->m_data, count, uio);
		total -= count;
	}
	return (error);
}
