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
struct decoder {
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr error;
	struct jpeg_progress_mgr progress;
	jmp_buf escape;
	char *why;
	struct rl_image image;
	uint8_t *row; /* one line of CMYK */
};

bool rl_is_jpeg(const uint8_t *data, size_t size)
{
	return size >= 3 && data[0] == 0xff && data[1] == 0xd8 && data[2] == 0xff;
}

static _Noreturn void give_up(j_common_ptr c)
{
	struct decoder *d = c->client_data;
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
	struct decoder *d = c->client_data;

	if (d->jpeg.input_scan_number > RL_JPEG_MAX_SCANS) {
		snprintf(d->why, RL_WHY, "more than %d scans", RL_JPEG_MAX_SCANS);
		longjmp(d->escape, 1);
	}
}

static void read_rows(struct decoder *d)
{
	struct jpeg_decompress_struct *c = &d->jpeg;
	size_t width = c->output_width;
	bool cmyk = c->out_color_space == JCS_CMYK;

	if (cmyk)
		d->row = rl_malloc(width * 4);
	while (c->output_scanline < c->output_height) {
		uint8_t *rgb = d->image.data + c->output_scanline * width * 3;

		jpeg_read_scanlines(c, cmyk ? &d->row : &rgb, 1);
		if (cmyk)
			rl_inverted_cmyk_to_rgb(d->row, rgb, width);
	}
}

/* False, or a jump to d->escape, when the file is bad. */
static bool decode(struct decoder *d, const uint8_t *data, size_t size, int64_t max_pixels)
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
	d->image = rl_image_new((int)c->output_height, (int)c->output_width);
	read_rows(d);

	int orientation = 1;
	for (jpeg_saved_marker_ptr m = c->marker_list; m && orientation == 1; m = m->next)
		orientation = rl_exif_orientation(m->data, m->data_length);
	jpeg_finish_decompress(c);
	rl_orient(&d->image, orientation);
	return true;
}

/* The decoder lives in the caller: nothing that changes after setjmp is a local of this function.
 */
static bool decode_or_escape(struct decoder *d, const uint8_t *data, size_t size,
			     int64_t max_pixels)
{
	return !setjmp(d->escape) && decode(d, data, size, max_pixels);
}

bool rl_jpeg_decode(const uint8_t *data, size_t size, int64_t max_pixels, struct rl_image *out,
		    char why[RL_WHY])
{
	struct decoder d = {.why = why};

	d.jpeg.err = jpeg_std_error(&d.error);
	d.error.error_exit = give_up;
	d.error.emit_message = on_message;
	d.jpeg.client_data = &d;
	d.progress.progress_monitor = on_progress;
	bool good = decode_or_escape(&d, data, size, max_pixels);

	jpeg_destroy_decompress(&d.jpeg);
	free(d.row);
	if (good)
		*out = d.image;
	else
		rl_image_free(&d.image);
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
