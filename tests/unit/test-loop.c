/* The training loop on a task of one parameter, whose gradients are known. */
#include "tap.h"

#include "base/err.h"
#include "train/loop.h"

#include <fcntl.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST = 64 };

/* The gradient of a micro-batch is the number of its samples. */
struct fake {
	struct rl_params *params;
	int calls;
	uint64_t draw[MOST];
	bool leading[MOST];
	int64_t size[MOST], before[MOST];
	double loss, growth; /* of the loss, a call */
	int64_t seen;        /* lines of the log, as watched */
};

static void take(void *ctx, struct rl_sample *s, int slot, int64_t i)
{
	(void)ctx, (void)s, (void)slot, (void)i;
}

static struct rl_score gradients(void *ctx, const struct rl_batch *b, const struct rl_micro *m)
{
	struct fake *f = ctx;

	f->draw[f->calls] = m->draw;
	f->leading[f->calls] = m->leading;
	f->before[f->calls] = b->before;
	f->size[f->calls++] = b->samples;
	f->params->grad[0] = (float)b->samples;
	f->loss += f->growth;
	return (struct rl_score){.loss = f->loss, .correct = 1, .items = b->samples};
}

static struct rl_reader *open_stream(const char *path, int64_t samples, int64_t epochs,
				     const int64_t *length)
{
	json_t *head = rl_head_new("samples");
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	struct rl_sample s = {0};

	rl_head_field(head, "position", RL_I8, 0, NULL, NULL);
	struct rl_writer *w = rl_writer_new(fd, path, head);
	rl_sample_set_key(&s, "s");
	for (int64_t e = 0; e < epochs; e++) {
		for (int64_t i = 0; i < length[e]; i++) {
			struct rl_tensor *t = rl_sample_make(&s, "position", RL_I8, 0, NULL);

			*(int64_t *)t->data = e * samples + i;
			rl_writer_put(w, &s);
		}
	}
	rl_writer_close(w, 0);
	close(fd);
	rl_sample_free(&s);
	return rl_reader_open(path);
}

/* Epochs of `samples`, of which only length[e] come. */
static struct rl_loop loop(struct fake *f, const char *dir, int64_t samples, int64_t epochs,
			   const int64_t *length)
{
	char *path = rl_asprintf("%s/stream.tar", dir);
	struct rl_reader *in = open_stream(path, samples, epochs, length);

	free(path);
	f->params = rl_params_new();
	rl_params_declare(f->params, RL_PARAM, "w", 1, (int64_t[]){1}, RL_INIT_CONSTANT, 0);
	rl_params_allocate(f->params, 0);
	f->loss = 1;
	return (struct rl_loop){
		.task = {.ctx = f, .unit = "samples", .take = take, .gradients = gradients},
		.in = in,
		.comm = rl_comm_alone(),
		.params = f->params,
		.optim = rl_optim_new(RL_SGD, 0, f->params),
		.schedule = {.base = 1, .gamma = 1},
		.samples = samples,
		.of_all = samples,
		.epochs = epochs,
		.batch = 4,
		.accumulate = 3,
		.dir = dir,
		.log_every = 1,
		.keep = 2,
		.metadata = json_object(),
		.run = json_object(),
		.quiet = true};
}

static void test_steps(const char *dir)
{
	/* 18 samples: a step of 4+4+4 and one of 4+2; then an epoch that came short. */
	struct fake f = {0};
	struct rl_loop l = loop(&f, dir, 18, 2, (int64_t[]){18, 13});
	const int64_t size[] = {4, 4, 4, 4, 2, 4, 4, 4, 1};
	const bool leading[] = {1, 0, 0, 1, 0, 1, 0, 0, 1};
	bool sizes = true, leads = true, draws = true;

	struct rl_score s = rl_loop_run(&l);
	rl_loop_end(&l);
	ok(f.calls == 9, "micro-batches until an epoch has no more");
	for (int i = 0; i < 9; i++) {
		sizes &= f.size[i] == size[i];
		leads &= f.leading[i] == leading[i];
		for (int j = 0; j < i; j++)
			draws &= f.draw[i] != f.draw[j];
	}
	ok(sizes, "epochs do not mix in a step");
	ok(leads, "the first of a step leads");
	ok(draws, "each draws masks of its own");
	ok(f.before[0] == 0 && f.before[5] == 18 && f.before[8] == 30, "samples are counted");
	ok(s.items == 13 && s.correct == 4 && fabs(s.loss - 1) < 1e-12,
	   "the score is the last epoch's");
	/* Each step moves by minus the mean gradient over its samples. */
	double moved = 4 + (4 * 4 + 2 * 2) / 6.0 + 4 + 1;
	ok(fabs(f.params->value[0] + moved) < 1e-5,
	   "the gradient is the mean over all samples of a step");
}

static int64_t squared(void *ctx, const struct rl_batch *b)
{
	(void)ctx;
	return b->samples * b->samples;
}

static void test_weights(const char *dir)
{
	struct fake f = {0};
	struct rl_loop l = loop(&f, dir, 18, 1, (int64_t[]){18});

	l.task.weigh = squared;
	rl_loop_run(&l);
	rl_loop_end(&l);
	ok(fabs(f.params->value[0] + 4 + (16 * 4 + 4 * 2) / 20.0) < 1e-5,
	   "or weighs micro-batches as the task does");
}

static bool there(const char *dir, int step)
{
	char *path = rl_asprintf("%s/checkpoint-%d.safetensors", dir, step);
	bool is = !access(path, R_OK);

	free(path);
	return is;
}

static void test_checkpoints(const char *dir)
{
	struct fake f = {0};
	struct rl_loop l = loop(&f, dir, 4, 3, (int64_t[]){4, 4, 4});

	l.checkpoint_every = 1;
	rl_loop_run(&l);
	rl_loop_end(&l);
	ok(!there(dir, 1) && there(dir, 2) && there(dir, 3), "the newest two checkpoints are kept");
}

static void count_lines(void *ctx, struct rl_collapse *seen, json_t *line)
{
	struct fake *f = ctx;

	(void)line;
	f->seen = ++seen->rows;
}

/* What the log has shown goes on where the run does. */
static void test_seen(const char *dir)
{
	struct fake f = {0};

	for (int resumed = 0; resumed < 2; resumed++) {
		f = (struct fake){0};
		struct rl_loop l = loop(&f, dir, 4, 3, (int64_t[]){4, 4, 4});

		l.task.watch = count_lines;
		l.checkpoint_every = 1;
		l.keep = 9;
		rl_loop_resume(&l);
		rl_loop_run(&l);
		rl_loop_end(&l);
		ok(f.seen == 3 && f.calls == (resumed ? 2 : 3),
		   resumed ? "and in checkpoints" : "what is watched is kept from line to line");
		for (int i = 2; i <= 3; i++) {
			char *path = rl_asprintf("%s/checkpoint-%d.safetensors", dir, i);

			unlink(path);
			free(path);
		}
	}
}

static void run_empty(void *dir)
{
	struct fake f = {0};
	struct rl_loop l = loop(&f, dir, 4, 2, (int64_t[]){4, 0});

	rl_loop_run(&l);
}

static void run_infinite(void *dir)
{
	struct fake f = {0};
	struct rl_loop l = loop(&f, dir, 4, 1, (int64_t[]){4});

	f.loss = INFINITY;
	rl_loop_run(&l);
}

/* A run over two epochs, whose loss goes straight from one to another. */
struct course {
	const char *dir;
	int64_t steps;
	double from, to;
};

static void run_course(void *arg)
{
	const struct course *c = arg;
	int64_t samples = c->steps * 2;
	struct fake f = {0};
	struct rl_loop l = loop(&f, c->dir, samples, 2, (int64_t[]){samples, samples});

	f.loss = c->from;
	f.growth = (c->to - c->from) / (double)c->steps;
	l.accumulate = 1;
	l.chance_loss = 1;
	rl_loop_run(&l);
	rl_loop_end(&l);
	rl_warn("the end");
}

static void test_divergence(char *dir)
{
	const struct {
		struct course course;
		bool warned;
		const char *what;
	} t[] = {
		{{dir, 30, 1, 1.5}, true, "a loss that rises above chance has diverged"},
		{{dir, 30, 1, 1.05}, false, "one that stays about chance has not"},
		{{dir, 30, 2, 1.5}, false, "nor has one that falls, though from far above"},
		{{dir, 30, 1, 0.5}, false, "nor one that learns"},
		{{dir, 14, 1, 1.5}, false, "in few steps nothing can be told"},
	};

	for (size_t i = 0; i < RL_LEN(t); i++) {
		struct course c = t[i].course;

		ok(dies(run_course, &c, 0, "the end") &&
			   dies(run_course, &c, 0, "the run has diverged") == t[i].warned,
		   "%s", t[i].what);
	}
}

int main(void)
{
	char dir[] = "/tmp/test-loop-XXXXXX";

	omp_set_num_threads(1); /* threads do not survive the fork of dies() */
	if (!mkdtemp(dir))
		rl_die("%s: make directory:", dir);
	test_steps(dir);
	test_weights(dir);
	test_seen(dir);
	test_checkpoints(dir);
	test_divergence(dir);
	ok(dies(run_empty, dir, 1, "no samples of epoch 1"), "an epoch of nothing");
	ok(dies(run_infinite, dir, 1, "the loss is not finite"), "a loss that is not finite");
	char *clean = rl_asprintf("rm -r %s", dir);
	ok(system(clean) == 0, "cleaned up");
	free(clean);
	return tap_done();
}
