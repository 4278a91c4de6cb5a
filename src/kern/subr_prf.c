/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Messages: printf(9), log(9).
 *
 * The host's formatting does the work, one conversion at a time, because two
 * are the kernel's own: %b, a number with the names of its bits, and %D, a
 * hexadecimal dump with a separator.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/malloc.h>

#include "host.h"

/* Text that is cut where the buffer ends, and counted all the same. */
struct prf {
	char	*buf;
	size_t	size;
	size_t	len;
};

/* The argument list, wrapped so that functions can advance it. */
struct prf_args {
	va_list	ap;
};

static void
prf_add(struct prf *out, const char *text, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++, out->len++)
		if (out->len + 1 < out->size)
			out->buf[out->len] = text[i];
	if (out->size > 0)
		out->buf[ulmin(out->len, out->size - 1)] = '\0';
}

/*
 * %b: "0x3<UP,BROADCAST>".  The names' first character is the base, each name
 * is led by its bit's number, counted from one, which ends the name before.
 */
static void
prf_bits(struct prf *out, unsigned value, const char *names)
{
	char text[16];
	bool any = false;
	size_t n;
	int bit;

	n = snprintf(text, sizeof(text), *names == 8 ? "0%o" : "0x%x", value);
	prf_add(out, text, n);
	for (names++; *names != '\0'; names += n) {
		bit = (unsigned char)*names++;
		for (n = 0; (unsigned char)names[n] > ' '; n++)
			;
		if ((value & (1U << (bit - 1))) == 0)
			continue;
		prf_add(out, any ? "," : "<", 1);
		prf_add(out, names, n);
		any = true;
	}
	if (any)
		prf_add(out, ">", 1);
}

/* %6D: six bytes, two digits each, the separator between them. */
static void
prf_dump(struct prf *out, const u_char *p, int n, const char *separator)
{
	char text[4];
	int i;

	for (i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "%02x", p[i]);
		prf_add(out, text, 2);
		if (i + 1 < n)
			prf_add(out, separator, strlen(separator));
	}
}

/* A conversion that the host knows; `spec` is all of it. */
static void
prf_host(struct prf *out, const char *spec, struct prf_args *args)
{
	char text[512], *big = NULL;
	va_list ap;
	int n;

	va_copy(ap, args->ap);
	n = vsnprintf(text, sizeof(text), spec, ap);
	va_end(ap);
	if (n >= (int)sizeof(text)) {
		big = host_alloc(n + 1);
		va_copy(ap, args->ap);
		vsnprintf(big, n + 1, spec, ap);
		va_end(ap);
	}
	if (n > 0)
		prf_add(out, big != NULL ? big : text, n);
	host_free(big);
}

/* Steps over the argument that the conversion has used. */
static void
prf_skip(struct prf_args *args, const char *spec, char conversion)
{
	const char *p;
	bool wide;

	for (p = spec; *p != '\0'; p++)
		if (*p == '*')
			(void)va_arg(args->ap, int);
	wide = strpbrk(spec, "lqjzt") != NULL;
	if (strchr("aAeEfFgG", conversion) != NULL)
		(void)va_arg(args->ap, double);
	else if (strchr("spn", conversion) != NULL)
		(void)va_arg(args->ap, void *);
	else if (wide)
		(void)va_arg(args->ap, long);
	else if (conversion != '%')
		(void)va_arg(args->ap, int);
}

static void
prf_conversion(struct prf *out, const char *spec, char conversion,
    struct prf_args *args)
{
	const char *text;
	const u_char *bytes;
	unsigned value;

	switch (conversion) {
	case 'b':
		value = va_arg(args->ap, unsigned);
		prf_bits(out, value, va_arg(args->ap, const char *));
		break;
	case 'D':
		value = spec[1] == '*' ? va_arg(args->ap, unsigned) :
		    (unsigned)atoi(spec + 1);
		bytes = va_arg(args->ap, const u_char *);
		text = va_arg(args->ap, const char *);
		prf_dump(out, bytes, value != 0 ? value : 16, text);
		break;
	default:
		prf_host(out, spec, args);
		prf_skip(args, spec, conversion);
		break;
	}
}

static size_t
prf_format(char *buf, size_t size, const char *format, va_list ap)
{
	struct prf out = { .buf = buf, .size = size };
	struct prf_args args;
	char spec[32];
	size_t n;

	va_copy(args.ap, ap);
	prf_add(&out, "", 0);
	for (; *format != '\0'; format += n) {
		n = strcspn(format, "%");
		if (n > 0) {
			prf_add(&out, format, n);
			continue;
		}
		n = 1 + strspn(format + 1, "-+ #0123456789.*hlqjzt");
		if (format[n] == '\0' || n + 2 > sizeof(spec)) {
			prf_add(&out, format, n);
			continue;
		}
		n++;
		strlcpy(spec, format, n + 1);
		prf_conversion(&out, spec, spec[n - 1], &args);
	}
	va_end(args.ap);
	return (out.len);
}

int
kern_vprintf(const char *format, va_list ap)
{
	char text[1024], *big = NULL;
	size_t len;

	len = prf_format(text, sizeof(text), format, ap);
	if (len >= sizeof(text)) {
		big = host_alloc(len + 1);
		prf_format(big, len + 1, format, ap);
	}
	host_console_write(big != NULL ? big : text, len);
	host_free(big);
	return (len);
}

int
kern_printf(const char *format, ...)
{
	va_list ap;
	int len;

	va_start(ap, format);
	len = kern_vprintf(format, ap);
	va_end(ap);
	return (len);
}

/* Whatever its priority, a log message is on the console here. */
void
kern_vlog(int level __unused, const char *format, va_list ap)
{

	(void)kern_vprintf(format, ap);
}

void
kern_log(int level, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	kern_vlog(level, format, ap);
	va_end(ap);
}

int
kern_vasprintf(char **ret, struct malloc_type *type, const char *format,
    va_list ap)
{
	size_t len;

	len = prf_format(NULL, 0, format, ap);
	*ret = malloc(len + 1, type, M_WAITOK);
	prf_format(*ret, len + 1, format, ap);
	return (len);
}

int
kern_asprintf(char **ret, struct malloc_type *type, const char *format, ...)
{
	va_list ap;
	int len;

	va_start(ap, format);
	len = kern_vasprintf(ret, type, format, ap);
	va_end(ap);
	return (len);
}

char *
kern_strdup(const char *string, struct malloc_type *type)
{

	return (kern_strndup(string, SIZE_MAX, type));
}

char *
kern_strndup(const char *string, size_t n, struct malloc_type *type)
{
	size_t len = strnlen(string, n);
	char *copy;

	copy = malloc(len + 1, type, M_WAITOK);
	memcpy(copy, string, len);
	copy[len] = '\0';
	return (copy);
}
