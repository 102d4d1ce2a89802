#include "image/png.h"

#include "base/err.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

enum { MAX_CHUNK = 1 << 24 }; /* bytes of one ancillary chunk, unpacked */

/* As in jpeg.c: what must survive the jump out of libpng. */
struct decoder {
	png_struct *png;
	png_info *info;
	const uint8_t *next;
	size_t left;
	char *why;
	struct rl_image image; /* or */
	uint16_t *values;
};

bool rl_is_png(const uint8_t *data, size_t size)
{
	return size >= 8 && !png_sig_cmp(data, 0, 8);
}

static _Noreturn void on_error(png_struct *png, const char *text)
{
	struct decoder *d = png_get_error_ptr(png);

	snprintf(d->why, RL_WHY, "PNG: %s", text);
	png_longjmp(png, 1);
}

static void on_warning(png_struct *png, const char *text)
{
	(void)png, (void)text; /* about ancillary chunks: the pixels are whole */
}

static void on_read(png_struct *png, uint8_t *out, size_t size)
{
	struct decoder *d = png_get_io_ptr(png);

	if (size > d->left)
		png_error(png, "premature end of file");
	memcpy(out, d->next, size);
	d->next += size;
	d->left -= size;
}

static void read_rows(struct decoder *d, uint8_t *to, int height, size_t pitch)
{
	int passes = png_set_interlace_handling(d->png);

	png_read_update_info(d->png, d->info);
	if (png_get_rowbytes(d->png, d->info) != pitch)
		png_error(d->png, "unexpected row size");
	/* The passes of an interlaced file fill in between what is there. */
	memset(to, 0, pitch * (size_t)height);
	while (passes--)
		for (int y = 0; y < height; y++)
			png_read_row(d->png, to + (size_t)y * pitch, NULL);
	png_read_end(d->png, NULL);
}

static void begin(struct decoder *d)
{
	png_set_user_limits(d->png, INT32_MAX, INT32_MAX);
	png_set_chunk_malloc_max(d->png, MAX_CHUNK);
	png_set_read_fn(d->png, d, on_read);
	png_read_info(d->png, d->info);
}

static bool decode(struct decoder *d, int64_t max_pixels)
{
	begin(d);
	uint32_t width = png_get_image_width(d->png, d->info);
	uint32_t height = png_get_image_height(d->png, d->info);
	if (!rl_image_fits(height, width, max_pixels, d->why))
		return false;
	if (png_get_bit_depth(d->png, d->info) > 8) {
		snprintf(d->why, RL_WHY, "PNG of 16 bits a channel");
		return false;
	}
	png_set_expand(d->png);
	png_set_gray_to_rgb(d->png);
	png_set_strip_alpha(d->png);
	d->image = rl_image_new((int)height, (int)width);
	read_rows(d, d->image.data, d->image.height, (size_t)width * 3);
	return true;
}

/* Eight bits lie in the first half of the memory: spread from the end, none is lost. */
static void widen(uint16_t *values, size_t n)
{
	const uint8_t *bytes = (const uint8_t *)values;

	while (n-- > 0)
		values[n] = bytes[n];
}

static bool decode_values(struct decoder *d, int height, int width)
{
	begin(d);
	uint32_t has_width = png_get_image_width(d->png, d->info);
	uint32_t has_height = png_get_image_height(d->png, d->info);
	int colour = png_get_color_type(d->png, d->info);
	bool wide = png_get_bit_depth(d->png, d->info) == 16;

	if (has_width != (uint32_t)width || has_height != (uint32_t)height) {
		snprintf(d->why, RL_WHY, "%u x %u pixels, but its image has %d x %d", has_width,
			 has_height, width, height);
		return false;
	}
	if (colour != PNG_COLOR_TYPE_PALETTE && colour != PNG_COLOR_TYPE_GRAY) {
		snprintf(d->why, RL_WHY, "PNG of colours: classes are indices or grey levels");
		return false;
	}
	png_set_packing(d->png);
	if (wide && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
		png_set_swap(d->png);
	read_rows(d, (uint8_t *)d->values, height, (size_t)width << wide);
	if (!wide)
		widen(d->values, (size_t)height * (size_t)width);
	return true;
}

/* The decoder lives in the caller: nothing that changes after setjmp is a local of these functions.
 */
static bool decode_or_escape(struct decoder *d, int64_t max_pixels)
{
	return !setjmp(png_jmpbuf(d->png)) && decode(d, max_pixels);
}

static bool values_or_escape(struct decoder *d, int height, int width)
{
	return !setjmp(png_jmpbuf(d->png)) && decode_values(d, height, width);
}

static void create(struct decoder *d)
{
	d->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, d, on_error, on_warning);
	d->info = d->png ? png_create_info_struct(d->png) : NULL;
	if (!d->info)
		rl_die("out of memory: libpng");
}

bool rl_png_decode(const uint8_t *data, size_t size, int64_t max_pixels, struct rl_image *out,
		   char why[RL_WHY])
{
	struct decoder d = {.next = data, .left = size, .why = why};

	create(&d);
	bool good = decode_or_escape(&d, max_pixels);

	png_destroy_read_struct(&d.png, &d.info, NULL);
	if (good)
		*out = d.image;
	else
		rl_image_free(&d.image);
	return good;
}

bool rl_png_values(const uint8_t *data, size_t size, int height, int width, uint16_t *values,
		   char why[RL_WHY])
{
	struct decoder d = {.next = data, .left = size, .why = why, .values = values};

	create(&d);
	bool good = values_or_escape(&d, height, width);

	png_destroy_read_struct(&d.png, &d.info, NULL);
	return good;
}

static uint32_t big_endian(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

bool rl_png_size(const uint8_t *data, size_t size, int *height, int *width, char why[RL_WHY])
{
	enum { IHDR = 12, WIDTH = 16, HEIGHT = 20, END = 24 };

	if (size < END || memcmp(data + IHDR, "IHDR", 4)) {
		snprintf(why, RL_WHY, "PNG without a head");
		return false;
	}
	if (!rl_image_fits(big_endian(data + HEIGHT), big_endian(data + WIDTH), RL_MAX_PIXELS, why))
		return false;
	*height = (int)big_endian(data + HEIGHT);
	*width = (int)big_endian(data + WIDTH);
	return true;
}

static _Noreturn void on_write_error(png_struct *png, const char *text)
{
	(void)png;
	rl_die("cannot write PNG: %s", text);
}

static void write_png(FILE *f, const uint8_t *data, int height, int width, int colour_type,
		      const uint8_t *palette, int ncolours)
{
	png_struct *png =
		png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, on_write_error, on_warning);
	png_info *info = png ? png_create_info_struct(png) : NULL;
	size_t pitch = (size_t)width * (colour_type == PNG_COLOR_TYPE_RGB ? 3 : 1);
	png_color colours[256];

	if (!info)
		rl_die("out of memory: libpng");
	png_init_io(png, f);
	png_set_IHDR(png, info, (uint32_t)width, (uint32_t)height, 8, colour_type,
		     PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	if (ncolours) {
		for (int i = 0; i < ncolours; i++, palette += 3)
			colours[i] = (png_color){palette[0], palette[1], palette[2]};
		png_set_PLTE(png, info, colours, ncolours);
	}
	png_write_info(png, info);
	for (int y = 0; y < height; y++)
		png_write_row(png, data + (size_t)y * pitch);
	png_write_end(png, NULL);
	png_destroy_write_struct(&png, &info);
}

void rl_png_write(FILE *f, const struct rl_image *im)
{
	write_png(f, im->data, im->height, im->width, PNG_COLOR_TYPE_RGB, NULL, 0);
}

void rl_png_write_palette(FILE *f, const uint8_t *index, int height, int width,
			  const uint8_t *palette, int ncolours)
{
	write_png(f, index, height, width, PNG_COLOR_TYPE_PALETTE, palette, ncolours);
}
