#include "image/augment.h"

#include "base/err.h"
#include "base/opt.h"
#include "image/operation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How an operation's first value is a size, and what it does to that of images; from EXACT on it is
 * of both sides. */
enum size { NO_SIZE, SHORT_SIDE, SHORT_SIDES, EXACT, AT_MOST, RANDOM };

struct limits {
	double fallback, min, max;
};

struct operation {
	const char *name;
	enum size size;
	int required, most; /* numbers after the size */
	struct limits real[RL_OPERATION_REALS];
	rl_draw *draw;
};

#define RATIO_MIN 0.01
#define RATIO_MAX 100

static const struct operation operations[] = {
	{"resize", SHORT_SIDE, 0, 0, {{0, 0, 0}}, rl_draw_resize},
	{"multi-resize", SHORT_SIDES, 0, 0, {{0, 0, 0}}, rl_draw_multi_resize},
	{"ratio-resize",
	 RANDOM,
	 2,
	 2,
	 {{1, RATIO_MIN, RATIO_MAX}, {1, RATIO_MIN, RATIO_MAX}},
	 rl_draw_ratio_resize},
	{"squash", EXACT, 0, 0, {{0, 0, 0}}, rl_draw_squash},
	{"center-crop", EXACT, 0, 0, {{0, 0, 0}}, rl_draw_center_crop},
	{"random-crop", EXACT, 0, 0, {{0, 0, 0}}, rl_draw_random_crop},
	{"class-crop", AT_MOST, 0, 1, {{0.75, 0, 1}}, rl_draw_class_crop},
	{"random-resized-crop",
	 EXACT,
	 0,
	 4,
	 {{0.08, 1e-6, 1},
	  {1, 1e-6, 1},
	  {3. / 4, RATIO_MIN, RATIO_MAX},
	  {4. / 3, RATIO_MIN, RATIO_MAX}},
	 rl_draw_random_resized_crop},
	{"flip", NO_SIZE, 0, 1, {{0.5, 0, 1}}, rl_draw_flip},
	{"grey", NO_SIZE, 0, 1, {{1, 0, 1}}, rl_draw_grey},
	{"project", NO_SIZE, 0, 0, {{0, 0, 0}}, rl_draw_project},
	{"color-jitter",
	 NO_SIZE,
	 3,
	 4,
	 {{0, 0, 100}, {0, 0, 100}, {0, 0, 100}, {0, 0, 0.5}},
	 rl_draw_color_jitter},
	{"photometric", NO_SIZE, 0, 0, {{0, 0, 0}}, rl_draw_photometric},
	{"lighting", NO_SIZE, 0, 1, {{0.1, 0, 10}}, rl_draw_lighting},
};

struct rl_augment {
	int count;
	struct {
		const struct operation *op;
		struct rl_values values;
	} list[RL_AUGMENT_MAX];
};

/* ---- from words -------------------------------------------------------------------------------
 */

static const struct operation *find(const char *name)
{
	for (size_t i = 0; i < RL_LEN(operations); i++)
		if (!strcmp(operations[i].name, name))
			return &operations[i];
	rl_die_usage("%s: no such operation", name);
}

/* SHORT,SHORT,...:LONG */
static void parse_sides(const struct operation *op, char *value, struct rl_values *v)
{
	char *longest = value ? strrchr(value, ':') : NULL;

	if (!longest)
		rl_die_usage("%s: needs sizes: %s=SHORT[,SHORT...]:LONG", op->name, op->name);
	*longest++ = '\0';
	v->longest = (int)rl_parse_int(longest, 1, 16384, op->name);
	for (char *side; (side = strsep(&value, ","));) {
		if (v->nside == RL_OPERATION_SIDES)
			rl_die_usage("%s: more than %d sizes", op->name, RL_OPERATION_SIDES);
		v->side[v->nside++] = (int)rl_parse_int(side, 1, v->longest, op->name);
	}
}

static void parse_size(const struct operation *op, const char *value, struct rl_values *v)
{
	int64_t width, height;

	if (!value)
		rl_die_usage("%s: needs a size: %s=%s", op->name, op->name,
			     op->size >= EXACT ? "N or WxH" : "N");
	if (op->size >= EXACT && strchr(value, 'x'))
		rl_parse_pair(value, 'x', 1, 16384, op->name, &width, &height);
	else
		width = height = rl_parse_int(value, 1, 16384, op->name);
	v->width = (int)width, v->height = (int)height;
}

/* Two numbers that are limits come in their order. */
static void check_limits(const struct operation *op, const struct rl_values *v)
{
	if (op->draw != rl_draw_random_resized_crop && op->draw != rl_draw_ratio_resize)
		return;
	for (int i = 0; i < op->most; i += 2)
		if (v->real[i] > v->real[i + 1])
			rl_die_usage("%s: %g to %g: the lower limit comes first", op->name,
				     v->real[i], v->real[i + 1]);
}

/* The word is NAME or NAME=VALUE,VALUE. */
static void parse(const char *word, const struct operation **op, struct rl_values *v)
{
	char *copy = rl_strdup(word), *rest = copy, *name = strsep(&rest, "=");
	const struct operation *o = *op = find(name);
	int n = 0;

	if (o->size == SHORT_SIDES)
		parse_sides(o, strsep(&rest, ""), v);
	else if (o->size)
		parse_size(o, rest ? strsep(&rest, ",") : NULL, v);
	for (int i = 0; i < o->most; i++)
		v->real[i] = o->real[i].fallback;
	for (; rest; n++) {
		const char *value = strsep(&rest, ",");

		if (n == o->most)
			rl_die_usage("%s: too many values", word);
		v->real[n] = rl_parse_real(value, o->real[n].min, o->real[n].max, o->name);
	}
	if (n < o->required)
		rl_die_usage("%s: needs %d values", word, o->required);
	check_limits(o, v);
	free(copy);
}

struct rl_augment *rl_augment_parse(char *const *words, int count)
{
	struct rl_augment *a = rl_calloc(1, sizeof(*a));

	if (!count)
		rl_die_usage("no operations");
	if (count > RL_AUGMENT_MAX)
		rl_die_usage("more than %d operations", RL_AUGMENT_MAX);
	for (; a->count < count; a->count++) {
		if (rl_augment_lights(a))
			rl_die_usage("%s: nothing can come after lighting", words[a->count]);
		parse(words[a->count], &a->list[a->count].op, &a->list[a->count].values);
	}
	return a;
}

struct rl_augment *rl_augment_parse_line(const char *line)
{
	char *copy = rl_strdup(line), *rest = copy, *word[RL_AUGMENT_MAX + 1];
	int n = 0;

	while (rest && n <= RL_AUGMENT_MAX) {
		word[n] = strsep(&rest, " ");
		n += *word[n] != '\0';
	}
	struct rl_augment *a = rl_augment_parse(word, n);
	free(copy);
	return a;
}

void rl_augment_free(struct rl_augment *a)
{
	free(a);
}

/* ---- what they are ----------------------------------------------------------------------------
 */

static void print_word(FILE *f, const struct operation *op, const struct rl_values *v)
{
	int numbers = op->required;

	fputs(op->name, f);
	for (int i = 0; i < v->nside; i++)
		fprintf(f, "%c%d", i ? ',' : '=', v->side[i]);
	if (op->size == SHORT_SIDES)
		fprintf(f, ":%d", v->longest);
	else if (op->size)
		fprintf(f, v->height == v->width ? "=%d" : "=%dx%d", v->width, v->height);
	for (int i = numbers; i < op->most; i++)
		if (v->real[i] != op->real[i].fallback)
			numbers = i + 1;
	for (int i = 0; i < numbers; i++)
		fprintf(f, "%c%.10g", i || op->size ? ',' : '=', v->real[i]);
}

char *rl_augment_words(const struct rl_augment *a)
{
	char *words;
	size_t n;
	FILE *f = open_memstream(&words, &n);

	if (!f)
		rl_die("out of memory");
	for (int i = 0; i < a->count; i++) {
		if (i)
			fputc(' ', f);
		print_word(f, a->list[i].op, &a->list[i].values);
	}
	fclose(f);
	return words;
}

bool rl_augment_lights(const struct rl_augment *a)
{
	return a->count && a->list[a->count - 1].op->draw == rl_draw_lighting;
}

bool rl_augment_needs_classes(const struct rl_augment *a)
{
	for (int i = 0; i < a->count; i++)
		if (a->list[i].op->draw == rl_draw_class_crop)
			return true;
	return false;
}

static int64_t at_most(int64_t side, int64_t most)
{
	return side < most ? side : most; /* one that varies, -1, still does */
}

void rl_augment_size(const struct rl_augment *a, int64_t *height, int64_t *width)
{
	for (int i = 0; i < a->count; i++) {
		const struct rl_values *v = &a->list[i].values;

		switch (a->list[i].op->size) {
		case NO_SIZE: break;
		case EXACT: *height = v->height, *width = v->width; break;
		case RANDOM: *height = *width = -1; break;
		case AT_MOST:
			*height = at_most(*height, v->height);
			*width = at_most(*width, v->width);
			break;
		case SHORT_SIDE:
			if (*height > 0 && *width > 0)
				rl_short_side(*height, *width, v->height, height, width);
			else
				*height = *width = -1;
			break;
		case SHORT_SIDES:
			if (*height > 0 && *width > 0 && v->nside == 1)
				rl_fit(*height, *width, v->side[0], v->longest, height, width);
			else
				*height = *width = -1;
		}
	}
}

/* ---- drawing ----------------------------------------------------------------------------------
 */

void rl_draw_colour(struct rl_drawing *d, void (*colour)(uint8_t *, size_t, double), double amount)
{
	d->steps->step[d->steps->count++] = (struct rl_step){.colour = colour, .amount = amount};
}

void rl_draw_view(struct rl_drawing *d, struct rl_view v)
{
	d->steps->step[d->steps->count++] = (struct rl_step){.view = v};
	d->height = v.to_height, d->width = v.to_width;
}

double rl_draw_real(struct rl_drawing *d, double low, double high)
{
	return low + (high - low) * rl_rng_uniform(d->rng);
}

int rl_draw_int(struct rl_drawing *d, int most)
{
	return (int)rl_rng_below(d->rng, (uint32_t)most + 1);
}

bool rl_augment_draw(const struct rl_augment *a, int height, int width, const uint8_t *classes,
		     struct rl_rng *rng, struct rl_steps *out, char why[RL_WHY])
{
	struct rl_drawing d = {rng, height, width, classes, height, width, out, why};

	out->count = 0;
	memset(out->lighting, 0, sizeof(out->lighting));
	for (int i = 0; i < a->count; i++)
		if (!a->list[i].op->draw(&a->list[i].values, &d))
			return false;
	return true;
}

void rl_steps_image(const struct rl_steps *s, struct rl_resizer *r, struct rl_image *im)
{
	for (const struct rl_step *t = s->step; t < s->step + s->count; t++)
		if (t->colour)
			t->colour(im->data, (size_t)im->height * (size_t)im->width, t->amount);
		else
			rl_view_image(&t->view, r, im);
}

void rl_steps_size(const struct rl_steps *s, int *height, int *width)
{
	for (const struct rl_step *t = s->step; t < s->step + s->count; t++)
		if (!t->colour)
			*height = t->view.to_height, *width = t->view.to_width;
}

uint8_t *rl_steps_plane(const struct rl_steps *s, const uint8_t *plane, int height, int width)
{
	size_t size = (size_t)height * (size_t)width;
	uint8_t *now = memcpy(rl_aligned(size), plane, size);

	for (const struct rl_step *t = s->step; t < s->step + s->count; t++)
		if (!t->colour) {
			uint8_t *then = rl_view_plane(&t->view, now, width);

			free(now);
			now = then;
			width = t->view.to_width;
		}
	return now;
}

bool rl_steps_box(const struct rl_steps *s, float box[4])
{
	bool left = true;

	for (const struct rl_step *t = s->step; t < s->step + s->count; t++)
		if (!t->colour)
			left = rl_view_box(&t->view, box) && left;
	return left;
}

void rl_steps_point(const struct rl_steps *s, double *x, double *y)
{
	for (const struct rl_step *t = s->step; t < s->step + s->count; t++)
		if (!t->colour)
			rl_view_point(&t->view, x, y);
}
