# COCO's evaluation of boxes, from the JSON files to the numbers, beside pycocotools, which must find the same.
row coco images "COCO's box AP, 80 classes, 100 detections an image"

((rounds <= 2)) || rounds=2 # pycocotools takes minutes
drawn=$((MANY / 20))
truth=$inputs/truth.json found=$inputs/found.json
awk -v images=$drawn -v truth="$truth" -v found="$found" -f "$here/draw-coco.awk"

coco() { clocked $drawn rl-coco-eval --threads "$THREADS" --gt "$truth" "$found"; }
pycocotools() {
	"$FLOOR/clock" "$DIR/clock.json" "$PYTHON" "$here/peer-pycocotools.py" "$truth" "$found" >"$DIR/peer.json"
	rl-coco-eval --gt "$truth" "$found" | jq -e --slurpfile peer "$DIR/peer.json" \
		'[[.metrics[]], $peer[0]] | transpose | all(.[0] - .[1] | fabs < 1e-6)' >/dev/null
	of $drawn cat "$DIR/clock.json"
}

enter "rl-coco-eval" coco
if "$PYTHON" -c 'import pycocotools' 2>/dev/null; then
	enter "pycocotools" pycocotools
else
	missing "pycocotools" "pycocotools is not installed"
fi
compare "rl-coco-eval" "pycocotools" "pycocotools" 1
