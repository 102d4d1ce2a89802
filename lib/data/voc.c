#include "data/voc.h"

#include "base/err.h"
#include "base/file.h"
#include "data/voc-list.h"
#include "stream/tensor.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool exists(const char *dir, const char *rest)
{
	char *path = rl_asprintf("%s/%s", dir, rest);
	struct stat st;
	bool yes = !stat(path, &st);

	free(path);
	return yes;
}

static char *find_root(const char *dir)
{
	if (exists(dir, "ImageSets/Main"))
		return rl_asprintf("%.*s", rl_dir_length(dir), dir);
	if (exists(dir, "VOC2007/ImageSets/Main"))
		return rl_asprintf("%.*s/VOC2007", rl_dir_length(dir), dir);
	rl_die("%s: neither ImageSets/Main nor VOC2007/ImageSets/Main in it", dir);
}

static void free_names(char **names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

/* The columns of labels are numbered by the classes, so a set that has others would be read as
 * nonsense by whatever was trained on this one. */
static void check_other_sets(const struct rl_voc *v, const char *set)
{
	static const char *const sets[] = {"trainval", "test", "train", "val"};

	for (size_t s = 0; s < RL_LEN(sets); s++) {
		size_t n;
		char **names = rl_voc_class_names(v->root, sets[s], &n);

		for (size_t i = 0; n && (i < n || i < v->nclass); i++)
			if (i == n || i == v->nclass || strcmp(names[i], v->classes[i]))
				rl_die("%s/ImageSets/Main: the sets %s and %s differ in class %s",
				       v->root, set, sets[s], i < n ? names[i] : v->classes[i]);
		free_names(names, n);
	}
}

static void read_labels(struct rl_voc *v, const char *set, size_t class)
{
	static const int8_t label_of[] = {0, -1, 1}; /* absent, only difficult, present */
	char *path = rl_asprintf("%s/ImageSets/Main/%s_%s.txt", v->root, v->classes[class], set);
	struct rl_voc_list l = rl_voc_list_read(path, true);

	for (size_t i = 0; i < l.n && i < v->nimage; i++)
		if (strcmp(l.entries[i].id, v->images[i].id))
			rl_die("%s: %s here, %s in %s.txt", path, l.entries[i].id, v->images[i].id,
			       set);
	if (l.n != v->nimage)
		rl_die("%s: %zu images, %zu in %s.txt", path, l.n, v->nimage, set);
	for (size_t i = 0; i < l.n; i++)
		v->images[i].labels[class] = label_of[l.entries[i].value + 1];
	rl_voc_list_free(&l);
	free(path);
}

char *rl_voc_image_path(const struct rl_voc *v, size_t i)
{
	return rl_asprintf("%s/JPEGImages/%s.jpg", v->root, v->images[i].id);
}

/* The labels that the objects imply must be those of the lists. */
static void check_labels(const struct rl_voc *v, const struct rl_voc_image *m, const char *xml,
			 const char *set)
{
	int8_t *implied = rl_calloc(v->nclass, 1);

	for (size_t i = 0; i < m->nobject; i++) {
		const struct rl_voc_object *o = &m->objects[i];

		if (!o->difficult)
			implied[o->label] = 1;
		else if (!implied[o->label])
			implied[o->label] = -1;
	}
	for (size_t c = 0; c < v->nclass; c++)
		if (implied[c] != m->labels[c])
			rl_die("%s: %s %s, but %s_%s.txt says otherwise", xml,
			       implied[c] > 0   ? "has a"
			       : implied[c] < 0 ? "has only difficult examples of"
						: "has no",
			       v->classes[c], v->classes[c], set);
	free(implied);
}

static void read_image(struct rl_voc *v, size_t i, const char *set)
{
	struct rl_voc_image *m = &v->images[i];
	char *xml = rl_asprintf("%s/Annotations/%s.xml", v->root, m->id);
	char *jpeg = rl_voc_image_path(v, i);
	struct stat st;

	if (stat(jpeg, &st))
		rl_die("%s: in %s.txt, but cannot be read:", jpeg, set);
	if (!S_ISREG(st.st_mode) || !st.st_size)
		rl_die("%s: not a file, or empty", jpeg);
	rl_voc_read_xml(xml, v->classes, v->nclass, m);
	if (m->labels)
		check_labels(v, m, xml, set);
	free(xml);
	free(jpeg);
}

/* Takes the root. */
static void read_tree(struct rl_voc *v, char *root, const char *set, bool labels)
{
	*v = (struct rl_voc){.root = root};
	v->classes = rl_voc_class_names(v->root, set, &v->nclass);
	if (!v->nclass)
		rl_die("%s/ImageSets/Main: no CLASS_%s.txt", v->root, set);
	check_other_sets(v, set);

	char *path = rl_asprintf("%s/ImageSets/Main/%s.txt", v->root, set);
	struct rl_voc_list l = rl_voc_list_read(path, false);
	free(path);
	v->nimage = l.n;
	v->images = rl_calloc(l.n, sizeof(*v->images));
	for (size_t i = 0; i < l.n; i++) {
		v->images[i].id = rl_strdup(l.entries[i].id);
		v->images[i].labels = labels ? rl_calloc(v->nclass, 1) : NULL;
	}
	rl_voc_list_free(&l);

	for (size_t c = 0; c < v->nclass && labels; c++)
		read_labels(v, set, c);
	for (size_t i = 0; i < v->nimage; i++)
		read_image(v, i, set);
}

void rl_voc_read(struct rl_voc *v, const char *dir, const char *set)
{
	read_tree(v, find_root(dir), set, true);
	rl_voc_check_counts(v, set);
}

void rl_voc_read_objects(struct rl_voc *v, const char *dir, int year, const char *set)
{
	char *root = rl_asprintf("%.*s/VOC%d", rl_dir_length(dir), dir, year);

	if (!exists(root, "ImageSets/Main"))
		rl_die("%s: no VOC%d/ImageSets/Main in it", dir, year);
	read_tree(v, root, set, false);
	rl_voc_note_size(v, year, set);
}

void rl_voc_free(struct rl_voc *v)
{
	for (size_t i = 0; i < v->nimage; i++) {
		free(v->images[i].id);
		free(v->images[i].labels);
		free(v->images[i].objects);
	}
	free_names(v->classes, v->nclass);
	free(v->images);
	free(v->root);
	*v = (struct rl_voc){0};
}

json_t *rl_voc_record(const struct rl_voc *v, size_t i)
{
	const struct rl_voc_image *m = &v->images[i];
	json_t *labels = json_object();
	char *path = rl_voc_image_path(v, i);
	char *name = rl_asprintf("%s.jpg", m->id);
	char *key = rl_key_from_path(name);

	for (size_t c = 0; c < v->nclass; c++)
		json_object_set_new(labels, v->classes[c], json_integer(m->labels[c]));
	json_t *o = json_pack("{ss ss so}", "key", key, "path", path, "labels", labels);
	if (!o)
		rl_die("%s: the name is not UTF-8", path);
	free(key);
	free(name);
	free(path);
	return o;
}
