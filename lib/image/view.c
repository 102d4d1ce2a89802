#include "image/view.h"

#include "image/crop.h"
#include "image/orient.h"

static void replace(struct rl_image *im, struct rl_image with)
{
	rl_image_free(im);
	*im = with;
}

void rl_view_image(const struct rl_view *v, struct rl_resizer *r, struct rl_image *im)
{
	enum { MIRRORED = 2 }; /* of EXIF's orientations */

	if (v->height != im->height || v->width != im->width) {
		struct rl_image part = rl_image_new(v->height, v->width);

		rl_crop(im, v->top, v->left, v->height, v->width, part.data);
		replace(im, part);
	}
	if (v->to_height != v->height || v->to_width != v->width)
		replace(im, rl_resize(r, im, v->to_height, v->to_width));
	if (v->mirror)
		rl_orient(im, MIRRORED);
}
