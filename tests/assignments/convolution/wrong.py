"""Wrong answers: name -> (the misconception, the right answer it starts from, replacements, test cells to lose)."""

WRONG = {
    "size_ceil_for_valid": (
        "Rounds up under valid as well.", "offsets",
        [("return (n - pool) // stride + 1", "return -(-(n - pool) // stride) + 1")], "test_backward_strides test_conv_pooling test_conv_strides test_size_valid"),
    "size_forgets_window": (
        "Divides the axis by the stride, whatever the window.", "offsets",
        [("return (n - pool) // stride + 1", "return max(n // stride, 1)")], "test_backward_channels test_backward_image test_backward_input test_backward_kernel test_backward_strides test_conv_batch test_conv_channels test_conv_example test_conv_input test_conv_orientation test_conv_pooling test_conv_strides test_size_valid"),
    "size_one_too_few": (
        "Counts the steps, not the windows.", "offsets",
        [("return (n - pool) // stride + 1", "return (n - pool) // stride")], "test_backward_channels test_backward_image test_backward_input test_backward_kernel test_backward_strides test_conv_batch test_conv_channels test_conv_example test_conv_input test_conv_orientation test_conv_pooling test_conv_strides test_size_valid"),
    "size_floor_for_same": (
        "Rounds down under same.", "offsets",
        [("return (n + stride - 1) // stride", "return max(n // stride, 1)")], "test_backward_same test_conv_same test_padding_same test_size_same"),
    "size_same_is_n": (
        "Same means the same size, at any stride.", "offsets",
        [("return (n + stride - 1) // stride", "return n")], "test_backward_same test_conv_same test_padding_same test_size_same"),
    "size_rounds": (
        "Rounds to the nearest (to even at halves).", "offsets",
        [("return (n + stride - 1) // stride", "return max(round(n / stride), 1)")], "test_backward_same test_conv_same test_padding_same test_size_same"),
    "size_float": (
        "Returns a float.", "offsets",
        [("return (n - pool) // stride + 1", "return np.floor((n - pool) / stride) + 1"),
         ("pool_output_size(x.shape[1], kh, sh, padding), pool_output_size(x.shape[2], kw, sw, padding)",
          "int(pool_output_size(x.shape[1], kh, sh, padding)), int(pool_output_size(x.shape[2], kw, sw, padding))")], "test_size_integers"),
    "size_accepts_too_large": (
        "A window larger than the axis gives no windows instead of an error.", "offsets",
        [('raise ValueError(f"{pool} > {n}")', "return 0")], "test_size_too_large"),
    "size_wrong_error": (
        "Asserts instead of raising a ValueError.", "offsets",
        [('raise ValueError(f"{pool} > {n}")', "assert pool <= n")], "test_size_too_large"),
    "padding_odd_cell_before": (
        "The odd cell of padding goes before the image (ONNX SAME_LOWER).", "offsets",
        [("before = total // 2", "before = total - total // 2")], "test_backward_same test_conv_same test_padding_same"),
    "padding_symmetric": (
        "Rounds the padding up to equal amounts on both sides.", "offsets",
        [("    before = total // 2\n    return before, total - before", "    return -(-total // 2), -(-total // 2)")], "test_backward_same test_conv_same test_padding_same"),
    "padding_half_window": (
        "Half a window on each side, whatever stride and size.", "offsets",
        [("total = max((count - 1) * stride + pool - n, 0)", "total = pool // 2 * 2")], "test_backward_same test_conv_same test_padding_same"),
    "padding_ignores_stride": (
        "A window less one of padding, whatever the stride.", "offsets",
        [("total = max((count - 1) * stride + pool - n, 0)", "total = pool - 1")], "test_backward_same test_conv_same test_padding_same"),
    "padding_negative": (
        "Negative padding where the stride is larger than the window.", "offsets",
        [("total = max((count - 1) * stride + pool - n, 0)", "total = (count - 1) * stride + pool - n"),
         ("padded = np.pad(x, [(0, 0), rows, columns, (0, 0)])",
          "padded = np.pad(x, np.maximum([(0, 0), rows, columns, (0, 0)], 0))")], "test_backward_same test_padding_same"),
    "padding_all_after": (
        "All padding goes after the image.", "offsets", [("before = total // 2", "before = 0")], "test_backward_same test_conv_same test_padding_same"),
    "padding_for_valid_too": (
        "Pads under valid as well.", "offsets",
        [('    if padding == "valid":\n        return 0, 0\n', ""),
         ("count = pool_output_size(n, pool, stride, padding)", 'count = pool_output_size(n, pool, stride, "same")')], "test_backward_channels test_backward_image test_backward_kernel test_backward_strides test_conv_channels test_conv_example test_conv_orientation test_conv_strides test_size_valid"),
    "kernel_turned_round": (
        "A mathematician's convolution: the kernel is turned round.", "offsets",
        [("np.tensordot(padded[where], kernel[a, b], 1)", "np.tensordot(padded[where], kernel[-1 - a, -1 - b], 1)")], "test_conv_orientation"),
    "kernel_flipped_down": (
        "The kernel is upside down.", "offsets",
        [("np.tensordot(padded[where], kernel[a, b], 1)", "np.tensordot(padded[where], kernel[-1 - a, b], 1)")], "test_conv_orientation"),
    "kernel_transposed": (
        "Rows of the kernel on columns of the image.", "offsets",
        [("    padded, cells, _ = setup(x, kernel, strides, padding)",
          "    kernel = kernel.swapaxes(0, 1)\n    padded, cells, _ = setup(x, kernel, strides, padding)")], "test_conv_orientation"),
    "square_kernel": (
        "Takes the kernel's height for its width.", "offsets",
        [("    kh, kw = kernel.shape[:2]\n    oh", "    kh = kw = kernel.shape[0]\n    oh")], "test_backward_image test_backward_kernel test_backward_same test_backward_strides test_conv_orientation"),
    "stride_one": (
        "Ignores the stride.", "offsets",
        [("    sh, sw = np.broadcast_to(strides, 2).tolist()\n    kh", "    sh, sw = 1, 1\n    kh")], "test_backward_same test_backward_strides test_conv_pooling test_conv_same test_conv_strides"),
    "strides_swapped": (
        "The first stride goes across, the second down.", "offsets",
        [("    sh, sw = np.broadcast_to(strides, 2).tolist()\n    kh",
          "    sw, sh = np.broadcast_to(strides, 2).tolist()\n    kh")], "test_backward_same test_backward_strides test_conv_same test_conv_strides"),
    "square_stride": (
        "Takes the stride down for both.", "offsets",
        [("    sh, sw = np.broadcast_to(strides, 2).tolist()\n    kh",
          "    sh = sw = np.broadcast_to(strides, 2).tolist()[0]\n    kh")], "test_backward_same test_backward_strides test_conv_same test_conv_strides"),
    "stride_as_dilation": (
        "Spreads the kernel's cells by the stride.", "loops",
        [("h, w = i * sh + a - top, j * sw + b - left", "h, w = i * sh + a * sh - top, j * sw + b * sw - left")], "test_backward_same test_backward_strides test_conv_pooling test_conv_same test_conv_strides"),
    "edge_padding": (
        "Repeats the border instead of adding zeros.", "offsets",
        [("padded = np.pad(x, [(0, 0), rows, columns, (0, 0)])",
          'padded = np.pad(x, [(0, 0), rows, columns, (0, 0)], mode="edge")')], "test_backward_same test_conv_same"),
    "ignores_same": (
        "Always valid.", "offsets",
        [("    sh, sw = np.broadcast_to(strides, 2).tolist()\n    kh",
          '    padding = "valid"\n    sh, sw = np.broadcast_to(strides, 2).tolist()\n    kh')], "test_backward_input test_backward_same test_conv_same"),
    "wraps_around": (
        "The image goes round: padding is the other side of the image.", "offsets",
        [("padded = np.pad(x, [(0, 0), rows, columns, (0, 0)])",
          'padded = np.pad(x, [(0, 0), rows, columns, (0, 0)], mode="wrap")')], "test_backward_same test_conv_same"),
    "mean_not_sum": (
        "Divides by the number of the kernel's cells.", "offsets",
        [("        y = y + np.tensordot(padded[where], kernel[a, b], 1)",
          "        y = y + np.tensordot(padded[where], kernel[a, b], 1) / len(cells)")], "test_conv_batch test_conv_channels test_conv_example test_conv_orientation test_conv_pooling test_conv_same test_conv_strides"),
    "relu_included": (
        "Sets negative results to zero.", "offsets",
        [("        y = y + np.tensordot(padded[where], kernel[a, b], 1)\n    return y",
          "        y = y + np.tensordot(padded[where], kernel[a, b], 1)\n    return np.maximum(y, 0)")], "test_conv_batch test_conv_channels test_conv_example test_conv_input test_conv_orientation test_conv_pooling test_conv_same test_conv_strides"),
    "channels_averaged": (
        "Averages over the image's channels.", "offsets",
        [("        y = y + np.tensordot(padded[where], kernel[a, b], 1)",
          "        y = y + np.tensordot(padded[where], kernel[a, b], 1) / x.shape[3]")], "test_conv_channels"),
    "first_channel_only": (
        "Reads the first channel of the image.", "offsets",
        [("np.tensordot(padded[where], kernel[a, b], 1)", "np.tensordot(padded[where][..., :1], kernel[a, b, :1], 1)")], "test_conv_channels"),
    "first_filter_for_all": (
        "Uses the first filter for every channel of the result.", "offsets",
        [("np.tensordot(padded[where], kernel[a, b], 1)",
          "np.tensordot(padded[where], kernel[a, b][:, [0] * kernel.shape[3]], 1)")], "test_conv_channels"),
    "filters_summed": (
        "Adds the filters up to one channel.", "offsets",
        [("        y = y + np.tensordot(padded[where], kernel[a, b], 1)\n    return y",
          "        y = y + np.tensordot(padded[where], kernel[a, b], 1)\n    return y.sum(3, keepdims=True)")], "test_conv_channels"),
    "channels_and_filters_swapped": (
        "Reads the kernel as (rows, columns, filters, channels).", "offsets",
        [("np.tensordot(padded[where], kernel[a, b], 1)",
          "np.tensordot(padded[where], kernel[a, b].reshape(kernel.shape[:1:-1]).T, 1)")], "test_conv_channels"),
    "first_image_for_all": (
        "Convolves the first image of the batch only.", "offsets",
        [("np.tensordot(padded[where], kernel[a, b], 1)", "np.tensordot(padded[where][[0] * len(x)], kernel[a, b], 1)")], "test_conv_batch"),
    "batch_summed": (
        "Adds up the batch.", "offsets",
        [("        y = y + np.tensordot(padded[where], kernel[a, b], 1)\n    return y",
          "        y = y + np.tensordot(padded[where], kernel[a, b], 1)\n    return y.sum(0, keepdims=True)")], "test_conv_batch"),
    "drops_axes": (
        "Squeezes axes of length one out of the result.", "offsets",
        [("        y = y + np.tensordot(padded[where], kernel[a, b], 1)\n    return y",
          "        y = y + np.tensordot(padded[where], kernel[a, b], 1)\n    return np.squeeze(y)")], "test_conv_batch test_conv_channels test_conv_example test_conv_input test_conv_orientation test_conv_pooling test_conv_same test_conv_strides"),
    "whole_numbers": (
        "Keeps the result in an array of integers.", "offsets",
        [("        y = y + np.tensordot(padded[where], kernel[a, b], 1)\n    return y",
          "        y = y + np.tensordot(padded[where], kernel[a, b], 1)\n    return y.astype(int).astype(float)")], "test_conv_batch test_conv_channels test_conv_example test_conv_orientation test_conv_pooling test_conv_same test_conv_strides"),
    "returns_list": (
        "Returns nested lists.", "offsets",
        [("        y = y + np.tensordot(padded[where], kernel[a, b], 1)\n    return y",
          "        y = y + np.tensordot(padded[where], kernel[a, b], 1)\n    return y.tolist()")], "test_conv_batch test_conv_channels test_conv_example test_conv_input test_conv_orientation test_conv_pooling test_conv_same test_conv_strides"),
    "changes_image": (
        "Scales the image in place and back, losing digits.", "offsets",
        [("    y = 0\n", "    y = 0\n    x *= 0\n")], "test_conv_input"),
    "changes_kernel": (
        "Leaves the kernel turned round.", "offsets",
        [("    y = 0\n", "    y = 0\n    kernel = kernel if kernel.base is None else kernel.base\n    before = kernel.copy()\n"),
         ("        y = y + np.tensordot(padded[where], kernel[a, b], 1)\n    return y",
          "        y = y + np.tensordot(padded[where], before[a, b], 1)\n    kernel[:] = before[::-1, ::-1] + 1\n    return y")], "test_conv_input"),
    "one_number_for_all": (
        "Uses the sum of the kernel on the window's first cell.", "offsets",
        [("np.tensordot(padded[where], kernel[a, b], 1)", "np.tensordot(padded[cells[0, 0]], kernel[a, b], 1)")], "test_conv_batch test_conv_channels test_conv_example test_conv_orientation test_conv_pooling test_conv_same test_conv_strides"),
    "gradient_image_kernel_turned": (
        "Forgets to turn the kernel round in the convolution form of the image's gradient.", "sliding_window_view",
        [("dx = conv2d(full, kernel[::-1, ::-1].transpose(0, 1, 3, 2))", "dx = conv2d(full, kernel.transpose(0, 1, 3, 2))")],
        "test_backward_channels test_backward_image test_backward_same test_backward_strides"),
    "gradient_image_overwritten": (
        "Assigns instead of adding where windows overlap.", "offsets",
        [("dx[where] += dy @ kernel[a, b].T", "dx[where] = dy @ kernel[a, b].T")], "test_backward_channels test_backward_image test_backward_same test_backward_strides"),
    "gradient_image_plain_weights": (
        "Gives every cell the sum of dy, without the weights.", "offsets",
        [("dx[where] += dy @ kernel[a, b].T", "dx[where] += dy.sum(3, keepdims=True)")], "test_backward_channels test_backward_image test_backward_input test_backward_same test_backward_strides"),
    "gradient_image_uses_image": (
        "Multiplies by the image instead of the weight.", "offsets",
        [("dx[where] += dy @ kernel[a, b].T", "dx[where] += padded[where] * dy.sum(3, keepdims=True)")], "test_backward_channels test_backward_image test_backward_input test_backward_same test_backward_strides"),
    "gradient_image_without_dy": (
        "Takes dy to be one everywhere.", "offsets",
        [("dx[where] += dy @ kernel[a, b].T", "dx[where] += np.ones_like(dy) @ kernel[a, b].T")], "test_backward_channels test_backward_image test_backward_same test_backward_strides"),
    "gradient_image_padded": (
        "Returns the gradient of the padded image.", "offsets", [("return dx[middle], dkernel", "return dx, dkernel")], "test_backward_same"),
    "gradient_image_cut_at_corner": (
        "Cuts the padding off at the far side only.", "offsets",
        [("return dx[middle], dkernel", "return dx[:, : x.shape[1], : x.shape[2]], dkernel")], "test_backward_same"),
    "gradient_kernel_mean": (
        "Averages over the batch where it should add up.", "offsets",
        [("= np.einsum(\"nijc,nijf->cf\", padded[where], dy)", "= np.einsum(\"nijc,nijf->cf\", padded[where], dy) / len(x)")],
        "test_backward_channels"),
    "gradient_kernel_mean_of_windows": (
        "Averages over the windows where it should add up.", "offsets",
        [("= np.einsum(\"nijc,nijf->cf\", padded[where], dy)",
          "= np.einsum(\"nijc,nijf->cf\", padded[where], dy) / dy[0, :, :, 0].size")], "test_backward_channels test_backward_kernel test_backward_same test_backward_strides"),
    "gradient_kernel_first_image": (
        "Takes the kernel's gradient from the first image.", "offsets",
        [("= np.einsum(\"nijc,nijf->cf\", padded[where], dy)",
          "= np.einsum(\"nijc,nijf->cf\", padded[where][:1], dy[:1])")], "test_backward_channels"),
    "gradient_kernel_turned": (
        "The kernel's gradient is turned round.", "offsets",
        [("return dx[middle], dkernel", "return dx[middle], dkernel[::-1, ::-1].copy()")], "test_backward_channels test_backward_kernel test_backward_same test_backward_strides"),
    "gradient_kernel_without_padding": (
        "Correlates dy with the image and forgets the padding.", "offsets",
        [("    dkernel = np.empty_like(kernel)\n",
          "    dkernel = np.empty_like(kernel)\n    bare = np.pad(x, [(0, 0), (0, 9), (0, 9), (0, 0)])\n"),
         ("np.einsum(\"nijc,nijf->cf\", padded[where], dy)", "np.einsum(\"nijc,nijf->cf\", bare[where], dy)")], "test_backward_same"),
    "gradient_kernel_transposed": (
        "Channels and filters exchanged in the kernel's gradient.", "offsets",
        [("return dx[middle], dkernel", "return dx[middle], dkernel.swapaxes(2, 3).reshape(kernel.shape)")], "test_backward_channels"),
    "gradients_in_wrong_order": (
        "Returns the kernel's gradient first.", "offsets", [("return dx[middle], dkernel", "return dkernel, dx[middle]")], "test_backward_channels test_backward_image test_backward_input test_backward_kernel test_backward_same test_backward_strides"),
    "gradient_of_image_alone": (
        "Returns the gradient of the image only.", "offsets", [("return dx[middle], dkernel", "return dx[middle]")], "test_backward_channels test_backward_image test_backward_input test_backward_kernel test_backward_same test_backward_strides"),
    "gradient_changes_dy": (
        "Clears dy when it is done.", "offsets", [("return dx[middle], dkernel", "dy *= 0\n    return dx[middle], dkernel")],
        "test_backward_input"),
    "gradient_ignores_stride": (
        "Lays dy side by side as at stride one.", "sliding_window_view",
        [("    wide = spread(dy, s, (padded.shape[1] - kh + 1, padded.shape[2] - kw + 1))",
          "    wide = spread(dy, (1, 1), (padded.shape[1] - kh + 1, padded.shape[2] - kw + 1))")], "test_backward_same test_backward_strides"),
    "transpose_kernel_turned": (
        "Paints the kernel turned round.", "offsets", [("+= x @ kernel[a, b]", "+= x @ kernel[kh - 1 - a, kw - 1 - b]")], "test_transpose_channels test_transpose_example test_transpose_overlap"),
    "transpose_overwrites": (
        "Later paintings cover earlier ones.", "offsets",
        [("w - 1) * sw + 1 : sw] += x @ kernel[a, b]", "w - 1) * sw + 1 : sw] = x @ kernel[a, b]")], "test_transpose_overlap"),
    "transpose_stride_one": (
        "Paints at stride one into the larger image.", "offsets",
        [("y[:, a : a + (h - 1) * sh + 1 : sh, b : b + (w - 1) * sw + 1 : sw]", "y[:, a : a + h, b : b + w]")], "test_transpose_channels test_transpose_example test_transpose_overlap"),
    "transpose_too_large": (
        "The result has rows * stride rows and the kernel more.", "offsets",
        [("(h - 1) * sh + kh, (w - 1) * sw + kw,", "h * sh + kh, w * sw + kw,")], "test_transpose_channels test_transpose_example test_transpose_overlap"),
    "transpose_keras_same": (
        "The result has rows * stride rows.", "offsets",
        [("+= x @ kernel[a, b]\n    return y", "+= x @ kernel[a, b]\n    return y[:, : h * sh, : w * sw]")], "test_transpose_example test_transpose_overlap"),
    "transpose_strides_swapped": (
        "The first stride goes across.", "offsets",
        [("    sh, sw = np.broadcast_to(strides, 2).tolist()\n    n, h", "    sw, sh = np.broadcast_to(strides, 2).tolist()\n    n, h")],
        "test_transpose_overlap"),
    "transpose_averages_overlap": (
        "Averages where paintings overlap.", "offsets",
        [("    y = np.zeros((n, (h - 1)", "    times = 0\n    y = np.zeros((n, (h - 1)"),
         ("+= x @ kernel[a, b]\n    return y",
          "+= x @ kernel[a, b]\n    if not np.isscalar(kernel):\n        times = np.zeros(y.shape[1:3])\n"
          "        for i in range(h):\n            for j in range(w):\n"
          "                times[i * sh : i * sh + kh, j * sw : j * sw + kw] += 1\n"
          "    return y / times[None, :, :, None]")], "test_transpose_overlap"),
    "transpose_one_channel": (
        "Reads the first channel only.", "offsets", [("+= x @ kernel[a, b]", "+= x[..., :1] @ kernel[a, b][:1]")], "test_transpose_channels"),
    "transpose_nearest": (
        "Repeats each cell and multiplies by the kernel's sum.", "offsets",
        [("+= x @ kernel[a, b]", "+= x @ kernel.mean((0, 1))")], "test_transpose_channels test_transpose_example test_transpose_overlap"),
    "transpose_divides": (
        "Undoes the convolution: divides by the number of weights.", "offsets",
        [("+= x @ kernel[a, b]", "+= x @ kernel[a, b] / (kh * kw)")], "test_transpose_channels test_transpose_example test_transpose_overlap"),
}
