"""Makes the image files of this folder, one picture in many formats, with Pillow 12.3.0.

base.png is the picture; the others hold it, or its grays, as well as their format can. In each
orient-N file it is stored so that whoever honours orientation N sees it upright.
"""

import struct
import zlib

from PIL import Image

WIDTH, HEIGHT = 24, 17


def picture():
    image = Image.new("RGB", (WIDTH, HEIGHT))
    for y in range(HEIGHT):
        for x in range(WIDTH):
            image.putpixel((x, y), (10 * x, 15 * y, 255 - 5 * (x + y)))
    return image


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(bits, color, rows, extra=b""):
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, bits, color, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", header) + extra + chunk(b"IDAT", body) + chunk(b"IEND", b"")


base = picture()
gray = Image.new("L", (WIDTH, HEIGHT))
gray.putdata([(7 * x + 4 * y) % 256 for y in range(HEIGHT) for x in range(WIDTH)])
alpha = Image.new("L", (WIDTH, HEIGHT))
alpha.putdata([(11 * x) % 256 for y in range(HEIGHT) for x in range(WIDTH)])
few = base.quantize(16)

base.save("base.png")
gray.save("gray.png")
Image.merge("RGBA", (*base.split(), alpha)).save("alpha.png")
Image.merge("LA", (gray, alpha)).save("gray-alpha.png")
few.convert("RGB").save("few.png")
few.save("few-palette.png", bits=4)
few.save("few-palette-transparent.png", bits=4, transparency=3)
gray.point(lambda v: 255 * (v > 127)).save("two.png")
gray.point(lambda v: 255 * (v > 127)).convert("1").save("two-bit.png")
rows16 = [
    b"".join(struct.pack(">H", 257 * v) for x in range(WIDTH) for v in base.getpixel((x, y)))
    for y in range(HEIGHT)
]
open("base-16.png", "wb").write(png(16, 2, rows16))
grays16 = [
    b"".join(struct.pack(">H", 257 * gray.getpixel((x, y))) for x in range(WIDTH))
    for y in range(HEIGHT)
]
open("gray-16.png", "wb").write(png(16, 0, grays16))

base.save("base.bmp")
few.save("few.bmp")
gray.save("gray.bmp")
base.save("base.tif", compression="tiff_lzw")
base.save("base-plain.tif")
gray.save("gray.tif", compression="tiff_adobe_deflate")
few.save("few.gif")
base.save("base.webp", lossless=True)
Image.merge("RGBA", (*base.split(), alpha)).save("alpha.webp", lossless=True, exact=True)

base.save("base-lossy.webp", quality=95)
base.save("base.jpg", quality=95, subsampling=0)
base.save("base-progressive.jpg", quality=95, progressive=True, subsampling=0)
gray.save("gray.jpg", quality=95)
base.convert("CMYK").save("base-cmyk.jpg", quality=98)

stored = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
for orientation, turn in stored.items():
    turned = base if turn is None else base.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned.save(f"orient-{orientation}.jpg", quality=95, subsampling=0, exif=exif)
exif = Image.Exif()
exif[0x0112] = 6
base.transpose(Image.Transpose.ROTATE_90).save("orient-6.tif", exif=exif)
base.transpose(Image.Transpose.ROTATE_90).save("orient-6.png", exif=exif)
base.transpose(Image.Transpose.ROTATE_90).save("orient-6.webp", exif=exif, lossless=True)
base.save("base-big.tif", big_tiff=True)

frames = [few.convert("RGB").transpose(Image.Transpose.ROTATE_180)]
few.save("few-animated.gif", save_all=True, append_images=[few.transpose(Image.Transpose.ROTATE_180)])
base.save("animated.png", save_all=True, append_images=frames)
base.save("animated.webp", save_all=True, append_images=frames, lossless=True)
