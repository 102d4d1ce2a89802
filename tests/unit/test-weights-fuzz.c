/*
 * Cut and damage the files that PyTorch wrote in a few thousand ways, the same ones every time.  A
 * reader may take one (a flipped bit of a number in a file without checksums) or die with its one
 * line; it may not crash or hang.
 */
#include "base/err.h"
#include "base/file.h"
#include "base/rng.h"
#include "nn/tensorfile.h"
#include "tap.h"
#include "trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tally {
	int taken, refused;
};

static void read_all(int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	struct rl_tensorfile *f = rl_tensorfile_open(path);
	for (int i = 0; i < f->n; i++) {
		void *data = rl_malloc(f->tensor[i].bytes);

		rl_tensorfile_read(f, i, data);
		free(data);
	}
	rl_tensorfile_close(f);
}

/* False when it is neither read nor refused in one line. */
static bool survives(const char *data, size_t size, struct tally *t)
{
	char said[4096];
	int status = trial(read_all, data, size, said, sizeof(said));
	bool taken = status == 0 && !said[0];
	bool refused = trial_refused(status, said);

	t->taken += taken;
	t->refused += refused;
	if (!taken && !refused)
		diag("status %#x: %s", (unsigned)status, said);
	return taken || refused;
}

static void damage(char *data, size_t size, struct rl_rng *r)
{
	for (uint32_t n = 1 + rl_rng_below(r, 3); n > 0; n--) {
		size_t at = rl_rng_below(r, (uint32_t)size);

		if (rl_rng_below(r, 3))
			data[at] ^= (char)(1 << rl_rng_below(r, 8));
		else
			data[at] = (char)rl_rng_u32(r);
	}
}

static void test(const char *path, size_t step, int rounds)
{
	struct rl_rng r = rl_rng_make(1, 0, 0, RL_RNG_SYNTH);
	struct tally cut = {0}, hurt = {0}, whole = {0};
	size_t size, cuts = 0;
	char *good = rl_file_read(path, 1 << 20, &size), *bad = rl_malloc(size);
	bool fine = true;

	ok(survives(good, size, &whole) && whole.taken == 1, "%s is read", path);
	for (size_t n = 1; n < size && fine; n += step, cuts++)
		fine = survives(good, n, &cut);
	/* A tar archive ends in zeros, of which a part is enough. */
	ok(fine && (cut.refused == (int)cuts || strstr(path, "tar")),
	   "%s: cut anywhere: %d of %zu refused", path, cut.refused, cuts);
	for (int i = 0; i < rounds && fine; i++) {
		memcpy(bad, good, size);
		damage(bad, size, &r);
		fine = survives(bad, size, &hurt);
	}
	ok(fine, "%s: damaged in %d ways: %d refused", path, rounds, hurt.refused);
	ok(survives(good, size, &whole) && whole.taken == 2, "%s is read after all that", path);
	free(good);
	free(bad);
}

int main(void)
{
	test("tests/golden/weights/legacy.pth", 1, 1500);
	test("tests/golden/weights/zip.pth", 16, 1500);
	test("tests/golden/weights/tar.pth", 32, 500);
	return tap_done();
}
