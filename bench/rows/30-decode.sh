# Photos to pixels, resized for pretraining, by one thread and in processor time, beside libjpeg-turbo alone.
row decode images "JPEG decode and resize, 500 x 375 to a shorter side of 292, a core"

plays=4 # of the photos: enough to drown the start of the program, which the floor leaves out
decode() {
	clocked $((plays * photos)) rl-decode --epochs $plays --threads 1 --short-side 292 --quiet "$inputs/photos.txt" |
		jq -c '.seconds = .cpu_seconds'
}
jpeg_floor() { of $photos "$FLOOR/jpeg-floor" <"$inputs/photos.txt" | jq -c '.seconds = .cpu_seconds'; }

enter "rl-decode" decode
enter "libjpeg-turbo" jpeg_floor
compare "rl-decode" "libjpeg-turbo" "libjpeg-turbo alone, decoding" 0.9
