#include "stream/webdataset.h"

#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "base/opt.h"
#include "stream/tensor.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_IMAGE ((size_t)1 << 28) /* bytes of an image's file */
#define MAX_LABEL ((size_t)1 << 20) /* bytes of a .cls or .json */

enum { BLOCK = 512 };

struct rl_webdataset {
	struct rl_input *in;
	struct archive *archive;
	struct archive_entry
		*entry; /* a member not yet read, or NULL before the first and at the end */
	bool ended;
	const char *name; /* its name */
	size_t stem;      /* bytes of the name before the extension's dot */
};

bool rl_is_archive(const uint8_t *data, size_t size)
{
	static const struct {
		const char *magic;
		size_t size;
	} packed[] = {{"\x1f\x8b", 2}, {"\x28\xb5\x2f\xfd", 4}, {"\xfd\x37zXZ", 5}, {"BZh", 3}};

	for (size_t i = 0; i < RL_LEN(packed); i++)
		if (size >= packed[i].size && !memcmp(data, packed[i].magic, packed[i].size))
			return true;
	return size >= BLOCK && !memcmp(data + 257, "ustar", 5);
}

static ssize_t feed(struct archive *a, void *context, const void **data)
{
	struct rl_input *in = context;

	(void)a;
	if (in->begin == in->end)
		rl_input_fill(in);
	*data = in->buffer + in->begin;
	size_t n = in->end - in->begin;
	in->begin = in->end;
	return (ssize_t)n;
}

struct rl_webdataset *rl_webdataset_new(struct rl_input *in)
{
	struct rl_webdataset *w = rl_calloc(1, sizeof(*w));

	w->in = in;
	w->archive = archive_read_new();
	if (!w->archive)
		rl_die("out of memory: libarchive");
	archive_read_support_format_tar(w->archive);
	archive_read_support_filter_gzip(w->archive);
	archive_read_support_filter_bzip2(w->archive);
	archive_read_support_filter_xz(w->archive);
	archive_read_support_filter_zstd(w->archive);
	if (archive_read_open(w->archive, in, NULL, feed, NULL) != ARCHIVE_OK)
		rl_die("%s: %s", in->name, archive_error_string(w->archive));
	return w;
}

/* A tar ends in two blocks of zeros.  libarchive is content without them, but then the archive may
 * have been cut between two members; it counts what it consumed, so we can tell. */
static void check_end(struct rl_webdataset *w)
{
	int64_t marker =
		archive_filter_bytes(w->archive, 0) - archive_read_header_position(w->archive);

	if (marker < 2 * BLOCK)
		rl_die("%s: truncated: the tar has no end marker", w->in->name);
}

/* pax names are UTF-8 whatever the locale; older ones are bytes. */
static const char *member_name(struct archive_entry *e)
{
	const char *name = archive_entry_pathname_utf8(e);

	return name ? name : archive_entry_pathname(e);
}

/* Go to the next member that has an extension; w->entry is NULL at the end. */
static void advance(struct rl_webdataset *w)
{
	int status;

	while ((status = archive_read_next_header(w->archive, &w->entry)) == ARCHIVE_OK ||
	       status == ARCHIVE_WARN) {
		if (!(w->name = member_name(w->entry)))
			rl_die("%s: a member without a readable name", w->in->name);
		const char *base = rl_last_component(w->name);
		const char *dot = strchr(base, '.');
		if (!dot || dot == base || archive_entry_filetype(w->entry) == AE_IFDIR)
			continue;
		w->stem = (size_t)(dot - w->name);
		return;
	}
	if (status != ARCHIVE_EOF)
		rl_die("%s: %s", w->in->name, archive_error_string(w->archive));
	check_end(w);
	w->entry = NULL;
	w->ended = true;
}

static char *read_member(struct rl_webdataset *w, const char *where, size_t limit, size_t *size)
{
	int64_t stated = archive_entry_size(w->entry);

	if (archive_entry_filetype(w->entry) != AE_IFREG || archive_entry_hardlink(w->entry))
		rl_die("%s: not a regular file", where);
	if (stated < 0 || (uint64_t)stated > limit)
		rl_die("%s: %lld bytes, the limit is %zu", where, (long long)stated, limit);
	char *data = rl_malloc((size_t)stated + 1);
	la_ssize_t got = archive_read_data(w->archive, data, (size_t)stated);
	if (got != stated)
		rl_die("%s: %s", where,
		       got < 0 ? archive_error_string(w->archive) : "member cut short");
	data[stated] = '\0';
	*size = (size_t)stated;
	return data;
}

static void set_label(struct rl_record *r, int64_t label, const char *where)
{
	if (r->has_label && r->label != label)
		rl_die("%s: label %lld, but another member of the sample says %d", where,
		       (long long)label, (int)r->label);
	r->has_label = true;
	r->label = (int32_t)label;
}

static void read_cls(struct rl_record *r, char *text, size_t size, const char *where)
{
	char *end;

	errno = 0;
	long label = strtol(text, &end, 10);
	if (end == text || end + strspn(end, " \r\n") != text + size || errno ||
	    label < INT32_MIN || label > INT32_MAX)
		rl_die("%s: not a class number", where);
	set_label(r, label, where);
}

static void read_json(struct rl_record *r, const char *text, size_t size, const char *where)
{
	json_t *o = rl_json_parse(text, size, where);

	if (json_object_get(o, "label"))
		set_label(r, rl_json_int(o, "label", INT32_MIN, INT32_MAX, where), where);
	json_decref(o);
}

/* Take the present member into the record, if it is of a kind that we know. */
static void take_member(struct rl_webdataset *w, struct rl_record *r)
{
	const char *kind = w->name + w->stem + 1;
	bool image =
		!strcasecmp(kind, "jpg") || !strcasecmp(kind, "jpeg") || !strcasecmp(kind, "png");
	bool cls = !strcasecmp(kind, "cls");
	size_t size;

	if (!image && !cls && strcasecmp(kind, "json"))
		return;
	char *where = rl_asprintf("%s: %s", w->in->name, w->name);
	char *data = read_member(w, where, image ? MAX_IMAGE : MAX_LABEL, &size);
	if (image) {
		if (r->bytes)
			rl_die("%s: a second image of one sample", where);
		r->bytes = (uint8_t *)data;
		r->size = size;
		r->path = where;
		return;
	}
	if (cls)
		read_cls(r, data, size, where);
	else
		read_json(r, data, size, where);
	free(data);
	free(where);
}

bool rl_webdataset_next(struct rl_webdataset *w, struct rl_record *r)
{
	*r = (struct rl_record){0};
	if (!w->entry && !w->ended)
		advance(w);
	if (w->ended)
		return false;

	char *stem = strndup(w->name, w->stem);
	if (!stem)
		rl_die("out of memory");
	do {
		take_member(w, r);
		advance(w);
	} while (!w->ended && w->stem == strlen(stem) && !strncmp(w->name, stem, w->stem));
	if (!r->bytes)
		rl_die("%s: %s: no .jpg, .jpeg or .png among its members", w->in->name, stem);
	r->key = rl_key_from_path(stem);
	free(stem);
	return true;
}

void rl_webdataset_free(struct rl_webdataset *w)
{
	archive_read_free(w->archive);
	free(w);
}
