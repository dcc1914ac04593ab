"""copy_store.py STORE COPY FROM TO: copies a file store and replaces a text in each meta.yaml: its runs' artifacts lie elsewhere."""

import shutil
import sys
from pathlib import Path

store, copy, before, after = sys.argv[1:]
shutil.copytree(store, copy)
for meta in Path(copy).rglob("meta.yaml"):
    meta.write_text(meta.read_text().replace(before, after))
