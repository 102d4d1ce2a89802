#include "data/inat18.h"

#include "base/dict.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json-walk.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

/* Images: the competition's page. */
enum { TRAIN_IMAGES = 437513, VAL_IMAGES = 24426 };
static const size_t TEXT_LIMIT = (size_t)4 << 30;

struct image {
	int64_t id;
	char *name;
	int64_t label; /* -1: no annotation yet */
};

struct annotation {
	int64_t image, category;
};

struct reading {
	const char *path;
	struct image *images;
	struct annotation *annotations;
	size_t nimage, nannotation;
	char **names; /* of categories; NULL: not seen yet */
	size_t nclass;
};

static void take_image(struct reading *r, const json_t *o, const char *where)
{
	const char *name = rl_json_str(o, "file_name", where);

	if (!rl_imageset_inside(name))
		rl_die("%s: %s: not a path inside the data set", where, name);
	r->images = rl_grown(r->images, r->nimage, sizeof(*r->images));
	r->images[r->nimage++] = (struct image){rl_json_int(o, "id", INT64_MIN, INT64_MAX, where),
						rl_strdup(name), -1};
}

static void take_annotation(struct reading *r, const json_t *o, const char *where)
{
	r->annotations = rl_grown(r->annotations, r->nannotation, sizeof(*r->annotations));
	r->annotations[r->nannotation++] = (struct annotation){
		rl_json_int(o, "image_id", INT64_MIN, INT64_MAX, where),
		rl_json_int(o, "category_id", 0, (int64_t)r->nclass - 1, where)};
}

static void take_category(struct reading *r, const json_t *o, const char *where)
{
	size_t id = (size_t)rl_json_int(o, "id", 0, (int64_t)r->nclass - 1, where);

	if (r->names[id])
		rl_die("%s: category %zu again", where, id);
	r->names[id] = rl_strdup(rl_json_str(o, "name", where));
}

static void take(void *context, const char *member, size_t index, const json_t *o,
		 const char *where)
{
	struct reading *r = context;

	(void)index;
	if (!strcmp(member, "images"))
		take_image(r, o, where);
	else if (!strcmp(member, "annotations"))
		take_annotation(r, o, where);
	else if (!strcmp(member, "categories"))
		take_category(r, o, where);
}

/* Give every image the label of its annotation. */
static void join(struct reading *r)
{
	struct rl_dict ids = {0}, names = {0};

	for (size_t i = 0; i < r->nimage; i++) {
		struct image *m = &r->images[i];

		if (rl_dict_add(&ids, &m->id, sizeof(m->id), i) != RL_DICT_NONE)
			rl_die("%s: image id %lld twice", r->path, (long long)m->id);
		if (rl_dict_add(&names, m->name, strlen(m->name), i) != RL_DICT_NONE)
			rl_die("%s: image %s twice", r->path, m->name);
	}
	for (size_t i = 0; i < r->nannotation; i++) {
		const struct annotation *a = &r->annotations[i];
		size_t at = rl_dict_find(&ids, &a->image, sizeof(a->image));

		if (at == RL_DICT_NONE)
			rl_die("%s: annotations[%zu]: no image has the id %lld", r->path, i,
			       (long long)a->image);
		if (r->images[at].label >= 0)
			rl_die("%s: image %s has two annotations", r->path, r->images[at].name);
		r->images[at].label = a->category;
	}
	rl_dict_free(&ids);
	rl_dict_free(&names);
}

static void read_set(struct rl_imageset *s, const char *dir, const char *set, size_t nclass)
{
	char *path = rl_asprintf("%s/%s2018.json", dir, set);
	struct reading r = {
		.path = path, .nclass = nclass, .names = rl_calloc(nclass, sizeof(*r.names))};
	size_t size;

	char *text = rl_file_read(path, TEXT_LIMIT, &size);
	rl_json_walk(text, size, path, &(struct rl_json_walk){take, &r});
	free(text);
	for (size_t c = 0; c < nclass; c++)
		if (!r.names[c])
			rl_die("%s: no category %zu, expected %zu of them: --classes says how many",
			       path, c, nclass);
	join(&r);

	*s = (struct rl_imageset){.root = rl_strdup(dir), .classes = r.names, .nclass = nclass};
	for (size_t i = 0; i < r.nimage; i++) {
		if (r.images[i].label < 0)
			rl_die("%s: image %s has no annotation", path, r.images[i].name);
		rl_imageset_add(s, "", r.images[i].name, (size_t)r.images[i].label);
		free(r.images[i].name);
	}
	rl_imageset_need_classes(s, nclass);
	rl_imageset_sort(s);
	free(r.images);
	free(r.annotations);
	free(path);
}

void rl_inat18_read(struct rl_imageset *s, const char *dir, bool val, size_t nclass)
{
	struct rl_imageset train;

	read_set(s, dir, val ? "val" : "train", nclass);
	rl_imageset_need_files(s);
	if (nclass == RL_INAT18_CLASSES)
		rl_imageset_note_size(s, val ? VAL_IMAGES : TRAIN_IMAGES);
	if (!val)
		return;
	read_set(&train, dir, "train", nclass);
	for (size_t c = 0; c < nclass; c++)
		if (strcmp(s->classes[c], train.classes[c]))
			rl_die("%s: category %zu is %s in val, %s in train", dir, c, s->classes[c],
			       train.classes[c]);
	rl_imageset_disjoint(s, &train, RL_BY_PATH);
	rl_imageset_free(&train);
}
