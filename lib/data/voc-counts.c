#include "data/voc.h"

#include "base/err.h"

#include <string.h>

/*
 * Images per class with an example that is not difficult.  The test set's are those of the
 * benchmark's own target file (fair_self_supervision_benchmark, iccv_challenge/voc2007), which also
 * gives the images to ignore; both sets' are in the challenge's table of database statistics.
 */
static const struct count {
	const char *class;
	int trainval, test, test_ignored;
} counts[] = {
	{"aeroplane", 238, 204, 1},    {"bicycle", 243, 239, 11},     {"bird", 330, 282, 7},
	{"boat", 181, 172, 4},         {"bottle", 244, 212, 28},      {"bus", 186, 174, 9},
	{"car", 713, 721, 54},         {"cat", 337, 322, 10},         {"chair", 445, 417, 128},
	{"cow", 141, 127, 0},          {"diningtable", 200, 190, 57}, {"dog", 421, 418, 15},
	{"horse", 287, 274, 5},        {"motorbike", 245, 222, 11},   {"person", 2008, 2007, 90},
	{"pottedplant", 245, 224, 30}, {"sheep", 96, 97, 1},          {"sofa", 229, 223, 132},
	{"train", 261, 259, 0},        {"tvmonitor", 256, 229, 26},
};

/* Images: the challenges' tables of database statistics. */
static const struct {
	int year;
	const char *set;
	size_t images;
} sizes[] = {{2007, "trainval", 5011}, {2007, "test", 4952}, {2012, "trainval", 11540}};

static int count_label(const struct rl_voc *v, size_t class, int label)
{
	int n = 0;

	for (size_t i = 0; i < v->nimage; i++)
		n += v->images[i].labels[class] == label;
	return n;
}

static void check(const struct rl_voc *v, const char *set, size_t class, const char *what,
		  int label, int published)
{
	int n = count_label(v, class, label);

	if (n != published)
		rl_die("%s: VOC2007 %s: %d %s images of %s, published are %d", v->root, set, n,
		       what, v->classes[class], published);
}

/* 0 when it is not known, or another data set. */
static size_t published_size(const struct rl_voc *v, int year, const char *set)
{
	if (v->nclass != RL_LEN(counts))
		return 0;
	for (size_t c = 0; c < v->nclass; c++)
		if (strcmp(v->classes[c], counts[c].class))
			return 0;
	for (size_t i = 0; i < RL_LEN(sizes); i++)
		if (sizes[i].year == year && !strcmp(sizes[i].set, set))
			return sizes[i].images;
	return 0;
}

void rl_voc_note_size(const struct rl_voc *v, int year, const char *set)
{
	size_t whole = published_size(v, year, set);

	if (whole && v->nimage != whole)
		rl_warn("note: %zu of the %zu images of VOC%d %s, so results do not compare with "
			"published ones",
			v->nimage, whole, year, set);
}

void rl_voc_check_counts(const struct rl_voc *v, const char *set)
{
	bool test = !strcmp(set, "test");

	rl_voc_note_size(v, 2007, set);
	if (v->nimage != published_size(v, 2007, set))
		return;
	for (size_t c = 0; c < v->nclass; c++) {
		check(v, set, c, "positive", 1, test ? counts[c].test : counts[c].trainval);
		if (test)
			check(v, set, c, "ignored", -1, counts[c].test_ignored);
	}
}
