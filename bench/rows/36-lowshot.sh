# All fits of the low-shot SVM on the features of 35-svm.sh, beside LIBSVM on the same inner products, for one of the
# five samples.
row lowshot fits "VOC07 low-shot SVM, all 15200 fits, $FITTED x 8192; LIBSVM: one of 5 samples"

rounds=1 # LIBSVM takes minutes
shots=1,2,4,8,16,32,64,96
[ "$FITTED" -ge 4000 ] || shots=1,2 # few photos have no more positives of each class

count=$(tr , '\n' <<<$shots | wc -l)
lowshot() {
	clocked $(($1 * count * 20 * 19)) rl-lowshot "${svm_streams[@]}" --quiet --shots $shots --samples "$@"
}

enter "rl-lowshot" lowshot 5
enter "LIBSVM" lowshot 1 --solver libsvm
compare "rl-lowshot" "LIBSVM" "LIBSVM, fit by fit on the Gram matrix"
