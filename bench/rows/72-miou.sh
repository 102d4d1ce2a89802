# The mean intersection over union of a stream of label maps, on one core, beside NumPy, which must find the same.
row miou Mpixel "mIoU of 2048 x 1024 pixels, 19 classes, from a stream, a core"

maps=$inputs/maps.tar
drawn=$((MANY / 2000 + 1))
"$FLOOR/maps" $drawn >"$maps"
megapixels=$(jq -n "$drawn * 2048 * 1024 / 1e6")

numpy_miou() {
	local array
	for array in segmentation prediction; do
		rl-cat --npy $array "$maps" >"$DIR/$array.npy"
	done
	OMP_NUM_THREADS=1 "$PYTHON" "$here/peer-numpy.py" "$DIR/segmentation.npy" "$DIR/prediction.npy" 19 >"$DIR/peer.json"
	rl-miou "$maps" | jq -e --slurpfile peer "$DIR/peer.json" '.metrics.mIoU - $peer[0].mIoU | fabs < 1e-6' >/dev/null
	cat "$DIR/peer.json"
}

enter "rl-miou" clocked "$megapixels" rl-miou "$maps"
if "$PYTHON" -c 'import numpy' 2>/dev/null; then
	enter "NumPy" numpy_miou
else
	missing "NumPy" "NumPy is not installed"
fi
compare "rl-miou" "NumPy" "NumPy's bincount"
at_least "rl-miou" 200
