#include "models/segmenter.h"

#include "base/clones.h"
#include "base/err.h"
#include "nn/tap.h"

#include <stdlib.h>
#include <string.h>

struct rl_segmenter {
	struct rl_params *params;
	struct rl_fcn c;
	struct rl_net_config config;
	struct rl_net *net; /* of images of this size */
	int64_t height, width;
	rl_val x, logits;
	struct rl_arena arena;
	float *window, *low, *sum; /* pixels of a window, its logits, logits of the image */
};

static void build(struct rl_segmenter *s, int64_t height, int64_t width)
{
	if (s->net && s->height == height && s->width == width)
		return;
	if (s->net)
		rl_net_free(s->net);
	s->config.arena = &s->arena;
	s->net = rl_net_new(s->params, &s->config);
	s->height = height;
	s->width = width;
	s->x = rl_feed(s->net, 4, (int64_t[]){1, 3, height, width});
	s->logits = rl_fcn(s->net, &s->c, s->x, false).logits;
	rl_net_keep(s->net, s->logits);
	rl_net_plan(s->net);
}

struct rl_segmenter *rl_segmenter_new(struct rl_params *params, const struct rl_fcn *c,
				      const struct rl_net_config *net)
{
	struct rl_segmenter *s = rl_calloc(1, sizeof(*s));

	s->params = params;
	s->c = *c;
	s->c.resnet.running = true;
	s->config = *net;
	rl_fcn_declare(params, &s->c);
	build(s, 64, 64);
	return s;
}

void rl_segmenter_free(struct rl_segmenter *s)
{
	rl_net_free(s->net);
	free(s->arena.base);
	free(s->window);
	free(s->low);
	free(s->sum);
	free(s);
}

/* ---- interpolation ----------------------------------------------------------------------------
 */

struct taps {
	struct rl_tap *row, *column;
};

static struct taps taps_new(enum rl_interpolation how, int64_t height, int64_t width,
			    int64_t to_height, int64_t to_width)
{
	struct taps t = {rl_malloc((size_t)to_height * sizeof(*t.row)),
			 rl_malloc((size_t)to_width * sizeof(*t.column))};

	rl_taps(how, height, to_height, t.row);
	rl_taps(how, width, to_width, t.column);
	return t;
}

static void taps_free(struct taps *t)
{
	free(t->row);
	free(t->column);
}

/* A row of `width` numbers, from the two of a plane that it lies between. */
RL_CLONES
static void enlarge_row(const float *plane, int64_t plane_width, const struct rl_tap *row,
			const struct rl_tap *column, int64_t width, float *to)
{
	const float *a = plane + row->first * plane_width, *b = plane + row->second * plane_width;

#pragma omp simd
	for (int64_t x = 0; x < width; x++) {
		const struct rl_tap c = column[x];
		const float above = a[c.first] + (a[c.second] - a[c.first]) * c.part;
		const float below = b[c.first] + (b[c.second] - b[c.first]) * c.part;

		to[x] = above + (below - above) * row->part;
	}
}

RL_CLONES
static void add_row(float *to, const float *from, int64_t n)
{
#pragma omp simd
	for (int64_t i = 0; i < n; i++)
		to[i] += from[i];
}

/* ---- logits of an image -----------------------------------------------------------------------
 */

struct window {
	int64_t y, x, height, width;
};

/* Adds those of a window, at the window's size. */
static void add_window(struct rl_segmenter *s, const float *pixels, int64_t height, int64_t width,
		       const struct window *w)
{
	int64_t low[4];

	build(s, w->height, w->width);
	s->window = rl_realloc(s->window, (size_t)(3 * w->height * w->width), sizeof(float));
	for (int64_t i = 0; i < 3 * w->height; i++)
		memcpy(s->window + i * w->width,
		       pixels + (i / w->height * height + w->y + i % w->height) * width + w->x,
		       (size_t)w->width * sizeof(float));
	rl_net_feed(s->net, s->x, s->window);
	rl_net_forward(s->net);
	rl_net_shape(s->net, s->logits, low);
	s->low = rl_realloc(s->low, (size_t)(low[1] * low[2] * low[3]), sizeof(float));
	rl_net_read(s->net, s->logits, s->low);

	struct taps taps = taps_new(s->c.how, low[2], low[3], w->height, w->width);
#pragma omp parallel
	{
		float *row = rl_malloc((size_t)w->width * sizeof(*row));

#pragma omp for schedule(static)
		for (int64_t i = 0; i < low[1] * w->height; i++) {
			const int64_t k = i / w->height, y = i % w->height;

			enlarge_row(s->low + k * low[2] * low[3], low[3], &taps.row[y], taps.column,
				    w->width, row);
			add_row(s->sum + (k * height + w->y + y) * width + w->x, row, w->width);
		}
		free(row);
	}
	taps_free(&taps);
}

/* Where the windows of a side begin, and how many there are. */
static int64_t places(int64_t side, const struct rl_windows *w, int64_t *place)
{
	const int64_t over = side - w->crop;
	int64_t n = over > 0 ? (over + w->stride - 1) / w->stride + 1 : 1;

	for (int64_t i = 0; place && i < n; i++) {
		int64_t last = over > 0 ? over : 0;

		place[i] = i * w->stride < last ? i * w->stride : last;
	}
	return n;
}

/* How many of the windows cover a row or column. */
static int64_t covers(const int64_t *place, int64_t n, int64_t crop, int64_t at)
{
	int64_t count = 0;

	for (int64_t i = 0; i < n; i++)
		count += at >= place[i] && at < place[i] + crop;
	return count;
}

static void mean_of_windows(float *sum, int64_t classes, int64_t height, int64_t width,
			    const int64_t *row, int64_t rows, const int64_t *column,
			    int64_t columns, int64_t crop)
{
	int64_t *of_column = rl_malloc((size_t)width * sizeof(*of_column));

	for (int64_t x = 0; x < width; x++)
		of_column[x] = covers(column, columns, crop, x);
#pragma omp parallel for schedule(static)
	for (int64_t i = 0; i < classes * height; i++) {
		const int64_t of_row = covers(row, rows, crop, i % height);

		for (int64_t x = 0; x < width; x++)
			sum[i * width + x] /= (float)(of_row * of_column[x]);
	}
	free(of_column);
}

static void scores(struct rl_segmenter *s, const float *pixels, int64_t height, int64_t width,
		   const struct rl_windows *w)
{
	const int64_t longest = height > width ? height : width;
	const struct rl_windows how = w->crop ? *w : (struct rl_windows){longest, longest};
	const int64_t rows = places(height, &how, NULL), columns = places(width, &how, NULL);
	int64_t *row = rl_malloc((size_t)rows * sizeof(*row)),
		*column = rl_malloc((size_t)columns * sizeof(*column));
	const size_t count = (size_t)(s->c.classes * height * width);

	places(height, &how, row);
	places(width, &how, column);
	s->sum = rl_realloc(s->sum, count, sizeof(*s->sum));
	memset(s->sum, 0, count * sizeof(*s->sum));
	for (int64_t i = 0; i < rows * columns; i++) {
		struct window at = {row[i / columns], column[i % columns],
				    height < how.crop ? height : how.crop,
				    width < how.crop ? width : how.crop};

		add_window(s, pixels, height, width, &at);
	}
	if (rows * columns > 1)
		mean_of_windows(s->sum, s->c.classes, height, width, row, rows, column, columns,
				how.crop);
	free(row);
	free(column);
}

/* ---- classes ----------------------------------------------------------------------------------
 */

RL_CLONES
static void take_larger(float *top, uint8_t *map, const float *row, uint8_t class, int64_t width)
{
#pragma omp simd
	for (int64_t x = 0; x < width; x++) {
		map[x] = row[x] > top[x] ? class : map[x];
		top[x] = row[x] > top[x] ? row[x] : top[x];
	}
}

void rl_segmenter_label(struct rl_segmenter *s, const float *pixels, int64_t height, int64_t width,
			const struct rl_windows *windows, int64_t to_height, int64_t to_width,
			uint8_t *map)
{
	struct taps taps = taps_new(s->c.how, height, width, to_height, to_width);

	scores(s, pixels, height, width, windows);
#pragma omp parallel
	{
		float *row = rl_malloc(2 * (size_t)to_width * sizeof(*row)), *top = row + to_width;

#pragma omp for schedule(static)
		for (int64_t y = 0; y < to_height; y++) {
			memset(map + y * to_width, 0, (size_t)to_width);
			for (int k = 0; k < s->c.classes; k++) {
				enlarge_row(s->sum + k * height * width, width, &taps.row[y],
					    taps.column, to_width, k ? row : top);
				if (k)
					take_larger(top, map + y * to_width, row, (uint8_t)k,
						    to_width);
			}
		}
		free(row);
	}
	taps_free(&taps);
}
