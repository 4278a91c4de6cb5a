/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Accessors that do nothing but read or write one field.
 */
#ifndef _IF_ACCESSORS_H_
#define _IF_ACCESSORS_H_

#define	IF_GETTER(type, name, if_type, field)				\
type									\
name(if_type ifp)							\
{									\
	return (ifp->field);						\
}

#define	IF_SETTER(name, type, field)					\
void									\
name(if_t ifp, type value)						\
{									\
	ifp->field = value;						\
}

/* The same for those that return 0, as in FreeBSD. */
#define	IF_SETTER_INT(name, type, field)				\
int									\
name(if_t ifp, type value)						\
{									\
	ifp->field = value;						\
	return (0);							\
}

#define	IF_SETTER_BITS(name, field)					\
int									\
name(if_t ifp, int set, int clear)					\
{									\
	ifp->field = (ifp->field & ~clear) | set;			\
	return (0);							\
}

#define	IF_TOGGLER(name, field)						\
int									\
name(if_t ifp, int bits)						\
{									\
	ifp->field ^= bits;						\
	return (0);							\
}

#endif /* !_IF_ACCESSORS_H_ */
