# The training step of the published recipe's micro-batch: rl-train itself on a stream of patches, from reading
# to the optimiser's step, beside the convolutions of nine patches an image and PyTorch's literal step.
row train images "relative-location training step, $net, $IMAGES images of nine 64-pixel patches"

head -n $((2 * IMAGES)) "$inputs/photos.txt" | rl-decode --short-side 292 --epochs 1 --quiet |
	rl-patchpairs --quiet >"$inputs/patches.tar"
rl-cat --slice ":$IMAGES" "$inputs/patches.tar" | rl-cat --npy patches >"$inputs/patches.npy"

train() {
	training_step "$IMAGES" rl-train --batch "$IMAGES" --threads "$THREADS" --precision "$1" <"$inputs/patches.tar"
}

for p in "${precisions[@]}"; do
	enter "rl-train $p" train "$p"
	enter "conv floor $p" of "$IMAGES" floor $NET --train --images $((9 * IMAGES)) --size 64 --precision "$p"
	compare "rl-train $p" "conv floor $p" "the convolutions alone, $p" 0.9
	if [ "$torch_missing" ]; then
		missing "PyTorch $p" "$torch_missing"
	else
		enter "PyTorch $p" of "$IMAGES" torch train --data "$inputs/patches.npy" --precision "$p"
	fi
done
p=${precisions[-1]}
compare "rl-train $p" "PyTorch fp32" "PyTorch's literal step, fp32" 6
[ "$p" = fp32 ] || compare "rl-train $p" "PyTorch $p" "PyTorch's literal step, $p" 3
compare_memory "rl-train fp32" "PyTorch fp32" "memory of PyTorch's literal step, fp32" 1
