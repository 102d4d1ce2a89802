# Features of photos: rl-decode | rl-extract from files to the stream's end, start and all, beside the forward
# convolutions alone and the peers, who are given the decoded pixels.
row extract images "feature extraction, $net, 224 pixels, from $photos JPEG files, $BATCH at once"

extract() {
	clocked $photos bash -o pipefail -c "rl-decode --short-side 256 --size 224x224 --quiet <'$inputs/photos.txt' |
		rl-extract --random-init 0 $NET --precision $1 --layers avgpool --batch $BATCH --threads $THREADS --quiet"
}

head -n "$BATCH" "$inputs/photos.txt" | rl-decode --short-side 256 --size 224x224 --quiet | rl-cat --npy image >"$inputs/images.npy"
for p in "${precisions[@]}"; do
	enter "rl-decode, rl-extract $p" extract "$p"
	enter "conv floor $p" of "$BATCH" floor $NET --images "$BATCH" --size 224 --precision "$p"
	compare "rl-decode, rl-extract $p" "conv floor $p" "the convolutions alone, $p" 0.9
	if [ "$torch_missing" ]; then
		missing "PyTorch $p" "$torch_missing"
	else
		enter "PyTorch $p" of "$BATCH" torch extract --data "$inputs/images.npy" --precision "$p"
	fi
done
if [ "$ort_missing" ]; then
	missing "ONNX Runtime fp32" "$ort_missing"
else
	enter "ONNX Runtime fp32" of "$BATCH" ort "$BATCH" 224 1
fi
p=${precisions[-1]}
compare "rl-decode, rl-extract $p" "ONNX Runtime fp32" "ONNX Runtime, fp32" 2
compare "rl-decode, rl-extract $p" "PyTorch fp32" "PyTorch, fp32"
