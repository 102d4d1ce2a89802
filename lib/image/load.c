#include "image/load.h"

#include "base/err.h"
#include "image/jpeg.h"
#include "image/png.h"
#include "image/resize.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STEPS = 2 };

/* Memory that grows and is kept.  It is aligned because the kernel copies a file to the address
 * that malloc() gives large blocks, 16 bytes into a page, at an eighth of the speed on some
 * processors. */
struct buffer {
	uint8_t *data;
	size_t room;
};

static uint8_t *make_room(struct buffer *b, size_t size)
{
	if (size > b->room) {
		free(b->data);
		b->data = rl_aligned(size);
		b->room = size;
	}
	return b->data;
}

struct rl_loader {
	struct rl_load_wish wish;
	struct rl_resizer *resizer[STEPS];
	struct buffer rows; /* of a JPEG, RL_JPEG_ROWS at a time */
	struct buffer file;
	int height, width; /* of the last image, upright */
};

/* The sizes on the way, one for each resize. */
struct steps {
	int count;
	struct {
		int64_t height, width;
	} to[STEPS];
};

struct rl_loader *rl_loader_new(const struct rl_load_wish *wish)
{
	struct rl_loader *l = rl_calloc(1, sizeof(*l));

	l->wish = *wish;
	for (int i = 0; i < STEPS; i++)
		l->resizer[i] = rl_resizer_new();
	return l;
}

void rl_loader_free(struct rl_loader *l)
{
	for (int i = 0; i < STEPS; i++)
		rl_resizer_free(l->resizer[i]);
	free(l->rows.data);
	free(l->file.data);
	free(l);
}

static void step(struct steps *s, int64_t *height, int64_t *width, int64_t to_height,
		 int64_t to_width)
{
	if (*height == to_height && *width == to_width)
		return;
	*height = s->to[s->count].height = to_height;
	*width = s->to[s->count].width = to_width;
	s->count++;
}

static bool plan(struct rl_loader *l, int64_t height, int64_t width, struct steps *s,
		 char why[RL_WHY])
{
	const struct rl_load_wish *w = &l->wish;
	int64_t h, v;

	l->height = (int)height, l->width = (int)width;
	*s = (struct steps){0};
	if (w->short_side) {
		rl_short_side(height, width, (int)w->short_side, &h, &v);
		step(s, &height, &width, h, v);
	}
	if (w->height)
		step(s, &height, &width, w->height, w->width);
	for (int i = 0; i < s->count; i++)
		if (!rl_image_fits(s->to[i].height, s->to[i].width, w->max_pixels, why))
			return false;
	return true;
}

/* The first resize, while decoding. */
static bool stream(struct rl_loader *l, struct rl_jpeg *jpeg, const struct steps *s,
		   struct rl_image *out)
{
	int height = rl_jpeg_height(jpeg), width = rl_jpeg_width(jpeg);
	uint8_t *rows = make_room(&l->rows, (size_t)RL_JPEG_ROWS * 3 * (size_t)width);
	struct rl_image im = rl_image_new((int)s->to[0].height, (int)s->to[0].width);
	bool good = true;

	rl_resizer_begin(l->resizer[0], height, width, im.height, im.width, im.data);
	for (int y = 0; y < height && good; y += RL_JPEG_ROWS) {
		int count = height - y < RL_JPEG_ROWS ? height - y : RL_JPEG_ROWS;

		good = rl_jpeg_read(jpeg, rows, count);
		if (good)
			rl_resizer_rows(l->resizer[0], rows, count);
	}
	good = good && rl_jpeg_finish(jpeg);
	if (good)
		*out = im;
	else
		rl_image_free(&im);
	return good;
}

static void resize(struct rl_loader *l, const struct steps *s, int done, struct rl_image *im)
{
	for (int i = done; i < s->count; i++) {
		struct rl_image to =
			rl_resize(l->resizer[i], im, (int)s->to[i].height, (int)s->to[i].width);

		rl_image_free(im);
		*im = to;
	}
}

static bool load_jpeg(struct rl_loader *l, struct rl_jpeg *jpeg, struct rl_image *out,
		      char why[RL_WHY])
{
	int orientation = rl_jpeg_orientation(jpeg);
	int height = rl_jpeg_height(jpeg), width = rl_jpeg_width(jpeg);
	bool turned = orientation >= 5, streamed;
	struct steps s;

	if (!plan(l, turned ? width : height, turned ? height : width, &s, why))
		return false;
	streamed = s.count && orientation == 1;
	if (streamed ? !stream(l, jpeg, &s, out) : !rl_jpeg_image(jpeg, out))
		return false;
	resize(l, &s, streamed, out);
	return true;
}

static bool load_png(struct rl_loader *l, const uint8_t *data, size_t size, struct rl_image *out,
		     char why[RL_WHY])
{
	struct rl_image im;
	struct steps s;

	if (!rl_png_decode(data, size, l->wish.max_pixels, &im, why))
		return false;
	if (!plan(l, im.height, im.width, &s, why)) {
		rl_image_free(&im);
		return false;
	}
	resize(l, &s, 0, &im);
	*out = im;
	return true;
}

bool rl_load(struct rl_loader *l, const uint8_t *data, size_t size, struct rl_image *out,
	     char why[RL_WHY])
{
	bool good = false;

	if (size == 0) {
		snprintf(why, RL_WHY, "empty");
	} else if (rl_is_jpeg(data, size)) {
		struct rl_jpeg *jpeg = rl_jpeg_open(data, size, l->wish.max_pixels, why);

		good = jpeg && load_jpeg(l, jpeg, out, why);
		if (jpeg)
			rl_jpeg_close(jpeg);
	} else if (rl_is_png(data, size)) {
		good = load_png(l, data, size, out, why);
	} else {
		snprintf(why, RL_WHY, "neither JPEG nor PNG");
	}
	return good;
}

void rl_loader_size(const struct rl_loader *l, int *height, int *width)
{
	*height = l->height, *width = l->width;
}

static bool read_all(int fd, uint8_t *to, size_t size, char why[RL_WHY])
{
	for (size_t n = 0; n < size;) {
		ssize_t got = read(fd, to + n, size - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			snprintf(why, RL_WHY, "read: %s", got ? strerror(errno) : "file shrank");
			return false;
		}
		n += (size_t)got;
	}
	return true;
}

/* O_NONBLOCK, so that opening a FIFO that a list happens to name does not hang. */
const uint8_t *rl_loader_bytes(struct rl_loader *l, const char *path, size_t *size,
			       char why[RL_WHY])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	bool good = false;

	if (fd < 0 || fstat(fd, &st))
		snprintf(why, RL_WHY, "open: %s", strerror(errno));
	else if (!S_ISREG(st.st_mode))
		snprintf(why, RL_WHY, "not a regular file");
	else if (!st.st_size)
		snprintf(why, RL_WHY, "empty");
	else if ((uint64_t)st.st_size > RL_MAX_IMAGE_FILE)
		snprintf(why, RL_WHY, "file of %lld bytes, the limit is %zu", (long long)st.st_size,
			 RL_MAX_IMAGE_FILE);
	else
		good = read_all(fd, make_room(&l->file, (size_t)st.st_size),
				*size = (size_t)st.st_size, why);
	if (fd >= 0)
		close(fd);
	return good ? l->file.data : NULL;
}

bool rl_load_file(struct rl_loader *l, const char *path, struct rl_image *out, char why[RL_WHY])
{
	size_t size;
	const uint8_t *bytes = rl_loader_bytes(l, path, &size, why);

	return bytes && rl_load(l, bytes, size, out, why);
}
