#include "eval/layer.h"

#include "base/err.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_layer(const char *name)
{
	return !strcmp(name, "avgpool") || (!strncmp(name, "feat", 4) && name[4] &&
					    strspn(name + 4, "0123456789") == strlen(name + 4));
}

static void add(json_t *names, const json_t *head, const char *name, const char *where)
{
	json_t *other;
	size_t i;

	if (strlen(name) > RL_MAXNAME || !rl_head_has_field(head, name))
		rl_die("%s: no field %s", where, name);
	json_array_foreach(names, i, other)
	{
		if (!strcmp(json_string_value(other), name))
			rl_die_usage("--layers: %s: twice", name);
	}
	json_array_append_new(names, json_string(name));
}

json_t *rl_layers_chosen(const json_t *head, const char *list, const char *where)
{
	json_t *names = json_array(), *field;
	const char *name;

	if (list) {
		char *copy = rl_strdup(list), *rest = copy;

		for (char *item; (item = strsep(&rest, ","));)
			add(names, head, item, where);
		free(copy);
		return names;
	}
	json_object_foreach(json_object_get(head, "fields"), name, field) if (is_layer(name))
		add(names, head, name, where);
	if (!json_array_size(names))
		rl_die("%s: no features: none of its fields is feat1, feat2 ... or avgpool", where);
	return names;
}

/* n rows of d features; *d as in rl_layer_row(). */
static const float *check(const struct rl_sample *s, const char *layer, const struct rl_tensor *t,
			  size_t n, size_t size, size_t *d, const char *where)
{
	const float *x = t->data;

	if (!*d)
		*d = size;
	if (size != *d || size == 0)
		rl_die("%s: %s: %s has %zu features, expected %zu", where, s->key, layer, size,
		       *d ? *d : 1);
	for (size_t j = 0; j < n * size; j++)
		if (!isfinite(x[j]))
			rl_die("%s: %s: %s[%zu] is not a finite number", where, s->key, layer, j);
	return x;
}

const float *rl_layer_row(struct rl_sample *s, const char *layer, size_t *d, const char *where)
{
	const struct rl_tensor *t = rl_sample_get(s, layer, RL_F4, 1);

	return check(s, layer, t, 1, (size_t)t->dim[0], d, where);
}

const float *rl_layer_patches(struct rl_sample *s, const char *layer, size_t *d, size_t *n,
			      const float (**place)[4], const char *where)
{
	const struct rl_tensor *t = rl_sample_get(s, layer, RL_F4, 2);
	const struct rl_tensor *places = rl_sample_get(s, "places", RL_F4, 2);
	const float *at = places->data;

	*n = (size_t)t->dim[0];
	if (places->dim[0] != t->dim[0] || places->dim[1] != 4)
		rl_die("%s: %s: places is not one row of 4 for each patch of %s", where, s->key,
		       layer);
	for (size_t j = 0; j < *n; j++)
		for (int k = 0; k < 4; k++)
			if (!isfinite(at[4 * j + k]) ||
			    (k > 1 && !(at[4 * j + k] > at[4 * j + k - 2])))
				rl_die("%s: %s: place %zu is no rectangle", where, s->key, j);
	*place = (const float(*)[4])at;
	return check(s, layer, t, *n, (size_t)t->dim[1], d, where);
}
