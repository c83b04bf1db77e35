"""The sample office: made by operations from a fixed seed, with dates relative to the day (contract.md, `make demo`).

`words` holds its names and things, `house` who and what there is, `days` what happens each day, `story` performs it all once, whoever starts it
how often. A later start adds the missing days. Nothing here is known to the server: `main.py demo` calls `fill`.
"""

from core.demo.fill import Report, directory, fill, must_be_sample

__all__ = ["Report", "directory", "fill", "must_be_sample"]
