#include "models/adopt.h"

#include "base/err.h"
#include "nn/numbers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t count_of(const struct rl_st_tensor *t)
{
	size_t n = 1;

	for (int i = 0; i < t->ndim; i++)
		n *= (size_t)t->dim[i];
	return n;
}

/* n numbers of tensor i of the file. */
static double *numbers(struct rl_tensorfile *f, int i, size_t n)
{
	const struct rl_st_tensor *t = &f->tensor[i];
	void *raw = rl_malloc(t->bytes);
	double *v = rl_malloc(n * sizeof(*v));

	rl_tensorfile_read(f, i, raw);
	rl_numbers_read(t->dtype, raw, n, v);
	free(raw);
	return v;
}

static void adopt_floats(struct rl_tensorfile *f, int i, struct rl_st_tensor *to)
{
	size_t n = count_of(to);
	double *v = numbers(f, i, n);
	float *out = rl_malloc(n * sizeof(*out));

	if (!rl_numbers_floating(f->tensor[i].dtype))
		rl_die("%s: tensor %s is of whole numbers (%s)", f->path, f->tensor[i].name,
		       f->tensor[i].dtype);
	for (size_t k = 0; k < n; k++) {
		out[k] = (float)v[k];
		if (!isfinite(out[k]))
			rl_die("%s: tensor %s: value %zu is %g: not finite in F32", f->path,
			       f->tensor[i].name, k, v[k]);
	}
	free(v);
	to->dtype = "F32";
	to->bytes = n * sizeof(*out);
	to->data = out;
}

static void adopt_count(struct rl_tensorfile *f, int i, struct rl_st_tensor *to)
{
	int64_t *out = rl_calloc(1, sizeof(*out));

	if (i >= 0) {
		double *v = numbers(f, i, 1);

		if (!(v[0] >= 0 && v[0] < 0x1p53 && v[0] == floor(v[0])))
			rl_die("%s: tensor %s: %g is no count", f->path, f->tensor[i].name, v[0]);
		*out = (int64_t)v[0];
		free(v);
	}
	to->dtype = "I64";
	to->bytes = sizeof(*out);
	to->data = out;
}

static float *find(struct rl_st_tensor *t, int n, const char *name)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(t[i].name, name))
			return (float *)t[i].data;
	return NULL;
}

static void turn_round(float *weight, float *mean, int64_t channels)
{
	enum { AREA = 49, RED = 0, BLUE = 2 };
	const double *m = rl_pixel_mean, *s = rl_pixel_std;

	for (int64_t c = 0; c < channels; c++) {
		float *red = weight + (c * 3 + RED) * AREA, *blue = weight + (c * 3 + BLUE) * AREA;
		double constant = 0;

		/* What was first saw blue, under red's mean and deviation; what was third, red. */
		for (int k = 0; k < AREA; k++) {
			double on_blue = red[k], on_red = blue[k];

			constant += on_blue * (m[BLUE] - m[RED]) / s[RED] +
				    on_red * (m[RED] - m[BLUE]) / s[BLUE];
			blue[k] = (float)(on_blue * s[BLUE] / s[RED]);
			red[k] = (float)(on_red * s[RED] / s[BLUE]);
		}
		mean[c] = (float)(mean[c] - constant);
	}
}

struct rl_st_tensor *rl_adopt(struct rl_tensorfile *f, const struct rl_naming *m, bool bgr, int *n)
{
	struct rl_st_tensor *t = rl_calloc((size_t)m->params->n, sizeof(*t));

	*n = 0;
	for (int i = 0; i < m->params->n; i++) {
		const struct rl_param *q = &m->params->list[i];
		struct rl_st_tensor *to = &t[*n];

		if (m->from[i] < 0 && q->kind != RL_COUNT)
			continue;
		*to = (struct rl_st_tensor){.name = q->name, .ndim = q->ndim};
		memcpy(to->dim, q->dim, sizeof(q->dim));
		if (q->kind == RL_COUNT)
			adopt_count(f, m->from[i], to);
		else
			adopt_floats(f, m->from[i], to);
		++*n;
	}
	if (bgr) {
		float *weight = find(t, *n, "conv1.weight");
		float *mean = find(t, *n, "bn1.running_mean");

		if (!weight || !mean)
			rl_die("%s: --bgr needs conv1.weight and bn1.running_mean", f->path);
		turn_round(weight, mean, m->net.width);
	}
	return t;
}

void rl_adopt_free(struct rl_st_tensor *t, int n)
{
	for (int i = 0; i < n; i++)
		free((void *)t[i].data);
	free(t);
}
