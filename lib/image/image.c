#include "image/image.h"

#include "base/err.h"
#include "image/jpeg.h"
#include "image/png.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct rl_image rl_image_new(int height, int width)
{
	return (struct rl_image){height, width, rl_aligned((size_t)height * (size_t)width * 3)};
}

void rl_image_free(struct rl_image *im)
{
	free(im->data);
	*im = (struct rl_image){0};
}

bool rl_image_fits(int64_t height, int64_t width, int64_t max_pixels, char why[RL_WHY])
{
	if (height > RL_MAX_SIDE || width > RL_MAX_SIDE) {
		snprintf(why, RL_WHY, "%lld x %lld pixels, the limit is %d a side",
			 (long long)width, (long long)height, RL_MAX_SIDE);
		return false;
	}
	if (height > 0 && width > 0 && width <= max_pixels / height)
		return true;
	snprintf(why, RL_WHY, "%lld x %lld pixels, the limit is %lld in all", (long long)width,
		 (long long)height, (long long)max_pixels);
	return false;
}

bool rl_image_decode(const uint8_t *data, size_t size, int64_t max_pixels, struct rl_image *out,
		     char why[RL_WHY])
{
	if (size == 0)
		snprintf(why, RL_WHY, "empty");
	else if (rl_is_jpeg(data, size))
		return rl_jpeg_decode(data, size, max_pixels, out, why);
	else if (rl_is_png(data, size))
		return rl_png_decode(data, size, max_pixels, out, why);
	else
		snprintf(why, RL_WHY, "neither JPEG nor PNG");
	return false;
}

/* O_NONBLOCK, so that opening a FIFO that a list happens to name does not hang. */
static uint8_t *read_regular(const char *path, size_t *size, char why[RL_WHY])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	uint8_t *data = NULL;
	size_t n = 0;

	if (fd < 0 || fstat(fd, &st)) {
		snprintf(why, RL_WHY, "open: %s", strerror(errno));
	} else if (!S_ISREG(st.st_mode)) {
		snprintf(why, RL_WHY, "not a regular file");
	} else if ((uint64_t)st.st_size > RL_MAX_IMAGE_FILE) {
		snprintf(why, RL_WHY, "file of %lld bytes, the limit is %zu", (long long)st.st_size,
			 RL_MAX_IMAGE_FILE);
	} else {
		size_t want = (size_t)st.st_size;

		data = rl_malloc(want);
		for (ssize_t got; n < want; n += (size_t)got) {
			got = read(fd, data + n, want - n);
			if (got < 0 && errno == EINTR)
				got = 0;
			else if (got <= 0) {
				snprintf(why, RL_WHY, "read: %s",
					 got ? strerror(errno) : "file shrank");
				free(data);
				data = NULL;
				break;
			}
		}
	}
	if (fd >= 0)
		close(fd);
	*size = n;
	return data;
}

bool rl_image_load(const char *path, int64_t max_pixels, struct rl_image *out, char why[RL_WHY])
{
	size_t size;
	uint8_t *data = read_regular(path, &size, why);
	bool good = data && rl_image_decode(data, size, max_pixels, out, why);

	free(data);
	return good;
}
