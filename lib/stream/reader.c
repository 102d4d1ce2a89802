#include "stream/stream.h"

#include "base/err.h"
#include "stream/checksum.h"
#include "stream/head.h"
#include "stream/name.h"
#include "stream/npy.h"
#include "stream/tar.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
	BUFFER = 1 << 14, /* what a read brings beyond the payload that it was for */
	CHUNK = 1 << 20   /* payload bytes a read: hashed while they are in the cache */
};

struct rl_reader {
	int fd;
	char *name;
	uint8_t *buffer;
	size_t start, end; /* what is in buffer and not taken yet */
	uint64_t taken;    /* bytes of the stream before that */

	json_t *head;            /* of the first segment */
	struct rl_schema schema; /* the same for all */
	bool open;               /* between a head and its tail */
	struct rl_tar_member member;
	int64_t samples, skipped;
	XXH3_state_t *checksum; /* of this segment's payloads */
	XXH3_state_t *total;    /* of all segments'; used from the second one on */
	bool several;

	void (*on_truncation)(void *context, const char *why);
	void *context;
};

/* ---- bytes ------------------------------------------------------------------------------------
 */

static _Noreturn void truncated(const struct rl_reader *r)
{
	char *why = rl_asprintf("%s: truncated: ends at byte %llu without a tail", r->name,
				(unsigned long long)r->taken);

	if (r->on_truncation)
		r->on_truncation(r->context, why);
	rl_die("%s", why);
}

static _Noreturn void bad_member(const struct rl_reader *r, const char *problem)
{
	rl_die("%s: %.200s: %s", r->name, r->member.name, problem);
}

/* At least one and at most n bytes to dst, 0 at the end of the input.  One read(2) brings the rest
 * of a payload to where it belongs and what follows into the buffer. */
static size_t take_some(struct rl_reader *r, void *dst, size_t n)
{
	size_t have = r->end - r->start;

	if (have == 0) {
		struct iovec v[2] = {{dst, n}, {r->buffer, BUFFER}};
		ssize_t got;

		do
			got = readv(r->fd, v, 2);
		while (got < 0 && errno == EINTR);
		if (got < 0)
			rl_die("%s: read:", r->name);
		r->start = 0;
		r->end = (size_t)got > n ? (size_t)got - n : 0;
		n = (size_t)got > n ? n : (size_t)got;
	} else {
		n = n < have ? n : have;
		memcpy(dst, r->buffer + r->start, n);
		r->start += n;
	}
	r->taken += n;
	return n;
}

static void take(struct rl_reader *r, void *dst, size_t n)
{
	for (size_t got; n; n -= got, dst = (uint8_t *)dst + got)
		if (!(got = take_some(r, dst, n)))
			truncated(r);
}

static void skip_padding(struct rl_reader *r, uint64_t size)
{
	uint8_t block[RL_TAR_BLOCK];

	take(r, block, rl_tar_padding(size));
}

static void take_payload(struct rl_reader *r, void *dst, size_t n)
{
	for (size_t got; n; n -= got, dst = (uint8_t *)dst + got) {
		if (!(got = take_some(r, dst, n < CHUNK ? n : CHUNK)))
			truncated(r);
		XXH3_64bits_update(r->checksum, dst, got);
		if (r->several)
			XXH3_64bits_update(r->total, dst, got);
	}
}

/* ---- members ----------------------------------------------------------------------------------
 */

enum next { NEXT_MEMBER, NEXT_ZEROS, NEXT_EOF };

static enum next next_block(struct rl_reader *r)
{
	static const uint8_t zeros[RL_TAR_BLOCK];
	uint8_t block[RL_TAR_BLOCK];
	size_t got = take_some(r, block, sizeof(block));

	if (got == 0)
		return NEXT_EOF;
	take(r, block + got, sizeof(block) - got);
	if (!memcmp(block, zeros, sizeof(block)))
		return NEXT_ZEROS;
	const char *problem = rl_tar_read(block, &r->member);
	if (problem && r->samples == 0 && !r->head)
		rl_die("%s: not a tensor stream: %s", r->name,
		       memcmp(block, "\x93NUMPY", 6)
			       ? problem
			       : "a .npy array: rl-cat --import makes it one");
	if (problem)
		rl_die("%s: %s at byte %llu", r->name, problem,
		       (unsigned long long)r->taken - sizeof(block));
	return NEXT_MEMBER;
}

/* The next file's header, with what a pax header before it says. */
static enum next next_member(struct rl_reader *r)
{
	char records[RL_TAR_PAX];
	enum next next = next_block(r);

	if (next != NEXT_MEMBER || r->member.type != 'x')
		return next;
	uint64_t size = r->member.size;
	if (size > sizeof(records))
		bad_member(r, "a pax header larger than 16384 bytes");
	take(r, records, (size_t)size);
	skip_padding(r, size);
	if (next_block(r) == NEXT_EOF)
		truncated(r);
	const char *problem = r->member.type == '0'
				      ? rl_tar_read_pax(records, (size_t)size, &r->member)
				      : "two pax headers in a row";
	if (problem)
		bad_member(r, problem);
	return NEXT_MEMBER;
}

static bool member_is(const struct rl_reader *r, const char *name)
{
	return !strcmp(r->member.name, name);
}

/* Where a segment cannot end. */
static void need_member(struct rl_reader *r)
{
	enum next next = next_member(r);

	if (next == NEXT_ZEROS)
		rl_die("%s: truncated: an end marker at byte %llu without a tail", r->name,
		       (unsigned long long)r->taken - RL_TAR_BLOCK);
	if (next == NEXT_EOF)
		truncated(r);
}

/* The whole of a head or tail. */
static json_t *take_json(struct rl_reader *r)
{
	size_t size = (size_t)r->member.size;

	if (r->member.size > RL_LIMIT_HEAD)
		bad_member(r, "larger than 16 MiB");
	char *text = rl_malloc(size), *where = rl_asprintf("%s: %s", r->name, r->member.name);
	take(r, text, size);
	skip_padding(r, size);
	json_t *o = rl_json_parse(text, size, where);
	free(where);
	free(text);
	return o;
}

/* ---- segments ---------------------------------------------------------------------------------
 */

static void start_segment(struct rl_reader *r)
{
	if (!member_is(r, RL_NAME_HEAD))
		rl_die("%s: not a tensor stream: %.200s where %s should be", r->name,
		       r->member.name, RL_NAME_HEAD);
	json_t *head = take_json(r);
	struct rl_schema schema = rl_schema_of(head, r->name);
	if (!r->head) {
		r->head = head;
		r->schema = schema;
	} else {
		if (!rl_heads_agree(r->head, head))
			rl_die("%s: two streams that do not fit together: kind or fields differ at "
			       "byte %llu",
			       r->name, (unsigned long long)r->taken);
		json_decref(head);
		if (!r->several)
			XXH3_copyState(r->total, r->checksum);
		r->several = true;
	}
	r->samples = 0;
	r->open = true;
	XXH3_64bits_reset(r->checksum);
}

static void digest(const XXH3_state_t *state, char hex[17])
{
	snprintf(hex, 17, "%016llx", (unsigned long long)XXH3_64bits_digest(state));
}

static void end_segment(struct rl_reader *r)
{
	json_t *tail = take_json(r);
	char hex[17];

	int64_t samples = rl_json_int(tail, "samples", 0, INT64_MAX, r->name);
	if (samples != r->samples)
		rl_die("%s: damaged: %lld samples, its tail says %lld", r->name,
		       (long long)r->samples, (long long)samples);
	digest(r->checksum, hex);
	if (strcmp(hex, rl_json_str(tail, "xxh3_64", r->name)))
		rl_die("%s: damaged: the checksum is %s, its tail says %.20s", r->name, hex,
		       rl_json_str(tail, "xxh3_64", r->name));
	r->skipped += rl_json_int(tail, "skipped", 0, INT64_MAX - r->skipped, r->name);
	json_decref(tail);
	for (int i = 0; i < 2; i++) {
		enum next next = next_member(r);

		if (next == NEXT_EOF)
			truncated(r);
		if (next != NEXT_ZEROS)
			bad_member(r, "a member after the tail");
	}
	r->open = false;
}

/* Past any zeros to the next head; false at the end of the input. */
static bool next_segment(struct rl_reader *r)
{
	enum next next;

	while ((next = next_member(r)) == NEXT_ZEROS)
		;
	if (next == NEXT_MEMBER)
		start_segment(r);
	return next == NEXT_MEMBER;
}

/* ---- samples ----------------------------------------------------------------------------------
 */

static const char *extension(const struct rl_declared *d)
{
	return d->type == RL_JSON ? ".json" : ".npy";
}

/* Why a member is not the one that comes next: the sample's key is known from its second field on.
 */
static _Noreturn void unexpected(struct rl_reader *r, const struct rl_sample *s, int field)
{
	const struct rl_declared *d = &r->schema.field[field];

	if (member_is(r, RL_NAME_HEAD))
		rl_die("%s: truncated: a new head at byte %llu, the last stream has no tail",
		       r->name, (unsigned long long)r->taken - RL_TAR_BLOCK);
	if (field)
		rl_die("%s: sample %.200s: %.200s where its field %s%s should be", r->name, s->key,
		       r->member.name, d->name, extension(d));
	rl_die("%s: %.200s: the head declares KEY.%s%s first", r->name, r->member.name, d->name,
	       extension(d));
}

/* The first member of a sample is KEY.FIELD.npy with a KEY that is new. */
static void take_key(struct rl_reader *r, struct rl_sample *s)
{
	const struct rl_declared *d = &r->schema.field[0];
	char *name = r->member.name;
	size_t n = strlen(name), next = strlen(extension(d)), nfield = strlen(d->name);

	if (n < next + nfield + 1 || strcmp(name + n - next, extension(d)) ||
	    memcmp(name + n - next - nfield, d->name, nfield) || name[n - next - nfield - 1] != '.')
		unexpected(r, s, 0);
	char *dot = name + n - next - nfield - 1;
	*dot = '\0';
	const char *problem = rl_key_problem(name);
	rl_sample_set_key(s, name);
	*dot = '.';
	if (problem)
		bad_member(r, problem);
}

static void check_name(struct rl_reader *r, const struct rl_sample *s, int field)
{
	const struct rl_declared *d = &r->schema.field[field];
	size_t nkey = strlen(s->key), nfield = strlen(d->name);
	const char *name = r->member.name;

	if (strncmp(name, s->key, nkey) || name[nkey] != '.' ||
	    strncmp(name + nkey + 1, d->name, nfield) ||
	    strcmp(name + nkey + 1 + nfield, extension(d)))
		unexpected(r, s, field);
}

/* dtype and shape of the array that is next, its header taken. */
static struct rl_tensor take_npy_header(struct rl_reader *r)
{
	uint8_t header[RL_NPY_LIMIT];
	struct rl_tensor t = {0};
	size_t size, bytes;

	if (r->member.size < RL_NPY_PREFIX)
		bad_member(r, "not a .npy array");
	take(r, header, RL_NPY_PREFIX);
	const char *problem = rl_npy_size(header, &size);
	if (problem)
		bad_member(r, problem);
	if (size > r->member.size)
		bad_member(r, "shorter than its .npy header");
	take(r, header + RL_NPY_PREFIX, size - RL_NPY_PREFIX);
	problem = rl_npy_read((char *)header + RL_NPY_PREFIX, size - RL_NPY_PREFIX, &t, &bytes);
	if (problem)
		bad_member(r, problem);
	if (r->member.size - size != bytes)
		rl_die("%s: %.200s: %llu bytes of payload, its shape needs %zu", r->name,
		       r->member.name, (unsigned long long)(r->member.size - size), bytes);
	return t;
}

static void take_field(struct rl_reader *r, struct rl_sample *s, int field)
{
	const struct rl_declared *d = &r->schema.field[field];
	struct rl_tensor t = {.type = RL_JSON, .ndim = 1, .dim = {(int64_t)r->member.size}};

	if (r->member.size > RL_LIMIT_MEMBER)
		bad_member(r, "larger than 4 GiB");
	if (d->type != RL_JSON)
		t = take_npy_header(r);
	if (!rl_declared_fits(d, &t))
		bad_member(r, "its dtype or shape is not what the head declares");
	struct rl_tensor *to = rl_sample_make(s, d->name, t.type, t.ndim, t.dim);
	take_payload(r, to->data, rl_tensor_bytes(to));
	skip_padding(r, r->member.size);
}

int rl_reader_next(struct rl_reader *r, struct rl_sample *s)
{
	s->nfield = 0;
	for (;;) {
		if (!r->open && !next_segment(r))
			return 0;
		need_member(r);
		if (!member_is(r, RL_NAME_TAIL))
			break;
		end_segment(r);
	}
	for (int i = 0; i < r->schema.nfield; i++) {
		if (i == 0) {
			take_key(r, s);
		} else {
			need_member(r);
			check_name(r, s, i);
		}
		take_field(r, s, i);
	}
	r->samples++;
	return 1;
}

/* ---- reader -----------------------------------------------------------------------------------
 */

struct rl_reader *rl_reader_new(int fd, const char *name)
{
	struct rl_reader *r = rl_calloc(1, sizeof(*r));

	if (isatty(fd))
		rl_die("%s: is a terminal: give it a tensor stream", name);
	fcntl(fd, F_SETPIPE_SZ, 1 << 20); /* as the writer does, and as little depends on it */
	r->fd = fd;
	r->name = rl_strdup(name);
	r->buffer = rl_aligned(BUFFER);
	r->checksum = XXH3_createState();
	r->total = XXH3_createState();
	if (!r->checksum || !r->total)
		rl_die("out of memory");
	need_member(r);
	start_segment(r);
	return r;
}

struct rl_reader *rl_reader_open(const char *path)
{
	if (!strcmp(path, "-"))
		return rl_reader_new(STDIN_FILENO, "stdin");
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		rl_die("%s: open:", path);
	return rl_reader_new(fd, path);
}

bool rl_is_stream(const char *path)
{
	static const char head[] = RL_NAME_HEAD;
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : STDIN_FILENO;
	char begins[sizeof(head)];
	struct stat st;
	bool is = fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) &&
		  pread(fd, begins, sizeof(head), 0) == sizeof(head) &&
		  !memcmp(begins, head, sizeof(head));

	if (fd > STDIN_FILENO)
		close(fd);
	return is;
}

const json_t *rl_reader_head(const struct rl_reader *r)
{
	return r->head;
}

void rl_reader_on_truncation(struct rl_reader *r, void (*call)(void *context, const char *why),
			     void *context)
{
	r->on_truncation = call;
	r->context = context;
}

int64_t rl_reader_skipped(const struct rl_reader *r)
{
	return r->skipped;
}

void rl_reader_digest(const struct rl_reader *r, char hex[17])
{
	digest(r->several ? r->total : r->checksum, hex);
}

void rl_reader_drain(struct rl_reader *r)
{
	struct rl_sample s = {0};

	while (rl_reader_next(r, &s))
		;
	rl_sample_free(&s);
}

void rl_reader_close(struct rl_reader *r)
{
	if (r->fd != STDIN_FILENO)
		close(r->fd);
	json_decref(r->head);
	XXH3_freeState(r->checksum);
	XXH3_freeState(r->total);
	free(r->buffer);
	free(r->name);
	free(r);
}
