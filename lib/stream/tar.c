#include "stream/tar.h"

#include <stdio.h>
#include <string.h>

/* POSIX.1-2001, "ustar Interchange Format". */
struct ustar {
	char name[100];
	char mode[8];
	char uid[8];
	char gid[8];
	char size[12];
	char mtime[12];
	char checksum[8];
	char type;
	char linkname[100];
	char magic[6];
	char version[2];
	char uname[32];
	char gname[32];
	char devmajor[8];
	char devminor[8];
	char prefix[155];
	char unused[12];
};

_Static_assert(sizeof(struct ustar) == RL_TAR_BLOCK, "a tar header is one block");

/* The sum of all bytes, those of the checksum itself taken as blanks. */
static unsigned checksum(const struct ustar *h)
{
	const uint8_t *byte = (const uint8_t *)h;
	unsigned sum = sizeof(h->checksum) * ' ';

	for (size_t i = 0; i < sizeof(*h); i++)
		sum += byte[i];
	for (size_t i = 0; i < sizeof(h->checksum); i++)
		sum -= (uint8_t)h->checksum[i];
	return sum;
}

/* Nothing here depends on who writes, when or where, so equal streams are equal bytes. */
static void write_header(uint8_t *out, const char *name, uint64_t size, char type)
{
	struct ustar h = {.mode = "0000644",
			  .uid = "0000000",
			  .gid = "0000000",
			  .mtime = "00000000000",
			  .type = type,
			  .magic = "ustar",
			  .version = {'0', '0'},
			  .devmajor = "0000000",
			  .devminor = "0000000"};

	memcpy(h.name, name, strnlen(name, sizeof(h.name)));
	snprintf(h.size, sizeof(h.size), "%011llo", (unsigned long long)size);
	snprintf(h.checksum, sizeof(h.checksum), "%06o", checksum(&h));
	h.checksum[7] = ' ';
	memcpy(out, &h, sizeof(h));
}

/* A pax record counts its own bytes, the digits of the count included. */
static size_t write_path_record(char *out, size_t room, const char *name)
{
	size_t rest = strlen(" path=\n") + strlen(name), total = rest + 1;

	while (total != rest + (size_t)snprintf(NULL, 0, "%zu", total))
		total = rest + (size_t)snprintf(NULL, 0, "%zu", total);
	snprintf(out, room, "%zu path=%s\n", total, name);
	return total;
}

size_t rl_tar_write(uint8_t *out, const char *name, uint64_t size)
{
	size_t n = 0;

	if (strlen(name) > sizeof(((struct ustar *)0)->name)) {
		n = write_path_record((char *)out + RL_TAR_BLOCK, RL_TAR_NAME + RL_TAR_BLOCK, name);
		write_header(out, "././@PaxHeader", n, 'x');
		n += RL_TAR_BLOCK;
		memset(out + n, 0, rl_tar_padding(n));
		n += rl_tar_padding(n);
	}
	write_header(out + n, name, size, '0');
	return n + RL_TAR_BLOCK;
}

/* Octal digits, blanks before, a blank or NUL after.  GNU's binary form is only ever used for what
 * octal cannot hold, which is past every limit here. */
static bool read_octal(const char *field, size_t size, uint64_t *value)
{
	size_t i = 0, first;

	*value = 0;
	if (field[0] & 0x80) {
		*value = UINT64_MAX;
		return true;
	}
	while (i < size && field[i] == ' ')
		i++;
	for (first = i; i < size && field[i] >= '0' && field[i] <= '7'; i++)
		*value = *value << 3 | (uint64_t)(field[i] - '0');
	return i > first && (i == size || field[i] == ' ' || field[i] == '\0');
}

const char *rl_tar_read(const uint8_t block[RL_TAR_BLOCK], struct rl_tar_member *m)
{
	struct ustar h;
	uint64_t sum;
	size_t n = 0;

	memcpy(&h, block, sizeof(h));
	if (!read_octal(h.checksum, sizeof(h.checksum), &sum) || sum != checksum(&h))
		return "bad tar header (its checksum is wrong)";
	bool posix = !memcmp(h.magic, "ustar\0", 6);
	if (!posix && memcmp(h.magic, "ustar ", 6))
		return "bad tar header (not ustar)";
	if (posix && h.prefix[0]) {
		n = strnlen(h.prefix, sizeof(h.prefix));
		memcpy(m->name, h.prefix, n);
		m->name[n++] = '/';
	}
	size_t len = strnlen(h.name, sizeof(h.name));
	memcpy(m->name + n, h.name, len);
	m->name[n + len] = '\0';
	m->type = h.type ? h.type : '0';
	if (m->type != '0' && m->type != 'x')
		return "a tar member that is not a regular file";
	if (!read_octal(h.size, sizeof(h.size), &m->size))
		return "bad tar header (its size is not a number)";
	return NULL;
}

static const char *set_name(struct rl_tar_member *m, const char *value, size_t size)
{
	if (size >= sizeof(m->name))
		return "key longer than 4000 bytes";
	if (memchr(value, '\0', size))
		return "a name with a NUL byte";
	memcpy(m->name, value, size);
	m->name[size] = '\0';
	return NULL;
}

static const char *set_size(struct rl_tar_member *m, const char *value, size_t size)
{
	m->size = 0;
	for (size_t i = 0; i < size; i++) {
		if (value[i] < '0' || value[i] > '9' || m->size > UINT64_MAX / 10 - 1)
			return "a pax size that is not a number";
		m->size = 10 * m->size + (uint64_t)(value[i] - '0');
	}
	return size ? NULL : "a pax size that is not a number";
}

const char *rl_tar_read_pax(const char *text, size_t size, struct rl_tar_member *m)
{
	const char *end = text + size;

	while (text < end) {
		const char *p = text, *problem = NULL;
		size_t length = 0;

		while (p < end && *p >= '0' && *p <= '9' && length <= RL_TAR_PAX)
			length = 10 * length + (size_t)(*p++ - '0');
		if (p == text || p == end || *p++ != ' ' || length > (size_t)(end - text) ||
		    text + length <= p || text[length - 1] != '\n')
			return "bad pax header";
		const char *equals = memchr(p, '=', (size_t)(text + length - p));
		if (!equals)
			return "bad pax header";
		const char *value = equals + 1;
		size_t nvalue = (size_t)(text + length - 1 - value), nkey = (size_t)(equals - p);

		if (nkey == 4 && !memcmp(p, "path", 4))
			problem = set_name(m, value, nvalue);
		else if (nkey == 4 && !memcmp(p, "size", 4))
			problem = set_size(m, value, nvalue);
		else if (nkey >= 10 && !memcmp(p, "GNU.sparse", 10))
			problem = "a sparse tar member";
		if (problem)
			return problem;
		text += length;
	}
	return NULL;
}
