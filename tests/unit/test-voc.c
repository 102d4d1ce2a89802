/* The VOC reader's XML and its knowledge of the official set; the rest is in filters/list.t. */
#include "base/err.h"
#include "data/voc.h"
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *classes[] = {"aeroplane",   "bicycle", "bird",  "boat",      "bottle",
			  "bus",         "car",     "cat",   "chair",     "cow",
			  "diningtable", "dog",     "horse", "motorbike", "person",
			  "pottedplant", "sheep",   "sofa",  "train",     "tvmonitor"};
static const int positives[] = {204, 239, 282, 172, 212,  174, 721, 322, 417, 127,
				190, 418, 274, 222, 2007, 224, 97,  223, 259, 229};
static const int ignored[] = {1,  11, 7, 4,  28, 9,  54, 10,  128, 0,
			      57, 15, 5, 11, 90, 30, 1,  132, 0,   26};

/* A set of the official test set's size and counts. */
static struct rl_voc official(void)
{
	struct rl_voc v = {.root = "VOC2007", .classes = classes, .nclass = 20, .nimage = 4952};

	v.images = rl_calloc(v.nimage, sizeof(*v.images));
	for (size_t i = 0; i < v.nimage; i++)
		v.images[i].labels = rl_calloc(v.nclass, 1);
	for (size_t c = 0; c < v.nclass; c++)
		for (int i = 0; i < positives[c] + ignored[c]; i++)
			v.images[i].labels[c] = i < positives[c] ? 1 : -1;
	return v;
}

static void check_test(void *v)
{
	rl_voc_check_counts(v, "test");
	_exit(0);
}

static void check_trainval(void *v)
{
	rl_voc_check_counts(v, "trainval");
	_exit(0);
}

static void test_counts(void)
{
	struct rl_voc v = official();

	ok(dies(check_test, &v, 0, ""), "the published counts are accepted");
	v.images[4951].labels[6] = 1;
	ok(dies(check_test, &v, 1, "722 positive images of car, published are 721"),
	   "one positive too many is refused");
	v.images[4951].labels[6] = -1;
	ok(dies(check_test, &v, 1, "55 ignored images of car, published are 54"),
	   "one ignored too many is refused");
	v.images[4951].labels[6] = 0;
	v.nimage = 4951;
	ok(dies(check_test, &v, 0, "note: 4951 of the 4952 images of VOC2007 test"),
	   "a part of the set is said to be one");
	v.nimage = 4952;
	ok(dies(check_trainval, &v, 0, "note: 4952 of the 5011"), "so is trainval's");
	v.images[4951].labels[6] = 1;
	v.nclass = 19;
	ok(dies(check_test, &v, 0, ""), "other classes are another data set");
	for (size_t i = 0; i < 4952; i++)
		free(v.images[i].labels);
	free(v.images);
}

/* ---- XML ---------------------------------------------------------------------------------------
 */

static const char *write_xml(const char *text)
{
	static char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/tmp/test-voc-%ld.xml", (long)getpid());
	f = fopen(path, "w");
	if (!f || fputs(text, f) < 0 || fclose(f))
		rl_die("%s: write:", path);
	return path;
}

static void read_it(void *path)
{
	struct rl_voc_image m;

	rl_voc_read_xml(path, classes, 20, &m);
	_exit(0);
}

#define SIZE "<size><width>500</width><height>300</height></size>"
#define BOX(a, b, c, d)                                                                      \
	"<bndbox><xmin>" a "</xmin><ymin>" b "</ymin><xmax>" c "</xmax><ymax>" d "</ymax></" \
	"bndbox>"

static void refuses(const char *text, const char *why)
{
	ok(dies(read_it, (void *)write_xml(text), 1, why), "refused: %s", why);
}

static void test_xml(void)
{
	const char *good =
		"<?xml version=\"1.0\"?>\n<annotation>" SIZE
		"<object><name>person</name><difficult>1</difficult>" BOX(
			"1", "2.5", "500",
			"300") "<part><name>head</name>" BOX("9", "9", "10",
							     "10") "</part></object>"
								   "<object>" BOX(
									   "3", "4", "5",
									   "6") "<name>cow</name></"
										"object></"
										"annotation>";
	struct rl_voc_image m;

	rl_voc_read_xml(write_xml(good), classes, 20, &m);
	struct rl_voc_object *o = m.objects;
	ok(m.height == 300 && m.width == 500, "the size of the image");
	ok(m.nobject == 2, "two objects, and a part is none");
	ok(o[0].label == 14 && o[0].difficult && o[0].box[0] == 1 && o[0].box[1] == 2.5 &&
		   o[0].box[2] == 500 && o[0].box[3] == 300,
	   "the first as written");
	ok(o[1].label == 9 && !o[1].difficult && o[1].box[3] == 6, "the second as written");
	free(o);

	refuses("<annotation>" SIZE, "not XML");
	refuses("", "not XML");
	refuses("<html></html>", "not a VOC annotation but html");
	refuses("<!DOCTYPE annotation [<!ENTITY a \"b\">]><annotation/>", "document type declared");
	refuses("<annotation></annotation>", "no size of the image");
	refuses("<annotation>" SIZE "<object><name>unicorn</name></object></annotation>",
		"no class list for unicorn");
	refuses("<annotation>" SIZE "<object>" BOX("1", "1", "2", "2") "</object></annotation>",
		"object without a name");
	refuses("<annotation>" SIZE "<object><name>cow</name></object></annotation>",
		"object without a whole bndbox");
	refuses("<annotation>" SIZE
		"<object><name>cow</name>" BOX("5", "1", "4", "2") "</object></annotation>",
		"inside out");
	refuses("<annotation>" SIZE
		"<object><name>cow</name>" BOX("1", "1", "501", "2") "</object></annotation>",
		"the bndbox of object 1 leaves the image");
	refuses("<annotation>" SIZE
		"<object><name>cow</name>" BOX("1", "nan", "2", "2") "</object></annotation>",
		"not a number");

	char *deep = rl_calloc(1 << 16, 1);
	for (int i = 0; i < 5000; i++)
		strcat(deep, i ? "<x>" : "<annotation>");
	refuses(deep, "nested too deep");
	free(deep);
	unlink(write_xml(""));
}

int main(void)
{
	test_counts();
	test_xml();
	return tap_done();
}
