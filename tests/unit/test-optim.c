/* SGD and the schedule against independently computed trajectories, AdamW against its paper written
 * out in double; each tensor's own rate and decay. */
#include "fill.h"
#include "tap.h"

#include "base/err.h"
#include "nn/optim.h"
#include "nn/schedule.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = 40, STEPS = 6 };

static const double rate[STEPS] = {0.1, 0.1, 0.1, 0.01, 0.01, 0.02};

/* Two tensors of N, the second at a tenth of the rate and without decay. */
static struct rl_params *two_tensors(double weight_decay)
{
	struct rl_params *p = rl_params_new();

	for (int i = 0; i < 2; i++)
		rl_params_declare(p, RL_PARAM, i ? "second.weight" : "first.weight", 1,
				  (int64_t[]){N}, RL_INIT_CONSTANT, 0);
	rl_params_allocate(p, 1);
	rl_params_group(p, "", 1, weight_decay);
	rl_params_group(p, "second", 0.1, 0);
	for (int i = 0; i < 2; i++)
		fill(rl_params_data(p, i), N, "opt.p", -1, 1);
	return p;
}

static void set_gradients(struct rl_params *p, int step)
{
	float all[STEPS * N];

	fill(all, STEPS * N, "opt.g", -2, 2);
	for (int i = 0; i < 2; i++)
		memcpy(rl_params_grad(p, i), all + step * N, N * sizeof(*all));
}

static void test_sgd(const char *name, enum rl_optim_kind kind, double momentum,
		     double weight_decay)
{
	char path[64];
	snprintf(path, sizeof(path), "optim/%s.npy", name);
	double *trajectory = golden(path, NULL), worst = 0;
	struct rl_params *p = two_tensors(weight_decay);
	struct rl_optim *o = rl_optim_new(kind, momentum, p);

	for (int t = 0; t < STEPS; t++) {
		set_gradients(p, t);
		rl_optim_step(o, p, rate[t]);
		worst = fmax(worst,
			     rel_error_f(rl_params_data(p, 0), trajectory + (ptrdiff_t)t * N, N));
	}
	ok(worst < 1e-6, "%s: six golden steps, within %.1e", name, worst);
	free(trajectory);
	rl_optim_free(o);
	rl_params_free(p);
}

/* Algorithm 2 of Loshchilov & Hutter 2019. */
static void adamw_in_double(double *x, double *m, double *v, const float *g, int t, double lr,
			    double decay)
{
	for (int i = 0; i < N; i++) {
		m[i] = 0.9 * m[i] + 0.1 * g[i];
		v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
		double m_hat = m[i] / (1 - pow(0.9, t)), v_hat = v[i] / (1 - pow(0.999, t));
		x[i] -= lr * (m_hat / (sqrt(v_hat) + 1e-8) + decay * x[i]);
	}
}

static void test_adamw(void)
{
	struct rl_params *p = two_tensors(0.05);
	struct rl_optim *o = rl_optim_new(RL_ADAMW, 0, p);
	double x[2][N], m[2][N] = {0}, v[2][N] = {0}, worst = 0;

	for (int k = 0; k < 2; k++)
		for (int i = 0; i < N; i++)
			x[k][i] = rl_params_data(p, k)[i];
	for (int t = 0; t < STEPS; t++) {
		set_gradients(p, t);
		for (int k = 0; k < 2; k++)
			adamw_in_double(x[k], m[k], v[k], rl_params_grad(p, k), t + 1,
					rate[t] * (k ? 0.1 : 1), k ? 0 : 0.05);
		rl_optim_step(o, p, rate[t]);
		for (int k = 0; k < 2; k++)
			worst = fmax(worst, rel_error_f(rl_params_data(p, k), x[k], N));
	}
	ok(worst < 1e-5, "AdamW: six steps, two rates and decays, within %.1e", worst);
	ok(o->t == STEPS, "the optimiser counts its steps");
	rl_optim_free(o);
	rl_params_free(p);
}

static void test_groups(void)
{
	struct rl_params *p = two_tensors(0.5);
	struct rl_optim *o = rl_optim_new(RL_SGD, 0, p);
	double expected[N];

	set_gradients(p, 0);
	for (int i = 0; i < N; i++)
		expected[i] = rl_params_data(p, 1)[i] - 0.02 * 0.1 * rl_params_grad(p, 1)[i];
	uint64_t version = p->version;
	rl_optim_step(o, p, 0.02);
	ok(rel_error_f(rl_params_data(p, 1), expected, N) < 1e-6,
	   "a tensor has its own rate and decay");
	ok(p->version != version, "a step says that values have changed");
	bool gap = true;
	for (size_t i = N; i < p->list[1].offset; i++)
		gap &= p->value[i] == 0;
	ok(gap, "the gap between two tensors stays zero");
	rl_optim_free(o);
	rl_params_free(p);
}

static void test_schedule(const char *name, struct rl_schedule s)
{
	char path[64];
	size_t n;

	snprintf(path, sizeof(path), "optim/%s.npy", name);
	double *it = golden(path, &n), *lr = it + n / 2, worst = 0;
	for (size_t i = 0; i < n / 2; i++)
		worst = fmax(worst, fabs(rl_schedule_lr(&s, (int64_t)it[i]) / lr[i] - 1));
	ok(worst < 1e-12, "%s: %zu golden rates, within %.1e", name, n / 2, worst);
	free(it);
}

int main(void)
{
	test_sgd("sgd", RL_SGD, 0, 0);
	test_sgd("mom", RL_SGD, 0.9, 0);
	test_sgd("mom_wd", RL_SGD, 0.9, 0.01);
	test_sgd("nesterov_wd", RL_NESTEROV, 0.9, 0.01);
	test_adamw();
	test_groups();
	test_schedule("lr_coco1x", (struct rl_schedule){.base = 0.02,
							.warmup = 1000,
							.warmup_ratio = 0.001,
							.milestone = {60000, 80000},
							.nmilestone = 2,
							.gamma = 0.1});
	test_schedule("lr_coco2x", (struct rl_schedule){.base = 0.02,
							.warmup = 1000,
							.warmup_ratio = 0.001,
							.milestone = {120000, 160000},
							.nmilestone = 2,
							.gamma = 0.1});
	test_schedule("lr_voc18k_d2", (struct rl_schedule){.base = 0.02,
							   .warmup = 100,
							   .warmup_ratio = 0.001,
							   .milestone = {12000, 16000},
							   .nmilestone = 2,
							   .gamma = 0.1});
	test_schedule("lr_voc24k_moco", (struct rl_schedule){.base = 0.02,
							     .warmup = 100,
							     .warmup_ratio = 0.001,
							     .milestone = {18000, 22000},
							     .nmilestone = 2,
							     .gamma = 0.1});
	test_schedule("lr_poly", (struct rl_schedule){
					 .base = 0.01, .power = 0.9, .least = 1e-4, .end = 20000});
	return tap_done();
}
