# All fits of the VOC07 SVM at its size, rl-svm from feature streams to result, beside LIBLINEAR and scikit-learn, which
# fit some of the classes, with all costs and folds.
row svm fits "VOC07 SVM, all 1520 fits, $FITTED x 8192; the others: $FITTED_CLASSES of 20 classes"

((rounds <= 2)) || rounds=2 # the others take minutes
"$FLOOR/features" 1 "$FITTED" >"$inputs/trainval.tar"
"$FLOOR/features" 2 $((FITTED * 4952 / 5011)) >"$inputs/test.tar"
svm_streams=(--train "$inputs/trainval.tar" --test "$inputs/test.tar" --threads "$THREADS")

svm() {
	"$FLOOR/clock" "$DIR/clock.json" rl-svm "${svm_streams[@]}" --quiet >"$DIR/svm.json"
	of 1520 jq -c --slurpfile svm "$DIR/svm.json" \
		'. + {ap: [$svm[0].layers.feat5.per_class[].AP] | to_entries | map({"\(.key)": .value}) | add}' "$DIR/clock.json"
}
liblinear_svm() { "$FLOOR/liblinear" "${svm_streams[@]}" --classes "$FITTED_CLASSES" "$@"; }
sklearn_svm() {
	local array
	for array in feat5 labels; do
		rl-cat --npy $array "$inputs/trainval.tar" >"$DIR/train-$array.npy"
		rl-cat --npy $array "$inputs/test.tar" >"$DIR/test-$array.npy"
	done
	OMP_NUM_THREADS=1 "$PYTHON" "$here/peer-sklearn.py" --train "$DIR/train-feat5.npy" --labels "$DIR/train-labels.npy" \
		--test "$DIR/test-feat5.npy" --test-labels "$DIR/test-labels.npy" --classes "$FITTED_CLASSES" --threads "$THREADS"
}

enter "rl-svm" svm
enter "LIBLINEAR" liblinear_svm
enter "LIBLINEAR, rotated" liblinear_svm --rotated
if "$PYTHON" -c 'import sklearn' 2>/dev/null; then
	enter "scikit-learn" sklearn_svm
else
	missing "scikit-learn" "scikit-learn is not installed"
fi
compare "rl-svm" "LIBLINEAR" "LIBLINEAR fit by fit" 20
compare_ap "rl-svm" "LIBLINEAR" "its AP" 0.01
compare "rl-svm" "LIBLINEAR, rotated" "--solver liblinear: the same on rows in fewer dimensions"
compare "rl-svm" "scikit-learn" "scikit-learn's LinearSVC"
compare_ap "rl-svm" "scikit-learn" "its AP" 0.01
