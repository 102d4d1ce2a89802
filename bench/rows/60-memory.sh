# Peak memory of every filter at a thousand samples and at a hundred times as many, of the two that compute at ten
# times: it must not grow.  It does not depend on what else the machine does: one round is enough.
few=$((MANY / 100))
row memory samples "memory at a hundred times as many samples; where a network runs, ten times"
rounds=1

# Ten small photos, over and over, make any number of samples.
rl-synth --out "$inputs/small" --layout imagefolder --images 10 --size 120x96 --seed 1 --quiet
find "$inputs/small" -name '*.jpg' | sort >"$inputs/small.txt"
rm -f "$DIR"/peak-*

# watched NAME COMMAND...: leaves what it took in peak-NAME.
watched() { "$FLOOR/clock" "$DIR/peak-$1-$samples.json" "${@:2}"; }
small() { watched "$1" rl-decode --epochs $((samples / 10)) --quiet "$inputs/small.txt"; }
patches() { watched "$1" rl-patchpairs --crop 96 --patch 32 --quiet; }

pipe() { small rl-decode | patches rl-patchpairs | watched rl-cat rl-cat | watched rl-info rl-info --check; }
extract_small() {
	small none | watched rl-extract rl-extract --random-init 0 --arch resnet18 --width 8 --layers avgpool --quiet
}
train_small() {
	rm -rf "$DIR/train"
	small none | patches none | watched rl-train rl-train --out "$DIR/train" --arch resnet18 --width 8 --hidden 8 \
		--patch 32 --batch 16 --accumulate 1 --lr 0.001 --head-lr 0.1 --precise-bn 0 --quiet
}

# peak PIPELINE PROGRAM SAMPLES: of one program of a pipeline, which runs once for all of them.
peak() {
	local samples=$3
	[ -e "$DIR/peak-$2-$3.json" ] || "$1" >"$DIR/peak.out"
	of "$3" cat "$DIR/peak-$2-$3.json"
}

# grows PIPELINE PROGRAM TIMES
grows() {
	enter "$2, few" peak "$1" "$2" "$few"
	enter "$2, many" peak "$1" "$2" $(($3 * few))
	compare_memory "$2, many" "$2, few" "$2 at $few" 1.1
}

for program in rl-decode rl-patchpairs rl-cat rl-info; do
	grows pipe $program 100
done
grows extract_small rl-extract 10
grows train_small rl-train 10
