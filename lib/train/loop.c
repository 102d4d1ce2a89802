#include "train/loop.h"

#include "base/err.h"
#include "base/progress.h"
#include "train/checkpoint.h"
#include "train/log.h"
#include "train/stop.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A run in progress. */
struct run {
	struct rl_loop *l;
	struct rl_state now; /* after the last whole step */
	int64_t saved;       /* the step of the last checkpoint */
	int64_t total, warm_end;
	struct rl_log *log;
	double window_start;
	struct rl_progress progress;

	/* The micro-batch that comes next is looked at before it is taken: it may be another
	 * epoch's. */
	struct rl_batches *in;
	struct rl_batch next;
	bool looked;

	double *sum;   /* of gradients, weighted by items; NULL when a step is one micro-batch */
	float *states; /* running statistics and counts as they were before the step in hand */
	int64_t *counts;
};

int64_t rl_loop_steps_per_epoch(const struct rl_loop *l)
{
	int64_t step = l->batch * l->accumulate;

	return (l->samples + step - 1) / step;
}

/* ---- gradients --------------------------------------------------------------------------------
 */

static void accumulate(struct run *r, int64_t items, bool first)
{
	const float *grad = r->l->params->grad;

#pragma omp parallel for simd schedule(static)
	for (size_t i = 0; i < r->l->params->total; i++)
		r->sum[i] = (first ? 0 : r->sum[i]) + (double)items * grad[i];
}

/* params->grad becomes the mean over micro-batches. */
static void take_mean(struct run *r, int64_t items)
{
	float *grad = r->l->params->grad;

#pragma omp parallel for simd schedule(static)
	for (size_t i = 0; i < r->l->params->total; i++)
		grad[i] = (float)(r->sum[i] / (double)items);
}

/* ---- checkpoints ------------------------------------------------------------------------------
 */

static struct rl_checkpoint checkpoint(const struct rl_loop *l)
{
	return (struct rl_checkpoint){l->dir, l->params, l->optim, l->run};
}

static void save(struct run *r)
{
	const struct rl_checkpoint c = checkpoint(r->l);

	r->now.window_seconds = rl_now() - r->window_start;
	r->now.log_bytes = rl_log_sync(r->log);
	rl_checkpoint_write(&c, &r->now, r->l->metadata, r->l->keep);
	r->saved = r->now.step;
}

json_t *rl_loop_resume(struct rl_loop *l)
{
	const struct rl_checkpoint c = checkpoint(l);

	return rl_checkpoint_load(&c, &l->start);
}

/* A step in hand leaves no trace but in running statistics: stopped, it has not been. */
static void remember_states(struct run *r)
{
	const struct rl_params *p = r->l->params;

	memcpy(r->states, p->state, p->total_state * sizeof(*r->states));
	for (int i = 0; i < p->n; i++)
		r->counts[i] = p->list[i].tracked;
}

static void undo_states(struct run *r)
{
	struct rl_params *p = r->l->params;

	memcpy(p->state, r->states, p->total_state * sizeof(*r->states));
	for (int i = 0; i < p->n; i++)
		p->list[i].tracked = r->counts[i];
}

/* A signal asked for it, or the stream broke off: as an interrupt from the terminal does to those
 * who make it, perhaps before the signal is seen here. */
static bool interrupted(const struct run *r)
{
	return rl_stop_asked() || rl_batches_broken(r->in);
}

static _Noreturn void stop(struct run *r)
{
	if (r->now.step > r->saved)
		save(r);
	rl_progress_end(&r->progress, r->now.place.taken);
	if (!rl_stop_asked())
		rl_die("%s", rl_batches_broken(r->in));
	rl_warn("stopped after step %lld of %lld: the same with --resume %s goes on",
		(long long)r->now.step, (long long)r->total, r->l->dir);
	_exit(RL_EXIT_STOPPED);
}

/* ---- steps ------------------------------------------------------------------------------------
 */

static bool take_batch(struct run *r, int64_t epoch, struct rl_batch *b)
{
	const struct rl_task *task = &r->l->task;

	if (!r->looked)
		r->looked = rl_batches_next(r->in, &r->next);
	if (!r->looked || r->next.epoch != epoch)
		return false;
	r->looked = false;
	*b = r->next;
	if (task->remember)
		task->remember(task->ctx, b);
	return true;
}

/* What a resumed run wants to see again. */
static void recall(struct run *r)
{
	const struct rl_task *task = &r->l->task;

	while ((r->looked = rl_batches_next(r->in, &r->next)) && r->next.recalled)
		task->remember(task->ctx, &r->next);
}

/* One optimiser step's worth of gradients; no samples: the epoch is over. */
static struct rl_score run_micro_batches(struct run *r, int64_t epoch, struct rl_place *place)
{
	const struct rl_loop *l = r->l;
	struct rl_score sum = {0};
	struct rl_batch b;
	int64_t i;

	remember_states(r);
	for (i = 0; i < l->accumulate && !interrupted(r) && take_batch(r, epoch, &b); i++) {
		struct rl_score s = l->task.gradients(
			l->task.ctx, &b, (uint64_t)(r->now.step * l->accumulate + i), i == 0);
		if (!isfinite(s.loss))
			rl_die("step %lld: the loss is not finite: lower --lr, or raise the batch",
			       (long long)r->now.step);
		if (r->sum)
			accumulate(r, s.items, i == 0);
		rl_score_add(&sum, s);
		*place = b.after;
	}
	if (i < l->accumulate && interrupted(r)) {
		undo_states(r);
		stop(r);
	}
	if (r->sum && sum.items)
		take_mean(r, sum.items);
	return sum;
}

static void log_window(struct run *r)
{
	struct rl_state *s = &r->now;
	double now = rl_now();

	rl_log_line(r->log,
		    json_pack("{s:I, s:I, s:f, s:f, s:f, s:f}", "step", (json_int_t)s->step,
			      "epoch", (json_int_t)s->epoch, "loss", s->window.loss, "accuracy",
			      100.0 * (double)s->window.correct / (double)s->window.items, "lr",
			      rl_schedule_lr(&r->l->schedule, s->step - 1), "samples_per_s",
			      (double)s->window_samples / (now - r->window_start)));
	s->window = (struct rl_score){0};
	s->window_samples = 0;
	r->window_start = now;
}

/* The known ways to learn nothing look alike from afar: say so while there is time to stop. */
static void warn_if_stuck(const struct run *r)
{
	const int64_t enough = 20; /* steps of warm-up that can be expected to show */
	double chance = r->l->chance_loss, loss = r->now.warm.loss;

	if (r->warm_end >= enough && chance > 0 && loss > chance - 0.01)
		rl_warn("the loss is %.3f at the end of the warm-up and has not left chance "
			"(%.3f): is the rate right for this batch?",
			loss, chance);
}

/* False when the epoch is over. */
static bool run_step(struct run *r, int64_t epoch)
{
	const struct rl_loop *l = r->l;
	struct rl_state *s = &r->now;
	struct rl_place place = s->place;
	struct rl_score score = run_micro_batches(r, epoch, &place);

	if (place.taken == s->place.taken)
		return false;
	rl_optim_step(l->optim, l->params, rl_schedule_lr(&l->schedule, s->step));
	if (s->epoch != epoch)
		s->of_epoch = (struct rl_score){0};
	rl_score_add(&s->of_epoch, score);
	rl_score_add(&s->window, score);
	if (s->step >= r->warm_end / 2 && s->step < r->warm_end)
		rl_score_add(&s->warm, score);
	s->window_samples += place.taken - s->place.taken;
	s->place = place;
	s->epoch = epoch;
	if (++s->step == r->warm_end)
		warn_if_stuck(r);
	if (s->step % l->log_every == 0)
		log_window(r);
	if (l->checkpoint_every && s->step % l->checkpoint_every == 0)
		save(r);
	rl_progress_show(&r->progress, s->place.taken);
	return true;
}

/* ---- the run ----------------------------------------------------------------------------------
 */

static void begin(struct run *r, struct rl_loop *l)
{
	const struct rl_batches_config c = {.in = l->in,
					    .samples = l->samples,
					    .epochs = l->epochs,
					    .batch = l->batch,
					    .recall = l->task.recall,
					    .take = l->task.take,
					    .context = l->task.ctx};
	const struct rl_params *p = l->params;

	*r = (struct run){.l = l, .now = l->start, .saved = l->start.step};
	r->total = rl_loop_steps_per_epoch(l) * l->epochs;
	r->warm_end = l->schedule.warmup > 0 ? l->schedule.warmup : (r->total + 9) / 10;
	if (l->accumulate > 1)
		r->sum = rl_aligned(p->total * sizeof(*r->sum));
	r->states = rl_aligned(p->total_state * sizeof(*r->states));
	r->counts = rl_calloc((size_t)p->n, sizeof(*r->counts));
	r->log = rl_log_open(l->dir, l->start.log_bytes);
	rl_checkpoint_tidy(l->dir);
	r->in = rl_batches_new(&c, &l->start.place);
	recall(r);
	r->progress = rl_progress_start(l->task.unit, l->samples * l->epochs, l->quiet);
	r->progress.before = l->start.place.taken;
	r->window_start = rl_now() - l->start.window_seconds;
}

static void finish(struct run *r)
{
	const struct rl_loop *l = r->l;

	if (r->now.window_samples)
		log_window(r);
	if (l->checkpoint_every && r->now.step > r->saved)
		save(r);
	rl_batches_finish(r->in);
	if (rl_stop_asked())
		stop(r);
	rl_progress_end(&r->progress, r->now.place.taken);
	if (l->chance_loss > 0 && r->now.of_epoch.loss > l->chance_loss + 0.1)
		rl_warn("the loss of the last epoch is %.3f, above chance (%.3f): the run has "
			"diverged",
			r->now.of_epoch.loss, l->chance_loss);
	rl_log_close(r->log);
	free(r->sum);
	free(r->states);
	free(r->counts);
}

struct rl_score rl_loop_run(struct rl_loop *l)
{
	struct run r;

	begin(&r, l);
	for (int64_t epoch = l->start.epoch; epoch < l->epochs; epoch++) {
		while (run_step(&r, epoch))
			;
		if (r.now.epoch != epoch || !r.now.of_epoch.items)
			rl_die("stdin: no samples of epoch %lld", (long long)epoch);
	}
	finish(&r);
	return r.now.of_epoch;
}
