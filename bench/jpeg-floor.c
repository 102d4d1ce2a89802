/*
 * jpeg-floor [FILE ...] [< PATHS]: how fast one core decodes these JPEG files with libjpeg-turbo
 * alone.
 *
 * The bar that rl-decode is measured against, and as low as it can be laid: the files lie in memory
 * before the clock starts, one decompressor and one buffer for the pixels serve all of them, and
 * nothing looks at the pixels.  The settings are the library's own (RGB, exact integer DCT, fancy
 * upsampling), because the pixels of rl-decode are those.  A file that is not a JPEG or is damaged
 * ends the program: a floor of other work would be no floor.
 *
 * Without operands the paths come on standard input, one a line.  Prints one JSON object.
 */
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "base/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jpeglib.h>

enum { LIMIT = 1 << 28 };

struct file {
	char *path;
	uint8_t *data;
	size_t size;
};

struct files {
	struct file *file;
	size_t count, capacity;
};

struct floor {
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr error;
	const char *path; /* of the file at hand, for messages */
	uint8_t *pixels;
	JSAMPROW *row;
	size_t room, rows; /* bytes of pixels, entries of row */
	double megapixels;
};

static void add(struct files *f, const char *path)
{
	struct file one = {.path = rl_strdup(path)};

	if (f->count == f->capacity) {
		f->capacity = f->capacity ? 2 * f->capacity : 64;
		f->file = rl_realloc(f->file, f->capacity, sizeof(*f->file));
	}
	one.data = (uint8_t *)rl_file_read(path, LIMIT, &one.size);
	f->file[f->count++] = one;
}

static void add_list(struct files *f, FILE *list)
{
	char *line = NULL;
	size_t room = 0;

	for (ssize_t n; (n = getline(&line, &room, list)) > 0;) {
		line[strcspn(line, "\n")] = '\0';
		add(f, line);
	}
	free(line);
}

static _Noreturn void on_error(j_common_ptr c)
{
	const struct floor *f = c->client_data;
	char text[JMSG_LENGTH_MAX];

	c->err->format_message(c, text);
	rl_die("%s: %s", f->path, text);
}

static void on_message(j_common_ptr c, int level)
{
	if (level < 0)
		on_error(c);
}

static void make_room(struct floor *f)
{
	const struct jpeg_decompress_struct *c = &f->jpeg;
	size_t pitch = (size_t)c->output_width * (size_t)c->output_components;

	if (pitch * c->output_height > f->room) {
		f->room = pitch * c->output_height;
		free(f->pixels);
		f->pixels = rl_malloc(f->room);
	}
	if (c->output_height > f->rows) {
		f->rows = c->output_height;
		f->row = rl_realloc(f->row, f->rows, sizeof(*f->row));
	}
	for (size_t y = 0; y < c->output_height; y++)
		f->row[y] = f->pixels + y * pitch;
}

static void decode(struct floor *f, const struct file *file)
{
	struct jpeg_decompress_struct *c = &f->jpeg;

	f->path = file->path;
	jpeg_mem_src(c, file->data, file->size);
	jpeg_read_header(c, TRUE);
	jpeg_start_decompress(c);
	make_room(f);
	while (c->output_scanline < c->output_height)
		jpeg_read_scanlines(c, f->row + c->output_scanline,
				    c->output_height - c->output_scanline);
	f->megapixels += 1e-6 * c->output_width * c->output_height;
	jpeg_finish_decompress(c);
}

/* The processor's time and not the clock's: what else runs on the machine is not this core's work.
 */
static double processor_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
	struct files files = {0};
	struct floor f = {0};

	for (int i = 1; i < argc; i++)
		add(&files, argv[i]);
	if (argc < 2)
		add_list(&files, stdin);
	if (!files.count)
		rl_die_usage("no file is named");
	f.jpeg.err = jpeg_std_error(&f.error);
	f.error.error_exit = on_error;
	f.error.emit_message = on_message;
	f.jpeg.client_data = &f;
	jpeg_create_decompress(&f.jpeg);

	double start = rl_now(), cpu = processor_seconds();
	for (size_t i = 0; i < files.count; i++)
		decode(&f, &files.file[i]);
	cpu = processor_seconds() - cpu;
	double seconds = rl_now() - start;

	rl_json_print(json_pack("{s:I, s:f, s:f, s:f, s:f}", "images", (json_int_t)files.count,
				"megapixels", f.megapixels, "seconds", seconds, "cpu_seconds", cpu,
				"images_per_cpu_second", (double)files.count / cpu));
	jpeg_destroy_decompress(&f.jpeg);
	for (size_t i = 0; i < files.count; i++) {
		free(files.file[i].path);
		free(files.file[i].data);
	}
	free(files.file);
	free(f.pixels);
	free(f.row);
	return RL_EXIT_OK;
}
