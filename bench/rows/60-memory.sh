# Peak memory of every filter at a thousand samples and at a hundred times as many, of the two that compute at ten
# times: it must not grow.  It does not depend on what else the machine does: one round is enough.
few=$((MANY / 100))
row memory samples "memory at a hundred times as many samples; where a network runs, ten times"
rounds=1

# A list of the first N, over and over, makes any number of samples.
list=$inputs/some.txt
head -n $((few < 10 ? few : 10)) "$inputs/photos.txt" >"$list"
watched() { if [ "$1" = "$program" ]; then "$FLOOR/clock" "$DIR/clock.json" "$@"; else "$@"; fi; }

small() { watched rl-decode --epochs $((samples / $(wc -l <"$list"))) --size 96x96 --quiet "$list"; }

# peak_of PROGRAM SAMPLES: in a pipeline of its kind.
peak_of() {
	local program=$1 samples=$2
	case $program in
	rl-extract) small | watched rl-extract --random-init 0 --arch resnet18 --width 8 --layers avgpool --quiet ;;
	rl-train)
		rm -rf "$DIR/train"
		small | rl-patchpairs --crop 96 --patch 32 --quiet |
			watched rl-train --out "$DIR/train" --arch resnet18 --width 8 --hidden 8 --patch 32 --batch 16 \
				--accumulate 1 --lr 0.001 --head-lr 0.1 --precise-bn 0 --quiet
		;;
	*) small | watched rl-patchpairs --crop 96 --patch 32 --quiet | watched rl-cat | watched rl-info --check ;;
	esac >"$DIR/peak.out"
	of "$samples" cat "$DIR/clock.json"
}

for program in rl-decode rl-patchpairs rl-cat rl-info rl-extract rl-train; do
	times=100
	case $program in rl-extract | rl-train) times=10 ;; esac
	enter "$program, few" peak_of $program $few
	enter "$program, many" peak_of $program $((times * few))
	compare_memory "$program, many" "$program, few" "$program at $few" 1.1
done
