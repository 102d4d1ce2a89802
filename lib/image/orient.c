#include "image/orient.h"

#include <string.h>

struct bytes {
	const uint8_t *p;
	size_t size;
	bool little;
};

/* Outside the data everything is 0, which is neither the tag, its type nor an orientation. */
static uint32_t get(const struct bytes *b, size_t at, size_t width)
{
	uint32_t v = 0;

	if (at > b->size || b->size - at < width)
		return 0;
	for (size_t i = 0; i < width; i++)
		v = v << 8 | b->p[b->little ? at + width - 1 - i : at + i];
	return v;
}

int rl_exif_orientation(const uint8_t *app1, size_t size)
{
	enum { HEADER = 6, ENTRY = 12, TAG_ORIENTATION = 0x0112, TYPE_SHORT = 3 };

	if (size < HEADER + 8 || memcmp(app1, "Exif\0\0", HEADER))
		return 1;
	struct bytes tiff = {app1 + HEADER, size - HEADER, app1[HEADER] == 'I'};
	if (memcmp(tiff.p, tiff.little ? "II" : "MM", 2) || get(&tiff, 2, 2) != 42)
		return 1;

	size_t directory = get(&tiff, 4, 4);
	size_t count = get(&tiff, directory, 2);
	for (size_t i = 0; i < count; i++) {
		size_t entry = directory + 2 + i * ENTRY;

		if (get(&tiff, entry, 2) != TAG_ORIENTATION)
			continue;
		uint32_t value = get(&tiff, entry + 8, 2);
		bool valid = get(&tiff, entry + 2, 2) == TYPE_SHORT &&
			     get(&tiff, entry + 4, 4) == 1 && value >= 1 && value <= 8;
		return valid ? (int)value : 1;
	}
	return 1;
}

void rl_orient(struct rl_image *im, int orientation)
{
	/* The value says where the stored row 0 and column 0 belong.  5 to 8 swap the axes; the
	 * flips are those of the upright image's own axes. */
	bool swap = orientation >= 5;
	bool flip_rows =
		orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
	bool flip_columns =
		orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;

	if (orientation == 1)
		return;
	struct rl_image to =
		rl_image_new(swap ? im->width : im->height, swap ? im->height : im->width);
	for (int y = 0; y < to.height; y++)
		for (int x = 0; x < to.width; x++) {
			size_t ty = (size_t)(flip_rows ? to.height - 1 - y : y);
			size_t tx = (size_t)(flip_columns ? to.width - 1 - x : x);
			size_t row = swap ? tx : ty, column = swap ? ty : tx;

			memcpy(to.data + 3 * ((size_t)y * (size_t)to.width + (size_t)x),
			       im->data + 3 * (row * (size_t)im->width + column), 3);
		}
	rl_image_free(im);
	*im = to;
}
