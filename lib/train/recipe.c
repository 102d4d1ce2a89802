#include "train/recipe.h"

#include "base/err.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

void rl_recipe_interpret(struct rl_recipe *r)
{
	static const char *const optimizers[] = {"sgd", "nesterov", "adamw", NULL};
	static const enum rl_optim_kind kinds[] = {RL_SGD, RL_NESTEROV, RL_ADAMW};

	r->dir = rl_resume_directory(&r->resume);
	r->kind = kinds[rl_parse_choice(r->optimizer, optimizers, "--optimizer")];
	r->bf16 = rl_precision_bf16(r->precision);
	omp_set_num_threads((int)r->threads);
}

int64_t rl_recipe_images_a_step(const struct rl_recipe *r, const struct rl_loop *l)
{
	int64_t full = r->batch * r->accumulate * l->comm->size;

	return full < l->of_all ? full : l->of_all;
}

/* The nearest step; one that no run reaches when it is too far to count. */
static int64_t step_of(double step)
{
	return (int64_t)fmin(step + 0.5, 0x1p62);
}

struct rl_schedule rl_recipe_schedule(const struct rl_recipe *r, const struct rl_loop *l)
{
	double images = (double)rl_recipe_images_a_step(r, l), base = r->lr * images / r->lr_batch;

	if (r->power > 0 && base < r->min_lr)
		rl_die_usage("--min-lr: %g: the rate would rise to it, from %g", r->min_lr, base);
	if (r->power > 0)
		return (struct rl_schedule){.base = base,
					    .power = r->power,
					    .least = r->min_lr,
					    .end = rl_loop_steps(l)};
	double stretch = (double)rl_loop_steps(l) / r->epochs;
	struct rl_schedule s = {.base = base,
				.warmup = step_of(r->warmup * stretch),
				.warmup_ratio = r->warmup_ratio,
				.gamma = r->gamma};
	char *list = rl_strdup(r->steps), *save = NULL;

	for (char *t = strtok_r(list, ",", &save); t; t = strtok_r(NULL, ",", &save)) {
		if (s.nmilestone == RL_MILESTONES)
			rl_die_usage("--steps: at most %d", RL_MILESTONES);
		double epoch = rl_parse_real(t, 0, 1e6, "--steps");
		int64_t step = step_of(epoch * stretch);

		s.milestone[s.nmilestone++] =
			step > 0 ? step : 1; /* the first step has the full rate */
	}
	free(list);
	return s;
}

json_t *rl_recipe_facts(const struct rl_recipe *r, const struct rl_loop *l, bool synced)
{
	int64_t batch = r->batch * (synced ? l->comm->size : 1);
	json_t *o =
		json_pack("{s:I, s:I, s:I, s:s, s:f, s:o, s:f}", "epochs", (json_int_t)l->epochs,
			  "batch", (json_int_t)rl_recipe_images_a_step(r, l), "statistics",
			  (json_int_t)(batch < l->of_all ? batch : l->of_all), "optimizer",
			  r->optimizer, "lr", l->schedule.base, "momentum",
			  r->kind == RL_ADAMW ? json_string("none") : json_real(r->momentum),
			  "weight_decay", r->weight_decay);
	json_t *falls = r->power > 0
				? json_pack("{s:f, s:f}", "power", r->power, "min_lr", r->min_lr)
				: json_pack("{s:f, s:f, s:s, s:f, s:f}", "warmup", r->warmup,
					    "warmup_ratio", r->warmup_ratio, "steps", r->steps,
					    "of_epochs", r->epochs, "gamma", r->gamma);

	json_object_update(o, falls);
	json_decref(falls);
	return o;
}

/* How the rate moves; free() it. */
static char *course_of(const struct rl_schedule *s)
{
	char falls[RL_MILESTONES * 24] = "";
	size_t used = 0;

	if (s->power > 0)
		return rl_asprintf("power %g to %g", s->power, s->least);
	for (int i = 0; i < s->nmilestone; i++)
		used += (size_t)snprintf(falls + used, sizeof(falls) - used, "%s %lld",
					 i ? "," : "", (long long)s->milestone[i]);
	return rl_asprintf("warm-up %lld steps, x%g at step%s", (long long)s->warmup, s->gamma,
			   falls);
}

void rl_recipe_explain(const struct rl_recipe *r, const struct rl_loop *l)
{
	int64_t global = rl_recipe_images_a_step(r, l);

	if (l->quiet)
		return;
	char *course = course_of(&l->schedule);
	rl_warn("%lld images x %lld epochs, %lld images a step (%lld x %lld x %d ranks): learning "
		"rate %g = %g x %lld/%g, %s (of %lld)",
		(long long)l->of_all, (long long)l->epochs, (long long)global, (long long)r->batch,
		(long long)r->accumulate, l->comm->size, l->schedule.base, r->lr, (long long)global,
		r->lr_batch, course, (long long)rl_loop_steps(l));
	free(course);
}

/* Of the input that was read from `path`; NULL when there is none. */
static json_t *hash_of(const json_t *entry, const json_t *path)
{
	json_t *input;
	size_t i;

	json_array_foreach(json_object_get(entry, "inputs"), i, input)
	{
		if (json_equal(json_object_get(input, "path"), path))
			return json_object_get(input, "sha256");
	}
	return NULL;
}

json_t *rl_recipe_settings(const struct rl_recipe *r, const struct rl_opt *opts,
			   const json_t *entry, const char *const files[])
{
	/* These change nothing in what is learned. */
	static const char *const no_settings[] = {
		"out",     "resume",           "where", "name", "quiet",
		"verbose", "checkpoint-every", "keep",  NULL};
	json_t *values = rl_options_values(opts, no_settings);

	json_object_set_new(values, "precision", json_string(rl_precision_name(r->bf16)));
	for (size_t i = 0; files[i]; i++) {
		json_t *sha256 = hash_of(entry, json_object_get(values, files[i]));

		if (sha256)
			json_object_set(values, files[i], sha256);
		else
			json_object_del(values, files[i]);
	}
	return values;
}
