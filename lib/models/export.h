/*
 * Weights for other programs, written atomically and the same bytes every time.
 */
#ifndef RL_MODELS_EXPORT_H
#define RL_MODELS_EXPORT_H

#include "nn/safetensors.h"

/* What torch.load() opens, also with weights_only=True: an OrderedDict of the tensors, in the
 * order of the file. */
void rl_export_pth(const struct rl_st_file *f, const char *path);

/* What numpy.load() opens: an .npz with one array a tensor.  F64, F32, I64, I32, I8 and U8; dies
 * for another type. */
void rl_export_npz(const struct rl_st_file *f, const char *path);

#endif
