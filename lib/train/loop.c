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

static void add_score(struct rl_score *sum, struct rl_score s)
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

static struct rl_score run_step(struct rl_loop *l, struct accumulator *a, int64_t step,
				int64_t epoch, int64_t n)
{
	struct rl_score sum = {0};
	bool single = n <= l->batch;

	for (int64_t done = 0; done < n; done += l->batch) {
		int64_t micro = n - done < l->batch ? n - done : l->batch;

		l->task.next(l->task.ctx, micro, epoch);
		struct rl_score s = l->task.gradients(l->task.ctx, step, done == 0);
		if (!isfinite(s.loss))
			rl_die("step %lld: the loss is not finite: lower --lr, or raise the batch",
			       (long long)step);
		if (!single)
			accumulate(a, l->params->grad, s.items, done == 0);
		add_score(&sum, s);
	}
	if (!single)
		take_mean(a, l->params->grad, sum.items);
	return sum;
}

static void write_log(FILE *log, const char *path, int64_t step, int64_t epoch, struct rl_score s,
		      double lr, double rate)
{
	json_t *o = json_pack("{s:I, s:I, s:f, s:f, s:f, s:f}", "step", (json_int_t)step, "epoch",
			      (json_int_t)epoch, "loss", s.loss, "accuracy",
			      100.0 * (double)s.correct / (double)s.items, "lr", lr,
			      "samples_per_s", rate);
	char *text = rl_json_text(o);

	if (fprintf(log, "%s\n", text) < 0 || fflush(log))
		rl_die("%s: write:", path);
	free(text);
	json_decref(o);
}

/* The known ways to learn nothing look alike from afar: say so while there is time to stop. */
static void warn_if_stuck(const struct rl_loop *l, struct rl_score warm)
{
	if (warm.loss > l->chance_loss - 0.01)
		rl_warn("the loss is %.3f at the end of the warm-up and has not left chance "
			"(%.3f): is the rate "
			"right for this batch?",
			warm.loss, l->chance_loss);
}

struct rl_score rl_loop_run(struct rl_loop *l)
{
	struct accumulator a = {.n = l->params->total};
	int64_t per_epoch = rl_loop_steps_per_epoch(l), total = per_epoch * l->epochs, step = 0,
		logged = 0;
	int64_t warm_end = l->schedule.warmup > 0 ? l->schedule.warmup : (total + 9) / 10;
	char *path = rl_asprintf("%s/log.jsonl", l->dir);
	FILE *log = fopen(path, "w");
	struct rl_progress progress =
		rl_progress_start(l->task.unit, l->samples * l->epochs, l->quiet);
	struct rl_score since_log = {0}, warm = {0}, epoch_score = {0};
	double last_log = rl_now();

	if (!log)
		rl_die("%s: create:", path);
	if (l->accumulate > 1)
		a.sum = rl_aligned(a.n * sizeof(*a.sum));
	for (int64_t epoch = 0; epoch < l->epochs; epoch++) {
		epoch_score = (struct rl_score){0};
		for (int64_t seen = 0; seen < l->samples; step++) {
			int64_t left = l->samples - seen, want = l->batch * l->accumulate;
			int64_t n = left < want ? left : want;
			double lr = rl_schedule_lr(&l->schedule, step);
			struct rl_score s = run_step(l, &a, step, epoch, n);

			rl_optim_step(l->optim, l->params, lr);
			seen += n;
			logged += n;
			add_score(&since_log, s);
			add_score(&epoch_score, s);
			if (step >= warm_end / 2 && step < warm_end)
				add_score(&warm, s);
			if (step + 1 == warm_end && l->chance_loss > 0)
				warn_if_stuck(l, warm);
			if ((step + 1) % l->log_every == 0 || step + 1 == total) {
				double now = rl_now();

				write_log(log, path, step + 1, epoch, since_log, lr,
					  (double)logged / (now - last_log));
				since_log = (struct rl_score){0};
				logged = 0;
				last_log = now;
			}
			rl_progress_show(&progress, epoch * l->samples + seen);
		}
		if (l->checkpoint_every &&
		    ((epoch + 1) % l->checkpoint_every == 0 || epoch + 1 == l->epochs))
			rl_checkpoint_write(l->dir, l->params, l->optim, epoch + 1, step,
					    l->metadata, l->keep);
	}
	rl_progress_end(&progress, l->samples * l->epochs);
	if (fclose(log))
		rl_die("%s: write:", path);
	free(path);
	free(a.sum);
	return epoch_score;
}
