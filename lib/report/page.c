#include "report/page.h"

#include <stddef.h>

static const char classification[] = "Classification", detection[] = "Detection",
		  segmentation[] = "Segmentation";

#define FIVE_FEATURES(benchmark)                                                                \
	{"Feature1", benchmark, "feat1 top-1"}, {"Feature2", benchmark, "feat2 top-1"},         \
		{"Feature3", benchmark, "feat3 top-1"}, {"Feature4", benchmark, "feat4 top-1"}, \
	{                                                                                       \
		"Feature5", benchmark, "feat5 top-1"                                            \
	}
#define SHOTS(k)                                  \
	{                                         \
		"k=" #k, "voc07-lowshot", "k=" #k \
	}
#define NEIGHBOURS(k)                            \
	{                                        \
		"k=" #k, "imagenet-knn", "k=" #k \
	}

const struct rl_page_table rl_page_tables[] = {
	{classification,
	 "VOC SVM / Low-shot SVM",
	 "mAP (%) of linear SVMs on VOC2007 test. Best Layer: the one with the best SVM, of "
	 "feature1 "
	 "(the stem) to feature5; k: positive images a class of the Low-shot SVMs on that layer.",
	 2,
	 {{"Best Layer", "voc07-svm", NULL},
	  {"SVM", "voc07-svm", "mAP"},
	  SHOTS(1),
	  SHOTS(2),
	  SHOTS(4),
	  SHOTS(8),
	  SHOTS(16),
	  SHOTS(32),
	  SHOTS(64),
	  SHOTS(96)}},
	{classification,
	 "ImageNet Linear Evaluation",
	 "Top-1 (%). Feature1 to Feature5: linear classifiers on the pooled maps of stem and "
	 "stages, "
	 "90 epochs; AvgPool: one on the global average, 100 epochs.",
	 2,
	 {FIVE_FEATURES("imagenet-linear"), {"AvgPool", "imagenet-avgpool", "avgpool top-1"}}},
	{classification,
	 "Places205 Linear Evaluation",
	 "Top-1 (%), 28 epochs.",
	 2,
	 {FIVE_FEATURES("places205-linear")}},
	{classification,
	 "iNaturalist2018 Linear Evaluation",
	 "Top-1 (%), 84 epochs. The page announces this benchmark; no number of relative location "
	 "was "
	 "ever published.",
	 2,
	 {FIVE_FEATURES("inat18-linear")}},
	{classification,
	 "ImageNet Nearest-Neighbor Classification",
	 "Top-1 (%) by the votes of the k nearest neighbours, on the global average.",
	 1,
	 {NEIGHBOURS(10), NEIGHBOURS(20), NEIGHBOURS(100), NEIGHBOURS(200)}},
	{classification,
	 "ImageNet Semi-Supervised Classification",
	 "Top-1 and top-5 (%), fine-tuned on 1 % and 10 % of the labels for 20 epochs, the best of "
	 "nine settings. The page announces this benchmark; OpenSelfSup published the numbers.",
	 2,
	 {{"1% Top-1", "imagenet-1percent", "top-1"},
	  {"1% Top-5", "imagenet-1percent", "top-5"},
	  {"10% Top-1", "imagenet-10percent", "top-1"},
	  {"10% Top-5", "imagenet-10percent", "top-5"}}},
	{detection,
	 "Pascal VOC 2007 + 2012",
	 "AP50 (%) on VOC2007 test, 11-point; Faster R-CNN, ResNet-50 C4, 24,000 iterations.",
	 2,
	 {{"AP50", "voc0712-detection", "AP50 11-point"}}},
	{detection,
	 "COCO2017",
	 "AP (%) on val2017; Mask R-CNN, ResNet-50 FPN, 12 epochs.",
	 1,
	 {{"mAP(Box)", "coco-detection", "box AP"},
	  {"AP50(Box)", "coco-detection", "box AP50"},
	  {"AP75(Box)", "coco-detection", "box AP75"},
	  {"mAP(Mask)", "coco-detection", "mask AP"},
	  {"AP50(Mask)", "coco-detection", "mask AP50"},
	  {"AP75(Mask)", "coco-detection", "mask AP75"}}},
	{segmentation,
	 "Pascal VOC 2012 + Aug",
	 "mIoU (%) on VOC2012 val; FCN, ResNet-50 of output stride 8, 20,000 iterations.",
	 2,
	 {{"mIOU", "voc12aug-segmentation", "mIoU"}}},
	{segmentation,
	 "Cityscapes",
	 "mIoU (%) on val; FCN, ResNet-50 of output stride 8, 40,000 iterations. The page "
	 "announces "
	 "this benchmark; no number of relative location was ever published.",
	 2,
	 {{"mIOU", "cityscapes-segmentation", "mIoU"}}},
	{0},
};
