/*
 * lib/base: random numbers, options, JSON, files.
 */
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "base/opt.h"
#include "base/rng.h"
#include "tap.h"

#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- random numbers ---------------------------------------------------------------------------
 */

/* Known answers of Philox4x32-10 from the Random123 distribution (kat_vectors). */
static void test_philox(void)
{
	static const struct {
		const char *name;
		uint32_t counter[4], key[2], want[4];
	} kat[] = {
		{"zeros", {0}, {0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{"ones",
		 {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
		 {0xffffffff, 0xffffffff},
		 {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{"pi",
		 {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
		 {0xa4093822, 0x299f31d0},
		 {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
	};

	for (size_t i = 0; i < RL_LEN(kat); i++) {
		uint32_t got[4];

		rl_philox4x32(kat[i].key, kat[i].counter, got);
		ok(!memcmp(got, kat[i].want, sizeof(got)), "Philox known answer: %s", kat[i].name);
	}
}

static void test_streams(void)
{
	struct rl_rng a = rl_rng_make(1, 2, rl_rng_id("x"), RL_RNG_CROP), b = a;
	struct rl_rng other[] = {
		rl_rng_make(2, 2, rl_rng_id("x"), RL_RNG_CROP),
		rl_rng_make(1ULL << 32 | 1, 2, rl_rng_id("x"), RL_RNG_CROP),
		rl_rng_make(1, 3, rl_rng_id("x"), RL_RNG_CROP),
		rl_rng_make(1, 2, rl_rng_id("y"), RL_RNG_CROP),
		rl_rng_make(1, 2, rl_rng_id("x"), RL_RNG_GREY),
	};
	uint32_t first = rl_rng_u32(&a);
	bool differ = true;

	ok(first == rl_rng_u32(&b), "the same seed, epoch, key and purpose: the same draw");
	for (size_t i = 0; i < RL_LEN(other); i++)
		differ = differ && rl_rng_u32(&other[i]) != first;
	ok(differ, "a change in any of them: another draw");
}

static void test_distributions(void)
{
	enum { N = 70000, SIDES = 7 };
	struct rl_rng r = rl_rng_make(1, 0, 0, RL_RNG_SHUFFLE);
	int count[SIDES] = {0};
	double chi2 = 0, sum = 0, squares = 0, low = 1, high = 0;
	bool in_bounds = true;

	for (int i = 0; i < N; i++) {
		uint32_t x = rl_rng_below(&r, SIDES);

		in_bounds = in_bounds && x < SIDES;
		count[x % SIDES]++;
	}
	for (int i = 0; i < SIDES; i++)
		chi2 += pow(count[i] - N / SIDES, 2) / (N / SIDES);
	ok(in_bounds, "rl_rng_below stays below");
	ok(chi2 < 22.5, "rl_rng_below is uniform (chi-squared %.1f, 6 degrees)", chi2);

	for (int i = 0; i < 100; i++)
		in_bounds = in_bounds && rl_rng_below(&r, 1) == 0 &&
			    rl_rng_below(&r, UINT32_MAX) < UINT32_MAX;
	ok(in_bounds, "rl_rng_below at its smallest and largest range");

	for (int i = 0; i < N; i++) {
		double u = rl_rng_uniform(&r);

		low = fmin(low, u), high = fmax(high, u);
		sum += u;
	}
	ok(low >= 0 && high < 1 && fabs(sum / N - 0.5) < 0.005, "rl_rng_uniform fills [0, 1)");

	sum = 0;
	for (int i = 0; i < N; i++) {
		double x = rl_rng_normal(&r);

		sum += x;
		squares += x * x;
	}
	ok(fabs(sum / N) < 0.02 && fabs(squares / N - 1) < 0.03,
	   "rl_rng_normal: mean 0, variance 1");
}

static void test_shuffle(void)
{
	enum { N = 1000 };
	struct rl_rng r = rl_rng_make(3, 0, 0, RL_RNG_SHUFFLE);
	int64_t index[N];
	bool seen[N] = {0}, all = true;
	int fixed = 0;

	for (int i = 0; i < N; i++)
		index[i] = i;
	rl_rng_shuffle(&r, index, N);
	for (int i = 0; i < N; i++) {
		all = all && index[i] >= 0 && index[i] < N && !seen[index[i]];
		seen[index[i]] = true;
		fixed += index[i] == i;
	}
	ok(all, "a shuffle is a permutation");
	ok(fixed < 10, "and moves things (%d of %d stay)", fixed, N);
}

/* ---- options ----------------------------------------------------------------------------------
 */

struct config {
	int64_t batch;
	double rate;
	const char *weights;
	bool quiet, zero;
};

static int parse(struct config *c, const char *const *words)
{
	const struct rl_tool tool = {"rl-test", "[options]", "Test.", "rl-test"};
	const struct rl_opt opts[] = {RL_OPT_INT("batch", &c->batch, 1, 100, "N", "images a step"),
				      RL_OPT_REAL("rate", &c->rate, 0, 1, "X", "learning rate"),
				      RL_OPT_STR("weights", &c->weights, "FILE", "weights"),
				      RL_OPT_FLAG("quiet", &c->quiet, "no progress"),
				      RL_OPT_FLAG_SHORT("null", '0', &c->zero, "NUL ends a line"),
				      RL_OPT_END};
	char *argv[16] = {"rl-test"};
	int argc = 1;

	optind = 0; /* getopt starts anew */
	for (; words[argc - 1]; argc++)
		argv[argc] = (char *)words[argc - 1];
	return rl_options(argc, argv, &tool, opts);
}

static void parse_and_exit(void *words)
{
	parse(&(struct config){0}, words);
}

static void test_options(void)
{
	struct config c = {.batch = 64};
	int first = parse(&c, (const char *const[]){"--rate", "0.5", "in", "--quiet", "-0",
						    "--weights=w", 0});

	ok(c.batch == 64 && c.rate == 0.5 && c.quiet && c.zero && !strcmp(c.weights, "w"),
	   "defaults stay, options are stored, wherever the operands are");
	ok(first == 6, "the first operand comes after the options");

	static const struct {
		const char *words[4];
		const char *text;
	} bad[] = {
		{{"--batch", "x"}, "--batch: x: not a whole number"},
		{{"--batch", "1.5"}, "not a whole number"},
		{{"--batch", ""}, "not a whole number"},
		{{"--batch", "0"}, "must be 1 to 100"},
		{{"--batch", "99999999999999999999"}, "not a whole number"},
		{{"--rate", "nan"}, "not a number"},
		{{"--rate", "2"}, "must be 0 to 1"},
		{{"--batch"}, "needs an argument"},
		{{"--size", "3"}, "--size: no such option"},
		{{"-q"}, "no such option"},
	};
	for (size_t i = 0; i < RL_LEN(bad); i++)
		ok(dies(parse_and_exit, (void *)bad[i].words, RL_EXIT_USAGE, bad[i].text),
		   "usage: %s %s", bad[i].words[0], bad[i].words[1] ? bad[i].words[1] : "");
}

static void choose(void *word)
{
	rl_parse_choice(word, (const char *const[]){"trainval", "test", NULL}, "--set");
}

/* ---- JSON -------------------------------------------------------------------------------------
 */

static void parse_json(void *text)
{
	json_t *o = rl_json_parse(text, strlen(text), "in:1");

	rl_json_int(o, "n", 0, 10, "in:1");
	rl_json_str(o, "s", "in:1");
	rl_json_real(o, "x", "in:1");
}

static void test_json(void)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
		{"{", "in:1: not JSON"},
		{"{\"n\":1,\"n\":2}", "not JSON: duplicate object key"},
		{"{}", "in:1: no member \"n\""},
		{"[]", "no member \"n\""},
		{"{\"n\":\"1\"}", "\"n\" is not a whole number"},
		{"{\"n\":11}", "\"n\" is 11, not in 0 to 10"},
		{"{\"n\":1,\"s\":2}", "\"s\" is not a string"},
		{"{\"n\":1,\"s\":\"\",\"x\":\"\"}", "\"x\" is not a number"},
	};

	for (size_t i = 0; i < RL_LEN(bad); i++)
		ok(dies(parse_json, (void *)bad[i].text, RL_EXIT_FAILURE, bad[i].why), "JSON: %s",
		   bad[i].text);
	json_t *o = rl_json_parse("{\"b\":1,\"a\":[0.5]}", 17, "in:1");
	char *text = rl_json_text(o);
	ok(!strcmp(text, "{\"b\":1,\"a\":[0.5]}"), "members keep their order");
	free(text);
	json_decref(o);
}

/* ---- files ------------------------------------------------------------------------------------
 */

static void load_json(void *path)
{
	json_decref(rl_json_load(path));
}

static void read_little(void *path)
{
	size_t size;

	rl_file_read(path, 2, &size);
}

static void commit_to_full(void *path)
{
	struct rl_file *f = rl_file_create(path);

	if (!freopen("/dev/full", "w", rl_file_stream(f)))
		rl_die("/dev/full: open:");
	fputs("data", rl_file_stream(f));
	rl_file_commit(f);
}

static void commit_over_directory(void *path)
{
	struct rl_file *f = rl_file_create(path);

	rl_mkdirs(path);
	rl_file_commit(f);
}

static void create(void *path)
{
	rl_file_create(path);
}

static void write_text(const char *path, const char *text)
{
	struct rl_file *f = rl_file_create(path);

	fputs(text, rl_file_stream(f));
	rl_file_commit(f);
}

/* What a plain file must not replace. */
static void test_occupied(const char *dir)
{
	char *fifo = rl_asprintf("%s/fifo", dir), *link1 = rl_asprintf("%s/link1", dir);
	char *link2 = rl_asprintf("%s/link2", dir), *file = rl_asprintf("%s/b/linked", dir);
	struct stat st;
	size_t size;

	ok(dies(create, (void *)dir, RL_EXIT_FAILURE, "not a regular file: will not be replaced"),
	   "a directory is not replaced");
	bool made = !mkfifo(fifo, 0600) && !symlink("fifo", link1);
	ok(made && dies(create, fifo, RL_EXIT_FAILURE, "not a regular file") &&
		   dies(create, link1, RL_EXIT_FAILURE, "not a regular file"),
	   "nor is a named pipe, also behind a link");
	ok(!lstat(fifo, &st) && S_ISFIFO(st.st_mode), "which is still there");

	made = !unlink(link1) && !symlink("b/linked", link1) && !symlink("link1", link2);
	ok(made && dies(create, link1, RL_EXIT_FAILURE, "follow symbolic link: No such file"),
	   "a link that leads nowhere");
	write_text(file, "old");
	write_text(link2, "new");
	char *text = rl_file_read(file, 10, &size);
	ok(!strcmp(text, "new") && !lstat(link1, &st) && S_ISLNK(st.st_mode) &&
		   !lstat(link2, &st) && S_ISLNK(st.st_mode),
	   "what links lead to is replaced, and they stay");
	free(text);
	ok(!unlink(fifo) && !unlink(link1) && !unlink(link2) && !unlink(file),
	   "and nothing is left beside them");
	free(fifo);
	free(link1);
	free(link2);
	free(file);
}

static void test_files(void)
{
	char dir[] = "/tmp/rl-test-XXXXXX", path[64], hex[65];
	struct stat st;
	size_t size;

	if (!mkdtemp(dir))
		rl_die("%s: make directory:", dir);
	snprintf(path, sizeof(path), "%s/a/b/file", dir);
	ok(dies(create, path, RL_EXIT_FAILURE, "create: No such file"), "no directory");
	ok(dies(load_json, path, RL_EXIT_FAILURE, "file: open: No such file"),
	   "no file is not the same as no JSON");
	ok(dies(load_json, dir, RL_EXIT_FAILURE, ": read: Is a directory"), "nor is a directory");
	snprintf(path, sizeof(path), "%s/a/b", dir);
	rl_mkdirs(path);
	rl_mkdirs(path);
	ok(!stat(path, &st) && S_ISDIR(st.st_mode), "rl_mkdirs makes all, and may come twice");
	snprintf(path, sizeof(path), "%s/a/b/c", dir);
	ok(dies(commit_over_directory, path, RL_EXIT_FAILURE, "rename: Is a directory"),
	   "a directory comes in the way");
	bool bare = !rmdir(path);
	snprintf(path, sizeof(path), "%s/a/b", dir);
	bare = bare && !rmdir(path);
	snprintf(path, sizeof(path), "%s/a", dir);
	ok(bare && !rmdir(path), "leaves nothing aside");

	snprintf(path, sizeof(path), "%s/a/b", dir);
	rl_mkdirs(path);
	snprintf(path, sizeof(path), "%s/a", dir);
	test_occupied(path);
	snprintf(path, sizeof(path), "%s/a/b/file", dir);
	ok(dies(commit_to_full, path, RL_EXIT_FAILURE, "write: No space left"), "a full disk");
	ok(stat(path, &st) < 0, "leaves nothing under the final name");
	struct rl_file *f = rl_file_create(path);
	fputs("abc", rl_file_stream(f));
	ok(stat(path, &st) < 0, "a file is not there before it is committed");
	rl_file_commit(f);
	char *text = rl_file_read(path, 3, &size);
	ok(size == 3 && !strcmp(text, "abc"), "and whole after");
	free(text);
	ok(dies(read_little, path, RL_EXIT_FAILURE, "larger than 2 bytes"), "a read has a limit");

	ok(dies(load_json, path, RL_EXIT_FAILURE, "file: not JSON: ") &&
		   dies(load_json, path, RL_EXIT_FAILURE, "(line 1)"),
	   "a file that is not JSON");

	/* FIPS 180-2, appendix B.1. */
	rl_file_sha256(path, hex);
	ok(!strcmp(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
	   "SHA-256 of abc");

	ok(!unlink(path), "clean up");
	for (char *slash; strcmp(path, dir); *slash = '\0', rmdir(path))
		slash = strrchr(path, '/');
}

static void say_bad_name(void *arg)
{
	(void)arg;
	rl_die("a\nb\x1b[31m: why");
}

static void out_of_memory(void *arg)
{
	(void)arg;
	rl_aligned(SIZE_MAX - 8);
}

int main(void)
{
	test_philox();
	test_streams();
	test_distributions();
	test_shuffle();
	test_options();
	ok(dies(choose, "val", RL_EXIT_USAGE, "--set: val: must be one of trainval, test"),
	   "a wrong choice lists the right ones");
	test_json();
	test_files();
	ok(dies(say_bad_name, NULL, RL_EXIT_FAILURE, "a?b?[31m: why\n"),
	   "control characters in names do not reach the terminal");
	ok(dies(out_of_memory, NULL, RL_EXIT_FAILURE, "out of memory"),
	   "a size that overflows is out of memory");
	return tap_done();
}
