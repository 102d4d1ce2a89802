#include "eval/features.h"

#include "base/err.h"
#include "base/utf8.h"
#include "eval/gram.h"
#include "eval/layer.h"
#include "eval/network.h"
#include "eval/overlap.h"
#include "eval/setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void choose_layers(struct rl_features *f, const json_t *head, const char *layers)
{
	json_t *names = rl_layers_chosen(head, layers, f->path), *name;
	size_t i;

	if (json_array_size(names) > RL_LEN(f->layer))
		rl_die("%s: more than %zu layers", f->path, RL_LEN(f->layer));
	json_array_foreach(names, i, name)
		snprintf(f->layer[i].name, sizeof(f->layer->name), "%s", json_string_value(name));
	f->nlayer = json_array_size(names);
	json_decref(names);
}

/* The head may name the classes; what it says is checked against the samples. */
static void name_classes(struct rl_features *f, const json_t *head, size_t nclass)
{
	const json_t *names = rl_head_names(head, "labels", f->path);

	if (!nclass)
		rl_die("%s: the samples have no classes", f->path);
	if (names && json_array_size(names) != nclass)
		rl_die("%s: %zu class names in the head, %zu labels in a sample", f->path,
		       json_array_size(names), nclass);
	f->nclass = nclass;
	f->class_name = rl_calloc(nclass, sizeof(char *));
	for (size_t c = 0; c < nclass; c++) {
		const char *name = json_string_value(json_array_get(names, c));

		f->class_name[c] = names ? rl_strdup(name) : rl_asprintf("%zu", c);
		for (size_t other = 0; other < c; other++)
			if (!strcmp(f->class_name[other], f->class_name[c]))
				rl_die("%s: head: class %s twice", f->path, name);
	}
}

static void take_features(struct rl_features *f, struct rl_layer *l, struct rl_sample *s,
			  size_t room)
{
	const float *x = rl_layer_row(s, l->name, &l->d, f->path);

	l->x = rl_realloc(l->x, room, l->d * sizeof(*l->x));
	memcpy(l->x + f->n * l->d, x, l->d * sizeof(*x));
}

/* Sample after sample here; transposed when all are there. */
static int8_t *take_labels(struct rl_features *f, const json_t *head, struct rl_sample *s,
			   int8_t *label, size_t room)
{
	const struct rl_tensor *t = rl_sample_get(s, "labels", RL_I1, 1);
	const int8_t *value = t->data;

	if (f->n == 0)
		name_classes(f, head, (size_t)t->dim[0]);
	if ((size_t)t->dim[0] != f->nclass)
		rl_die("%s: %s: %lld labels, expected %zu", f->path, s->key, (long long)t->dim[0],
		       f->nclass);
	for (size_t c = 0; c < f->nclass; c++)
		if (value[c] < -1 || value[c] > 1)
			rl_die("%s: %s: label %d of class %s is none of 1, 0, -1", f->path, s->key,
			       value[c], f->class_name[c]);
	label = rl_realloc(label, room, f->nclass);
	memcpy(label + f->n * f->nclass, value, f->nclass);
	return label;
}

struct rl_features *rl_features_read(const char *path, const char *layers)
{
	struct rl_features *f = rl_calloc(1, sizeof(*f));
	struct rl_reader *in = rl_reader_open(path);
	const json_t *head = rl_reader_head(in);
	struct rl_sample s = {0};
	int8_t *label = NULL;
	size_t room = 0;

	f->path = rl_utf8_clean(strcmp(path, "-") ? path : "stdin");
	if (!rl_head_has_field(head, "labels"))
		rl_die("%s: no field labels: decode with a VOC manifest", f->path);
	choose_layers(f, head, layers);
	f->history = json_deep_copy(json_object_get(head, "history"));
	while (rl_reader_next(in, &s)) {
		if (f->n == room)
			room = room ? room + room / 2 : 1024;
		label = take_labels(f, head, &s, label, room);
		for (size_t i = 0; i < f->nlayer; i++)
			take_features(f, &f->layer[i], &s, room);
		f->key = rl_grown(f->key, f->n, sizeof(*f->key));
		f->key[f->n++] = rl_strdup(s.key);
	}
	if (!f->n)
		rl_die("%s: no samples", f->path);
	rl_reader_digest(in, f->digest);
	f->label = rl_malloc(f->n * f->nclass);
	for (size_t i = 0; i < f->n; i++)
		for (size_t c = 0; c < f->nclass; c++)
			f->label[c * f->n + i] = label[i * f->nclass + c];
	free(label);
	rl_sample_free(&s);
	rl_reader_close(in);
	return f;
}

static void need_other_images(const struct rl_features *train, const struct rl_features *test)
{
	struct rl_overlap o = {0};

	if (!strcmp(test->digest, train->digest))
		rl_die("%s: the same data as %s: testing on what was trained on", test->path,
		       train->path);
	rl_overlap_learn(&o, train->key, train->n);
	rl_overlap_show(&o, test->key, test->n);
	rl_overlap_refuse(&o, train->path, test->path);
	rl_overlap_free(&o);
}

struct rl_features *rl_features_read_like(const char *path, const struct rl_features *train)
{
	char list[RL_MAXFIELD * (RL_MAXNAME + 1)] = "";
	size_t used = 0;

	for (size_t i = 0; i < train->nlayer; i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", i ? "," : "",
					 train->layer[i].name);
	struct rl_features *f = rl_features_read(path, list);
	for (size_t i = 0; i < f->nlayer; i++)
		if (f->layer[i].d != train->layer[i].d)
			rl_die("%s: %s has %zu features, in %s %zu", f->path, f->layer[i].name,
			       f->layer[i].d, train->path, train->layer[i].d);
	if (f->nclass != train->nclass)
		rl_die("%s: %zu classes, in %s %zu", f->path, f->nclass, train->path,
		       train->nclass);
	for (size_t c = 0; c < f->nclass; c++)
		if (strcmp(f->class_name[c], train->class_name[c]))
			rl_die("%s: class %zu is %s, in %s %s", f->path, c, f->class_name[c],
			       train->path, train->class_name[c]);
	rl_need_one_network(train->history, train->path, f->history, f->path);
	need_other_images(train, f);
	return f;
}

void rl_features_need_positives(const struct rl_features *f)
{
	for (size_t c = 0; c < f->nclass; c++)
		if (!memchr(f->label + c * f->n, 1, f->n))
			rl_die("%s: class %s: no positives: its average precision is undefined",
			       f->path, f->class_name[c]);
}

double *rl_features_rows(const struct rl_features *f, size_t layer)
{
	const struct rl_layer *l = &f->layer[layer];
	double *x = rl_realloc(NULL, f->n, l->d * sizeof(*x));

	rl_rows_normalise(l->x, f->n, l->d, x);
	return x;
}

json_t *rl_features_provenance(const struct rl_features *f)
{
	return json_pack("{s:s, s:I, s:s, s:O}", "path", f->path, "samples", (json_int_t)f->n,
			 "digest", f->digest, "history", f->history);
}

json_t *rl_features_setup(const struct rl_features *train, const struct rl_features *test)
{
	json_t *setup = rl_setup((int64_t)train->n, (int64_t)test->n, (int64_t)train->nclass,
				 train->history, test->history);
	json_t *names = json_array();

	for (size_t c = 0; c < train->nclass; c++)
		json_array_append_new(names, json_string(train->class_name[c]));
	json_object_set_new(json_object_get(setup, "data"), "class_names", names);
	return setup;
}

void rl_features_free(struct rl_features *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->nlayer; i++)
		free(f->layer[i].x);
	for (size_t c = 0; c < f->nclass; c++)
		free(f->class_name[c]);
	for (size_t i = 0; i < f->n; i++)
		free(f->key[i]);
	free(f->key);
	free(f->class_name);
	free(f->label);
	json_decref(f->history);
	free(f->path);
	free(f);
}
