#include "tap.h"

#include "base/err.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int count, failed;

bool ok(bool pass, const char *fmt, ...)
{
	va_list ap;

	failed += !pass;
	printf("%sok %d - ", pass ? "" : "not ", ++count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	return pass;
}

void skip(const char *why, const char *fmt, ...)
{
	va_list ap;

	printf("ok %d - ", ++count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf(" # SKIP %s\n", why);
}

void diag(const char *fmt, ...)
{
	va_list ap;

	printf("# ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

int tap_done(void)
{
	printf("1..%d\n", count);
	return failed || fflush(stdout) ? 1 : 0;
}

double rel_error(const double *a, const double *b, size_t n)
{
	double worst = 0, scale = 1e-30;

	for (size_t i = 0; i < n; i++) {
		if (!isfinite(a[i]))
			return INFINITY;
		worst = fmax(worst, fabs(a[i] - b[i]));
		scale = fmax(scale, fabs(b[i]));
	}
	return worst / scale;
}

double rel_error_f(const float *a, const double *b, size_t n)
{
	double *wide = rl_malloc(n * sizeof(*wide));

	for (size_t i = 0; i < n; i++)
		wide[i] = a[i];
	double e = rel_error(wide, b, n);
	free(wide);
	return e;
}

bool dies(void (*fn)(void *), void *arg, int status, const char *text)
{
	int fd[2], wstatus;
	char said[4096] = "";

	fflush(stdout);
	if (pipe(fd))
		rl_die("pipe:");
	pid_t pid = fork();
	if (pid < 0)
		rl_die("fork:");
	if (pid == 0) {
		dup2(fd[1], STDERR_FILENO);
		fn(arg);
		_exit(0);
	}
	close(fd[1]);
	for (size_t n = 0, got; n < sizeof(said) - 1; n += got)
		if ((ssize_t)(got = (size_t)read(fd[0], said + n, sizeof(said) - 1 - n)) <= 0)
			break;
	close(fd[0]);
	waitpid(pid, &wstatus, 0);
	bool right = WIFEXITED(wstatus) && WEXITSTATUS(wstatus) == status && strstr(said, text);
	if (!right)
		diag("status %#x, stderr: %s", wstatus, said);
	return right;
}

/* numpy's own header is enough here: these files are ours. */
double *golden(const char *path, size_t *n)
{
	char name[512], header[4096], type[8] = "", *shape;
	uint8_t magic[10];

	snprintf(name, sizeof(name), "tests/golden/%s", path);
	FILE *f = fopen(name, "rb");
	if (!f)
		rl_die("%s: open:", name);
	if (fread(magic, 1, 10, f) != 10 || memcmp(magic, "\x93NUMPY\1", 7))
		rl_die("%s: not npy 1.0", name);
	size_t len = magic[8] | (size_t)magic[9] << 8, total = 1;
	if (len >= sizeof(header) || fread(header, 1, len, f) != len)
		rl_die("%s: bad header", name);
	header[len] = '\0';
	char *descr = strstr(header, "'descr': '");
	if (!descr || !(shape = strstr(header, "'shape': (")))
		rl_die("%s: bad header", name);
	memcpy(type, descr + 10, 3);
	for (char *p = shape + 10; *p && *p != ')'; p++) {
		if (*p >= '0' && *p <= '9')
			total *= strtoul(p, &p, 10);
		if (*p == ')')
			break;
	}

	size_t size = (size_t)(type[2] - '0');
	uint8_t *raw = rl_malloc(total * size + 1);
	double *out = rl_malloc((total + 1) * sizeof(*out));
	if (fread(raw, size, total, f) != total)
		rl_die("%s: short", name);
	fclose(f);
	for (size_t i = 0; i < total; i++) {
		const void *p = raw + i * size;

		if (!strcmp(type, "<f4"))
			out[i] = *(const float *)p;
		else if (!strcmp(type, "<f8"))
			out[i] = *(const double *)p;
		else if (!strcmp(type, "<i4"))
			out[i] = *(const int32_t *)p;
		else if (!strcmp(type, "<i8"))
			out[i] = (double)*(const int64_t *)p;
		else if (!strcmp(type, "|u1"))
			out[i] = *(const uint8_t *)p;
		else
			rl_die("%s: dtype %s", name, type);
	}
	free(raw);
	if (n)
		*n = total;
	return out;
}

float *golden_floats(const char *path)
{
	size_t n;
	double *wide = golden(path, &n);
	float *x = rl_malloc(n * sizeof(*x));

	for (size_t i = 0; i < n; i++)
		x[i] = (float)wide[i];
	free(wide);
	return x;
}

int32_t *golden_ints(const char *path)
{
	size_t n;
	double *wide = golden(path, &n);
	int32_t *x = rl_malloc(n * sizeof(*x));

	for (size_t i = 0; i < n; i++)
		x[i] = (int32_t)wide[i];
	free(wide);
	return x;
}
