# draw-coco.awk -v images=N -v truth=FILE -v found=FILE: boxes in the format of COCO, 80 classes, 1 to 14 objects
# an image and 100 detections of it, the first near their object and half of the rest of its class.
function below(n) { return int(rand() * n) }
function near(scale) { return scale * (rand() - 0.5) }

function draw_object(image, detections,    class, w, h, x, y, d, loose) {
	class = 1 + int(80 * rand() * rand()) # a few classes have most, as in COCO
	w = 8 + 200 * rand() * rand(); h = 8 + 200 * rand() * rand()
	x = rand() * (640 - w); y = rand() * (480 - h)
	printf "%s{\"id\":%d,\"image_id\":%d,\"category_id\":%d,\"bbox\":[%.2f,%.2f,%.2f,%.2f],\"area\":%.2f,\"iscrowd\":%d}\n",
		(id ? "," : ""), ++id, image, class, x, y, w, h, 0.7 * w * h, (rand() < 0.01) >truth
	for (d = 0; d < detections; d++) {
		loose = d < 3 ? 0.05 : 1
		printf "%s{\"image_id\":%d,\"category_id\":%d,\"bbox\":[%.2f,%.2f,%.2f,%.2f],\"score\":%.4f}\n",
			(drawn++ ? "," : ""), image, (d < 3 || below(2) ? class : 1 + below(80)),
			x + near(w * loose), y + near(h * loose), w + near(w * loose), h + near(h * loose), rand() >found
	}
}

BEGIN {
	srand(1)
	printf "{\"images\":[" >truth
	for (i = 1; i <= images; i++)
		printf "%s{\"id\":%d,\"file_name\":\"%d.jpg\",\"height\":480,\"width\":640}\n", (i > 1 ? "," : ""), i, i >truth
	printf "],\"categories\":[" >truth
	for (k = 1; k <= 80; k++)
		printf "%s{\"id\":%d,\"name\":\"class %d\"}\n", (k > 1 ? "," : ""), k, k >truth
	printf "],\"annotations\":[" >truth
	printf "[" >found
	for (i = 1; i <= images; i++) {
		n = 1 + below(14)
		for (k = 1; k <= n; k++)
			draw_object(i, k < n ? int(100 / n) : 100 - int(100 / n) * (n - 1))
	}
	print "]}" >truth
	print "]" >found
}
