#include "nn/precision.h"

#include "base/err.h"
#include "base/opt.h"
#include "nn/onednn.h"

bool rl_precision_bf16(const char *choice)
{
	static const char *const names[] = {"auto", "fp32", "bf16", NULL};
	enum { AUTO, FP32, BF16 } which = rl_parse_choice(choice, names, "--precision");

	if (which == AUTO)
		return rl_onednn_has_bf16();
	if (which == BF16 && !rl_onednn_has_bf16())
		rl_warn("this CPU has no bfloat16: products are made in float, slower than "
			"--precision fp32");
	return which == BF16;
}

const char *rl_precision_name(bool bf16)
{
	return bf16 ? "bf16" : "fp32";
}
