/* Pixels against Pillow's (tests/golden/make-resize.py), and what the decoders accept and refuse.
 */
#include "base/err.h"
#include "image/colour.h"
#include "image/crop.h"
#include "image/image.h"
#include "image/jpeg.h"
#include "image/load.h"
#include "image/orient.h"
#include "image/png.h"
#include "picture.h"
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

static void test_colour(void)
{
	enum { N = 1024 };
	uint8_t data[4 * N], rgb[3 * N];
	double *luma = golden("resize/luma.npy", NULL), *cmyk = golden("resize/cmyk.npy", NULL);
	bool same = true;

	draw(data, 3 * N);
	memcpy(rgb, data, 3 * N);
	rl_grey(rgb, N);
	for (int i = 0; i < N; i++)
		for (int c = 0; c < 3; c++)
			same &= rgb[3 * i + c] == luma[i];
	ok(same, "grey is Pillow's L in all three channels");
	draw(data, 4 * N);
	rl_inverted_cmyk_to_rgb(data, rgb, N);
	ok(worst(rgb, cmyk, 3 * N) == 0, "CMYK to RGB as Pillow");
	free(luma);
	free(cmyk);
}

static void test_orient(void)
{
	double *upright = golden("resize/orient.npy", NULL);

	for (int value = 1; value <= 8; value++) {
		struct rl_image im = drawn(3, 5);

		rl_orient(&im, value);
		ok(im.height == (value < 5 ? 3 : 5) &&
			   !worst(im.data, upright + 45 * (value - 1), 45),
		   "orientation %d", value);
		rl_image_free(&im);
	}
	free(upright);

	uint8_t big[] = "Exif\0\0MM\0*\0\0\0\10\0\1\1\x12\0\3\0\0\0\1\0\6\0\0";
	uint8_t little[] = "Exif\0\0II*\0\10\0\0\0\1\0\x12\1\3\0\1\0\0\0\10\0\0\0";
	ok(rl_exif_orientation(big, sizeof(big) - 1) == 6, "EXIF, big endian");
	ok(rl_exif_orientation(little, sizeof(little) - 1) == 8, "EXIF, little endian");
	bool upright_when_cut = true;
	for (size_t n = 0; n < sizeof(big) - 3; n++) {
		uint8_t *copy = rl_malloc(n); /* exactly so long: a sanitizer sees any overrun */

		memcpy(copy, big, n);
		upright_when_cut &= rl_exif_orientation(copy, n) == 1;
		free(copy);
	}
	ok(upright_when_cut, "EXIF cut anywhere is upright");
	big[10] = big[11] = big[12] = 0xff;
	ok(rl_exif_orientation(big, sizeof(big) - 1) == 1,
	   "a directory outside the data is upright");
	little[24] = 9;
	ok(rl_exif_orientation(little, sizeof(little) - 1) == 1, "orientation 9 is upright");
	little[24] = 8;
	little[18] = 4;
	ok(rl_exif_orientation(little, sizeof(little) - 1) == 1, "a wrong type is upright");
}

/* Write with one of the encoders into memory, and decode from an exact copy. */
struct file {
	char *data;
	size_t size;
};

static FILE *memory(struct file *f)
{
	FILE *stream = open_memstream(&f->data, &f->size);

	if (!stream)
		rl_die("open_memstream:");
	return stream;
}

static bool decodes(const struct file *f, size_t size, int64_t max_pixels, struct rl_image *out,
		    char why[RL_WHY])
{
	struct rl_loader *l = rl_loader_new(&(struct rl_load_wish){.max_pixels = max_pixels});
	uint8_t *copy = rl_malloc(size);

	memcpy(copy, f->data, size);
	bool good = rl_load(l, copy, size, out, why);
	free(copy);
	rl_loader_free(l);
	return good;
}

/* No prefix of a good file may pass for a whole one, nor leave an image behind. */
static bool no_prefix_passes(const struct file *f)
{
	struct rl_image im = {0};
	char why[RL_WHY];

	for (size_t n = 0; n < f->size; n++)
		if (decodes(f, n, RL_MAX_PIXELS, &im, why) || im.data) {
			diag("%zu bytes of %zu pass", n, f->size);
			return false;
		}
	return true;
}

static struct rl_image smooth(int height, int width)
{
	struct rl_image im = rl_image_new(height, width);

	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++) {
			uint8_t *p = im.data + 3 * (y * width + x);

			p[0] = (uint8_t)(4 * x), p[1] = (uint8_t)(3 * y), p[2] = (uint8_t)(x + y);
		}
	return im;
}

static void test_jpeg(void)
{
	static const char *const names[] = {"4:4:4", "4:2:2", "4:2:0"};
	struct rl_image im = smooth(31, 45), back;
	char why[RL_WHY];

	for (int s = RL_444; s <= RL_420; s++) {
		struct file a = {0}, b = {0};
		FILE *f = memory(&a);
		int off = 0;

		rl_jpeg_write(f, &im, 95, (enum rl_subsampling)s);
		fclose(f);
		f = memory(&b);
		rl_jpeg_write(f, &im, 95, (enum rl_subsampling)s);
		fclose(f);
		ok(a.size == b.size && !memcmp(a.data, b.data, a.size), "%s: twice the same bytes",
		   names[s]);
		if (!ok(decodes(&a, a.size, 31 * 45, &back, why), "decodes"))
			continue;
		for (int i = 0; i < 31 * 45 * 3; i++)
			if (abs(back.data[i] - im.data[i]) > off)
				off = abs(back.data[i] - im.data[i]);
		ok(back.height == 31 && back.width == 45 && off < 16, "to about the same image");
		rl_image_free(&back);
		ok(no_prefix_passes(&a), "cut anywhere it is refused");
		ok(!decodes(&a, a.size, 31 * 45 - 1, &back, why) &&
			   strstr(why, "the limit is 1394"),
		   "one pixel over the limit: %s", why);
		free(a.data);
		free(b.data);
	}
	rl_image_free(&im);
}

/* Four inks as Adobe's programs write them, plain or as YCCK.  No encoder of ours makes these. */
static struct file write_inks(const uint8_t *cmyk, int height, int width, bool ycck)
{
	struct jpeg_compress_struct c;
	struct jpeg_error_mgr error;
	struct file f = {0};
	FILE *stream = memory(&f);

	c.err = jpeg_std_error(&error);
	jpeg_create_compress(&c);
	jpeg_stdio_dest(&c, stream);
	c.image_width = (JDIMENSION)width;
	c.image_height = (JDIMENSION)height;
	c.input_components = 4;
	c.in_color_space = JCS_CMYK;
	jpeg_set_defaults(&c);
	jpeg_set_colorspace(&c, ycck ? JCS_YCCK : JCS_CMYK);
	jpeg_set_quality(&c, 100, TRUE);
	jpeg_start_compress(&c, TRUE);
	for (int y = 0; y < height; y++) {
		uint8_t *row = (uint8_t *)cmyk + y * width * 4;

		jpeg_write_scanlines(&c, &row, 1);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	fclose(stream);
	return f;
}

static void test_inks(void)
{
	enum { H = 16, W = 24 };
	uint8_t cmyk[H * W * 4], want[H * W * 3];
	struct rl_image im;
	char why[RL_WHY];

	for (int i = 0; i < H * W; i++) {
		cmyk[4 * i] = (uint8_t)(10 * (i % W));
		cmyk[4 * i + 1] = (uint8_t)(15 * (i / W));
		cmyk[4 * i + 2] = (uint8_t)(100 + i % W + i / W);
		cmyk[4 * i + 3] = (uint8_t)(255 - 4 * (i / W));
	}
	rl_inverted_cmyk_to_rgb(cmyk, want, H * W);
	for (int ycck = 0; ycck < 2; ycck++) {
		struct file f = write_inks(cmyk, H, W, ycck);
		int off = 0;

		if (ok(decodes(&f, f.size, H * W, &im, why), "%s decodes",
		       ycck ? "YCCK" : "CMYK")) {
			for (int i = 0; i < H * W * 3; i++)
				off = abs(im.data[i] - want[i]) > off ? abs(im.data[i] - want[i])
								      : off;
			ok(off < 16, "to its colours, within %d", off);
			rl_image_free(&im);
		}
		free(f.data);
	}
}

static void test_png(void)
{
	struct rl_image im = drawn(7, 9), back;
	uint8_t index[63], palette[3 * 200];
	struct file a = {0}, b = {0};
	char why[RL_WHY];
	bool same = true;

	FILE *f = memory(&a);
	rl_png_write(f, &im);
	fclose(f);
	ok(decodes(&a, a.size, 63, &back, why) && back.height == 7 && back.width == 9 &&
		   !memcmp(back.data, im.data, 7 * 9 * 3),
	   "RGB PNG round trip");
	rl_image_free(&back);
	ok(no_prefix_passes(&a), "cut anywhere it is refused");
	ok(!decodes(&a, a.size, 62, &back, why) && strstr(why, "the limit is 62"), "%s", why);
	a.data[a.size / 2] ^= 1;
	ok(!decodes(&a, a.size, 63, &back, why) && strstr(why, "PNG: "), "one bit wrong: %s", why);

	draw(palette, sizeof(palette));
	for (int i = 0; i < 63; i++)
		index[i] = (uint8_t)(3 * i);
	f = memory(&b);
	rl_png_write_palette(f, index, 7, 9, palette, 200);
	fclose(f);
	if (ok(decodes(&b, b.size, 63, &back, why), "palette PNG decodes")) {
		for (int i = 0; i < 63; i++)
			same &= !memcmp(back.data + 3 * i, palette + 3 * index[i], 3);
		ok(same, "to its colours");
		rl_image_free(&back);
	}
	free(a.data);
	free(b.data);
	rl_image_free(&im);
}

static void test_crop(void)
{
	struct rl_image im = drawn(6, 8);
	uint8_t out[2 * 3 * 3];
	bool same = true;

	rl_crop(&im, 4, 5, 2, 3, out);
	for (int y = 0; y < 2; y++)
		same &= !memcmp(out + 9 * y, im.data + 3 * ((4 + y) * 8 + 5), 9);
	ok(same, "crop at the corner");
	rl_image_free(&im);
}

static void test_refusals(void)
{
	struct rl_loader *l = rl_loader_new(&(struct rl_load_wish){.max_pixels = 1});
	struct rl_image im;
	char why[RL_WHY];

	ok(!rl_load(l, (const uint8_t *)"GIF89a", 6, &im, why) &&
		   !strcmp(why, "neither JPEG nor PNG"),
	   "%s", why);
	ok(!rl_load(l, NULL, 0, &im, why) && !strcmp(why, "empty"), "%s", why);
	ok(!rl_load_file(l, "/", &im, why) && !strcmp(why, "not a regular file"), "%s", why);
	ok(!rl_load_file(l, "/nowhere", &im, why) && strstr(why, "No such file"), "%s", why);
	rl_loader_free(l);
}

int main(void)
{
	test_colour();
	test_orient();
	test_jpeg();
	test_inks();
	test_png();
	test_crop();
	test_refusals();
	return tap_done();
}
