#include "report/html.h"

#include "base/err.h"
#include "base/file.h"
#include "base/utf8.h"
#include "image/jpeg.h"
#include "image/load.h"
#include "image/png.h"
#include "image/resize.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Pictures of one folder; sides in pixels; bytes of a file that is shown as it is, of all together,
 * and of a caption. */
enum {
	MOST_A_FOLDER = 24,
	MOST_WIDE = 1600,
	MOST_HIGH = 6400,
	WIDE = 600, /* from here on a picture has the page's whole width */
	MOST_BYTES = 1 << 20,
	MOST_IN_ALL = 48 << 20,
	MOST_CAPTION = 1 << 16,
	QUALITY = 85
};

static void write_base64(FILE *f, const uint8_t *data, size_t size)
{
	static const char digit[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < size; i += 3) {
		size_t n = size - i < 3 ? size - i : 3;
		uint32_t v = (uint32_t)data[i] << 16 | (n > 1 ? (uint32_t)data[i + 1] << 8 : 0) |
			     (n > 2 ? data[i + 2] : 0u);

		for (size_t k = 0; k < 4; k++)
			fputc(k <= n ? digit[v >> (18 - 6 * k) & 63] : '=', f);
	}
}

/* ---- a picture's words ------------------------------------------------------------------------
 */

/* "a-b/contact_sheet.png" is "a b: contact sheet". */
static char *words_of(const char *name)
{
	const char *dot = strrchr(name, '.');
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		rl_die("out of memory");
	for (const char *p = name; p < dot; p++) {
		if (*p == '/')
			fputs(": ", f);
		else
			fputc(*p == '-' || *p == '_' ? ' ' : *p, f);
	}
	fclose(f);
	return text;
}

/* PICTURE.txt beside PICTURE.png, or NULL. */
static char *caption_of(const char *path)
{
	char *beside = rl_asprintf("%.*s.txt", (int)(strrchr(path, '.') - path), path),
	     *text = NULL;
	struct stat st;
	size_t size;

	if (!stat(beside, &st)) {
		char *bytes = rl_file_read(beside, MOST_CAPTION, &size);
		while (size && strchr(" \n", bytes[size - 1]))
			bytes[--size] = '\0';
		text = rl_utf8_clean(bytes);
		free(bytes);
	}
	free(beside);
	return text;
}

/* ---- its pixels -------------------------------------------------------------------------------
 */

struct encoded {
	int height, width;
	const char *type;
	uint8_t *data;
	size_t size;
};

static struct encoded smaller(const struct rl_image *im)
{
	double scale = fmin(1, fmin(1. * MOST_WIDE / im->width, 1. * MOST_HIGH / im->height));
	int height = (int)fmax(1, im->height * scale), width = (int)fmax(1, im->width * scale);
	struct rl_resizer *r = rl_resizer_new();
	struct rl_image small = rl_resize(r, im, height, width);
	char *bytes;
	size_t size;
	FILE *f = open_memstream(&bytes, &size);

	if (!f)
		rl_die("out of memory");
	rl_jpeg_write(f, &small, QUALITY, RL_420);
	fclose(f);
	rl_image_free(&small);
	rl_resizer_free(r);
	return (struct encoded){height, width, "jpeg", (uint8_t *)bytes, size};
}

static struct encoded as_it_is(const struct rl_image *im, const uint8_t *bytes, size_t size)
{
	return (struct encoded){im->height, im->width, rl_is_png(bytes, size) ? "png" : "jpeg",
				memcpy(rl_malloc(size), bytes, size), size};
}

/* A large one is made smaller, as a JPEG.  No data: why says why. */
static struct encoded encode(const char *path, char why[RL_WHY])
{
	struct rl_load_wish wish = {.max_pixels = RL_MAX_PIXELS};
	struct rl_loader *loader = rl_loader_new(&wish);
	struct rl_image im;
	struct encoded e = {0};
	size_t size;
	const uint8_t *bytes = rl_loader_bytes(loader, path, &size, why);

	if (bytes && rl_load(loader, bytes, size, &im, why)) {
		bool fits = size <= MOST_BYTES && im.height <= MOST_HIGH && im.width <= MOST_WIDE;

		e = fits ? as_it_is(&im, bytes, size) : smaller(&im);
		rl_image_free(&im);
	}
	rl_loader_free(loader);
	return e;
}

static void write_picture(FILE *f, const struct rl_gathered_file *file, size_t *bytes)
{
	char why[RL_WHY] = "", *words = words_of(file->name), *caption = caption_of(file->path);
	struct encoded e = {0};

	if (*bytes >= MOST_IN_ALL)
		snprintf(why, sizeof(why), "the page is full");
	else
		e = encode(file->path, why);
	rl_html(f, "<figure class=\"%s\">\n", e.width > WIDE ? "wide" : "narrow");
	if (e.data) {
		rl_html(f,
			"<img width=\"%d\" height=\"%d\" alt=\"%s%s%s\" "
			"src=\"data:image/%s;base64,",
			e.width, e.height, words, caption ? ". " : "", caption ? caption : "",
			e.type);
		write_base64(f, e.data, e.size);
		rl_html(f, "\"/>\n");
	}
	rl_html(f, "<figcaption><strong>%s</strong>%s%s", words, caption ? ". " : "",
		caption ? caption : "");
	if (!e.data)
		rl_html(f, " (not shown: %s)", why);
	rl_html(f, "</figcaption>\n</figure>\n");
	*bytes += e.size;
	free(e.data);
	free(caption);
	free(words);
}

/* ---- all of them ------------------------------------------------------------------------------
 */

static size_t folder_length(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash ? (size_t)(slash - name) : 0;
}

static bool same_folder(const char *a, const char *b)
{
	size_t n = folder_length(a);

	return n == folder_length(b) && !strncmp(a, b, n);
}

void rl_html_pictures(FILE *f, const struct rl_gathered *g)
{
	size_t bytes = 0;

	for (size_t i = 0; i < g->npicture;) {
		const struct rl_gathered_file *file = g->pictures + i;
		size_t n = 1;

		while (i + n < g->npicture && same_folder(file->name, file[n].name))
			n++;
		char *folder = rl_asprintf("%.*s", (int)folder_length(file->name), file->name);
		if (*folder)
			rl_html(f, "<h3>%s</h3>\n", folder);
		rl_html(f, "<div class=\"grid\">\n");
		for (size_t k = 0; k < n && k < MOST_A_FOLDER; k++)
			write_picture(f, file + k, &bytes);
		rl_html(f, "</div>\n");
		if (n > MOST_A_FOLDER)
			rl_html(f, "<p class=\"note\">And %zu more.</p>\n", n - MOST_A_FOLDER);
		free(folder);
		i += n;
	}
}
