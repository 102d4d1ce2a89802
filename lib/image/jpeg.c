#include "image/jpeg.h"

#include "base/err.h"
#include "image/colour.h"
#include "image/orient.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

/* Everything that must survive the jump out of libjpeg lives here and not in locals of the function
 * that calls setjmp, where the compiler may keep a stale copy. */
struct rl_jpeg {
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr error;
	struct jpeg_progress_mgr progress;
	jmp_buf escape;
	char *why;
	int orientation;
	uint8_t *inks; /* one line of CMYK */
};

bool rl_is_jpeg(const uint8_t *data, size_t size)
{
	return size >= 3 && data[0] == 0xff && data[1] == 0xd8 && data[2] == 0xff;
}

static _Noreturn void give_up(j_common_ptr c)
{
	struct rl_jpeg *d = c->client_data;
	char text[JMSG_LENGTH_MAX];

	c->err->format_message(c, text);
	if (c->err->msg_code == JERR_NO_BACKING_STORE)
		snprintf(text, sizeof(text), "its scans need more than %ld bytes",
			 RL_JPEG_MAX_MEMORY);
	snprintf(d->why, RL_WHY, "%s", text);
	longjmp(d->escape, 1);
}

/* Negative levels are warnings.  Those named here concern headers and leave the pixels as coded;
 * any other means that libjpeg made something up. */
static void on_message(j_common_ptr c, int level)
{
	if (level >= 0)
		return;
	switch (c->err->msg_code) {
	case JWRN_ADOBE_XFORM:
	case JWRN_BOGUS_ICC:
	case JWRN_JFIF_MAJOR:
	case JWRN_NOT_SEQUENTIAL: return;
	default: give_up(c);
	}
}

static void on_progress(j_common_ptr c)
{
	struct rl_jpeg *d = c->client_data;

	if (d->jpeg.input_scan_number > RL_JPEG_MAX_SCANS) {
		snprintf(d->why, RL_WHY, "more than %d scans", RL_JPEG_MAX_SCANS);
		longjmp(d->escape, 1);
	}
}

/* False, or a jump to d->escape, when the file is bad. */
static bool start(struct rl_jpeg *d, const uint8_t *data, size_t size, int64_t max_pixels)
{
	struct jpeg_decompress_struct *c = &d->jpeg;

	jpeg_create_decompress(c);
	c->mem->max_memory_to_use = RL_JPEG_MAX_MEMORY;
	c->progress = &d->progress;
	jpeg_mem_src(c, data, size);
	jpeg_save_markers(c, JPEG_APP0 + 1, 0xffff);
	jpeg_read_header(c, TRUE);
	if (!rl_image_fits(c->image_height, c->image_width, max_pixels, d->why))
		return false;

	c->out_color_space = c->num_components == 4 ? JCS_CMYK : JCS_RGB;
	c->dct_method = JDCT_ISLOW;
	jpeg_start_decompress(c);
	if (c->out_color_space == JCS_CMYK)
		d->inks = rl_malloc((size_t)c->output_width * 4);
	for (jpeg_saved_marker_ptr m = c->marker_list; m && d->orientation == 1; m = m->next)
		d->orientation = rl_exif_orientation(m->data, m->data_length);
	return true;
}

/* The decoder lives on the heap: nothing that changes after setjmp is a local of the functions that
 * call it. */
struct rl_jpeg *rl_jpeg_open(const uint8_t *data, size_t size, int64_t max_pixels, char why[RL_WHY])
{
	struct rl_jpeg *d = rl_calloc(1, sizeof(*d));

	d->why = why;
	d->orientation = 1;
	d->jpeg.err = jpeg_std_error(&d->error);
	d->error.error_exit = give_up;
	d->error.emit_message = on_message;
	d->jpeg.client_data = d;
	d->progress.progress_monitor = on_progress;
	if (!setjmp(d->escape) && start(d, data, size, max_pixels))
		return d;
	rl_jpeg_close(d);
	return NULL;
}

void rl_jpeg_close(struct rl_jpeg *d)
{
	jpeg_destroy_decompress(&d->jpeg);
	free(d->inks);
	free(d);
}

int rl_jpeg_height(const struct rl_jpeg *d)
{
	return (int)d->jpeg.output_height;
}

int rl_jpeg_width(const struct rl_jpeg *d)
{
	return (int)d->jpeg.output_width;
}

int rl_jpeg_orientation(const struct rl_jpeg *d)
{
	return d->orientation;
}

static void read_inks(struct rl_jpeg *d, uint8_t *rgb, int count)
{
	size_t width = d->jpeg.output_width;

	for (; count; count--, rgb += 3 * width) {
		jpeg_read_scanlines(&d->jpeg, &d->inks, 1);
		rl_inverted_cmyk_to_rgb(d->inks, rgb, width);
	}
}

/* libjpeg gives as many rows as it has at hand. */
static void read_rgb(struct rl_jpeg *d, uint8_t *rgb, int count)
{
	uint8_t *row[RL_JPEG_ROWS];
	JDIMENSION done = 0, wanted = (JDIMENSION)count;

	for (int i = 0; i < count; i++)
		row[i] = rgb + (size_t)i * 3 * d->jpeg.output_width;
	while (done < wanted)
		done += jpeg_read_scanlines(&d->jpeg, row + done, wanted - done);
}

bool rl_jpeg_read(struct rl_jpeg *d, uint8_t *rgb, int count)
{
	if (setjmp(d->escape))
		return false;
	if (d->inks)
		read_inks(d, rgb, count);
	else
		read_rgb(d, rgb, count);
	return true;
}

bool rl_jpeg_finish(struct rl_jpeg *d)
{
	if (setjmp(d->escape))
		return false;
	jpeg_finish_decompress(&d->jpeg);
	return true;
}

bool rl_jpeg_image(struct rl_jpeg *d, struct rl_image *out)
{
	struct rl_image im = rl_image_new(rl_jpeg_height(d), rl_jpeg_width(d));
	bool good = true;

	for (int y = 0; y < im.height && good; y += RL_JPEG_ROWS) {
		int left = im.height - y;

		good = rl_jpeg_read(d, im.data + (size_t)y * 3 * (size_t)im.width,
				    left < RL_JPEG_ROWS ? left : RL_JPEG_ROWS);
	}
	good = good && rl_jpeg_finish(d);
	if (good) {
		rl_orient(&im, d->orientation);
		*out = im;
	} else {
		rl_image_free(&im);
	}
	return good;
}

static _Noreturn void on_encode_error(j_common_ptr c)
{
	char text[JMSG_LENGTH_MAX];

	c->err->format_message(c, text);
	rl_die("cannot write JPEG: %s", text);
}

void rl_jpeg_write(FILE *f, const struct rl_image *im, int quality, enum rl_subsampling s)
{
	struct jpeg_compress_struct c;
	struct jpeg_error_mgr error;

	c.err = jpeg_std_error(&error);
	error.error_exit = on_encode_error;
	jpeg_create_compress(&c);
	jpeg_stdio_dest(&c, f);
	c.image_width = (JDIMENSION)im->width;
	c.image_height = (JDIMENSION)im->height;
	c.input_components = 3;
	c.in_color_space = JCS_RGB;
	jpeg_set_defaults(&c);
	jpeg_set_quality(&c, quality, TRUE);
	c.dct_method = JDCT_ISLOW;
	c.comp_info[0].h_samp_factor = s == RL_444 ? 1 : 2;
	c.comp_info[0].v_samp_factor = s == RL_420 ? 2 : 1;
	jpeg_start_compress(&c, TRUE);
	while (c.next_scanline < c.image_height) {
		uint8_t *row = im->data + (size_t)c.next_scanline * (size_t)im->width * 3;

		jpeg_write_scanlines(&c, &row, 1);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
}
