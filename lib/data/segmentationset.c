#include "data/segmentationset.h"

#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "data/imageset.h"
#include "data/voc-list.h"
#include "stream/segmentation.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* File i of `labels` has the classes of image i. */
struct set {
	struct rl_imageset images, labels;
	json_t *names, *relabel;
};

static json_t *strings(const char *const *s, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(array, json_string(s[i]));
	return array;
}

static void print(struct set *s)
{
	rl_imageset_need_files(&s->images);
	rl_imageset_need_files(&s->labels);
	for (size_t i = 0; i < s->images.nfile; i++) {
		const struct rl_imagefile *f = &s->images.files[i];
		json_t *o = json_pack("{ss ss s{ss sO sO*}}", "key", f->key, "path", f->path,
				      "segmentation", "path", s->labels.files[i].path, "names",
				      s->names, "relabel", s->relabel);

		if (!o)
			rl_die("%s: the name is not UTF-8", f->path);
		rl_json_print(o);
	}
	rl_imageset_free(&s->images);
	rl_imageset_free(&s->labels);
	json_decref(s->names);
	json_decref(s->relabel);
}

/* ---- VOC 2012 and SBD -------------------------------------------------------------------------
 */

static const char *const twenty[] = {"aeroplane",   "bicycle", "bird",  "boat",      "bottle",
				     "bus",         "car",     "cat",   "chair",     "cow",
				     "diningtable", "dog",     "horse", "motorbike", "person",
				     "pottedplant", "sheep",   "sofa",  "train",     "tvmonitor"};

enum { TRAIN = 1464, VAL = 1449, TRAINAUG = 10582 };

struct voc {
	struct set set;
	char *root; /* dir/VOC2012 */
	struct rl_voc_list train, val;
};

static int by_id(const void *id, const void *entry)
{
	return strcmp(id, ((const struct rl_voc_entry *)entry)->id);
}

static bool has(const struct rl_voc_list *l, const char *id)
{
	return bsearch(id, l->entries, l->n, sizeof(*l->entries), by_id);
}

static struct rl_voc_list read_ids(const char *root, const char *inside)
{
	char *path = rl_asprintf("%s/%s", root, inside);
	struct rl_voc_list l = rl_voc_list_read(path, false);

	free(path);
	return l;
}

/* Labels lie in dir/FOLDER. */
static void add(struct set *s, const char *id, const char *folder, const char *ending)
{
	char *image = rl_asprintf("%s.jpg", id),
	     *label = rl_asprintf("%s/%s%s", folder, id, ending);

	rl_imageset_add(&s->images, "VOC2012", image, 0);
	rl_imageset_add(&s->labels, "", label, 0);
	free(image);
	free(label);
}

static void add_all(struct set *s, const struct rl_voc_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		add(s, l->entries[i].id, "VOC2012/SegmentationClass", ".png");
}

static void check_new(const struct voc *v, const char *id, const char *list)
{
	if (has(&v->train, id) || has(&v->val, id))
		rl_die("%s: %s is in %s.txt, too", list, id, has(&v->val, id) ? "val" : "train");
}

/* As others have converted it. */
static void add_converted(struct voc *v, const char *list)
{
	struct rl_voc_list aug = rl_voc_list_read(list, false);

	for (size_t i = 0; i < aug.n; i++) {
		check_new(v, aug.entries[i].id, list);
		add(&v->set, aug.entries[i].id, "VOC2012/SegmentationClassAug", ".png");
	}
	rl_voc_list_free(&aug);
}

/* As it is published; both lists are sorted. */
static void add_sbd(struct voc *v, const char *root)
{
	struct rl_voc_list a = read_ids(root, "train.txt"), b = read_ids(root, "val.txt");

	for (size_t i = 0, k = 0; i < a.n || k < b.n;) {
		int order = i == a.n ? 1 : k == b.n ? -1 : strcmp(a.entries[i].id, b.entries[k].id);
		const char *id = order <= 0 ? a.entries[i].id : b.entries[k].id;

		if (!has(&v->train, id) && !has(&v->val, id))
			add(&v->set, id, "VOCaug/dataset/cls", ".mat");
		i += order <= 0;
		k += order >= 0;
	}
	rl_voc_list_free(&a);
	rl_voc_list_free(&b);
}

static void add_aug(struct voc *v, const char *dir)
{
	char *list = rl_asprintf("%s/ImageSets/Segmentation/aug.txt", v->root);

	char *sbd = rl_asprintf("%.*s/VOCaug/dataset", rl_dir_length(dir), dir);

	if (!access(list, F_OK))
		add_converted(v, list);
	else if (!access(sbd, F_OK))
		add_sbd(v, sbd);
	else
		rl_die("%s: there is neither this list nor %s, SBD's benchmark: --set train does "
		       "without",
		       list, sbd);
	free(list);
	free(sbd);
}

/* True where they are VOC's own. */
static bool name_classes(struct voc *v, const char *set)
{
	char *folder = rl_asprintf("%s/ImageSets/Main", v->root);
	size_t n = 0;
	char **names = access(folder, F_OK) ? NULL : rl_voc_class_names(v->root, set, &n);
	json_t *voc = strings(twenty, RL_LEN(twenty));
	json_t *found = n ? strings((const char *const *)names, n) : json_incref(voc);
	bool own = json_equal(found, voc);

	v->set.names = json_array();
	json_array_append_new(v->set.names, json_string("background"));
	json_array_extend(v->set.names, found);
	json_decref(found);
	json_decref(voc);
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
	free(folder);
	return own;
}

void rl_list_voc12aug(const char *dir, const char *set)
{
	bool val = !strcmp(set, "val"), aug = !strcmp(set, "trainaug");
	struct voc v = {.root = rl_asprintf("%.*s/VOC2012", rl_dir_length(dir), dir)};

	v.set.images.root = rl_asprintf("%s/JPEGImages", v.root);
	v.set.labels.root = rl_asprintf("%.*s", rl_dir_length(dir), dir);
	if (!val)
		v.train = read_ids(v.root, "ImageSets/Segmentation/train.txt");
	if (val || aug)
		v.val = read_ids(v.root, "ImageSets/Segmentation/val.txt");
	add_all(&v.set, val ? &v.val : &v.train);
	if (aug)
		add_aug(&v, dir);
	if (name_classes(&v, val ? "val" : "train"))
		rl_imageset_note_size(&v.set.images, val ? VAL : aug ? TRAINAUG : TRAIN);
	print(&v.set);
	rl_voc_list_free(&v.train);
	rl_voc_list_free(&v.val);
	free(v.root);
}

/* ---- Cityscapes -------------------------------------------------------------------------------
 */

/* In the order of their train ids, with their label ids, both by cityscapesscripts. */
static const struct {
	const char *name;
	int id;
} evaluated[] = {
	{"road", 7},        {"sidewalk", 8},    {"building", 11},      {"wall", 12},
	{"fence", 13},      {"pole", 17},       {"traffic light", 19}, {"traffic sign", 20},
	{"vegetation", 21}, {"terrain", 22},    {"sky", 23},           {"person", 24},
	{"rider", 25},      {"car", 26},        {"truck", 27},         {"bus", 28},
	{"train", 31},      {"motorcycle", 32}, {"bicycle", 33}};

enum { LABEL_IDS = 34, CITYSCAPES_TRAIN = 2975, CITYSCAPES_VAL = 500 };

static json_t *city_names(void)
{
	json_t *names = json_array();

	for (size_t i = 0; i < RL_LEN(evaluated); i++)
		json_array_append_new(names, json_string(evaluated[i].name));
	return names;
}

static json_t *city_relabel(void)
{
	json_t *relabel = json_array();

	for (int id = 0; id < LABEL_IDS; id++)
		json_array_append_new(relabel, json_integer(RL_NO_CLASS));
	for (size_t i = 0; i < RL_LEN(evaluated); i++)
		json_array_set_new(relabel, (size_t)evaluated[i].id, json_integer((json_int_t)i));
	return relabel;
}

/* In the order of their names. */
static int entries(const char *root, struct dirent ***list)
{
	int n = scandir(root, list, NULL, alphasort);

	if (n < 0)
		rl_die("%s: open:", root);
	return n;
}

static const char image_ending[] = "_leftImg8bit.png";

static bool ends(const char *name, const char *ending)
{
	size_t n = strlen(name), cut = strlen(ending);

	return n > cut && !strcmp(name + n - cut, ending);
}

static void add_city(struct rl_imageset *images, const char *set, const char *city)
{
	char *folder = rl_asprintf("%s/%s", images->root, city);
	struct dirent **file;
	int n = entries(folder, &file);

	for (int i = 0; i < n; i++) {
		if (ends(file[i]->d_name, image_ending) && file[i]->d_name[0] != '.') {
			char *inside = rl_asprintf("%s/%s", city, file[i]->d_name);

			rl_imageset_add(images, set, inside, 0);
			free(inside);
		}
		free(file[i]);
	}
	free(file);
	free(folder);
}

static void find_images(struct rl_imageset *images, const char *set)
{
	struct dirent **city;
	int n = entries(images->root, &city);

	for (int i = 0; i < n; i++) {
		if (city[i]->d_name[0] != '.' &&
		    (city[i]->d_type == DT_DIR || city[i]->d_type == DT_LNK ||
		     city[i]->d_type == DT_UNKNOWN))
			add_city(images, set, city[i]->d_name);
		free(city[i]);
	}
	free(city);
	if (!images->nfile)
		rl_die("%s: no CITY/*%s in it", images->root, image_ending);
	rl_imageset_sort(images);
}

/* True when all are there. */
static bool find_labels(struct set *s, const char *dir, const char *set, const char *ending)
{
	bool all = true;

	rl_imageset_free(&s->labels);
	s->labels.root = rl_asprintf("%.*s/gtFine/%s", rl_dir_length(dir), dir, set);
	for (size_t i = 0; i < s->images.nfile; i++) {
		const char *inside = s->images.files[i].path + strlen(s->images.root) + 1;
		int stem = (int)(strlen(inside) - strlen(image_ending));
		char *label = rl_asprintf("%.*s%s", stem, inside, ending);

		rl_imageset_add(&s->labels, "", label, 0);
		free(label);
		all = all && !access(s->labels.files[i].path, F_OK);
	}
	return all;
}

void rl_list_cityscapes(const char *dir, const char *set)
{
	struct set s = {.names = city_names()};

	s.images.root = rl_asprintf("%.*s/leftImg8bit/%s", rl_dir_length(dir), dir, set);
	find_images(&s.images, set);
	if (!find_labels(&s, dir, set, "_gtFine_labelTrainIds.png")) {
		find_labels(&s, dir, set, "_gtFine_labelIds.png");
		s.relabel = city_relabel();
	}
	rl_imageset_note_size(&s.images, strcmp(set, "val") ? CITYSCAPES_TRAIN : CITYSCAPES_VAL);
	print(&s);
}
