/*
 * The manifests that segmentation learns from, images with files of their pixels' classes (see
 * stream/segmentation.h):
 *
 *	{"key":"VOC2012/2007_000032","path":".../2007_000032.jpg","segmentation":
 *	 {"path":".../SegmentationClass/2007_000032.png","names":["background","aeroplane",...]}}
 *
 * Each prints the manifest of a set that is read and checked first: everything wrong dies, naming
 * the file, and nothing is printed.  A set of another size than the benchmark's is listed, with a
 * note on standard error.
 */
#ifndef RL_DATA_SEGMENTATIONSET_H
#define RL_DATA_SEGMENTATIONSET_H

/* PASCAL VOC 2012 in dir/VOC2012; set is "train", "val" or "trainaug", which is train and the
 * images that SBD has besides: those of VOC2012's ImageSets/Segmentation/aug.txt with
 * SegmentationClassAug where there is that list, else those in SBD's own dir/VOCaug/dataset that
 * are neither in train nor in val.  In the order of their ids, SBD's after VOC's.  Classes are the
 * background and those that ImageSets/Main has lists of, or where it has none VOC's twenty. */
void rl_list_voc12aug(const char *dir, const char *set);

/* dir/leftImg8bit/<set>/CITY and dir/gtFine/<set>/CITY; set is "train" or "val".  The nineteen
 * classes that Cityscapes evaluates, from its label ids, or from labelTrainIds where all images
 * have these. */
void rl_list_cityscapes(const char *dir, const char *set);

#endif
