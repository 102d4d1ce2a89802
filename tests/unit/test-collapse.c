/* Alarms of a collapsing network: what they see, and that each is said once. */
#include "tap.h"

#include "base/err.h"
#include "train/collapse.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROWS = 40, WIDTH = 8 };

static const int64_t dim[] = {ROWS, WIDTH};

/* So many directions, each of the same size. */
static void features(float *x, int directions)
{
	memset(x, 0, ROWS * WIDTH * sizeof(*x));
	for (int i = 0; i < ROWS; i++)
		x[i * WIDTH + i % directions] = 1;
}

/* So many units that are 0 throughout; the others are not everywhere. */
static void units(float *y, int dead)
{
	memset(y, 0, ROWS * WIDTH * sizeof(*y));
	for (int k = dead; k < WIDTH; k++)
		y[(k * 5) * WIDTH + k] = 1;
}

/* What is said of each of a run's lines, and the lines; free() it. */
static char *said(const int *directions, const int *dead, int lines, double *rank, double *percent)
{
	FILE *f = tmpfile();
	int saved = dup(STDERR_FILENO);
	struct rl_collapse c = {0};
	float x[ROWS * WIDTH], y[ROWS * WIDTH];

	fflush(stderr);
	dup2(fileno(f), STDERR_FILENO);
	for (int i = 0; i < lines; i++) {
		json_t *line = json_pack("{s:i}", "step", i + 1);

		features(x, directions[i]);
		units(y, dead[i]);
		rl_collapse_watch(&c, x, dim, y, dim, line);
		rank[i] = json_real_value(json_object_get(line, "rank"));
		percent[i] = json_real_value(json_object_get(line, "dead"));
		json_decref(line);
	}
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	fseek(f, 0, SEEK_END);
	size_t size = (size_t)ftell(f);
	rewind(f);
	char *text = rl_calloc(size + 1, 1);
	if (fread(text, 1, size, f) != size)
		rl_die("cannot read what was said");
	fclose(f);
	return text;
}

static int count(const char *text, const char *what)
{
	int n = 0;

	for (const char *p = text; (p = strstr(p, what)); p++)
		n++;
	return n;
}

int main(void)
{
	double rank[5], percent[5];
	char *text = said((int[]){8, 8, 5, 4, 8}, (int[]){0, 2, 4, 1, 3}, 5, rank, percent);

	ok(fabs(rank[0] - 8) < 1e-6 && fabs(rank[2] - 5) < 1e-6 && fabs(rank[3] - 4) < 1e-6,
	   "the rank is the number of directions: %g, %g, %g", rank[0], rank[2], rank[3]);
	ok(percent[0] == 0 && percent[1] == 25 && percent[2] == 50,
	   "units that are always 0 are counted: %g %%, %g %%, %g %%", percent[0], percent[1],
	   percent[2]);
	ok(!*text, "a half is no alarm: \"%s\"", text);
	free(text);
	text = said((int[]){8, 3, 2}, (int[]){0, 0, 0}, 3, rank, percent);
	ok(count(text, "step 2: the features' effective rank is 3.0 and was 8.0") == 1 &&
		   count(text, "\n") == 1,
	   "a rank that falls is said once");
	free(text);
	text = said((int[]){8, 8, 8}, (int[]){0, 5, 8}, 3, rank, percent);
	ok(count(text, "step 2: 62 % of the neck's units are 0 for every pair of a batch") == 1 &&
		   count(text, "\n") == 1,
	   "so are dead units: %s", text);
	free(text);
	float x[ROWS * WIDTH], y[ROWS * WIDTH];
	json_t *line = json_object();
	struct rl_collapse few = {.rows = ROWS * 2, .widest = WIDTH};
	features(x, 2);
	units(y, 0);
	rl_collapse_watch(&few, x, dim, y, dim, line);
	ok(json_object_size(line) == 2 && !few.rank_said, "a small batch is no alarm");
	json_object_clear(line);
	features(x, 8);
	units(y, 0);
	x[3] = NAN;
	rl_collapse_watch(&(struct rl_collapse){0}, x, dim, y, dim, line);
	ok(json_object_size(line) == 0, "of what is no number nothing is said");
	json_decref(line);
	return tap_done();
}
