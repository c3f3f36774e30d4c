"""Makes goldens.csv: PSNR and SSIM by scikit-image of pairs of images that a formula gives.

Made with scikit-image 0.26.0, numpy 2.4.6: python3 make.py > goldens.csv
SSIM with gaussian_weights, sigma 1.5 and use_sample_covariance=False is that of Wang et al. (2004):
a window of 11x11, mean over the places where it lies within the image.
"""

import numpy as np
from skimage.color import rgb2ycbcr
from skimage.metrics import peak_signal_noise_ratio, structural_similarity


def clean(height, width):
    y, x, c = np.ogrid[:height, :width, :3]
    return ((3 * x + 5 * y + 40 * c + 4 * ((x * y) % 17)) % 256).astype(np.uint8)


def restored(height, width, strength):
    y, x, c = np.ogrid[:height, :width, :3]
    error = ((x * x + 3 * y + 7 * c) % 23 - 11) * strength
    return np.clip(clean(height, width).astype(int) + error, 0, 255).astype(np.uint8)


def cut(image, border):
    return image[border : image.shape[0] - border, border : image.shape[1] - border]


print("height,width,strength,channels,border,psnr,ssim")
for height, width, strength, border in [
    (11, 11, 1, 0),
    (19, 17, 3, 3),
    (32, 48, 2, 0),
    (37, 29, 1, 2),
    (64, 64, 9, 4),
]:
    a = cut(clean(height, width), border)
    b = cut(restored(height, width, strength), border)
    for channels in ["RGB", "Y"]:
        if channels == "Y":
            a, b = rgb2ycbcr(a)[..., 0], rgb2ycbcr(b)[..., 0]
        psnr = peak_signal_noise_ratio(a, b, data_range=255)
        ssim = structural_similarity(
            a,
            b,
            data_range=255,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            channel_axis=2 if channels == "RGB" else None,
        )
        print(f"{height},{width},{strength},{channels},{border},{psnr:.9f},{ssim:.9f}")
