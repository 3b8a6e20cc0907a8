#!/usr/bin/env python3
"""Makes orders.npz and orders_compressed.npz: the same arrays in C's and in Fortran's order. Needs NumPy."""

import pathlib

import numpy as np

here = pathlib.Path(__file__).parent
random = np.random.default_rng(0)
arrays = {}
for type, *shape in [("f4", 5), ("f4", 4, 3), ("f8", 2, 3, 4), ("f2", 2, 3, 4), ("f4", 1, 3, 1, 2), ("f4", 0, 3)]:
    values = random.standard_normal(shape).astype(type)
    name = "x".join(map(str, [type, *shape]))
    arrays[f"c/{name}"], arrays[f"fortran/{name}"] = values, np.asfortranarray(values)
np.savez(here / "orders.npz", **arrays)
np.savez_compressed(here / "orders_compressed.npz", **arrays)
