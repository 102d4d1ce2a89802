#include "train/loop.h"

#include "base/err.h"
#include "base/file.h"
#include "base/progress.h"
#include "train/checkpoint.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int64_t rl_loop_steps_per_epoch(const struct rl_loop *l)
{
	int64_t step = l->batch * l->accumulate;

	return (l->samples + step - 1) / step;
}

void rl_score_add(struct rl_score *sum, struct rl_score s)
{
	int64_t items = sum->items + s.items;

	if (items)
		sum->loss += (s.loss - sum->loss) * (double)s.items / (double)items;
	sum->correct += s.correct;
	sum->items = items;
}

/* params->grad becomes the mean over micro-batches, weighted by their items. */
struct accumulator {
	double *sum;
	size_t n;
};

static void accumulate(struct accumulator *a, const float *grad, int64_t items, bool first)
{
#pragma omp parallel for simd schedule(static)
	for (size_t i = 0; i < a->n; i++)
		a->sum[i] = (first ? 0 : a->sum[i]) + (double)items * grad[i];
}

static void take_mean(const struct accumulator *a, float *grad, int64_t items)
{
#pragma omp parallel for simd schedule(static)
	for (size_t i = 0; i < a->n; i++)
		grad[i] = (float)(a->sum[i] / (double)items);
}

/* The micro-batch that comes next is looked at before it is taken: it may be another epoch's. */
struct input {
	struct rl_batches *batches;
	struct rl_batch next;
	bool looked;
};

static struct rl_batches *batches(const struct rl_loop *l)
{
	struct rl_batches_config c = {.in = l->in,
				      .samples = l->samples,
				      .epochs = l->epochs,
				      .batch = l->batch,
				      .recall = l->task.recall,
				      .take = l->task.take,
				      .context = l->task.ctx};

	return rl_batches_new(&c, &(struct rl_place){0});
}

static bool take_batch(const struct rl_loop *l, struct input *in, int64_t epoch, struct rl_batch *b)
{
	if (!in->looked)
		in->looked = rl_batches_next(in->batches, &in->next);
	if (!in->looked || in->next.epoch != epoch)
		return false;
	in->looked = false;
	*b = in->next;
	if (l->task.remember)
		l->task.remember(l->task.ctx, b);
	return true;
}

/* One optimiser step's worth of gradients; no items: the epoch is over. */
static struct rl_score run_step(struct rl_loop *l, struct input *in, struct accumulator *a,
				int64_t step, int64_t epoch, int64_t *samples)
{
	struct rl_score sum = {0};
	struct rl_batch b;

	*samples = 0;
	for (int64_t i = 0; i < l->accumulate && take_batch(l, in, epoch, &b); i++) {
		struct rl_score s = l->task.gradients(l->task.ctx, &b,
						      (uint64_t)(step * l->accumulate + i), i == 0);
		if (!isfinite(s.loss))
			rl_die("step %lld: the loss is not finite: lower --lr, or raise the batch",
			       (long long)step);
		if (a->sum)
			accumulate(a, l->params->grad, s.items, i == 0);
		rl_score_add(&sum, s);
		*samples += b.samples;
	}
	if (a->sum && sum.items)
		take_mean(a, l->params->grad, sum.items);
	return sum;
}

/* What the log line in the making has seen so far. */
struct window {
	FILE *file;
	char *path;
	struct rl_score score;
	int64_t samples;
	double start;
};

static void log_window(struct window *w, int64_t step, int64_t epoch, double lr)
{
	double now = rl_now();
	json_t *o = json_pack("{s:I, s:I, s:f, s:f, s:f, s:f}", "step", (json_int_t)step, "epoch",
			      (json_int_t)epoch, "loss", w->score.loss, "accuracy",
			      100.0 * (double)w->score.correct / (double)w->score.items, "lr", lr,
			      "samples_per_s", (double)w->samples / (now - w->start));
	char *text = rl_json_text(o);

	if (fprintf(w->file, "%s\n", text) < 0 || fflush(w->file))
		rl_die("%s: write:", w->path);
	free(text);
	json_decref(o);
	w->score = (struct rl_score){0};
	w->samples = 0;
	w->start = now;
}

/* The known ways to learn nothing look alike from afar: say so while there is time to stop. */
static void warn_if_stuck(const struct rl_loop *l, int64_t warm_end, struct rl_score warm)
{
	const int64_t enough = 20; /* steps of warm-up that can be expected to show */

	if (warm_end >= enough && l->chance_loss > 0 && warm.loss > l->chance_loss - 0.01)
		rl_warn("the loss is %.3f at the end of the warm-up and has not left chance "
			"(%.3f): is the "
			"rate right for this batch?",
			warm.loss, l->chance_loss);
}

/* Writes one and removes the one that is now too old: only this run's, and each by its own name. */
static void checkpoint(const struct rl_loop *l, int64_t epoch, int64_t step)
{
	int64_t number = (epoch + l->checkpoint_every - 1) / l->checkpoint_every;

	rl_checkpoint_write(l->dir, l->params, l->optim, epoch, step, l->metadata);
	if (number > l->keep)
		rl_checkpoint_remove(l->dir, (number - l->keep) * l->checkpoint_every);
}

struct rl_score rl_loop_run(struct rl_loop *l)
{
	struct accumulator a = {.n = l->params->total};
	int64_t total = rl_loop_steps_per_epoch(l) * l->epochs, step = 0, seen = 0;
	int64_t warm_end = l->schedule.warmup > 0 ? l->schedule.warmup : (total + 9) / 10;
	struct window log = {.path = rl_asprintf("%s/log.jsonl", l->dir), .start = rl_now()};
	struct rl_progress progress =
		rl_progress_start(l->task.unit, l->samples * l->epochs, l->quiet);
	struct rl_score warm = {0}, of_epoch = {0};
	struct input in = {.batches = batches(l)};
	double lr = 0;

	log.file = fopen(log.path, "w");
	if (!log.file)
		rl_die("%s: create:", log.path);
	if (l->accumulate > 1)
		a.sum = rl_aligned(a.n * sizeof(*a.sum));
	for (int64_t epoch = 0; epoch < l->epochs; epoch++) {
		of_epoch = (struct rl_score){0};
		for (;; step++) {
			int64_t n;
			struct rl_score s = run_step(l, &in, &a, step, epoch, &n);

			if (!n)
				break;
			lr = rl_schedule_lr(&l->schedule, step);
			rl_optim_step(l->optim, l->params, lr);
			rl_score_add(&of_epoch, s);
			rl_score_add(&log.score, s);
			log.samples += n;
			if (step >= warm_end / 2 && step < warm_end)
				rl_score_add(&warm, s);
			if (step + 1 == warm_end)
				warn_if_stuck(l, warm_end, warm);
			if ((step + 1) % l->log_every == 0)
				log_window(&log, step + 1, epoch, lr);
			rl_progress_show(&progress, seen += n);
		}
		if (!of_epoch.items)
			rl_die("stdin: no samples of epoch %lld", (long long)epoch);
		if (l->checkpoint_every &&
		    ((epoch + 1) % l->checkpoint_every == 0 || epoch + 1 == l->epochs))
			checkpoint(l, epoch + 1, step);
	}
	if (log.samples)
		log_window(&log, step, l->epochs - 1, lr);
	if (l->chance_loss > 0 && of_epoch.loss > l->chance_loss + 0.1)
		rl_warn("the loss of the last epoch is %.3f, above chance (%.3f): the run has "
			"diverged",
			of_epoch.loss, l->chance_loss);
	rl_batches_finish(in.batches);
	rl_progress_end(&progress, seen);
	if (fclose(log.file))
		rl_die("%s: write:", log.path);
	free(log.path);
	free(a.sum);
	return of_epoch;
}
