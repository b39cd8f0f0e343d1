"""The sample's video: 24 seconds of slow pans over three drawn landscapes, with a poster.

    python3 examples/sample/video.py [FFMPEG]

Out: content/www/news/video/lake-day/{lake-day.mp4,poster.jpg}. Needs Pillow and an ffmpeg with H.264 (FFMPEG, else the one in PATH). There is
no sound: what would be spoken stands in captions.vtt and in the transcript beside it.
"""

import subprocess
import sys
from pathlib import Path

from PIL import Image

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from pictures import SCENES, Painter  # noqa: E402

FOLDER = HERE.parents[1] / "content/www/news/video/lake-day"
SIZE, RATE, SECONDS = (640, 360), 12, 8
SHOTS = [("lake", "lake-day-1", -1), ("bridge", "lake-day-2", 1), ("tea", "lake-day-3", -1)]


def landscape(kind, seed):
    """A picture a fifth wider than the frame, so that there is something to pan over."""
    size = (SIZE[0] * 6 // 5, SIZE[1])
    painter = Painter(kind, seed, size)
    SCENES[kind](painter)
    return painter.finish(size, 0.0)


def frames():
    count = RATE * SECONDS
    for kind, seed, direction in SHOTS:
        wide = landscape(kind, seed)
        room = wide.width - SIZE[0]
        for i in range(count):
            at = room * i / (count - 1)
            left = at if direction > 0 else room - at
            yield wide.transform(SIZE, Image.AFFINE, (1, 0, left, 0, 1, 0), Image.BICUBIC)


def main():
    ffmpeg = sys.argv[1] if len(sys.argv) > 1 else "ffmpeg"
    FOLDER.mkdir(parents=True, exist_ok=True)
    landscape(*SHOTS[0][:2]).crop((0, 0, *SIZE)).save(FOLDER / "poster.jpg", quality=80, optimize=True)
    command = [ffmpeg, "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{SIZE[0]}x{SIZE[1]}", "-r", str(RATE), "-i", "-"]
    command += ["-c:v", "libx264", "-preset", "slow", "-crf", "30", "-pix_fmt", "yuv420p", "-movflags", "+faststart", "-map_metadata", "-1", str(FOLDER / "lake-day.mp4")]
    encoder = subprocess.Popen(command, stdin=subprocess.PIPE)
    for frame in frames():
        encoder.stdin.write(frame.tobytes())
    encoder.stdin.close()
    sys.exit(encoder.wait())


if __name__ == "__main__":
    main()
