/*
 * A run that was stopped or killed, wherever, and resumed ends in the same bits: on a task whose
 * gradients depend on samples, weights, dropout draws and what it remembers of earlier samples.
 */
#include "tap.h"

#include "base/err.h"
#include "base/file.h"
#include "train/checkpoint.h"
#include "train/loop.h"

#include <fcntl.h>
#include <omp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SAMPLES = 11, EPOCHS = 3, BATCH = 2, ACCUMULATE = 2, RECALL = 5, W = 20 };

static char top[] = "/tmp/test-resume-XXXXXX";

struct task {
	struct rl_params *params;
	double slot[2][BATCH], recent[RECALL];
	int64_t seen;
	int calls, stop_at;  /* micro-batches */
	int signal, signals; /* which, and how many of it */
};

static const char *const parts[] = {"third", "first", NULL};

static void take(void *ctx, struct rl_sample *s, int slot, int64_t i)
{
	struct task *t = ctx;

	t->slot[slot][i] = (double)*(int64_t *)rl_sample_get(s, "position", RL_I8, 0)->data;
}

static void remember(void *ctx, const struct rl_batch *b)
{
	struct task *t = ctx;

	for (int64_t i = 0; i < b->samples; i++)
		t->recent[(b->before + i) % RECALL] = t->slot[b->slot][i];
	t->seen = b->before + b->samples;
}

static struct rl_score gradients(void *ctx, const struct rl_batch *b, const struct rl_micro *m)
{
	struct task *t = ctx;
	struct rl_params *p = t->params;
	double mean = 0, old = t->recent[t->seen % RECALL];

	for (int i = 0; t->calls == t->stop_at && i < t->signals; i++)
		raise(t->signal);
	t->calls++;
	for (int64_t i = 0; i < b->samples; i++)
		mean += t->slot[b->slot][i] / (double)b->samples;
	for (int i = 0; i < W; i++)
		p->grad[i] = (float)(p->value[i] / 3 + (double)(m->draw * 7 % 5) / 3 + mean / 11 +
				     old / 17 + i);
	if (m->leading) {
		p->state[0] = 0.9F * p->state[0] + 0.1F * (float)mean;
		p->list[2].tracked++;
	}
	return (struct rl_score){.loss = mean / 7 + p->value[0],
				 .correct = (int64_t)m->draw % 3,
				 .items = b->samples,
				 .part = {mean / 3, p->value[0]}};
}

/* Two samples are missing, as if they had been skipped. */
static int write_stream(const char *path, int64_t start)
{
	json_t *head = rl_head_new("samples");
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	struct rl_sample s = {0};

	rl_head_field(head, "position", RL_I8, 0, NULL, NULL);
	json_object_set_new(head, "start", json_integer(start));
	struct rl_writer *w = rl_writer_new(fd, path, head);
	rl_sample_set_key(&s, "s");
	for (int64_t at = start; at < SAMPLES * EPOCHS; at++) {
		if (at == 6 || at == 13)
			continue;
		*(int64_t *)rl_sample_make(&s, "position", RL_I8, 0, NULL)->data = at;
		rl_writer_put(w, &s);
	}
	rl_writer_close(w, (start <= 6) + (start <= 13));
	close(fd);
	rl_sample_free(&s);
	struct stat st;
	return stat(path, &st) ? 0 : (int)st.st_size;
}

struct run {
	enum rl_optim_kind kind;
	char *dir, *stream;
	int stop_at; /* -1: not */
	int signal, signals;
	int cut; /* bytes of the stream, 0: whole */
	int64_t checkpoint_every;
	bool resume;

	/* what came out */
	struct task task;
	struct rl_optim *optim;
	struct rl_score score;
	int64_t begun;
};

static void train(void *arg)
{
	struct run *r = arg;
	struct task *t = &r->task;
	int64_t start = r->resume ? rl_checkpoint_where(r->dir) : 0;

	write_stream(r->stream, start);
	if (r->cut && truncate(r->stream, r->cut))
		rl_die("%s: truncate:", r->stream);
	*t = (struct task){.params = rl_params_new(),
			   .stop_at = r->stop_at,
			   .signal = r->signal,
			   .signals = r->signals};
	rl_params_declare(t->params, RL_PARAM, "w", 1, (int64_t[]){W}, RL_INIT_NORMAL, 1);
	rl_params_declare(t->params, RL_STATE, "mean", 1, (int64_t[]){1}, RL_INIT_CONSTANT, 0);
	rl_params_declare(t->params, RL_COUNT, "tracked", 0, NULL, RL_INIT_CONSTANT, 0);
	rl_params_allocate(t->params, 1);
	r->optim = rl_optim_new(r->kind, 0.9, t->params);
	struct rl_loop l = {
		.task = {.ctx = t,
			 .unit = "samples",
			 .part = parts,
			 .take = take,
			 .remember = remember,
			 .recall = RECALL,
			 .gradients = gradients},
		.in = rl_reader_open(r->stream),
		.comm = rl_comm_alone(),
		.params = t->params,
		.optim = r->optim,
		.schedule = {.base = 0.01, .warmup = 4, .warmup_ratio = 0.1, .gamma = 1},
		.samples = SAMPLES,
		.of_all = SAMPLES,
		.epochs = EPOCHS,
		.batch = BATCH,
		.accumulate = ACCUMULATE,
		.dir = r->dir,
		.log_every = 2,
		.checkpoint_every = r->checkpoint_every,
		.keep = 100,
		.metadata = json_object(),
		.run = json_object(),
		.quiet = true};
	if (r->resume)
		json_decref(rl_loop_resume(&l));
	r->begun = l.start.step;
	r->score = rl_loop_run(&l);
	rl_loop_end(&l);
}

/* The log without the rates. */
static char *log_of(const struct run *r)
{
	char *path = rl_asprintf("%s/log.jsonl", r->dir);
	size_t size;
	char *text = rl_file_read(path, 1 << 20, &size), *to = text;

	for (char *from = text; *from; from++) {
		if (!strncmp(from, ",\"samples_per_s\"", 16))
			from = strchr(from, '}');
		*to++ = *from;
	}
	*to = '\0';
	free(path);
	return text;
}

static bool same(const struct run *a, const struct run *b)
{
	const struct rl_params *p = a->task.params, *q = b->task.params;
	char *log_a = log_of(a), *log_b = log_of(b);
	bool is = !memcmp(p->value, q->value, W * sizeof(float)) && p->state[0] == q->state[0] &&
		  p->list[2].tracked == q->list[2].tracked && a->optim->t == b->optim->t &&
		  !memcmp(a->optim->m, b->optim->m, W * sizeof(float)) &&
		  (!a->optim->v || !memcmp(a->optim->v, b->optim->v, W * sizeof(float))) &&
		  a->task.seen == b->task.seen &&
		  !memcmp(a->task.recent, b->task.recent, sizeof(a->task.recent)) &&
		  !memcmp(&a->score, &b->score, sizeof(a->score)) && !strcmp(log_a, log_b);

	free(log_a);
	free(log_b);
	return is;
}

static struct run make(enum rl_optim_kind kind, const char *name)
{
	struct run r = {.kind = kind, .stop_at = -1, .signal = SIGTERM, .signals = 1};

	r.dir = rl_asprintf("%s/%s-%d", top, name, kind);
	r.stream = rl_asprintf("%s.tar", r.dir);
	return r;
}

static void dispose(struct run *r)
{
	rl_params_free(r->task.params);
	rl_optim_free(r->optim);
	free(r->dir);
	free(r->stream);
}

/* ---- tests ------------------------------------------------------------------------------------
 */

static void copy(const char *from, const char *to, const char *name)
{
	char *a = rl_asprintf("%s/%s", from, name), *b = rl_asprintf("%s/%s", to, name);
	size_t size;
	char *bytes = rl_file_read(a, 1 << 20, &size);
	struct rl_file *f = rl_file_create(b);

	fwrite(bytes, 1, size, rl_file_stream(f));
	rl_file_commit(f);
	free(bytes);
	free(a);
	free(b);
}

/* Killed: what is on the disk is a checkpoint, and a log that went on. */
static void test_killed(const struct run *whole)
{
	int64_t steps = whole->optim->t;
	bool all = true;

	for (int64_t step = 0; step <= steps; step++) {
		char *name = rl_asprintf("killed-%lld", (long long)step);
		struct run r = make(whole->kind, name);

		rl_mkdirs(r.dir);
		copy(whole->dir, r.dir, "log.jsonl");
		free(name);
		name = rl_asprintf("checkpoint-%lld.safetensors", (long long)step);
		if (step)
			copy(whole->dir, r.dir, name);
		r.resume = true;
		train(&r);
		all &= r.begun == step && same(&r, whole);
		free(name);
		dispose(&r);
	}
	ok(all, "killed after any of %lld steps", (long long)steps);
}

static void test_stopped(const struct run *whole)
{
	bool stops = true, all = true;

	for (int call = 0; call < whole->task.calls; call++) {
		char *name = rl_asprintf("stopped-%d", call);
		struct run r = make(whole->kind, name);

		r.stop_at = call;
		r.signal = call % 2 ? SIGTERM : SIGINT;
		stops &= dies(train, &r, RL_EXIT_STOPPED, "stopped after step");
		r.stop_at = -1;
		r.resume = true;
		train(&r);
		all &= same(&r, whole);
		free(name);
		dispose(&r);
	}
	ok(stops, "a signal in any of %d micro-batches stops the run", whole->task.calls);
	ok(all, "and it goes on as if it had not been");
}

static void train_ignoring(void *run)
{
	signal(SIGINT, SIG_IGN);
	train(run);
}

static void test_signals(void)
{
	struct run twice = make(RL_SGD, "twice"), ignored = make(RL_SGD, "ignored");
	int status;

	ignored.stop_at = 5;
	ignored.signal = SIGINT;
	ok(dies(train_ignoring, &ignored, 0, ""), "a signal that was ignored before stays so");
	twice.stop_at = 5;
	twice.signals = 2;
	pid_t pid = fork();
	if (pid == 0) {
		train(&twice);
		_exit(0);
	}
	ok(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM,
	   "the second signal kills");
}

static void test_cut(const struct run *whole)
{
	int size = write_stream(whole->stream, 0);
	bool stops = true, all = true;

	for (int cut = 4000; cut < size; cut += 5000) {
		char *name = rl_asprintf("cut-%d", cut);
		struct run r = make(whole->kind, name);

		r.cut = cut;
		stops &= dies(train, &r, RL_EXIT_FAILURE, "truncated");
		r.cut = 0;
		r.resume = true;
		train(&r);
		all &= same(&r, whole) && (cut < size / 2 || r.begun > 0);
		free(name);
		dispose(&r);
	}
	ok(stops, "a stream that breaks off is an error");
	ok(all, "which costs no step that was whole");
}

int main(void)
{
	omp_set_num_threads(1);  /* threads do not survive the fork of dies() */
	signal(SIGINT, SIG_DFL); /* a shell's background job ignores it */
	if (!mkdtemp(top))
		rl_die("%s: make directory:", top);
	for (int kind = RL_SGD; kind <= RL_ADAMW; kind++) {
		struct run whole = make(kind, "whole");

		diag("%s", kind == RL_SGD ? "SGD" : "AdamW");
		whole.checkpoint_every = 1;
		train(&whole);
		test_killed(&whole);
		test_stopped(&whole);
		test_cut(&whole);
		dispose(&whole);
	}
	test_signals();
	char *clean = rl_asprintf("rm -r %s", top);
	ok(system(clean) == 0, "cleaned up");
	free(clean);
	return tap_done();
}
