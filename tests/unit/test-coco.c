/* The reader of COCO's instances. */
#include "base/err.h"
#include "data/coco.h"
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Out of order, with members of somebody else's; %s is the end of the list of annotations. */
static const char good[] =
	"{\"info\":{\"year\":2017},\"licenses\":[{\"id\":1,\"name\":\"x\"}],"
	"\"annotations\":["
	"{\"id\":5,\"image_id\":9,\"category_id\":90,\"bbox\":[1.5,2,3,4.25],\"area\":7.5,"
	"\"iscrowd\":0,\"segmentation\":[[1.5,2,4.5,2,4.5,250.09999999999997],[1,1,2,2]]},"
	"{\"id\":3,\"image_id\":4,\"category_id\":2,\"bbox\":[0,0,3,2],\"area\":4,\"iscrowd\":1,"
	"\"segmentation\":{\"size\":[2,3],\"counts\":[1,4,1]}},"
	"{\"id\":2,\"image_id\":9,\"category_id\":2,\"bbox\":[-1,0,0,2],\"area\":0,\"iscrowd\":0}%"
	"s],"
	"\"images\":["
	"{\"id\":9,\"file_name\":\"b.jpg\",\"height\":20,\"width\":30,\"license\":1},"
	"{\"id\":-7,\"file_name\":\"a.jpg\",\"height\":1,\"width\":65535},"
	"{\"id\":4,\"file_name\":\"c/d.jpg\",\"height\":2,\"width\":3}],"
	"\"categories\":[{\"id\":90,\"name\":\"dog\",\"supercategory\":\"animal\"},"
	"{\"id\":2,\"name\":\"cat\"}]}";

static char path[64];

static void write_text(const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f))
		rl_die("%s: write:", path);
}

static char *with_annotation(const char *more)
{
	char *comma = rl_asprintf("%s%s", *more ? "," : "", more);
	char *text = rl_asprintf(good, comma);

	free(comma);
	return text;
}

static bool box_is(const struct rl_coco_annotation *a, double x, double y, double w, double h)
{
	return a->box[0] == x && a->box[1] == y && a->box[2] == w && a->box[3] == h;
}

static void test_good(void)
{
	char *text = with_annotation("");
	struct rl_coco c;

	write_text(text);
	free(text);
	rl_coco_read(&c, path);
	const struct rl_coco_image *m = c.images;
	const struct rl_coco_annotation *a = c.annotations;

	ok(c.nimage == 3 && m[0].id == -7 && m[1].id == 4 && m[2].id == 9,
	   "images in the order of their ids");
	ok(!strcmp(m[1].file, "c/d.jpg") && m[1].height == 2 && m[1].width == 3 &&
		   m[0].width == 65535,
	   "their names and sizes");
	ok(c.ncategory == 2 && c.categories[0].id == 2 && !strcmp(c.categories[0].name, "cat") &&
		   c.categories[1].id == 90 && !strcmp(c.categories[1].name, "dog"),
	   "categories in the order of theirs");
	ok(c.nannotation == 3 && m[0].count == 0 && m[1].first == 0 && m[1].count == 1 &&
		   m[2].first == 1 && m[2].count == 2,
	   "every image has its annotations");
	ok(a[0].id == 3 && a[1].id == 5 && a[2].id == 2 && a[0].image == 1 && a[1].image == 2 &&
		   a[2].image == 2,
	   "in the order of the file");
	ok(a[0].category == 0 && a[1].category == 1 && a[2].category == 0 && a[0].crowd &&
		   !a[1].crowd,
	   "with class and crowd");
	ok(box_is(&a[1], 1.5, 2, 3, 4.25) && a[1].area == 7.5 && box_is(&a[2], -1, 0, 0, 2),
	   "with box and area");
	ok(!strcmp(a[0].segmentation, "{\"size\":[2,3],\"counts\":[1,4,1]}") && !a[2].segmentation,
	   "run lengths as they are, and none");
	ok(!strcmp(a[1].segmentation, "[[1.5,2,4.5,2,4.5,250.09999999999997]]") && c.flat == 1,
	   "polygons as they are, but for one of two corners: %s", a[1].segmentation);
	ok(rl_coco_image(&c, 9) == &m[2] && !rl_coco_image(&c, 8) &&
		   rl_coco_category(&c, 90) == &c.categories[1] && !rl_coco_category(&c, 1),
	   "images and categories are found by their ids");
	rl_coco_free(&c);
}

static void read_it(void *unused)
{
	struct rl_coco c;

	(void)unused;
	rl_coco_read(&c, path);
	_exit(0);
}

static void refuses(const char *text, const char *why)
{
	write_text(text);
	ok(dies(read_it, NULL, 1, why), "refused: %s", why);
}

/* One annotation more, of these ids and this rest. */
static void refuses_annotation(const char *ids, const char *rest, const char *why)
{
	char *more = rl_asprintf("{%s,%s}", ids, rest), *text = with_annotation(more);

	refuses(text, why);
	free(text);
	free(more);
}

#define IDS "\"id\":8,\"image_id\":4,\"category_id\":2"
#define BOX "\"bbox\":[0,0,1,1],\"area\":1,\"iscrowd\":0"

static void test_annotations(void)
{
	refuses_annotation("\"id\":3,\"image_id\":4,\"category_id\":2", BOX,
			   ".json: annotation id 3 twice");
	refuses_annotation("\"id\":8,\"image_id\":5,\"category_id\":2", BOX,
			   ".json: annotations[3]: no image has the id 5");
	refuses_annotation("\"id\":8,\"image_id\":4,\"category_id\":3", BOX,
			   ".json: annotations[3]: no category has the id 3");
	refuses_annotation("\"id\":8,\"category_id\":3", BOX,
			   ".json: annotations[3]: no member \"image_id\"");
	refuses_annotation("\"id\":8,\"image_id\":4", BOX,
			   ".json: annotations[3]: no member \"category_id\"");
	refuses_annotation("\"image_id\":4,\"category_id\":2", BOX,
			   ".json: annotations[3]: no member \"id\"");
	refuses_annotation(IDS, "\"area\":1,\"iscrowd\":0",
			   ".json: annotations[3]: no member \"bbox\"");
	refuses_annotation(IDS, "\"bbox\":[0,0,1],\"area\":1,\"iscrowd\":0",
			   "annotations[3]: \"bbox\" is not four numbers");
	refuses_annotation(IDS, "\"bbox\":[0,0,1,\"1\"],\"area\":1,\"iscrowd\":0",
			   "annotations[3]: \"bbox\" is not four numbers");
	refuses_annotation(IDS, "\"bbox\":[0,0,-1,2.5],\"area\":1,\"iscrowd\":0",
			   "annotations[3]: \"bbox\" is of -1 x 2.5 pixels");
	refuses_annotation(IDS, "\"bbox\":[0,0,1e999,2.5],\"area\":1,\"iscrowd\":0", "not JSON");
	refuses_annotation(IDS, "\"bbox\":[0,0,NaN,2.5],\"area\":1,\"iscrowd\":0", "not JSON");
	refuses_annotation(IDS, "\"bbox\":[0,0,1,1],\"iscrowd\":0",
			   "annotations[3]: no member \"area\"");
	refuses_annotation(IDS, "\"bbox\":[0,0,1,1],\"area\":-2,\"iscrowd\":0",
			   "annotations[3]: \"area\" is -2");
	refuses_annotation(IDS, "\"bbox\":[0,0,1,1],\"area\":1",
			   "annotations[3]: no member \"iscrowd\"");
	refuses_annotation(IDS, "\"bbox\":[0,0,1,1],\"area\":1,\"iscrowd\":2",
			   "annotations[3]: \"iscrowd\" is 2, not in 0 to 1");
}

static void test_segmentations(void)
{
	static const char runs[] =
		"\"segmentation\" is neither polygons nor run lengths with their size";
	static const char polygon[] =
		"\"segmentation\" has a polygon that is not three or more pairs of numbers";
	static const char pixels[] =
		"\"segmentation\" has runs of another number of pixels than its size";

	refuses_annotation(IDS, BOX ",\"segmentation\":3", runs);
	refuses_annotation(IDS, BOX ",\"segmentation\":{\"counts\":[6]}", runs);
	refuses_annotation(IDS, BOX ",\"segmentation\":{\"size\":[2,3]}", runs);
	refuses_annotation(IDS, BOX ",\"segmentation\":{\"size\":[2,3],\"counts\":\"~\"}", runs);
	refuses_annotation(IDS, BOX ",\"segmentation\":{\"size\":[2,3],\"counts\":[7,-1]}", runs);
	refuses_annotation(IDS, BOX ",\"segmentation\":{\"size\":[0,3],\"counts\":[]}", runs);
	refuses_annotation(IDS, BOX ",\"segmentation\":{\"size\":[2,3],\"counts\":[7]}", pixels);
	refuses_annotation(IDS, BOX ",\"segmentation\":{\"size\":[2,3],\"counts\":[4,1]}", pixels);
	refuses_annotation(
		IDS, BOX ",\"segmentation\":{\"size\":[3,2],\"counts\":[6]}",
		"annotations[3]: \"segmentation\" of 2 x 3 pixels, image c/d.jpg has 3 x 2");
	refuses_annotation(IDS, BOX ",\"segmentation\":[1,2,3,4,5,6]", polygon);
	refuses_annotation(IDS, BOX ",\"segmentation\":[[1,2,3,4,5,6,7]]", polygon);
	refuses_annotation(IDS, BOX ",\"segmentation\":[[1,2,3,4,5,\"6\"]]", polygon);
	refuses_annotation(IDS, BOX ",\"segmentation\":[[1,2,3]]", polygon);
}

#define IMAGE "{\"id\":1,\"file_name\":\"a.jpg\",\"height\":2,\"width\":3}"
#define CATEGORY "{\"id\":1,\"name\":\"cat\"}"

static void test_lists(void)
{
	refuses("[]", "not JSON: '{' expected");
	refuses("{\"images\":[" IMAGE "],\"annotations\":[]}", ".json: no categories");
	refuses("{\"categories\":[" CATEGORY "],\"annotations\":[]}", ".json: no images");
	refuses("{\"images\":[" IMAGE "," IMAGE "],\"categories\":[" CATEGORY "]}",
		".json: image id 1 twice");
	refuses("{\"images\":[" IMAGE
		",{\"id\":2,\"file_name\":\"a.jpg\",\"height\":2,\"width\":3}],"
		"\"categories\":[" CATEGORY "]}",
		".json: image a.jpg twice");
	refuses("{\"images\":[{\"id\":1,\"file_name\":\"../a.jpg\",\"height\":2,\"width\":3}]}",
		"images[0]: ../a.jpg: not a path inside the data set");
	refuses("{\"images\":[{\"id\":1,\"height\":2,\"width\":3}]}",
		"images[0]: no member \"file_name\"");
	refuses("{\"images\":[{\"file_name\":\"a.jpg\",\"height\":2,\"width\":3}]}",
		"images[0]: no member \"id\"");
	refuses("{\"images\":[{\"id\":1,\"file_name\":\"a.jpg\",\"width\":3}]}",
		"images[0]: no member \"height\"");
	refuses("{\"images\":[{\"id\":1,\"file_name\":\"a.jpg\",\"height\":2,\"width\":0}]}",
		"images[0]: \"width\" is 0, not in 1 to 65535");
	refuses("{\"images\":[" IMAGE "],\"categories\":[" CATEGORY "," CATEGORY "]}",
		".json: category id 1 twice");
	refuses("{\"images\":[" IMAGE "],\"categories\":[" CATEGORY
		",{\"id\":2,\"name\":\"cat\"}]}",
		".json: category cat twice");
	refuses("{\"categories\":[{\"id\":1,\"name\":\"\"}]}", "categories[0]: \"name\" is empty");
	refuses("{\"categories\":[{\"id\":1}]}", "categories[0]: no member \"name\"");
	refuses("{\"categories\":[{\"name\":\"cat\"}]}", "categories[0]: no member \"id\"");
}

int main(void)
{
	snprintf(path, sizeof(path), "/tmp/test-coco-%ld.json", (long)getpid());
	test_good();
	test_annotations();
	test_segmentations();
	test_lists();
	unlink(path);
	return tap_done();
}
