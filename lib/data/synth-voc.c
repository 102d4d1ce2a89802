/*
 * The synthetic world as a tree of VOC 2007 or 2012.  In 2007 the training pictures are the set
 * trainval, its halves train and val; the held-out ones are test.  In 2012, whose test set is
 * nobody's to have, the training pictures are train, the held-out ones val, all trainval.
 * SegmentationClass numbers categories from 1,
 * SegmentationObject numbers the objects in the order of the XML; 255 is void in both.
 */
#include "data/synth-write.h"

#include "base/err.h"
#include "image/palette.h"
#include "image/png.h"

#include <inttypes.h>
#include <stdlib.h>

static void write_xml(const struct rl_synth_set *set, int64_t number,
		      const struct rl_synth_scene *scene)
{
	FILE *f = rl_synth_open(set, "VOC%d/Annotations/%06" PRId64 ".xml", set->year, number + 1);

	fprintf(f,
		"<annotation>\n\t<folder>VOC%d</folder>\n\t<filename>%06" PRId64
		".jpg</filename>\n\t<source>\n\t\t<database>rl-synth, seed %" PRIu64
		"</database>\n\t</source>\n\t<size>\n\t\t<width>%d</width>\n\t\t<height>%d"
		"</height>\n\t\t<depth>3</depth>\n\t</size>\n\t<segmented>1</segmented>\n",
		set->year, number + 1, set->seed, scene->image.width, scene->image.height);
	for (int i = 0; i < scene->nobject; i++) {
		const struct rl_synth_object *o = &scene->objects[i];

		/* VOC counts pixels from 1 and includes the last. */
		fprintf(f,
			"\t<object>\n\t\t<name>%s</name>\n\t\t<pose>Unspecified</pose>\n\t\t"
			"<truncated>%d</truncated>\n\t\t<difficult>%d</difficult>\n\t\t<bndbox>\n\t"
			"\t\t<xmin>%d</xmin>\n\t\t\t<ymin>%d</ymin>\n\t\t\t<xmax>%d</xmax>\n\t\t\t"
			"<ymax>%d</ymax>\n\t\t</bndbox>\n\t</object>\n",
			rl_synth_category(&set->cast, o->category), o->truncated, o->difficult,
			o->box[0] + 1, o->box[1] + 1, o->box[2], o->box[3]);
	}
	fprintf(f, "</annotation>\n");
	rl_synth_close(set, f);
}

/* Each pixel's id becomes value[id]. */
static void write_png(const struct rl_synth_set *set, const char *folder, int64_t number,
		      const struct rl_synth_scene *scene, const uint8_t value[256])
{
	size_t n = (size_t)scene->image.width * (size_t)scene->image.height;
	uint8_t *index = rl_malloc(n), palette[256 * 3];
	FILE *f = rl_synth_open(set, "VOC%d/%s/%06" PRId64 ".png", set->year, folder, number + 1);

	for (size_t i = 0; i < n; i++)
		index[i] = value[scene->ids[i]];
	rl_palette_voc(palette);
	rl_png_write_palette(f, index, scene->image.height, scene->image.width, palette, 256);
	rl_synth_close(set, f);
	free(index);
}

static void save(const struct rl_synth_set *set, int64_t number, const struct rl_synth_scene *scene,
		 void *user)
{
	int8_t *labels = user;
	/* As a list says it: 1 the category is there, 0 only difficult examples, -1 it is not. */
	int8_t *said = labels + number * set->cast.count;
	uint8_t class_of[256] = {[RL_SYNTH_VOID] = 255}, object_of[256] = {[RL_SYNTH_VOID] = 255};

	for (int c = 0; c < set->cast.count; c++)
		said[c] = -1;
	for (int i = 0; i < scene->nobject; i++) {
		const struct rl_synth_object *o = &scene->objects[i];

		if (said[o->category] < !o->difficult)
			said[o->category] = !o->difficult;
		class_of[i + 1] = (uint8_t)(o->category + 1);
		object_of[i + 1] = (uint8_t)(i + 1);
	}
	rl_synth_jpeg(
		set, scene,
		rl_synth_open(set, "VOC%d/JPEGImages/%06" PRId64 ".jpg", set->year, number + 1));
	write_xml(set, number, scene);
	write_png(set, "SegmentationClass", number, scene, class_of);
	write_png(set, "SegmentationObject", number, scene, object_of);
}

/* The lists of one image set, pictures first..end-1. */
static void write_lists(const struct rl_synth_set *set, const int8_t *labels, const char *name,
			int64_t first, int64_t end)
{
	static const char *const folders[] = {"Main", "Segmentation"};

	if (first == end)
		return;
	for (size_t k = 0; k < RL_LEN(folders); k++) {
		FILE *f = rl_synth_open(set, "VOC%d/ImageSets/%s/%s.txt", set->year, folders[k],
					name);

		for (int64_t i = first; i < end; i++)
			fprintf(f, "%06" PRId64 "\n", i + 1);
		rl_synth_close(set, f);
	}
	for (int c = 0; c < set->cast.count; c++) {
		FILE *f = rl_synth_open(set, "VOC%d/ImageSets/Main/%s_%s.txt", set->year,
					rl_synth_category(&set->cast, c), name);

		for (int64_t i = first; i < end; i++)
			fprintf(f, "%06" PRId64 " %2d\n", i + 1, labels[i * set->cast.count + c]);
		rl_synth_close(set, f);
	}
}

void rl_synth_write_voc(const struct rl_synth_set *set)
{
	static const char *const folders[] = {"JPEGImages",        "Annotations",
					      "SegmentationClass", "SegmentationObject",
					      "ImageSets/Main",    "ImageSets/Segmentation"};
	int64_t n = set->train + set->val;
	int8_t *labels = rl_calloc((size_t)n, (size_t)set->cast.count);

	for (size_t k = 0; k < RL_LEN(folders); k++)
		rl_synth_mkdir(set, "VOC%d/%s", set->year, folders[k]);
	rl_synth_each(set, false, save, labels);
	if (set->year == 2007) {
		write_lists(set, labels, "train", 0, set->train / 2);
		write_lists(set, labels, "val", set->train / 2, set->train);
		write_lists(set, labels, "trainval", 0, set->train);
		write_lists(set, labels, "test", set->train, n);
	} else {
		write_lists(set, labels, "train", 0, set->train);
		write_lists(set, labels, "val", set->train, n);
		write_lists(set, labels, "trainval", 0, n);
	}
	free(labels);
}
