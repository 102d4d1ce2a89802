#include "train/loop.h"

#include "base/err.h"
#include "base/progress.h"
#include "train/checkpoint.h"
#include "train/gradient.h"
#include "train/log.h"
#include "train/ranks.h"
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
	double window_start;
	struct rl_progress progress;

	/* The micro-batch that comes next is looked at before it is taken: it may be another
	 * epoch's. */
	struct rl_batches *in;
	struct rl_batch next;
	bool looked;

	struct rl_gradient *gradient;
	float *states; /* running statistics and counts as they were before the step in hand */
	int64_t *counts;
};

int64_t rl_loop_steps_per_epoch(const struct rl_loop *l)
{
	int64_t step = l->batch * l->accumulate * l->comm->size;

	return (l->of_all + step - 1) / step;
}

int64_t rl_loop_steps(const struct rl_loop *l)
{
	int64_t steps = rl_loop_steps_per_epoch(l) * l->epochs;

	if (l->iterations > steps)
		rl_die("stdin: %lld epochs are %lld iterations of the %lld that are wanted",
		       (long long)l->epochs, (long long)steps, (long long)l->iterations);
	return l->iterations ? l->iterations : steps;
}

/* ---- checkpoints ------------------------------------------------------------------------------
 */

static struct rl_checkpoint checkpoint(const struct rl_loop *l)
{
	return (struct rl_checkpoint){l->dir, l->params, l->optim, l->run};
}

static void write_checkpoint(struct run *r, const struct rl_place *places)
{
	const struct rl_checkpoint c = checkpoint(r->l);

	r->now.window_seconds = rl_now() - r->window_start;
	r->now.log_bytes = rl_log_sync(r->l->log);
	char *state = rl_state_text(&r->now, places, r->l->comm->size);
	rl_checkpoint_write(&c, r->now.step, state, r->l->metadata, r->l->keep);
	free(state);
}

static void save(struct run *r)
{
	struct rl_place *places = rl_ranks_places(r->l->comm, &r->now.place);

	rl_ranks_check(r->l->comm, r->l->params);
	if (r->l->comm->rank == 0)
		write_checkpoint(r, places);
	free(places);
	r->saved = r->now.step;
}

json_t *rl_loop_resume(struct rl_loop *l)
{
	const struct rl_checkpoint c = checkpoint(l);
	json_t *metadata = l->comm->rank == 0 ? rl_checkpoint_load(&c) : NULL;

	metadata = rl_ranks_share_strings(l->comm, metadata);
	if (!metadata)
		return NULL;
	rl_ranks_share_weights(l->comm, l->params, l->optim);
	l->start = rl_state_parse(rl_json_str(metadata, "state", l->dir), l->comm->rank, l->dir);
	return metadata;
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

/* What stops one rank stops all: how many were asked to by a signal, and the streams of how many
 * broke off, as an interrupt from the terminal does to those who make it, perhaps before the signal
 * is seen here. */
struct stops {
	int64_t asked, broken;
};

static _Noreturn void stop(struct run *r, struct stops s)
{
	struct rl_comm *comm = r->l->comm;

	if (r->now.step > r->saved)
		save(r);
	/* Also that no rank ends before another: the launcher may kill the others. */
	s.asked += rl_comm_count(comm, !s.asked && rl_stop_asked_soon());
	rl_progress_end(&r->progress, r->now.place.taken);
	if (!s.asked && rl_batches_broken(r->in))
		rl_die("%s", rl_batches_broken(r->in));
	if (!s.asked)
		_exit(RL_EXIT_FAILURE);
	if (comm->rank == 0)
		rl_warn("stopped after step %lld of %lld: the same with --resume %s goes on",
			(long long)r->now.step, (long long)r->total, r->l->dir);
	comm->close(comm);
	_exit(RL_EXIT_STOPPED);
}

/* ---- steps ------------------------------------------------------------------------------------
 */

/* This rank's next of the epoch; of no samples when they are over. */
static struct rl_batch take_batch(struct run *r, int64_t epoch)
{
	const struct rl_task *task = &r->l->task;

	if (!r->looked)
		r->looked = rl_batches_next(r->in, &r->next);
	if (!r->looked || r->next.epoch != epoch)
		return (struct rl_batch){0};
	r->looked = false;
	if (task->remember)
		task->remember(task->ctx, &r->next);
	if (task->weigh)
		r->next.weight = task->weigh(task->ctx, &r->next);
	return r->next;
}

/* What all ranks have in a micro-batch or a step. */
struct amount {
	int64_t samples, weight;
};

static struct amount count_all(const struct run *r, const struct rl_batch *b, struct stops *s)
{
	double x[] = {(double)b->samples, (double)b->weight, rl_stop_asked(),
		      rl_batches_broken(r->in) != NULL};

	r->l->comm->sum(r->l->comm, x, RL_LEN(x));
	*s = (struct stops){(int64_t)x[2], (int64_t)x[3]};
	return (struct amount){(int64_t)x[0], (int64_t)x[1]};
}

/* What a resumed run wants to see again. */
static void recall(struct run *r)
{
	const struct rl_task *task = &r->l->task;

	while ((r->looked = rl_batches_next(r->in, &r->next)) && r->next.recalled)
		task->remember(task->ctx, &r->next);
}

/* Forward and backward of one micro-batch, the step's last when the step's `weight` is given. */
static struct rl_score run_micro_batch(struct run *r, const struct rl_batch *b, int64_t i,
				       int64_t weight)
{
	const struct rl_task *task = &r->l->task;
	struct rl_micro m = {.draw = (uint64_t)(r->now.step * r->l->accumulate + i),
			     .leading = i == 0};

	if (weight) {
		rl_gradient_last(r->gradient, b->weight, weight);
		m.final = rl_gradient_final;
		m.final_ctx = r->gradient;
	}
	struct rl_score s = task->gradients(task->ctx, b, &m);
	if (r->l->verbose && i == 0 && r->now.step == r->l->start.step)
		task->print(task->ctx, stderr);
	if (!isfinite(s.loss))
		rl_die("step %lld: the loss is not finite: lower --lr, or raise the batch",
		       (long long)r->now.step);
	if (!weight)
		rl_gradient_add(r->gradient, b->weight);
	return s;
}

/* One optimiser step's worth of gradients; no samples: the epoch is over.  A step ends early where
 * the samples of a rank do, so that all know which micro-batch is the last before it is run. */
static struct rl_score run_micro_batches(struct run *r, int64_t epoch, struct rl_place *place,
					 struct amount *step)
{
	const struct rl_loop *l = r->l;
	struct rl_score sum = {0};
	bool last = false;

	remember_states(r);
	for (int64_t i = 0; i < l->accumulate && !last; i++) {
		struct rl_batch b = take_batch(r, epoch);
		struct stops stops;
		struct amount all = count_all(r, &b, &stops);

		if (stops.asked || stops.broken) {
			undo_states(r);
			stop(r, stops);
		}
		if (!all.samples)
			break;
		step->samples += all.samples;
		step->weight += all.weight;
		last = i + 1 == l->accumulate || all.samples < l->batch * l->comm->size;
		rl_score_add(&sum, run_micro_batch(r, &b, i, last ? step->weight : 0));
		if (b.samples)
			*place = b.after;
	}
	if (!step->samples)
		return sum;
	if (!last)
		rl_gradient_last(r->gradient, 0, step->weight);
	rl_gradient_end(r->gradient);
	return rl_ranks_score(l->comm, sum);
}

/* A mean over what was scored, which may be nothing. */
static json_t *mean(const struct rl_score *s, double x)
{
	return s->items ? json_real(x) : json_null();
}

static json_t *log_entry(struct run *r, double seconds)
{
	struct rl_state *s = &r->now;
	const struct rl_score *w = &s->window;
	const char *const *part = r->l->task.part;
	json_t *line = json_pack("{s:I, s:I, s:o, s:o}", "step", (json_int_t)s->step, "epoch",
				 (json_int_t)s->epoch, "loss", mean(w, w->loss), "accuracy",
				 mean(w, 100.0 * (double)w->correct / (double)w->items));

	for (int i = 0; part && part[i]; i++)
		json_object_set_new(line, part[i], mean(w, w->part[i]));
	if (r->l->task.watch)
		r->l->task.watch(r->l->task.ctx, &s->collapse, line);
	json_object_set_new(line, "lr", json_real(rl_schedule_lr(&r->l->schedule, s->step - 1)));
	json_object_set_new(line, "samples_per_s", json_real((double)s->window_samples / seconds));
	return line;
}

static void log_window(struct run *r)
{
	struct rl_state *s = &r->now;
	double now = rl_now();

	if (r->l->log)
		rl_log_line(r->l->log, log_entry(r, now - r->window_start));
	s->window = (struct rl_score){0};
	s->window_samples = 0;
	r->window_start = now;
}

/* A loss that steps should have brought below chance + `margin`, and did not; nor is it `fallen`
 * from where it began, far above, as it is where new heads read strong features. */
static bool learns_nothing(const struct run *r, int64_t steps, double loss, double margin,
			   double fallen)
{
	const int64_t enough = 20; /* steps that can be expected to show */
	double chance = r->l->chance_loss;

	return r->l->comm->rank == 0 && chance > 0 && steps >= enough && loss > chance + margin &&
	       loss > r->now.first_loss - fallen;
}

/* The known ways to learn nothing look alike from afar: say so while there is time to stop. */
static void warn_if_stuck(const struct run *r)
{
	double loss = r->now.warm.loss;

	if (learns_nothing(r, r->warm_end, loss, -0.01, 0.1))
		rl_warn("the loss is %.3f at the end of the warm-up and has not left chance "
			"(%.3f): is the rate right for this batch?",
			loss, r->l->chance_loss);
}

/* False when the epoch is over. */
static bool run_step(struct run *r, int64_t epoch)
{
	const struct rl_loop *l = r->l;
	struct rl_state *s = &r->now;
	struct rl_place place = s->place;
	struct amount step = {0};
	struct rl_score score = run_micro_batches(r, epoch, &place, &step);

	if (!step.samples)
		return false;
	rl_optim_step(l->optim, l->params, rl_schedule_lr(&l->schedule, s->step));
	if (s->epoch != epoch)
		s->of_epoch = (struct rl_score){0};
	rl_score_add(&s->of_epoch, score);
	rl_score_add(&s->window, score);
	if (!s->step)
		s->first_loss = score.loss;
	if (s->step >= r->warm_end / 2 && s->step < r->warm_end)
		rl_score_add(&s->warm, score);
	s->window_samples += step.samples;
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
	r->total = rl_loop_steps(l);
	r->warm_end = l->schedule.warmup > 0 ? l->schedule.warmup : (r->total + 9) / 10;
	r->gradient = rl_gradient_new(l->params, l->comm, l->accumulate > 1);
	r->states = rl_aligned(p->total_state * sizeof(*r->states));
	r->counts = rl_calloc((size_t)p->n, sizeof(*r->counts));
	r->in = rl_batches_new(&c, &l->start.place);
	if (l->comm->rank == 0) {
		l->log = rl_log_open(l->dir, l->start.log_bytes);
		rl_checkpoint_tidy(l->dir);
	}
	rl_ranks_check(l->comm, p);
	recall(r);
	r->progress = rl_progress_start(l->task.unit, l->samples * l->epochs, l->quiet);
	r->progress.before = l->start.place.taken;
	r->window_start = rl_now() - l->start.window_seconds;
}

static void warn_if_diverged(const struct run *r)
{
	double loss = r->now.of_epoch.loss;

	if (learns_nothing(r, r->now.step, loss, 0.1, 0))
		rl_warn("the loss of the last epoch is %.3f, above chance (%.3f): the run has "
			"diverged",
			loss, r->l->chance_loss);
}

/* To the end of what comes: a pipe that is closed early looks like a failure to who writes. */
static void pass_over_rest(struct run *r)
{
	while (rl_batches_next(r->in, &r->next))
		;
}

static void finish(struct run *r)
{
	const struct rl_loop *l = r->l;
	struct stops stops = {0};

	if (r->now.window_samples)
		log_window(r);
	if (l->checkpoint_every && r->now.step > r->saved)
		save(r);
	pass_over_rest(r);
	stops.broken = rl_comm_count(l->comm, rl_batches_broken(r->in) != NULL);
	if (stops.broken)
		stop(r, stops);
	rl_batches_finish(r->in);
	rl_ranks_check(l->comm, l->params);
	stops.asked = rl_comm_count(l->comm, rl_stop_asked());
	if (stops.asked)
		stop(r, stops);
	rl_progress_end(&r->progress, r->now.place.taken);
	warn_if_diverged(r);
	rl_gradient_free(r->gradient);
	free(r->states);
	free(r->counts);
}

static bool enough(const struct run *r)
{
	return r->l->iterations && r->now.step >= r->l->iterations;
}

struct rl_score rl_loop_run(struct rl_loop *l)
{
	struct run r;

	begin(&r, l);
	for (int64_t epoch = l->start.epoch; epoch < l->epochs && !enough(&r); epoch++) {
		while (!enough(&r) && run_step(&r, epoch))
			;
		if (r.now.epoch != epoch || !r.now.of_epoch.items)
			rl_die("stdin: no samples of epoch %lld, or nothing in them to learn from",
			       (long long)epoch);
	}
	finish(&r);
	return r.now.of_epoch;
}

void rl_loop_end(struct rl_loop *l)
{
	if (l->log)
		rl_log_close(l->log);
}
