/*
 * A fully convolutional network at work: the class of each pixel of an image, of any size, by
 * MMSegmentation's rules (mmseg/models/segmentors/encoder_decoder.py).
 */
#ifndef RL_MODELS_SEGMENTER_H
#define RL_MODELS_SEGMENTER_H

#include "models/fcn.h"

struct rl_segmenter;

/* Declares and, if nobody has, allocates the parameters. */
struct rl_segmenter *rl_segmenter_new(struct rl_params *params, const struct rl_fcn *c,
				      const struct rl_net_config *net);
void rl_segmenter_free(struct rl_segmenter *s);

/* How an image is looked at: as a whole (0), or in windows of crop x crop at every `stride` pixels,
 * the last ones moved back to end with the image; where windows overlap, the mean of their logits
 * decides. */
struct rl_windows {
	int64_t crop, stride;
};

/* The first of the largest logits of each pixel, of height x width pixels [3,height,width],
 * normalised, interpolated to [to_height,to_width]: into `map`. */
void rl_segmenter_label(struct rl_segmenter *s, const float *pixels, int64_t height, int64_t width,
			const struct rl_windows *windows, int64_t to_height, int64_t to_width,
			uint8_t *map);

#endif
