/* Checkpoints: what is saved comes back; what is damaged or another run's is refused; the log. */
#include "tap.h"

#include "base/err.h"
#include "base/file.h"
#include "nn/safetensors.h"
#include "train/checkpoint.h"
#include "train/identity.h"
#include "train/log.h"

#include <fcntl.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/test-checkpoint-XXXXXX";

static struct rl_params *params(int64_t width, bool extra)
{
	struct rl_params *p = rl_params_new();

	rl_params_declare(p, RL_PARAM, "w", 2, (int64_t[]){2, width}, RL_INIT_NORMAL, 1);
	rl_params_declare(p, RL_STATE, "mean", 1, (int64_t[]){2}, RL_INIT_NORMAL, 1);
	rl_params_declare(p, RL_COUNT, "tracked", 0, NULL, RL_INIT_CONSTANT, 0);
	if (extra)
		rl_params_declare(p, RL_PARAM, "b", 1, (int64_t[]){1}, RL_INIT_NORMAL, 1);
	rl_params_allocate(p, (uint64_t)width);
	return p;
}

static struct rl_state state(int64_t step)
{
	return (struct rl_state){.step = step,
				 .epoch = 2,
				 .place = {7 * step, 8 * step, 6 * step, 5},
				 .of_epoch = {M_PI, 3, 4},
				 .warm = {1e-300, 5, 6},
				 .window = {0x1.fffffffffffffp+0, 7, 8},
				 .window_samples = 9,
				 .window_seconds = 0.1,
				 .log_bytes = 11,
				 .collapse = {12, 1.0 / 3, true, false}};
}

/* One network with what is saved of it. */
struct fixture {
	struct rl_checkpoint c;
	json_t *metadata, *run;
};

static struct fixture fixture(enum rl_optim_kind kind, int64_t width, bool extra, const char *run)
{
	struct fixture f = {.metadata = json_pack("{s:s}", "history", "[]"),
			    .run = rl_json_parse(run, strlen(run), "run")};
	struct rl_params *p = params(width, extra);

	f.c = (struct rl_checkpoint){dir, p, rl_optim_new(kind, 0.9, p), f.run};
	return f;
}

static char *path_of(int step)
{
	return rl_asprintf("%s/checkpoint-%d.safetensors", dir, step);
}

static bool there(int step)
{
	char *path = path_of(step);
	bool is = !access(path, F_OK);

	free(path);
	return is;
}

static char *bytes_of(int step, size_t *size)
{
	char *path = path_of(step), *bytes = rl_file_read(path, 1 << 20, size);

	free(path);
	return bytes;
}

static void put(int step, const char *bytes, size_t size)
{
	char *path = path_of(step);
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(bytes, 1, size, f) != size || fclose(f))
		rl_die("%s: write:", path);
	free(path);
}

static void clean(void)
{
	char *command = rl_asprintf("rm -rf %s/*", dir);

	if (system(command))
		rl_die("%s", command);
	free(command);
}

static void save(const struct fixture *f, int64_t step, int64_t keep)
{
	struct rl_state s = state(step);
	char *text = rl_state_text(&s, &s.place, 1);

	rl_checkpoint_write(&f->c, step, text, f->metadata, keep);
	free(text);
}

/* ---- there and back ---------------------------------------------------------------------------
 */

static bool same_state(const struct rl_state *a, const struct rl_state *b)
{
	const struct rl_collapse *c = &a->collapse, *d = &b->collapse;

	/* all before is of 8-byte members, without holes */
	return !memcmp(a, b, offsetof(struct rl_state, collapse)) && c->rows == d->rows &&
	       c->widest == d->widest && c->dead_said == d->dead_said &&
	       c->rank_said == d->rank_said;
}

static void test_round_trip(enum rl_optim_kind kind)
{
	struct fixture from = fixture(kind, 3, false, "{}"), to = fixture(kind, 3, false, "{}");
	struct rl_params *p = from.c.params, *q = to.c.params;
	struct rl_state was = state(4), is;

	p->value[1] = NAN;
	p->value[2] = -0.0F;
	p->list[2].tracked = INT64_C(1) << 60;
	for (int i = 0; i < 6; i++) {
		from.c.optim->m[i] = (float)i / 3;
		if (from.c.optim->v)
			from.c.optim->v[i] = (float)i / 7;
	}
	save(&from, 4, 1);
	json_t *metadata = rl_checkpoint_load(&to.c);
	is = rl_state_parse(rl_json_str(metadata, "state", "?"), 0, "?");
	ok(same_state(&was, &is), "the state of the run comes back");
	ok(!memcmp(p->value, q->value, 6 * sizeof(float)) &&
		   !memcmp(p->state, q->state, 2 * sizeof(float)) &&
		   q->list[2].tracked == INT64_C(1) << 60,
	   "parameters and running statistics do");
	ok(!memcmp(from.c.optim->m, to.c.optim->m, 6 * sizeof(float)) &&
		   (!from.c.optim->v ||
		    !memcmp(from.c.optim->v, to.c.optim->v, 6 * sizeof(float))) &&
		   to.c.optim->t == 4,
	   "the optimiser's state does");
	ok(!strcmp(rl_json_str(metadata, "history", "?"), "[]"), "what the caller adds does");
	ok(rl_checkpoint_where(dir) == 24, "and it says where the stream must begin");
	clean();
}

static void test_directory(void)
{
	struct fixture f = fixture(RL_SGD, 3, false, "{}");
	char *nowhere = rl_asprintf("%s/nowhere", dir);
	char *partial = rl_asprintf("%s/checkpoint-3.safetensors.partial-77", dir);

	ok(!rl_checkpoint_exists(nowhere) && rl_checkpoint_where(nowhere) == 0,
	   "a directory that is not there yet");
	ok(!rl_checkpoint_load(&f.c), "an empty one");
	for (int step = 9; step <= 12; step++)
		save(&f, step, 2);
	ok(!there(9) && !there(10) && there(11) && there(12), "the newest are kept");
	save(&f, 11, 1);
	ok(there(11) && there(12), "those of later steps are not this one's to remove");
	put(13, "{}", 2);
	fclose(fopen(partial, "w"));
	rl_checkpoint_tidy(dir);
	ok(access(partial, F_OK) && there(13),
	   "what a killed writer left is removed, nothing else");
	free(partial);
	free(nowhere);
	clean();
}

/* ---- damage -----------------------------------------------------------------------------------
 */

static void test_seal(void)
{
	struct fixture f = fixture(RL_ADAMW, 3, false, "{}");
	char why[RL_ST_WHY], *path = path_of(1);
	bool flips = false, cuts = false, written = true;
	size_t size;

	save(&f, 1, 1);
	ok(rl_st_sealed(path, why), "a whole file is sealed");
	char *bytes = bytes_of(1, &size);
	int fd = open(path, O_WRONLY);
	for (size_t i = 0; i < size; i++) {
		char flipped = bytes[i] ^ (char)(1 << i % 8);

		written &= pwrite(fd, &flipped, 1, (off_t)i) == 1;
		flips |= rl_st_sealed(path, why);
		written &= pwrite(fd, &bytes[i], 1, (off_t)i) == 1;
	}
	for (size_t i = size; i-- > 0;) {
		written &= !ftruncate(fd, (off_t)i);
		cuts |= rl_st_sealed(path, why);
	}
	close(fd);
	ok(written && !flips, "one flipped bit in any of its %zu bytes breaks the seal", size);
	ok(!cuts, "so does any cut");
	free(bytes);
	free(path);
	clean();
}

static void load(void *fixture)
{
	const struct fixture *f = fixture;

	json_decref(rl_checkpoint_load(&f->c));
	if (f->c.optim->t != 1)
		rl_die("step %lld", (long long)f->c.optim->t);
}

static void where(void *fixture)
{
	(void)fixture;
	if (rl_checkpoint_where(dir) != 6)
		rl_die("elsewhere");
}

static void write_two(const struct fixture *f)
{
	save(f, 1, 2);
	save(f, 2, 2);
}

static void test_damage(void)
{
	struct fixture f = fixture(RL_SGD, 3, false, "{}");
	size_t size;

	write_two(&f);
	char *bytes = bytes_of(2, &size);
	put(2, bytes, size - 100);
	const char *aloud =
		"checkpoint-2.safetensors: cut short, damaged or foreign: its checksum is "
		"wrong; using the one before";
	ok(dies(load, &f, 0, aloud), "one that is cut is named, and the one before is used");
	ok(dies(where, &f, 0, aloud), "also where the stream must begin");
	bytes[size / 2] ^= 1;
	put(2, bytes, size);
	ok(dies(load, &f, 0, aloud), "so it is with a flipped bit");
	put(2, "{}", 2);
	ok(dies(load, &f, 0, "not a safetensors file: too short; using the one before"),
	   "with another file of that name");
	char *path = path_of(2);
	ok(!unlink(path) && !mkdir(path, 0777) &&
		   dies(load, &f, 0, "not a regular file; using the one before"),
	   "and with a directory");
	put(1, bytes, size);
	ok(dies(load, &f, 1,
		"checkpoint-1.safetensors: cut short, damaged or foreign: its checksum "
		"is wrong; no checkpoint can be used"),
	   "when none can be used, that is an error");
	ok(dies(where, &f, 1, "no checkpoint can be used"), "also for where");
	free(path);
	free(bytes);
	clean();
}

/* ---- another run ------------------------------------------------------------------------------
 */

static void test_fit(void)
{
	struct fixture sgd = fixture(RL_SGD, 3, false, "{}"),
		       adamw = fixture(RL_ADAMW, 3, false, "{}");
	struct fixture wide = fixture(RL_SGD, 4, false, "{}"),
		       more = fixture(RL_SGD, 3, true, "{}");

	write_two(&sgd);
	ok(dies(load, &wide, 1, "tensor w is missing or has another shape"), "another shape");
	ok(dies(load, &more, 1, "tensor b is missing"), "a tensor too few");
	ok(dies(load, &adamw, 1, "tensor optim.v.w is missing"), "another optimiser");
	clean();
	write_two(&adamw);
	ok(dies(load, &sgd, 1, "5 tensors, but the network has 4"), "a tensor too many");
	clean();
}

static void differs(const char *was, const char *is, const char *text)
{
	struct fixture before = fixture(RL_SGD, 3, false, was), now = fixture(RL_SGD, 3, false, is);

	write_two(&before);
	ok(dies(load, &now, 1, text), "%s", text);
	clean();
}

static void test_other_run(void)
{
	struct fixture a = fixture(RL_SGD, 3, false, "{\"x\":0.1}");
	struct fixture b = fixture(RL_SGD, 3, false, "{\"x\":0.2}");

	differs("{\"settings\":{\"lr\":0.1,\"seed\":1}}", "{\"settings\":{\"lr\":0.2,\"seed\":1}}",
		"of another run: settings.lr was 0.1 and is now 0.2; no checkpoint can be used");
	differs("{\"settings\":{}}", "{\"settings\":{\"val\":\"ab\"}}",
		"settings.val was nothing and is now \"ab\"");
	differs("{\"settings\":{\"val\":\"ab\"}}", "{\"settings\":{}}",
		"settings.val was \"ab\" and is now nothing");
	differs("{\"h\":[{\"args\":[\"--a\",\"1\"]},{\"args\":[]}]}",
		"{\"h\":[{\"args\":[\"--a\",\"1\"]},{\"args\":[\"-b\"]}]}",
		"h[1].args was [] and is now [\"-b\"]");
	differs("{\"h\":[{\"x\":1}]}", "{\"h\":[{\"x\":1},{\"x\":2}]}",
		"h was [{\"x\":1}] and is now [{\"x\":1},{\"x\":2}]");
	save(&a, 1, 9);
	save(&b, 2, 9);
	ok(dies(load, &a, 0, "x was 0.2 and is now 0.1; using the one before"),
	   "one of another run does not hide the run's own");
	clean();
}

static bool agree(const char *args, const char *other)
{
	json_t *a = json_pack("{s:i, s:[{s:s, s:o}]}", "start", 5, "history", "tool", "rl-decode",
			      "args", rl_json_parse(args, strlen(args), "?"));
	json_t *b = json_pack("{s:[{s:s, s:o}]}", "history", "tool", "rl-decode", "args",
			      rl_json_parse(other, strlen(other), "?"));
	json_t *x = rl_identity(json_object(), a), *y = rl_identity(json_object(), b);
	char why[256], *text = rl_identity_text(x);

	return rl_identity_agrees(y, text, "?", why, sizeof(why));
}

static void test_identity(void)
{
	ok(agree("[\"--start\",\"5\",\"a\"]", "[\"a\"]") &&
		   agree("[\"a\",\"--start=5\"]", "[\"a\"]") &&
		   agree("[\"a\",\"--sta\",\"0\"]", "[\"a\",\"--st=7\"]"),
	   "where a stream starts is no part of what a run is");
	ok(!agree("[\"--short-side\",\"5\"]", "[]") && !agree("[\"--seed\",\"5\"]", "[]") &&
		   !agree("[\"a\",\"b\"]", "[\"b\",\"a\"]"),
	   "all else is");
}

/* ---- the log ----------------------------------------------------------------------------------
 */

static char *log_text(void)
{
	char *path = rl_asprintf("%s/log.jsonl", dir);
	size_t size;
	char *text = rl_file_read(path, 1 << 20, &size);

	free(path);
	return text;
}

static void open_log(void *bytes)
{
	rl_log_open(dir, *(int64_t *)bytes);
}

static void test_log(void)
{
	struct rl_log *l = rl_log_open(dir, 0);
	int64_t none = 0, many = 1000, bytes;

	rl_log_line(l, json_pack("{s:i}", "a", 1));
	bytes = rl_log_sync(l);
	rl_log_line(l, json_pack("{s:i}", "b", 2));
	ok(dies(open_log, &none, 1, "another program is training here"),
	   "two trainers in one place");
	rl_log_close(l);
	l = rl_log_open(dir, bytes);
	rl_log_line(l, json_pack("{s:i}", "c", 3));
	ok(rl_log_sync(l) == 2 * bytes, "bytes are counted from the beginning");
	rl_log_close(l);
	char *text = log_text();
	ok(!strcmp(text, "{\"a\":1}\n{\"c\":3}\n"), "lines after a checkpoint are dropped");
	free(text);
	ok(dies(open_log, &many, 0, "16 bytes, but 1000 when the checkpoint was written"),
	   "missing lines are missed");
	rl_log_close(rl_log_open(dir, 0));
	text = log_text();
	ok(!*text, "a new run has a new log");
	free(text);
	clean();
}

int main(void)
{
	if (!mkdtemp(dir))
		rl_die("%s: make directory:", dir);
	test_round_trip(RL_SGD);
	test_round_trip(RL_ADAMW);
	test_directory();
	test_seal();
	test_damage();
	test_fit();
	test_other_run();
	test_identity();
	test_log();
	ok(rmdir(dir) == 0, "cleaned up");
	return tap_done();
}
