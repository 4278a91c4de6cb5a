/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Packet tags, mbuf_tags(9).
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/mbuf.h>

MALLOC_DEFINE(M_PACKET_TAGS, "mbuf_tag", "packet-attached information");

void
m_tag_free_default(struct m_tag *tag)
{
	free(tag, M_PACKET_TAGS);
}

struct m_tag *
m_tag_alloc(uint32_t cookie, int type, int len, int how)
{
	struct m_tag *tag;

	if (len < 0)
		return (NULL);
	tag = malloc(sizeof(*tag) + len, M_PACKET_TAGS, how);
	if (tag == NULL)
		return (NULL);
	m_tag_setup(tag, cookie, type, len);
	tag->m_tag_free = m_tag_free_default;
	return (tag);
}

void
m_tag_delete(struct mbuf *m, struct m_tag *tag)
{
	m_tag_unlink(m, tag);
	m_tag_free(tag);
}

/* All tags behind `from`, which included; NULL means the first one. */
void
m_tag_delete_chain(struct mbuf *m, struct m_tag *from)
{
	struct m_tag *next;

	if (from == NULL)
		from = m_tag_first(m);
	for (; from != NULL; from = next) {
		next = m_tag_next(m, from);
		m_tag_delete(m, from);
	}
}

void
m_tag_delete_nonpersistent(struct mbuf *m)
{
	struct m_tag *next, *tag;

	SLIST_FOREACH_SAFE(tag, &m->m_pkthdr.tags, m_tag_link, next)
		if ((tag->m_tag_id & MTAG_PERSISTENT) == 0)
			m_tag_delete(m, tag);
}

struct m_tag *
m_tag_locate(struct mbuf *m, uint32_t cookie, int type, struct m_tag *from)
{
	struct m_tag *tag;

	tag = from == NULL ? m_tag_first(m) : m_tag_next(m, from);
	while (tag != NULL &&
	    (tag->m_tag_cookie != cookie || tag->m_tag_id != type))
		tag = m_tag_next(m, tag);
	return (tag);
}

struct m_tag *
m_tag_copy(struct m_tag *tag, int how)
{
	struct m_tag *copy;

	copy = m_tag_alloc(tag->m_tag_cookie, tag->m_tag_id, tag->m_tag_len,
	    how);
	if (copy != NULL)
		memcpy(copy + 1, tag + 1, tag->m_tag_len);
	return (copy);
}

/* Replaces to's tags by copies of from's, in order: 1, or 0 without memory. */
int
m_tag_copy_chain(struct mbuf *to, const struct mbuf *from, int how)
{
	struct m_tag *copy, *last = NULL, *tag;

	m_tag_delete_chain(to, NULL);
	SLIST_FOREACH(tag, &from->m_pkthdr.tags, m_tag_link) {
		copy = m_tag_copy(tag, how);
		if (copy == NULL) {
			m_tag_delete_chain(to, NULL);
			return (0);
		}
		if (last == NULL)
			m_tag_prepend(to, copy);
		else
			SLIST_INSERT_AFTER(last, copy, m_tag_link);
		last = copy;
	}
	return (1);
}
