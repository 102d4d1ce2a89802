/*
 * Other people's weights as our files have them: F32 and I64 under torchvision's names.
 */
#ifndef RL_MODELS_ADOPT_H
#define RL_MODELS_ADOPT_H

#include "models/naming.h"

/*
 * The network's tensors, *n of them in its own order, from those that m found in f; what is missing
 * is left out, but a missing num_batches_tracked is 0.  Floating types become F32, to the nearest;
 * a value that is not finite, or becomes so, dies.  Free with rl_adopt_free().
 *
 * `bgr`: the network was trained on pixels with blue first, but normalised with the mean and
 * deviation of red first (MMSelfSup until February 2022).  Its first channel saw
 * (B - mean_r) / std_r; ours will give it, as the third, (B - mean_b) / std_b, which is that up to
 * a factor and a constant.  So conv1's first and third channels change places and are scaled by
 * std_b / std_r and its inverse, and the constant, summed over the window, goes to bn1's running
 * mean.  That is the same function but for rounding, except where the window hangs over the edge:
 * there the constant was not in the padding, and the outer two rows and columns of the stem's
 * output differ.
 */
struct rl_st_tensor *rl_adopt(struct rl_tensorfile *f, const struct rl_naming *m, bool bgr, int *n);
void rl_adopt_free(struct rl_st_tensor *t, int n);

#endif
