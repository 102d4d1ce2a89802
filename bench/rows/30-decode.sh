# Photos to pixels, resized for pretraining, by one thread and in processor time, beside libjpeg-turbo alone.
row decode images "JPEG decode and resize, 500 x 375 to a shorter side of 292, a core"

decode() {
	clocked $photos rl-decode --threads 1 --short-side 292 --quiet "$inputs/photos.txt" |
		jq -c '.seconds = .cpu_seconds'
}
jpeg_floor() { of $photos "$FLOOR/jpeg-floor" <"$inputs/photos.txt" | jq -c '.seconds = .cpu_seconds'; }

enter "rl-decode" decode
enter "libjpeg-turbo" jpeg_floor
compare "rl-decode" "libjpeg-turbo" "libjpeg-turbo alone, decoding" 0.9
