#include "stream/stream.h"

#include "base/err.h"
#include "stream/checksum.h"
#include "stream/head.h"
#include "stream/name.h"
#include "stream/npy.h"
#include "stream/tar.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { MEMBER_HEADER = RL_TAR_HEADER + RL_NPY_WRITTEN };

struct rl_writer {
	int fd;
	char *name;
	json_t *head;
	struct rl_schema schema;
	int64_t samples;
	XXH3_state_t *checksum;
	uint8_t *headers; /* MEMBER_HEADER bytes for each field of a sample */
};

static const uint8_t zeros[2 * RL_TAR_BLOCK];

/* Write all of it.  A reader that went away ends a producer quietly, as SIGPIPE does, even where
 * that signal was inherited ignored. */
static void write_all(struct rl_writer *w, struct iovec *v, int n)
{
	while (n > 0) {
		ssize_t done = writev(w->fd, v, n);

		if (done < 0) {
			if (errno == EINTR)
				continue;
			if (errno == EPIPE) {
				signal(SIGPIPE, SIG_DFL);
				raise(SIGPIPE);
			}
			rl_die("%s: write:", w->name);
		}
		for (; n > 0 && (size_t)done >= v->iov_len; v++, n--)
			done -= (ssize_t)v->iov_len;
		if (n > 0) {
			v->iov_base = (uint8_t *)v->iov_base + done;
			v->iov_len -= (size_t)done;
		}
	}
}

static void write_json(struct rl_writer *w, const char *name, const json_t *o)
{
	uint8_t header[RL_TAR_HEADER];
	char *text = rl_json_text(o);
	size_t size = strlen(text);

	if (size > RL_LIMIT_HEAD)
		rl_die("%s: %s: larger than %zu bytes", w->name, name, RL_LIMIT_HEAD);
	write_all(w,
		  (struct iovec[]){{header, rl_tar_write(header, name, size)},
				   {text, size},
				   {(void *)zeros, rl_tar_padding(size)}},
		  3);
	free(text);
}

struct rl_writer *rl_writer_new(int fd, const char *name, json_t *head)
{
	struct rl_writer *w = rl_malloc(sizeof(*w));

	if (isatty(fd))
		rl_die("%s: is a terminal, and a tensor stream is binary: give it a pipe or a file",
		       name);
	/* One write, one wake-up of the reader; where the fd is no pipe or the limit is lower, the
	 * stream is slower, not wrong. */
	fcntl(fd, F_SETPIPE_SZ, 1 << 20);
	*w = (struct rl_writer){
		.fd = fd, .name = rl_strdup(name), .head = head, .checksum = XXH3_createState()};
	if (!w->checksum)
		rl_die("out of memory");
	XXH3_64bits_reset(w->checksum);
	w->schema = rl_schema_of(head, name);
	w->headers = rl_malloc((size_t)w->schema.nfield * MEMBER_HEADER);
	write_json(w, RL_NAME_HEAD, head);
	return w;
}

static void check_field(struct rl_writer *w, const struct rl_sample *s, int i)
{
	const struct rl_declared *d = &w->schema.field[i];
	const struct rl_tensor *t = &s->field[i].tensor;

	if (strcmp(s->field[i].name, d->name))
		rl_die("%s: sample %.200s: field %s where the head declares %s", w->name, s->key,
		       s->field[i].name, d->name);
	if (!rl_declared_fits(d, t))
		rl_die("%s: sample %.200s: field %s is not what the head declares", w->name, s->key,
		       d->name);
	if (rl_tensor_bytes(t) > RL_LIMIT_MEMBER)
		rl_die("%s: sample %.200s: field %s is larger than 4 GiB", w->name, s->key,
		       d->name);
}

void rl_writer_put(struct rl_writer *w, const struct rl_sample *s)
{
	struct iovec v[3 * RL_MAXFIELD];
	char name[RL_TAR_NAME];
	const char *problem = rl_key_problem(s->key);
	int n = 0;

	if (problem)
		rl_die("%s: sample %.200s: %s", w->name, s->key, problem);
	if (s->nfield != w->schema.nfield)
		rl_die("%s: sample %.200s: %d fields, the head declares %d", w->name, s->key,
		       s->nfield, w->schema.nfield);
	for (int i = 0; i < s->nfield; i++) {
		const struct rl_tensor *t = &s->field[i].tensor;
		uint8_t *out = w->headers + (size_t)i * MEMBER_HEADER;
		uint8_t npy[RL_NPY_WRITTEN];
		size_t nnpy = 0, ntar;

		check_field(w, s, i);
		size_t bytes = rl_tensor_bytes(t);
		if (t->type != RL_JSON)
			nnpy = rl_npy_write(npy, t->type, t->ndim, t->dim);
		snprintf(name, sizeof(name), "%s.%s.%s", s->key, s->field[i].name,
			 t->type == RL_JSON ? "json" : "npy");
		ntar = rl_tar_write(out, name, nnpy + bytes);
		memcpy(out + ntar, npy, nnpy);
		v[n++] = (struct iovec){out, ntar + nnpy};
		v[n++] = (struct iovec){t->data, bytes};
		v[n++] = (struct iovec){(void *)zeros, rl_tar_padding(nnpy + bytes)};
		XXH3_64bits_update(w->checksum, t->data, bytes);
	}
	write_all(w, v, n);
	w->samples++;
}

void rl_writer_close(struct rl_writer *w, int64_t skipped)
{
	char hex[17];

	snprintf(hex, sizeof(hex), "%016llx", (unsigned long long)XXH3_64bits_digest(w->checksum));
	json_t *tail = json_pack("{s:I, s:I, s:s}", "samples", (json_int_t)w->samples, "skipped",
				 (json_int_t)skipped, "xxh3_64", hex);
	write_json(w, RL_NAME_TAIL, tail);
	write_all(w, &(struct iovec){(void *)zeros, sizeof(zeros)}, 1);
	/* Some file systems report a full disk only when a descriptor is closed; fd itself is the
	 * caller's. */
	int copy = dup(w->fd);
	if (copy < 0 || close(copy))
		rl_die("%s: close:", w->name);
	json_decref(tail);
	json_decref(w->head);
	XXH3_freeState(w->checksum);
	free(w->headers);
	free(w->name);
	free(w);
}
