/*
 * Augmentation as a list of operations, in the order in which they are applied:
 *
 *	random-resized-crop=224 flip color-jitter=0.4,0.4,0.4 lighting=0.1
 *
 * Each is torchvision's transform of that name on Pillow images, where there is one.  Drawing comes
 * before doing: what will become of an image of this size is settled from random numbers alone (and
 * class-crop's look at its classes), as plain steps that pixels, boxes, masks and labels follow,
 * each in its own way.
 */
#ifndef RL_IMAGE_AUGMENT_H
#define RL_IMAGE_AUGMENT_H

#include "base/rng.h"
#include "image/image.h"
#include "image/view.h"

enum { RL_AUGMENT_MAX = 16, RL_STEPS_MAX = 5 * RL_AUGMENT_MAX };

/* Either a change of colour, pixel by pixel, or a view. */
struct rl_step {
	void (*colour)(uint8_t *rgb, size_t n, double amount); /* NULL: a view */
	double amount;
	struct rl_view view;
};

struct rl_steps {
	int count;
	struct rl_step step[RL_STEPS_MAX];
	float lighting[3]; /* to be added to R, G and B on the scale of 0 to 1 */
};

struct rl_augment;

/* From the command line's words; dies (exit 2) when they are wrong. */
struct rl_augment *rl_augment_parse(char *const *words, int count);
struct rl_augment *rl_augment_parse_line(const char *line); /* words between spaces */
void rl_augment_free(struct rl_augment *a);                 /* NULL is nothing to free */

/* The words, each in one spelling: values that are the defaults are left out.  free() it. */
char *rl_augment_words(const struct rl_augment *a);

/* Is one of them lighting? */
bool rl_augment_lights(const struct rl_augment *a);

/* Does one of them look at the classes of pixels? */
bool rl_augment_needs_classes(const struct rl_augment *a);

/* The size that images come out with, if they came in with this one; -1 where images differ. */
void rl_augment_size(const struct rl_augment *a, int64_t *height, int64_t *width);

/* Every draw for an image of height x width; `classes` [height,width] are those of its pixels, 255
 * none, or NULL where they are not known.  False, and why says why: it is too small for a crop, or
 * would become too large, or has no classes where they are needed. */
bool rl_augment_draw(const struct rl_augment *a, int height, int width, const uint8_t *classes,
		     struct rl_rng *rng, struct rl_steps *out, char why[RL_WHY]);

/* What becomes of an image's size. */
void rl_steps_size(const struct rl_steps *s, int *height, int *width);

/* A plane of `width` columns follows; new memory, free() it. */
uint8_t *rl_steps_plane(const struct rl_steps *s, const uint8_t *plane, int height, int width);

/* A box follows.  False when nothing of it is left. */
bool rl_steps_box(const struct rl_steps *s, float box[4]);
void rl_steps_point(const struct rl_steps *s, double *x, double *y);

/* Take the steps, but for lighting, which 8 bits cannot hold; *im is replaced. */
void rl_steps_image(const struct rl_steps *s, struct rl_resizer *r, struct rl_image *im);

/* The operations, for --help. */
#define RL_AUGMENT_OPERATIONS                                                               \
	"  resize=N                   the shorter side to N\n"                              \
	"  multi-resize=N[,N...]:M    the shorter side to one of N, the longer at most M\n" \
	"  ratio-resize=N|WxH,LOW,HIGH\n"                                                   \
	"                             into this size times a number from LOW to HIGH\n"     \
	"  squash=WxH                 to this size, whatever the aspect\n"                  \
	"  center-crop=N|WxH          from the centre\n"                                    \
	"  random-crop=N|WxH          from anywhere\n"                                      \
	"  class-crop=N|WxH[,SHARE]   from anywhere, at most so large, of more than one\n"  \
	"                             class, and of none more than a SHARE (0.75)\n"        \
	"  random-resized-crop=N|WxH[,SCALE,SCALE[,RATIO,RATIO]]\n"                         \
	"                             a share of the area, resized (0.08,1,3/4,4/3)\n"      \
	"  flip[=P]                   left to right (0.5)\n"                                \
	"  grey[=P]                   (1)\n"                                                \
	"  project                    colours without green - magenta\n"                    \
	"  color-jitter=BRIGHTNESS,CONTRAST,SATURATION[,HUE]\n"                             \
	"  photometric                mmsegmentation's distortion\n"                        \
	"  lighting[=STD]             AlexNet's colour noise, as a field (0.1)"

#endif
