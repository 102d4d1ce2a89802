#include "base/err.h"
#include "report/page.h"

#include <stddef.h>
#include <string.h>

/* The page's protocols: the configurations of that commit.  Sizes of data sets that they leave to
 * the data are those that rl-list knows; of COCO, those images of train2017 that have objects. */

static const struct rl_page_fact network[] = {
	{"depth", "50"},
	{"width", "64"},
	{"precision", "fp32"},
	{0},
};

static const struct rl_page_fact pretraining[] = {
	{"task", "relative location"},
	{"images", "1281167"},
	{"view", "resize=292 random-crop=255 grey=0.66 patches=64"},
	{"epochs", "70"},
	{"batch", "512"},
	{"statistics", "64"},
	{"optimizer", "sgd"},
	{"lr", "0.2"},
	{"momentum", "0.9"},
	{"weight_decay", "0.0001"},
	{"head_weight_decay", "0.0005"},
	{"head_lr", "1"},
	{"warmup", "5"},
	{"warmup_ratio", "0.1"},
	{"steps", "30,50"},
	{"of_epochs", "70"},
	{"gamma", "0.1"},
	{"hidden", "4096"},
	{"dropout", "0.5"},
	{"neck_momentum", "0.003"},
	{"precision", "fp32"},
	{"precise_bn", "0"},
	{0},
};

/* ---- data and what is seen of it ---------------------------------------------------------------
 */

#define DATA(train, test, classes)                      \
	{"train_images", train}, {"test_images", test}, \
	{                                               \
		"classes", classes                      \
	}
#define IMAGENET(train) DATA(train, "50000", "1000")

static const struct rl_page_fact imagenet[] = {IMAGENET("1281167"), {0}};
static const struct rl_page_fact one_percent[] = {IMAGENET("12811"), {0}};
static const struct rl_page_fact ten_percent[] = {IMAGENET("128116"), {0}};
static const struct rl_page_fact places205[] = {DATA("2448873", "20500", "205"), {0}};
static const struct rl_page_fact inat18[] = {DATA("437513", "24426", "8142"), {0}};
static const struct rl_page_fact voc0712[] = {DATA("16551", "4952", "20"), {0}};
static const struct rl_page_fact voc12aug[] = {DATA("10582", "1449", "21"), {0}};
static const struct rl_page_fact cityscapes[] = {DATA("2975", "500", "19"), {0}};
static const struct rl_page_fact coco17[] = {DATA("117266", "5000", "80"), {0}};
static const struct rl_page_fact voc07[] = {
	DATA("5011", "4952", "20"),
	{"class_names", "aeroplane,bicycle,bird,boat,bottle,bus,car,cat,chair,cow,diningtable,dog,"
			"horse,motorbike,person,pottedplant,sheep,sofa,train,tvmonitor"},
	{0},
};

#define MIDDLE "resize=256 center-crop=224"
#define CROP "random-resized-crop=224 flip"

static const struct rl_page_fact squashed[] = {
	{"train", "resize=256 squash=224"}, {"test", "resize=256 squash=224"}, {0}};
static const struct rl_page_fact middle[] = {{"train", MIDDLE}, {"test", MIDDLE}, {0}};
static const struct rl_page_fact cropped[] = {{"train", CROP}, {"test", MIDDLE}, {0}};
static const struct rl_page_fact coloured[] = {
	{"train", CROP " color-jitter=0.4,0.4,0.4 lighting"}, {"test", MIDDLE}, {0}};
static const struct rl_page_fact voc_sides[] = {
	{"train", "multi-resize=480,512,544,576,608,640,672,704,736,768,800:1333 flip"},
	{"test", "multi-resize=800:1333"},
	{0}};
static const struct rl_page_fact coco_sides[] = {
	{"train", "multi-resize=640,672,704,736,768,800:1333 flip"},
	{"test", "multi-resize=800:1333"},
	{0}};
static const struct rl_page_fact voc_ratio[] = {
	{"train", "ratio-resize=2048x512,0.5,2 class-crop=512 flip photometric"},
	{"test", "multi-resize=512:2048"},
	{0}};
static const struct rl_page_fact cityscapes_ratio[] = {
	{"train", "ratio-resize=2049x1025,0.5,2 class-crop=769 flip photometric"},
	{"test", "multi-resize=1025:2049 windows=769,513"},
	{0}};
static const struct rl_page_fact places[] = {
	{"train", "resize=256 center-crop=256 random-crop=224 flip"}, {"test", MIDDLE}, {0}};

/* ---- how it is learned -------------------------------------------------------------------------
 */

#define SGD(epochs, falls, factor)                                                      \
	{"epochs", epochs}, {"of_epochs", epochs}, {"steps", falls}, {"gamma", factor}, \
		{"warmup", "0"}, {"batch", "256"},                                      \
	{                                                                               \
		"momentum", "0.9"                                                       \
	}
#define MULTI(epochs, falls)                                                         \
	SGD(epochs, falls, "0.1"), {"statistics", "256"}, {"optimizer", "nesterov"}, \
		{"lr", "0.01"},                                                      \
	{                                                                            \
		"weight_decay", "0.0001"                                             \
	}
/* The rate is one of a grid's. */
#define SEMI(decay)                                                                            \
	SGD("20", "12,16", "0.2"), {"statistics", "256"}, {"optimizer", "sgd"},                \
		{"weight_decay", decay},                                                       \
	{                                                                                      \
		"settings", "0.001x1,0.001x10,0.001x100,0.01x1,0.01x10,0.01x100,0.1x1,0.1x10," \
			    "0.1x100"                                                          \
	}
#define FIXED(images, rate, decay)                                                  \
	{"batch", images}, {"optimizer", "sgd"}, {"lr", rate}, {"momentum", "0.9"}, \
	{                                                                           \
		"weight_decay", decay                                               \
	}
#define DETECTOR                                                                        \
	FIXED("16", "0.02", "0.0001"), {"statistics", "16"}, {"warmup_ratio", "0.001"}, \
		{"gamma", "0.1"},                                                       \
	{                                                                               \
		"regions", "512"                                                        \
	}

#define FCN(images)                                                                \
	FIXED(images, "0.01", "0.0005"), {"statistics", images}, {"model", "fcn"}, \
		{"power", "0.9"},                                                  \
	{                                                                          \
		"min_lr", "0.0001"                                                 \
	}

static const struct rl_page_fact multi_imagenet[] = {MULTI("90", "30,60"), {0}};
static const struct rl_page_fact multi_places205[] = {MULTI("28", "7,14,21"), {0}};
static const struct rl_page_fact multi_inat18[] = {MULTI("84", "24,48,72"), {0}};
static const struct rl_page_fact avgpool[] = {
	SGD("100", "60,80", "0.1"), {"optimizer", "sgd"}, {"lr", "30"}, {"weight_decay", "0"}, {0}};
static const struct rl_page_fact semi_1[] = {SEMI("0.0005"), {0}};
static const struct rl_page_fact semi_10[] = {SEMI("0.0001"), {0}};
static const struct rl_page_fact faster_rcnn[] = {DETECTOR,
						  {"model", "faster-rcnn-c4"},
						  {"iterations", "24000"},
						  {"of_epochs", "24000"},
						  {"steps", "18000,22000"},
						  {"warmup", "100"},
						  {0}};
/* Of 7,330 iterations an epoch. */
static const struct rl_page_fact mask_rcnn[] = {DETECTOR,
						{"model", "mask-rcnn-fpn"},
						{"epochs", "12"},
						{"of_epochs", "87960"},
						{"steps", "58640,80630"},
						{"warmup", "1000"},
						{0}};
static const struct rl_page_fact fcn_voc[] = {
	FCN("16"), {"iterations", "20000"}, {"size", "512x512"}, {"align_corners", "false"}, {0}};
static const struct rl_page_fact fcn_cityscapes[] = {
	FCN("8"), {"iterations", "40000"}, {"size", "769x769"}, {"align_corners", "true"}, {0}};

/* 1, 10, 100 and 0.5 to the powers 4 to 19. */
#define COSTS                                                                                 \
	{                                                                                     \
		"costs", "1,10,100,0.0625,0.03125,0.015625,0.0078125,0.00390625,0.001953125," \
			 "0.0009765625,0.00048828125,0.000244140625,0.0001220703125,"         \
			 "6.103515625e-05,3.051757812e-05,1.525878906e-05,7.629394531e-06,"   \
			 "3.814697266e-06,1.907348633e-06"                                    \
	}

static const struct rl_page_fact svm[] = {
	{"layers", "feat1,feat2,feat3,feat4,feat5"}, {"folds", "3"}, COSTS, {0}};
static const struct rl_page_fact lowshot[] = {{"samples", "5"}, COSTS, {0}};
static const struct rl_page_fact knn[] = {
	{"temperature", "0.07"}, {"leave_self_out", "false"}, {"whitening", "none"}, {0}};
static const struct rl_page_fact global_average[] = {{"layer", "avgpool"}, {0}};

/* ---- of each benchmark -------------------------------------------------------------------------
 */

static const struct {
	const char *benchmark;
	struct rl_page_group group[RL_PAGE_GROUPS + 1];
} protocols[] = {
	{"pretext", {{"network", network}, {"pretraining", pretraining}}},
#define BENCHMARK(name, data, ...)                                                          \
	{                                                                                   \
		name,                                                                       \
		{                                                                           \
			{"data", data}, {"network", network}, {"pretraining", pretraining}, \
				__VA_ARGS__                                                 \
		}                                                                           \
	}
	BENCHMARK("voc07-svm", voc07, {"views", squashed}, {"protocol", svm}),
	BENCHMARK("voc07-lowshot", voc07, {"views", squashed}, {"protocol", lowshot}),
	BENCHMARK("imagenet-linear", imagenet, {"views", coloured}, {"training", multi_imagenet}),
	BENCHMARK("imagenet-avgpool", imagenet, {"views", cropped}, {"training", avgpool}),
	BENCHMARK("places205-linear", places205, {"views", places}, {"training", multi_places205}),
	BENCHMARK("inat18-linear", inat18, {"views", cropped}, {"training", multi_inat18}),
	BENCHMARK("imagenet-knn", imagenet, {"views", middle}, {"protocol", knn},
		  {"", global_average}),
	BENCHMARK("imagenet-1percent", one_percent, {"views", cropped}, {"training", semi_1}),
	BENCHMARK("imagenet-10percent", ten_percent, {"views", cropped}, {"training", semi_10}),
	BENCHMARK("voc0712-detection", voc0712, {"views", voc_sides}, {"training", faster_rcnn}),
	BENCHMARK("coco-detection", coco17, {"views", coco_sides}, {"training", mask_rcnn}),
	BENCHMARK("voc12aug-segmentation", voc12aug, {"views", voc_ratio}, {"training", fcn_voc}),
	BENCHMARK("cityscapes-segmentation", cityscapes, {"views", cityscapes_ratio},
		  {"training", fcn_cityscapes}),
};

const struct rl_page_group *rl_page_protocol(const char *benchmark)
{
	for (size_t i = 0; i < RL_LEN(protocols); i++)
		if (!strcmp(protocols[i].benchmark, benchmark))
			return protocols[i].group;
	return NULL;
}
