#include "eval/purity-input.h"

#include "base/err.h"
#include "base/json.h"
#include "data/text.h"
#include "stream/manifest.h"

#include <stdlib.h>
#include <string.h>

/* ---- labels -----------------------------------------------------------------------------------
 */

static void add_class(struct rl_labelled *l, size_t class)
{
	struct rl_shows *s = &l->shows;
	size_t *end = &s->begin[s->images];

	for (size_t k = s->begin[s->images - 1]; k < *end; k++)
		if (s->class[k] == class)
			return;
	s->class = rl_grown(s->class, *end, sizeof(*s->class));
	s->class[(*end)++] = class;
	if (class >= s->nclass)
		s->nclass = class + 1;
}

static void add_image(struct rl_labelled *l, const struct rl_manifest *m, const struct rl_record *r)
{
	struct rl_shows *s = &l->shows;
	size_t i = s->images++;

	if (i == 0)
		s->begin = rl_calloc(1, sizeof(*s->begin));
	s->begin = rl_grown(s->begin, i + 1, sizeof(*s->begin));
	s->begin[i + 1] = s->begin[i];
	l->key = rl_grown(l->key, i, sizeof(*l->key));
	l->key[i] = rl_strdup(r->key);
	rl_dict_add(&l->at, l->key[i], strlen(l->key[i]), i);
	if (r->has_label)
		add_class(l, (size_t)r->label);
	for (size_t c = 0; r->labels && c < m->nlabels; c++)
		if (r->labels[c] == 1)
			add_class(l, c);
	for (size_t k = 0; k < r->objects.count; k++)
		if (!r->objects.ignore[k])
			add_class(l, (size_t)r->objects.classes[k]);
}

struct rl_labelled rl_labelled_read(const char *path)
{
	struct rl_labelled l = {0};
	struct rl_manifest m = {0};
	struct rl_text text = rl_text_read(path);
	const char *line;
	size_t size;

	while ((line = rl_text_line(&text, &size))) {
		struct rl_record r = rl_manifest_parse(&m, line, size, text.where);

		if (!r.has_label && !r.labels && !r.has_objects)
			rl_die("%s: neither \"label\", \"labels\" nor \"boxes\": it does not say "
			       "what the image shows",
			       text.where);
		add_image(&l, &m, &r);
		rl_record_free(&r);
	}
	if (!l.shows.images)
		rl_die("%s: no images", text.path);
	l.provenance = rl_text_provenance(&text);
	rl_text_free(&text);
	rl_manifest_free(&m);
	return l;
}

void rl_labelled_free(struct rl_labelled *l)
{
	for (size_t i = 0; i < l->shows.images; i++)
		free(l->key[i]);
	free(l->key);
	free(l->shows.begin);
	free(l->shows.class);
	rl_dict_free(&l->at);
	json_decref(l->provenance);
}

/* ---- sets -------------------------------------------------------------------------------------
 */

static struct rl_purity_set set_of(const json_t *line, const struct rl_labelled *l, size_t top,
				   const char *where)
{
	const json_t *images = rl_json_get(line, "images", where), *image;
	struct rl_purity_set s = {0};
	size_t i;

	if (!json_array_size(images))
		rl_die("%s: \"images\" is not an array with at least one", where);
	json_array_foreach(images, i, image)
	{
		const char *key = json_string_value(image);

		if (i == top)
			break;
		if (!key)
			key = rl_json_str(image, "key", where);
		size_t at = rl_dict_find(&l->at, key, strlen(key));
		if (at == RL_DICT_NONE)
			rl_die("%s: image %.200s is not among those with labels", where, key);
		for (size_t k = 0; k < s.n; k++)
			if (s.image[k] == at)
				rl_die("%s: image %.200s is there twice", where, key);
		s.image = rl_grown(s.image, s.n, sizeof(*s.image));
		s.image[s.n++] = at;
	}
	return s;
}

struct rl_purity_set *rl_purity_sets_read(const char *path, const struct rl_labelled *l, size_t top,
					  size_t *n, json_t **provenance)
{
	struct rl_purity_set *all = NULL;
	struct rl_text text = rl_text_read(path);
	const char *line;
	size_t size;

	*n = 0;
	while ((line = rl_text_line(&text, &size))) {
		json_t *o = rl_json_parse(line, size, text.where);

		all = rl_grown(all, *n, sizeof(*all));
		all[(*n)++] = set_of(o, l, top, text.where);
		json_decref(o);
	}
	*provenance = rl_text_provenance(&text);
	rl_text_free(&text);
	return all;
}

void rl_purity_sets_free(struct rl_purity_set *set, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(set[i].image);
	free(set);
}
